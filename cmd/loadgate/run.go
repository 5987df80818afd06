package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"loadgate/internal/gate"
	"loadgate/internal/live"
	"loadgate/internal/pipeline"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/reporters"
)

// runFlags are the flags of run.
type runFlags struct {
	selection
	out      string
	force    bool
	resume   string
	reports  []string
	wait     time.Duration
	maxTime  time.Duration
	strict   bool
	exitZero bool
	progress string
	allowRun bool
	confirm  bool
	web      string
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [scenario.yaml | http://host:port]",
		Short: "Run a scenario, or find out what a server can do; exit with the gate's verdict",
		Long: `run validates a scenario, sends its load, stores every request, judges the rules
and exits with the verdict. Without an argument it takes ./loadgate.yaml. With a
URL it needs no file: it asks the server for its model, goes up a ladder of 1, 4,
16 and 64 requests in flight in about a minute, says what the curve shows, and
writes the loadgate.yaml that it ran.

Results go to runs/<name>-<time>-<id>/ (runs/latest points to the newest):
result.json, one line for each request, and the reports.`,
		Example: `  loadgate run gate.yaml --profile pr --report excel=report.xlsx
  loadgate run gate.yaml --only 'load.concurrency <= 4' --set load.requests=5x
  loadgate run --resume runs/latest
  loadgate run http://127.0.0.1:8000 --wait 10m`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runScenario(args, f) },
	}
	f.flags(c)
	f.runningFlags(c)
	c.Flags().StringVar(&f.resume, "resume", "", "run what is missing in an earlier run's `directory`")
	c.Flags().BoolVar(&f.confirm, "confirm", false, "measure again what is suspect in the scenario's comparison, and decide on that alone")
	c.Flags().BoolVar(&f.allowRun, "allow-run", false, "allow `before_cell: {run: …}` to start commands")
	return c
}

// runningFlags are the flags of every command that runs a scenario.
func (f *runFlags) runningFlags(c *cobra.Command) {
	c.Flags().StringVar(&f.out, "out", "", "run `directory` (default runs/<name>-<UTC>-<id>)")
	c.Flags().BoolVar(&f.force, "force", false, "replace the run that --out holds")
	c.Flags().StringArrayVar(&f.reports, "report", nil, "write a report: `kind=path` ("+strings.Join(reporters.Kinds.Names(), ", ")+"), or kind alone")
	c.Flags().DurationVar(&f.wait, "wait", 0, "wait so long for a target that is still starting")
	c.Flags().DurationVar(&f.maxTime, "max-time", 0, "end the sending after this time; what was not measured is inconclusive")
	c.Flags().BoolVar(&f.strict, "strict", false, "an INVALID cell is inconclusive (exit 4) even if no rule is about it")
	c.Flags().BoolVar(&f.exitZero, "exit-zero", false, "exit 0 even if the gate fails or is inconclusive")
	c.Flags().StringVar(&f.progress, "progress", "auto", "auto, bar, plain or none")
	c.Flags().StringVar(&f.web, "web", "", "serve the progress to browsers at `host:port`; 127.0.0.1:0 takes a free port")
}

func (a *app) runScenario(args []string, f runFlags) error {
	mode, err := live.ParseMode(f.progress)
	if err != nil {
		return usageErrorf("--progress: %w", err)
	}
	outputs, err := parseReports(f.reports)
	if err != nil {
		return err
	}
	switch {
	case f.resume != "" && len(args) > 0:
		return usageErrorf("--resume takes the scenario that is stored with the run: name no other")
	case f.resume != "":
		return a.resume(f, mode, outputs)
	case len(args) > 0 && isURL(args[0]):
		return a.probe(args[0], f, mode, outputs)
	}
	_, l, err := a.loadArgs(args, f.selection)
	if err != nil {
		return err
	}
	return a.execute(l, f, mode, outputs, nil)
}

func isURL(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "unix://")
}

// resume reads the scenario of an earlier run and runs what is missing.
func (a *app) resume(f runFlags, mode live.Mode, outputs []pipeline.Output) error {
	if f.out != "" || f.force || len(f.set) > 0 || f.profile != "" || f.only != "" {
		return usageErrorf("--resume goes on with the run as it was: no --out, --force, --set, --profile or --only")
	}
	old, err := store.Open(f.resume)
	if err != nil {
		return usageErrorf("--resume: %w", err)
	}
	m := old.Manifest()
	if err := old.Close(); err != nil {
		return failure(err)
	}
	f.selection = selection{set: m.Set, profile: m.Profile, only: m.Only}
	l, err := a.loadText(m.ScenarioFile, []byte(m.ScenarioText), f.selection)
	if err != nil {
		return err
	}
	return a.execute(l, f, mode, outputs, nil)
}

