package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"time"

	"loadgate/backends"
	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/internal/wire"
)

// Options are what a run needs beside its plan.
type Options struct {
	Loadgate  string // version
	Start     StartSimulator
	Preflight bool
	Wait      time.Duration                  // how long the preflight waits for a target that is starting
	Confirm   bool                           // suspects of the comparison are measured again
	AllowRun  bool                           // commands of before_cell may run
	Observe   func(Progress) engine.Observer // told of each repeat; may be nil
	Note      func(line string)              // a line for people; may be nil
}

// Progress is the repeat that is about to run.
type Progress struct {
	Cell, Cells     int // from 1
	Title           string
	Repeat, Repeats int // from 1
	Planned         int // requests, warm-up included; 0 = until the time is over
	Duration        time.Duration
	// Done is how much of Todo is done before this repeat, in cells: those that
	// this process has to run. Repeats of several cells may take turns.
	Done, Todo float64
}

// Runner runs one opened plan into one run directory.
type Runner struct {
	opened     *Opened
	store      *store.Run
	opt        Options
	clock      llm.Clock
	simulators simulators
	redact     func(string) string
	summaries  map[string]*result.Cell // of the cells that this process committed
	done, todo float64                 // cells of this process, see Progress
}

// NewRunner makes a runner that records into s, whose clock is clock.
func NewRunner(o *Opened, s *store.Run, clock llm.Clock, redact func(string) string, opt Options) *Runner {
	return &Runner{
		opened: o, store: s, opt: opt, clock: clock, redact: redact,
		simulators: simulators{start: opt.Start, running: map[simulatorKey]simulator{}},
		summaries:  map[string]*result.Cell{},
	}
}

func (r *Runner) note(format string, args ...any) { r.opt.note(format, args...) }

// note is Note with a format, if there is one.
func (o Options) note(format string, args ...any) {
	if o.Note != nil {
		o.Note(fmt.Sprintf(format, args...))
	}
}

// Run runs every cell that is not committed yet. Closing stop ends the sending;
// ctx ends what is in flight. An error means that the run could not be carried
// out; what was committed before is kept. The simulators that it started are
// gone when it returns.
func (r *Runner) Run(ctx context.Context, stop <-chan struct{}) error {
	defer r.simulators.stopAll()
	todo := units(r.opened, r.store.Committed())
	if len(todo) == 0 && !r.opt.Confirm {
		return nil // resumed, and nothing is left to do
	}
	if r.opt.Preflight {
		if err := r.preflight(ctx, stop, r.opt.Wait); err != nil {
			return err
		}
		if err := r.store.Event(eventPreflight, r.models()); err != nil {
			return err
		}
	}
	if err := r.calibrate(ctx, stop); err != nil {
		return err
	}
	if d := r.calibratedLengths(); len(d.Input) > 0 {
		if err := r.store.Event(eventCalibrate, d); err != nil {
			return err
		}
	}
	if err := r.units(ctx, stop, todo); err != nil {
		return err
	}
	return r.confirm(ctx, stop)
}

// units runs one unit after the other, until it is stopped.
func (r *Runner) units(ctx context.Context, stop <-chan struct{}, todo []unit) error {
	r.done, r.todo = 0, 0
	for _, u := range todo {
		r.todo += float64(len(u))
	}
	for i, u := range todo {
		if stopped(stop) {
			return nil
		}
		if err := r.unit(ctx, stop, u); err != nil {
			return err
		}
		if i+1 < len(todo) {
			pause(stop, u.cooldown())
		}
	}
	return nil
}

