//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench-client:", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "server":
			return serve(args[1])
		case "reference":
			return referArgs(args[1:])
		case "hog":
			hog()
			return nil
		}
	}
	return table(args)
}

func referArgs(args []string) error {
	if len(args) != 6 {
		return errors.New("usage: reference ADDR PATH STREAMS REQUESTS RAMP NAP")
	}
	streams, err1 := strconv.Atoi(args[2])
	requests, err2 := strconv.Atoi(args[3])
	ramp, err3 := time.ParseDuration(args[4])
	nap, err4 := time.ParseDuration(args[5])
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	return refer(args[0], args[1], streams, requests, ramp, nap)
}

// bench holds what all parts of the table share.
type bench struct {
	self, loadgate string
	work           string
	serverCore     int
	clientCore     int
	quick          bool
}

func table(args []string) error {
	flags := flag.NewFlagSet("bench-client", flag.ContinueOnError)
	loadgate := flags.String("loadgate", "loadgate", "the binary to be measured")
	only := flags.String("only", "", "one part: bulk, paced, ladder, dense, stolen, starved, sends")
	quick := flags.Bool("quick", false, "short runs, to try the bench itself")
	keep := flags.String("work", "", "folder for runs and logs, kept; else a temporary one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b := &bench{self: self, loadgate: *loadgate, work: *keep, serverCore: 0, clientCore: 1, quick: *quick}
	if b.loadgate, err = filepath.Abs(*loadgate); err != nil {
		return err
	}
	if b.work == "" {
		if b.work, err = os.MkdirTemp("", "bench-client"); err != nil {
			return err
		}
		defer os.RemoveAll(b.work)
	}
	for _, part := range parts {
		if *only != "" && *only != part.name {
			continue
		}
		fmt.Printf("\n## %s\n\n", part.title)
		if err := part.run(b); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}
