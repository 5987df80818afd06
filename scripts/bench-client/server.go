//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"

	"loadgate/internal/rawserver"
)

// The server, what it says and what it is asked for are those of calibrations.
type (
	truth = rawserver.Truth
	shape = rawserver.Shape
)

// serve prints its address, answers until its input ends, and writes the truth.
func serve(truthFile string) error {
	f, err := os.Create(truthFile)
	if err != nil {
		return err
	}
	return errors.Join(rawserver.Serve(os.Stdin, f, func(addr string) { fmt.Println(addr) }), f.Close())
}
