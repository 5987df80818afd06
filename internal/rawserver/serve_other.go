//go:build !linux

package rawserver

import (
	"errors"
	"io"
)

// Serve needs Linux: its truth rests on the kernel's receive stamps.
func Serve(io.Reader, io.Writer, func(addr string)) error {
	return errors.New("the calibrated server needs Linux")
}