// execute runs an opened plan, prints its summary and returns its verdict.
// After, if given, is called with the report before the exit code is decided.
func (a *app) execute(l *loaded, f runFlags, mode live.Mode, outputs []pipeline.Output, after func(*reporters.Report)) error {
	if f.confirm && l.opened.Plan.Compare == nil {
		return usageErrorf("--confirm: %s has no section `compare:`, so nothing can be suspect", l.opened.Plan.File)
	}
	debug.SetGCPercent(gcPercent)
	log.SetOutput(io.Discard) // net/http talks there of servers that misbehave; their samples say it better
	show, err := newShow(a, mode, f.web, l.opened.Plan.Name)
	if err != nil {
		return err
	}
	var report *reporters.Report
	defer func() { show.end(report) }()
	session, err := a.session(l, f, pipeline.Options{
		Start: startSimulator, Preflight: l.opened.Plan.Preflight, Wait: f.wait, AllowRun: f.allowRun, Confirm: f.confirm,
		Observe: show.observe, Note: show.note,
	})
	if err != nil {
		return sessionError(err)
	}
	defer session.Store.Close()
	a.warnBeyond(l.opened, show.note)
	b := newBrake(f.maxTime, show.note)
	runErr := session.Run(b.ctx, b.stop, func() pipeline.RunEnd {
		return pipeline.RunEnd{Signal: int(b.code.Load()), Strict: f.strict}
	})
	b.release()
	show.close()
	outputs = append(pipeline.Outputs(l.opened.Plan.Reports), outputs...)
	var paths []string
	report, paths, err = session.Finish(context.Background(), outputs)
	if err := errors.Join(runErr, err); err != nil {
		a.complainEarly(err)
	}
	if report == nil {
		return exitWith(gate.ExitFailed)
	}
	if len(report.Doc.Cells) == 0 && runErr != nil && !a.json {
		a.tellGitHub(report)
		return verdict(report, err, f.exitZero) // there is nothing to show, and why has been said
	}
	if err := a.present(report, session.Store.Dir(), paths); err != nil {
		return err
	}
	a.track(outputs, paths)
	if b := l.opened.Baseline; b != nil && b.Side == nil && report.Doc.Verdict == result.Pass {
		a.notef("no baseline %s yet; to compare later runs with this one: loadgate baseline accept %s -o %s", b.Path, session.Store.Dir(), b.Path)
	}
	if after != nil {
		after(report)
	}
	return verdict(report, err, f.exitZero)
}

// gcPercent trades memory for fewer collections while load runs: a collection
// takes processors away from the goroutines that read the streams.
const gcPercent = 400

func (a *app) session(l *loaded, f runFlags, opt pipeline.Options) (*pipeline.Session, error) {
	origin := pipeline.Origin{Text: string(l.text), Set: f.set, Only: f.only, Version: version, Commit: commit()}
	if f.resume != "" {
		return pipeline.ResumeSession(l.opened, f.resume, origin, a.env, opt)
	}
	return pipeline.NewSession(l.opened, f.out, f.force, origin, a.env, opt)
}

// sessionError tells a mistake of the user's from a failure.
func sessionError(err error) error {
	var mismatch *store.MismatchError
	var locked *store.LockedError
	switch {
	case errors.Is(err, store.ErrNotEmpty):
		return usageErrorf("%w; --force replaces the run, --resume continues it", err)
	case errors.As(err, &mismatch), errors.As(err, &locked), errors.Is(err, store.ErrNoRun), errors.Is(err, os.ErrNotExist):
		return usageErrorf("%w", err)
	default:
		return failure(err)
	}
}

// complainEarly says what went wrong before the summary is printed.
func (a *app) complainEarly(err error) { fmt.Fprintf(a.err, "loadgate: %s\n", message(err)) }

// verdict is the exit code of a report. A report that could not be written
// makes the run a failure.
func verdict(r *reporters.Report, writing error, exitZero bool) error {
	code := r.Doc.ExitCode
	switch {
	case writing != nil && code != gate.ExitInterrupted && code != gate.ExitTerminated:
		code = gate.ExitFailed
	case exitZero && (code == gate.ExitFail || code == gate.ExitInconclusive):
		code = gate.ExitPass
	}
	return exitWith(code)
}

// present prints the summary, or with --json the result document, and tells
// GitHub where it runs there.
func (a *app) present(r *reporters.Report, dir string, paths []string) error {
	defer a.tellGitHub(r)
	if a.json {
		if err := pipeline.WriteDocument(a.out, r); err != nil {
			return failure(err)
		}
		return nil
	}
	for _, p := range paths {
		fmt.Fprintf(a.err, "wrote %s\n", p)
	}
	if err := reporters.Console(a.out, r, reporters.ConsoleOptions{Width: a.width(a.out), Color: a.color(a.out), Path: dir}); err != nil {
		return failure(err)
	}
	return nil
}

// parseReports reads --report flags.
func parseReports(flags []string) ([]pipeline.Output, error) {
	var out []pipeline.Output
	for _, f := range flags {
		kind, path, _ := strings.Cut(f, "=")
		if _, err := reporters.Kinds.Find(kind); err != nil {
			return nil, usageErrorf("--report %s: %w", f, err)
		}
		out = append(out, pipeline.Output{Kind: kind, Path: path})
	}
	return out, nil
}
