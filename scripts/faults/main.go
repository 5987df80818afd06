//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"loadgate/internal/result"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: faults LOADGATE SCRATCH [CHECK...]")
		os.Exit(2)
	}
	b := &bench{loadgate: os.Args[1], scratch: os.Args[2]}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "check\tfault\tfinding\twithout it\t")
	wrong := 0
	for i, f := range faults {
		if len(os.Args) > 3 && !slices.Contains(os.Args[3:], f.check) {
			continue
		}
		if f.cant != "" {
			fmt.Fprintf(t, "%s\tnot made: %s\t\t\t\n", f.check, f.cant)
			continue
		}
		found, quiet := b.row(i, f)
		if !strings.HasPrefix(found, f.level) && !strings.HasPrefix(found, "invalid") && !strings.HasPrefix(found, "not made") || quiet != "quiet" {
			wrong++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", f.check, f.made, found, quiet)
		fmt.Fprintf(os.Stderr, "%s (%s): %s; without it: %s\n", f.check, f.made, found, quiet)
	}
	_ = t.Flush()
	if wrong > 0 {
		fmt.Printf("%d rows are not as they should be\n", wrong)
		os.Exit(1)
	}
}

type bench struct{ loadgate, scratch string }

// row makes a fault and then runs the same without it.
func (b *bench) row(n int, f fault) (found, quiet string) {
	wrap, clean := f.wrap, func() {}
	if slices.Equal(wrap, []string{"CGROUP"}) {
		var why string
		if wrap, clean, why = limit(); why != "" {
			return "not made: " + why, "quiet"
		}
	}
	found = b.finding(strconv.Itoa(n)+"-fault", f, f.file, wrap, true)
	clean()
	control := f.quiet
	if control == "" {
		control = f.file
	}
	f.extra = nil
	return found, b.finding(strconv.Itoa(n)+"-quiet", f, control, nil, false)
}

// finding runs a scenario and gives what the check said: level and message, or quiet.
func (b *bench) finding(name string, f fault, scenario string, wrap []string, faulty bool) string {
	s, err := b.serve(name, scenario)
	if err != nil {
		return "error: " + err.Error()
	}
	defer s.end()
	file, out := filepath.Join(b.scratch, name+".yaml"), filepath.Join(b.scratch, name)
	if err := os.WriteFile(file, []byte(s.fill(scenario)), 0o600); err != nil {
		return "error: " + err.Error()
	}
	args := append(slices.Clone(wrap), b.loadgate, "run", file, "--out", out, "--progress", "none")
	if faulty {
		args = append(args, f.extra...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	if faulty {
		for range f.hogs {
			h := hog()
			defer func() { _, _ = h.Process.Kill(), h.Wait() }()
		}
	}
	if err := cmd.Start(); err != nil {
		return "error: " + err.Error()
	}
	end, done := make(chan struct{}), sync.WaitGroup{}
	if faulty && f.while != nil {
		done.Go(func() { f.while(cmd.Process.Pid, end) })
	}
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	kill.Stop()
	close(end)
	done.Wait()
	return read(filepath.Join(out, "result.json"), f.check, said.String())
}

func read(file, check, said string) string {
	b, err := os.ReadFile(file)
	var doc result.Document
	if err := errors.Join(err, json.Unmarshal(b, &doc)); err != nil || len(doc.Cells) == 0 {
		return fmt.Sprintf("error: %v: %s", err, said)
	}
	for _, f := range doc.Cells[0].Findings {
		if f.Check == check {
			return f.Level + ": " + f.Message
		}
	}
	return "quiet"
}