// models is what the backends call themselves by now, by cell.
func (r *Runner) models() preflightData {
	d := preflightData{Models: map[string]string{}}
	for _, c := range r.opened.Cells {
		if t, ok := c.Backend.(llm.Target); ok {
			d.Models[c.ID] = t.Model()
		}
	}
	return d
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

const (
	saveTexts   = "texts"
	interrupted = "interrupted"
)

// repeat runs the load once and stores its samples as they come.
func (r *Runner) repeat(ctx context.Context, stop <-chan struct{}, c *Cell, attempt *store.Attempt, index, repeat int) (truncated bool, err error) {
	client := r.client(c)
	defer client.Close()
	if err := r.resetCache(ctx, client, c); err != nil {
		return false, err
	}
	cfg := engine.Config{
		Clock: r.clock, Load: c.Load, Backend: c.Backend, Dataset: c.Dataset, Transport: client,
		PromptSeed: c.PromptSeed(repeat), ScheduleSeed: c.ScheduleSeed(repeat),
		IDPrefix: fmt.Sprintf("%s/%s-%d-", r.store.Manifest().RunID, c.stored(), repeat), KeepPrompts: c.Save == saveTexts,
		DropTexts: c.Save != saveTexts && c.Counter == nil && !r.opened.Expect.ReadsTexts(c.ID),
	}
	if r.opt.Observe != nil {
		planned := 0
		if c.Load.Requests > 0 {
			planned = c.Load.Warmup.Requests + c.Load.Requests
		}
		if c.Load.Replay != nil {
			if outlook, err := engine.LookOut(cfg); err == nil { // else Run says what is wrong
				planned = outlook.Requests
			}
		}
		cfg.Observer = r.opt.Observe(Progress{
			Cell: index + 1, Cells: len(r.opened.Cells), Title: c.Title, Repeat: repeat + 1, Repeats: c.Load.Repeats,
			Planned: planned, Duration: c.Load.Duration, Done: r.done, Todo: r.todo,
		})
	}
	started := time.Now()
	rec := &recording{cell: c.ID, counter: c.Counter, expect: r.opened.Expect, attempt: attempt, repeat: repeat}
	totals, err := engine.Run(ctx, stop, cfg, rec.add)
	if err := errors.Join(err, rec.flush()); err != nil {
		return false, err
	}
	return totals.Truncated, attempt.EndRepeat(repeat, totals, started)
}

// client makes the transport of one repeat: connections are not carried over
// from one measurement to the next.
func (r *Runner) client(c *Cell) *wire.Client {
	opt := wire.Options{
		Clock: r.clock, NewConnections: c.Load.NewConnections, MaxConnections: c.Load.Slots(),
		UserAgent: r.userAgent(),
	}
	if limited, ok := c.Backend.(backends.Limited); ok {
		opt.Timeouts = limited.Timeouts()
	}
	if secured, ok := c.Backend.(backends.Secured); ok {
		opt.TLS = secured.TLS()
	}
	if speaker, ok := c.Backend.(backends.Speaker); ok {
		opt.Protocol, opt.StreamsPerConnection = speaker.Speaks()
	}
	return wire.New(opt)
}

// resetCache asks the server to drop its prefix cache, where the scenario wants
// that and the protocol can.
func (r *Runner) resetCache(ctx context.Context, client *wire.Client, c *Cell) error {
	if !c.Load.ResetCache {
		return nil
	}
	resetter, ok := c.Backend.(llm.CacheResetter)
	if !ok {
		return fmt.Errorf("reset_cache: a backend of kind %s cannot reset its server's cache", c.Kind)
	}
	call := resetter.ResetCacheCall()
	if res := client.Fetch(ctx, call); res.Status/100 != 2 {
		return fmt.Errorf("reset_cache: %s answered %d", call.URL, res.Status)
	}
	return nil
}

// hook does what the scenario wants before a cell.
func (r *Runner) hook(ctx context.Context, c *Cell) error {
	h := c.Load.BeforeCell
	switch {
	case h == nil:
		return nil
	case h.Post != "":
		return r.post(ctx, h.Post)
	case !r.opt.AllowRun:
		return errors.New("the scenario wants to run a command; allow it with --allow-run")
	default:
		out, err := exec.CommandContext(ctx, h.Run[0], h.Run[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", h.Run[0], err, r.redact(string(out)))
		}
		return nil
	}
}

// hookLimits bound a POST before a cell. What it starts, such as a server that
// loads another model, may take its time.
var hookLimits = wire.Timeouts{Connect: 10 * time.Second, TLS: 10 * time.Second, Total: 10 * time.Minute}

// post sends what the scenario wants sent before a cell, as carefully as the load
// itself: it follows no redirect and shows no query.
func (r *Runner) post(ctx context.Context, url string) error {
	client := wire.New(wire.Options{Clock: r.clock, Timeouts: hookLimits, UserAgent: r.userAgent(), NewConnections: true})
	defer client.Close()
	res := client.Fetch(ctx, &llm.Call{Method: http.MethodPost, URL: url})
	if res.Err != nil {
		return fmt.Errorf("POST %s: %s", wire.Bare(url), r.redact(res.Err.Error()))
	}
	return nil
}

func (r *Runner) userAgent() string { return "loadgate/" + r.opt.Loadgate }

// oneLine is a finished cell in a line.
func oneLine(c *result.Cell, index, cells int, title string) string {
	s := fmt.Sprintf("cell %d/%d", index+1, cells)
	if title != "" {
		s += " " + title
	}
	s += fmt.Sprintf(": %d ok", c.Counts.Completed)
	if c.Counts.AuditHits > 0 {
		s += fmt.Sprintf(", %d audit hits", c.Counts.AuditHits)
	}
	if c.Counts.Failed > 0 {
		s += fmt.Sprintf(", %d failed", c.Counts.Failed)
		for _, class := range slices.Sorted(maps.Keys(c.Counts.Errors)) {
			s += fmt.Sprintf(" (%s %d)", class, c.Counts.Errors[class])
		}
	}
	if d := c.Metrics["ttft"].Dist; d != nil && d.P50.Ok() {
		s += fmt.Sprintf(", ttft p50 %.0f ms", float64(d.P50))
	}
	if v := c.Metrics["output_throughput"].Value; v.Ok() {
		s += fmt.Sprintf(", %.0f tok/s", float64(v))
	}
	if c.Validity == result.Invalid {
		s += ", INVALID"
	}
	return s
}
