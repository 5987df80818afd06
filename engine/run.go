package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// Transport carries one call. wire.Client is the real one.
type Transport interface {
	Do(ctx context.Context, call *llm.Call, requestID string, r wire.Receiver) wire.Result
}

// warmer is a Transport that can open connections before the load begins.
type warmer interface {
	Warm(ctx context.Context, rawURL string, n int) error
}

// Observer is told what happens, for a progress display. Its methods are called
// on the load's own goroutines: they must not block and cost next to nothing.
type Observer interface {
	Sent()
	First(ttft time.Duration)
	Token(gap time.Duration)
	Done(outcome llm.Outcome)
}

// Config is one repeat of one cell.
type Config struct {
	Clock     llm.Clock
	Load      scenario.Load
	Backend   llm.Backend
	Dataset   llm.Dataset
	Transport Transport
	Observer  Observer // may be nil

	PromptSeed   uint64
	ScheduleSeed uint64
	IDPrefix     string // request ids are this and the index
	KeepPrompts  bool   // keep the prompt's text with every sample
}

// Run sends the load and yields each sample once its request has ended, in the
// order of their ends, on the caller's goroutine. Closing stop ends the sending;
// requests in flight go on until they end or ctx is cancelled, which ends them
// at once with outcome cancelled. Run returns when nothing is in flight.
//
// A failed request is a sample, not an error. An error means that the repeat is
// void: a session could not be drawn or rendered, or yield failed.
func Run(ctx context.Context, stop <-chan struct{}, cfg Config, yield func(*Sample) error) (Totals, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	plan, err := arrivalsOf(&cfg.Load, cfg.ScheduleSeed)
	if err != nil {
		return Totals{}, err
	}
	supply := newSupply(&cfg, wanted(&cfg.Load, plan))
	defer supply.close()
	if err := supply.fill(ctx, stop); err != nil {
		return Totals{}, err
	}
	r := &runner{cfg: &cfg, supply: supply, stop: stop, out: newMailbox(), fail: cancel}
	r.warmConnections(ctx)
	runtime.GC() // what preparing left behind is not collected during the load

	before, steps := readUsage(), newStepWatch(cfg.Clock)
	r.totals.Begin = cfg.Clock.Now()
	r.totals.Measured, r.totals.RampEnd = r.totals.Begin, r.totals.Begin
	go func() { // ends when the load has: both loops wait for all they started
		if r.closedLoop() {
			r.runClosed(ctx)
		} else {
			r.runOpen(ctx, plan)
		}
		r.out.close()
	}()
	yieldErr := r.out.drain(func(s *Sample) error {
		if err := yield(s); err != nil {
			cancel(err)
			return err
		}
		return nil
	})
	r.totals.End = max(r.totals.End, r.totals.Begin)
	r.totals.Client = readUsage().since(before)
	r.totals.WallSteps = steps.size()
	if err := errors.Join(yieldErr, r.supply.err()); err != nil {
		return r.totals, err
	}
	return r.totals, nil
}

// runner is the state of one repeat. The mutex guards totals and the measured
// counts; a request takes it twice, streams never.
type runner struct {
	cfg    *Config
	supply *supply
	stop   stopper
	out    *mailbox
	fail   context.CancelCauseFunc

	mu       sync.Mutex
	totals   Totals
	taken    int // jobs handed out
	measured int // of them, measured ones
}

// closedLoop reports whether a fixed number of slots drives the load. All
// requests at once under a cap is the same thing.
func (r *runner) closedLoop() bool {
	l := &r.cfg.Load
	return !l.Open() || (l.Unlimited() && l.MaxConcurrency > 0)
}

// warmConnections opens the connections that a closed loop will use. What goes
// wrong here goes wrong again, and is recorded, when the requests are sent.
func (r *runner) warmConnections(ctx context.Context) {
	w, ok := r.cfg.Transport.(warmer)
	if !ok || !r.closedLoop() || r.cfg.Load.NewConnections {
		return
	}
	if url := r.supply.firstURL(); url != "" {
		_ = w.Warm(ctx, url, r.cfg.Load.Slots())
	}
}

// send carries out one request and delivers its sample.
func (r *runner) send(ctx context.Context, j *job, warm bool, sched, ready int64) {
	rec := newRecorder(r.cfg, j)
	s := &rec.sample
	s.ID = fmt.Sprintf("%s%d", r.cfg.IDPrefix, j.index)
	s.Warmup, s.Sched, s.Ready = warm, sched, ready
	s.Start = r.cfg.Clock.Now()
	r.started(s)
	res := r.cfg.Transport.Do(ctx, j.call, s.ID, rec)
	rec.finish(ctx, &res)
	if o := r.cfg.Observer; o != nil {
		o.Done(s.Outcome)
	}
	r.mu.Lock()
	r.totals.End = max(r.totals.End, s.Done)
	r.mu.Unlock()
	r.out.put(s)
}

func (r *runner) started(s *Sample) {
	if o := r.cfg.Observer; o != nil {
		o.Sent()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.totals.Sent++
	r.totals.LastSend = max(r.totals.LastSend, s.Start)
}

// wanted is the number of jobs that the load can use, 0 when only the clock
// ends it.
func wanted(l *scenario.Load, plan []arrival) int {
	switch {
	case plan != nil:
		return len(plan)
	case l.Requests > 0:
		return l.Warmup.Requests + l.Requests
	default:
		return 0
	}
}
