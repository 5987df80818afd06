package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdExitCode runs a command that must end with a code.
//
//	exitcode N command args...
func cmdExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// signalled is the key under which a script keeps the process that it signalled
// last.
type signalled struct{}

type process struct{ cmd *exec.Cmd }

// cmdSignal sends a signal to the newest background command in whose arguments a
// word stands, and remembers the command for exited.
//
//	signal INT|TERM|KILL word
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}
	if neg || len(args) != 2 || signals[args[0]] == nil {
		ts.Fatalf("usage: signal INT|TERM|KILL word")
	}
	for _, cmd := range slices.Backward(ts.BackgroundCmds()) {
		if slices.Contains(strings.Fields(strings.Join(cmd.Args, " ")), args[1]) {
			ts.Value(signalled{}).(*process).cmd = cmd
			ts.Check(cmd.Process.Signal(signals[args[0]]))
			return
		}
	}
	ts.Fatalf("no background command %s", args[1])
}

// cmdExited checks the exit code of the command that was signalled, after wait.
//
//	exited N
func cmdExited(ts *testscript.TestScript, neg bool, args []string) {
	cmd := ts.Value(signalled{}).(*process).cmd
	if neg || len(args) != 1 || cmd == nil || cmd.ProcessState == nil {
		ts.Fatalf("usage: signal, wait, exited N")
	}
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// patience is how long a script waits for something that will come. It is not a
// measurement: only a hang takes so long.
const patience = time.Minute

// cmdWaitFor waits until a file holds a match. With a name, that variable is set
// to the match, or to its first group.
//
//	waitfor file regexp [NAME]
func cmdWaitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: waitfor file regexp [NAME]")
	}
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var content []byte
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		content, err = os.ReadFile(found(ts.MkAbs(args[0])))
		if m := re.FindSubmatch(content); err == nil && m != nil {
			if len(args) == 3 {
				ts.Setenv(args[2], string(m[len(m)-1]))
			}
			return
		}
	}
	ts.Fatalf("%s never held %s: %s (%v)", args[0], args[1], content, err)
}

// found is the first file that a pattern matches, or else the pattern.
func found(pattern string) string {
	if m, err := filepath.Glob(pattern); err == nil && len(m) > 0 {
		return m[0]
	}
	return pattern
}

// cmdUnwrap copies a text with each line that continues the one before joined to
// it, so that what it says can be matched wherever it was broken.
//
//	unwrap file to
func cmdUnwrap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unwrap file to")
	}
	text := regexp.MustCompile(`(\S)\n {4,}`).ReplaceAllString(ts.ReadFile(args[0]), "$1 ")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o666))
}

// cmdUnzip writes the parts of an archive (a workbook is one) whose names match
// a pattern into one file.
//
//	unzip archive pattern to
func cmdUnzip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: unzip archive pattern to")
	}
	all, err := unzipped(ts.MkAbs(args[0]), args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), all, 0o666))
}

func unzipped(archive, pattern string) ([]byte, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var all []byte
	for _, f := range z.File {
		if ok, err := path.Match(pattern, f.Name); err != nil || !ok {
			continue
		}
		b, err := fs.ReadFile(z, f.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, b...)
	}
	return all, nil
}

// cmdSamples writes all stored requests of a run into one file, as JSON lines.
//
//	samples run to.jsonl
func cmdSamples(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samples run to.jsonl")
	}
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "cells/*/attempt-*/samples.jsonl.zst"))
	ts.Check(err)
	var all []byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		ts.Check(err)
		content, _, err := unpacked(file, b)
		ts.Check(err)
		for line := range bytes.Lines(content) {
			if bytes.Contains(line, []byte(`"outcome":`)) { // others tell of the repeat
				all = append(all, line...)
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), all, 0o666))
}

// cmdCanary demands that a text stands neither in the streams of the last
// command nor in any file of some folders. It looks into what is compressed.
//
//	canary TEXT folder...
func cmdCanary(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: canary TEXT folder...")
	}
	look := func(where, content string) {
		if strings.Contains(content, args[0]) {
			ts.Fatalf("%s holds the secret: %s", where, content)
		}
	}
	look("stdout", ts.ReadFile("stdout"))
	look("stderr", ts.ReadFile("stderr"))
	packed := 0
	for _, dir := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(file string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(file)
			look(file, string(b))
			if content, ok, failed := unpacked(file, b); ok {
				packed++
				look(file+" unpacked", string(content))
				err = errors.Join(err, failed)
			}
			return err
		}))
	}
	if packed == 0 {
		ts.Fatalf("there are no stored samples in %v", args[1:])
	}
}

// unpacked is the content of a compressed file; ok is false for others.
func unpacked(file string, b []byte) (content []byte, ok bool, err error) {
	switch filepath.Ext(file) {
	case ".zst":
		r, err := zstd.NewReader(nil)
		if err != nil {
			return nil, true, err
		}
		defer r.Close()
		content, err = r.DecodeAll(b, nil)
		return content, true, err
	case ".xlsx":
		content, err = unzipped(file, "*/*")
		return content, true, err
	default:
		return nil, false, nil
	}
}
