package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"loadgate/internal/calibrate"
	"loadgate/internal/gate"
	"loadgate/internal/pipeline"
	"loadgate/internal/rawserver"
)

func (a *app) calibrateCommand() *cobra.Command {
	var quick bool
	var target string
	c := &cobra.Command{
		Use:   "calibrate",
		Short: "Find out up to which load loadgate's numbers hold on this machine",
		Long: `calibrate runs loads of growing size against a server in another process that
logs what it really wrote and when, and compares every stored request with that
log. It says what loadgate itself costs here, and the largest load at which its
numbers are true. The result is kept for this machine and this build, and run warns
of cells that lie beyond it.

With --target it also says how long a real endpoint takes to connect, for TLS,
and for a round trip of HTTP.`,
		Example: `  loadgate calibrate
  loadgate calibrate --quick --target https://gateway.example/v1/models`,
		Args: cobra.NoArgs,
	}
	c.Flags().BoolVar(&quick, "quick", false, "a short ladder, of a few seconds")
	c.Flags().StringVar(&target, "target", "", "also probe the `URL` of a real endpoint")
	c.RunE = func(c *cobra.Command, _ []string) error {
		ctx, cancel := signal.NotifyContext(orBackground(c.Context()), os.Interrupt, syscall.SIGTERM)
		defer cancel()
		return a.calibrate(ctx, quick, target)
	}
	return c
}

// calibrated is the document of --json.
type calibrated struct {
	*calibrate.Calibration
	StoredIn string       `json:"stored_in"`
	Target   *targetProbe `json:"target,omitempty"`
}

func (a *app) calibrate(ctx context.Context, quick bool, target string) error {
	var probed *targetProbe
	if target != "" { // first: a mistake in it should not wait for the ladder
		var err error
		if probed, err = probeTarget(ctx, target); err != nil {
			return err
		}
	}
	c, err := a.climb(ctx, quick)
	if err != nil {
		if ctx.Err() != nil {
			return &exitError{code: gate.ExitInterrupted, err: errors.New("interrupted: nothing was stored")}
		}
		return failure(fmt.Errorf("calibrate: %w", err))
	}
	c.Machine, c.Build = a.thisMachine(), build()
	where, unsaved := c.Save() // what was measured is said in any case
	if a.json {
		err = a.writeJSON(calibrated{c, where, probed})
	} else if err = c.Print(a.out); err == nil && probed != nil {
		fmt.Fprintln(a.out)
		probed.print(a.out)
	}
	switch {
	case err != nil:
		return failure(err)
	case unsaved != nil:
		return failure(fmt.Errorf("store the calibration: %w", unsaved))
	case !a.json:
		fmt.Fprintf(a.err, "stored in %s\n", where)
	}
	return nil
}

// climb runs the ladder with this very binary.
func (a *app) climb(ctx context.Context, quick bool) (*calibrate.Calibration, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "loadgate-calibrate-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	return calibrate.Run(ctx, calibrate.Ladder(quick), scratch, calibrate.Machinery{
		Serve: func(ctx context.Context) (string, func() ([]rawserver.Truth, error), error) {
			file := filepath.Join(scratch, "truth.jsonl")
			url, stop, err := startChild(ctx, self, "calibrate-server", file)
			return url, func() ([]rawserver.Truth, error) {
				if err := stop(); err != nil {
					return nil, err
				}
				return readTruth(file)
			}, err
		},
		Run: func(ctx context.Context, scenario, dir string) error {
			cmd := exec.CommandContext(ctx, self, "run", scenario, "--out", dir, "--progress", "none", "--json", "--exit-zero")
			cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
			var said strings.Builder
			cmd.Stderr = &said
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
			}
			return nil
		},
		Tell: func(r calibrate.Reading) { fmt.Fprintln(a.err, r.Line()) },
	})
}

func readTruth(file string) ([]rawserver.Truth, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []rawserver.Truth
	for dec := json.NewDecoder(bufio.NewReader(f)); ; {
		var t rawserver.Truth
		if err := dec.Decode(&t); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the server's log: %w", err)
		}
		all = append(all, t)
	}
}

// calibrateServerCommand is the server of a calibration, which starts it itself.
func (a *app) calibrateServerCommand() *cobra.Command {
	return &cobra.Command{
		Use: "calibrate-server TRUTH", Short: "The server of calibrate, which starts it itself", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := os.Create(args[0])
			if err != nil {
				return usageErrorf("%w", err)
			}
			err = rawserver.Serve(a.in, f, func(addr string) {
				_ = json.NewEncoder(a.out).Encode(map[string]string{"url": "http://" + addr})
			})
			if err := errors.Join(err, f.Close()); err != nil {
				return failure(err)
			}
			return nil
		},
	}
}

// thisMachine is where a calibration holds.
func (a *app) thisMachine() calibrate.Machine {
	e := pipeline.Machine(a.env, "")
	return calibrate.Machine{Host: e.Host, CPU: e.CPU, Cores: e.Cores}
}

// build tells builds apart as well as the binary knows.
func build() string { return strings.TrimSpace(version + " " + commit()) }

// warnBeyond tells of cells that ask for more than was calibrated. Without a
// calibration of this machine and build there is nothing to say.
func (a *app) warnBeyond(o *pipeline.Opened, note func(string)) {
	c := calibrate.Stored(a.thisMachine(), build())
	if c == nil {
		return
	}
	for _, cell := range o.Cells {
		if beyond := c.Beyond(&cell.Load); beyond != "" {
			title := cell.Title
			if title == "" {
				title = o.Plan.Name
			}
			note(fmt.Sprintf("warning: cell %s: %s: see docs/calibrate.md", title, beyond))
		}
	}
}
