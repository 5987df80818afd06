package engine

import (
	"context"
	"math"
	"sync"
)

// open releases each session's first turn at its time, whatever became of the
// others. Later turns wait for the answer to the one before.
type open struct {
	*runner
	plan    *plan
	books   *ledger
	gate    *gate
	running sync.WaitGroup
}

func newOpen(r *runner, p *plan) *open {
	o := &open{runner: r, plan: p, books: newLedger(&r.cfg.Load, r.begin, budget(&r.cfg.Load, p))}
	o.gate = &gate{limit: r.cfg.Load.MaxConcurrency, clock: r.cfg.Clock, last: o.last, end: r.end}
	return o
}

// last is when the window ends. A plan of single turns knows it beforehand.
func (o *open) last() int64 {
	if o.plan.several {
		return o.books.end()
	}
	return windowEnd(later(o.begin, int64(o.plan.from)), o.cfg.Load.Duration)
}

// later adds two stamps of which one may be as far off as can be.
func later(at, d int64) int64 {
	if at > math.MaxInt64-d {
		return math.MaxInt64
	}
	return at + d
}

// run returns when all that was released has ended.
func (o *open) run(ctx context.Context) {
	defer o.running.Wait()
	pacer := newPacer(o.sleeper)
	defer pacer.close()
	for i, offset := range o.plan.offsets {
		w := waiting{warm: i < o.plan.warm, sched: later(o.begin, int64(offset))}
		if !pacer.wait(w.sched) {
			o.books.stop()
			return
		}
		var cut bool
		if w.job, cut = o.supply.next(o.end); cut {
			o.books.stop()
		}
		if w.job == nil {
			return
		}
		if o.plan.several {
			var ok bool
			if w.warm, ok = o.books.admit(w.sched); !ok {
				return
			}
			w.job.arrive(w.sched)
		}
		if o.gate.enter(w) {
			o.running.Go(func() { o.carry(ctx, w) })
		}
	}
}

// carry sends a request and then those to which it yields its place.
func (o *open) carry(ctx context.Context, w waiting) {
	ready := w.sched
	for ok := true; ok; w, ready, ok = o.gate.leave() {
		j := w.job
		a := o.send(ctx, w, ready)
		if j.rest != nil {
			o.running.Go(func() { o.follow(ctx, j, a) })
		}
	}
}

// follow waits for the next turn of a session and sends it.
func (o *open) follow(ctx context.Context, j *job, a answered) {
	if w, ok := o.next(j, a, o.books); ok && o.gate.enter(w) {
		o.carry(ctx, w)
	}
}

// settle fills in what was planned.
func (o *open) settle(t *Totals) {
	t.RampEnd = o.begin
	if o.gate.cut {
		o.books.stop()
	}
	if o.plan.several {
		o.books.settle(o.runner)
		return
	}
	t.Measured = later(o.begin, int64(o.plan.from))
	t.Truncated = t.Truncated || o.books.cut
	o.planned(t, o.plan.requests, o.plan.requests-o.plan.warm)
}
