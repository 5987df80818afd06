package engine

import (
	"context"
	"errors"
	"runtime"
	"strconv"
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

// carrier is a Transport that has several ways to carry calls, and can name the
// one for those to a URL.
type carrier interface {
	Carrier(rawURL string) string
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
	DropTexts    bool   // keep no text of the answers, save where the next turn holds it

	sleep func(time.Duration) // the pacer's last stretch; nil = in the kernel
}

// Run sends the load and yields each sample once its request has ended, in the
// order of their ends, on the caller's goroutine. Closing stop ends the sending;
// requests in flight go on until they end. Cancelling ctx ends the sending and,
// at once, what is in flight, with outcome cancelled. Neither is an error: the
// totals say Truncated where it took something away. Run returns when nothing is
// in flight and all its goroutines are gone.
//
// A failed request is a sample, not an error. An error means that the repeat is
// void: a session could not be drawn or rendered, or yield failed. Then too all
// requests are ended at once.
func Run(ctx context.Context, stop <-chan struct{}, cfg Config, yield func(*Sample) error) (Totals, error) {
	plan, err := newPlan(&cfg)
	if err != nil {
		return Totals{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &runner{cfg: &cfg, end: stopper{stop, ctx.Done()}, out: newMailbox(), fail: cancel}
	r.supply = newSupply(&cfg, plan.firstSession(), wanted(&cfg.Load, plan), cancel)
	defer r.supply.close()
	r.sleeper = newSleeper(cfg.Clock, r.end, cfg.sleep)
	r.supply.fill(r.end)
	r.warmConnections(ctx)
	if c, ok := cfg.Transport.(carrier); ok && r.supply.first != nil {
		r.totals.Carrier = c.Carrier(r.supply.first.call.URL)
	}
	runtime.GC() // what preparing left behind is not collected during the load

	before, steps := readUsage(), newStepWatch(cfg.Clock)
	r.begin = cfg.Clock.Now()
	load := r.loop(plan)
	var running sync.WaitGroup
	running.Go(func() { // ends when the load has: both loops wait for all they started
		defer r.out.close()
		load.run(ctx)
	})
	yieldErr := r.collect(yield)
	running.Wait()
	load.settle(&r.totals)
	r.totals.Client = readUsage().since(before)
	r.totals.WallSteps = steps.size()
	runtime.GC() // what thousands of streams left behind makes room for their summary
	return r.totals, errors.Join(yieldErr, r.supply.close(), r.void)
}

// loop is one way to drive the load. run returns when all that it sent has
// ended; settle then adds to the totals what the loop planned.
type loop interface {
	run(ctx context.Context)
	settle(t *Totals)
}

// runner is what both loops share. Totals belong to the caller's goroutine.
type runner struct {
	cfg    *Config
	supply *supply
	end    stopper
	out    *mailbox
	fail   context.CancelCauseFunc
	begin  int64

	reuse     Reuse
	sleeper   sleeper
	composing sync.Mutex // held while a later turn is rendered: one at a time
	void      error      // why one could not be

	totals       Totals
	sentMeasured int
}

func (r *runner) loop(plan *plan) loop {
	if plan == nil {
		return newClosed(r)
	}
	return newOpen(r, plan)
}

// warmConnections opens the connections that a closed loop will use. What goes
// wrong here goes wrong again, and is recorded, when the requests are sent.
func (r *runner) warmConnections(ctx context.Context) {
	w, ok := r.cfg.Transport.(warmer)
	if !ok || !closedLoop(&r.cfg.Load) || r.cfg.Load.NewConnections || r.end.stopped() || r.supply.first == nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { // ends with the warming
		select {
		case <-r.end.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	_ = w.Warm(ctx, r.supply.first.call.URL, slotsOf(&r.cfg.Load))
	cancel()
	wg.Wait()
}

// answered is what is left of a request once its sample is delivered.
type answered struct {
	done   int64  // stamp of its end
	ok     bool   // it was completed
	text   string // of the answer, where it is needed
	tokens int    // of prompt and answer together as the next turn has them, by the server's count; 0 = unknown
}

// send carries out one request and delivers its sample.
func (r *runner) send(ctx context.Context, w waiting, ready int64) answered {
	j := w.job
	rec := newRecorder(r.cfg, j)
	s := rec.sample
	s.ID = r.cfg.IDPrefix + strconv.Itoa(j.index)
	s.Trace = traceOf(j.call, s.ID)
	s.Warmup, s.Sched, s.Ready = w.warm, w.sched, ready
	if o := r.cfg.Observer; o != nil {
		o.Sent()
	}
	s.Shared = j.request.SharedTokens
	if q := &j.request; len(q.Blocks) > 0 {
		s.Shared = r.reuse.Take(q.Blocks, q.BlockTokens, q.InputTokens)
	}
	s.Start = r.cfg.Clock.Now()
	res := r.cfg.Transport.Do(ctx, j.call, s.ID, rec)
	rec.finish(ctx, &res)
	if o := r.cfg.Observer; o != nil {
		o.Done(s.Outcome)
	}
	a := answered{done: s.Done, ok: s.Outcome == llm.Completed}
	if j.rest != nil && j.rest.grows {
		a.text = s.Texts.Content
		if u := s.Usage; u != nil && u.Input >= 0 && u.Output >= 0 {
			a.tokens = u.Input
			if s.Texts.Reasoning == "" && s.Texts.Tool == "" { // which are not carried on, nor what was behind them at its place
				a.tokens += u.Output
			}
		}
	}
	r.out.put(s) // it is no longer ours
	return a
}

// collect counts the samples as they come and yields them until that fails.
func (r *runner) collect(yield func(*Sample) error) (failed error) {
	t := &r.totals
	t.Begin, t.End = r.begin, r.begin
	r.out.drain(func(s *Sample) {
		t.Sent++
		if !s.Warmup {
			r.sentMeasured++
		}
		t.LastSend, t.End = max(t.LastSend, s.Start), max(t.End, s.Done)
		t.Truncated = t.Truncated || s.Outcome == llm.Cancelled
		if failed != nil {
			return
		}
		if failed = yield(s); failed != nil {
			r.fail(failed)
		}
	})
	return failed
}

// planned notes how many requests the loop had meant to send.
func (r *runner) planned(t *Totals, all, measured int) {
	t.Planned, t.PlannedMeasured = all, measured
	t.Unsent, t.UnsentMeasured = all-t.Sent, measured-r.sentMeasured
}

// closedLoop reports whether a fixed number of slots drives the load. All
// requests at once under a cap is the same thing.
func closedLoop(l *scenario.Load) bool {
	return !l.Open() || (l.Unlimited() && l.MaxConcurrency > 0)
}

// wanted is the number of requests that the load can use, endless when only the
// clock says how many.
func wanted(l *scenario.Load, p *plan) int {
	switch {
	case p != nil:
		return p.requests
	case l.Requests > 0 && (l.Warmup.Requests > 0 || l.Warmup.Duration == 0):
		return l.Warmup.Requests + l.Requests
	default:
		return endless
	}
}
