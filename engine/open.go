package engine

import (
	"context"
	"math"
	"sync"
)

// open releases each request at its time, whatever became of the others.
type open struct {
	*runner
	plan *plan
	gate *gate
	cut  bool // the stop came before the last arrival
}

func newOpen(r *runner, p *plan) *open {
	l := &r.cfg.Load
	last := windowEnd(later(r.begin, int64(p.from)), l.Duration)
	return &open{runner: r, plan: p, gate: &gate{limit: l.MaxConcurrency, clock: r.cfg.Clock, last: last, end: r.end}}
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
	var wg sync.WaitGroup
	defer wg.Wait()
	pacer := newPacer(o.cfg.Clock, o.end, o.cfg.sleep)
	defer pacer.close()
	for i, offset := range o.plan.offsets {
		w := waiting{warm: i < o.plan.warm, sched: later(o.begin, int64(offset))}
		if !pacer.wait(w.sched) {
			o.cut = true
			return
		}
		if w.job = o.supply.next(o.end); w.job == nil {
			o.cut = true
			return
		}
		if o.gate.enter(w) {
			wg.Go(func() { o.carry(ctx, w) })
		}
	}
}

// carry sends a request and then those to which it yields its place.
func (o *open) carry(ctx context.Context, w waiting) {
	ready := w.sched
	for ok := true; ok; w, ready, ok = o.gate.leave() {
		o.send(ctx, w.job, w.warm, w.sched, ready)
	}
}

// settle fills in what was planned.
func (o *open) settle(t *Totals) {
	t.Measured, t.RampEnd = later(o.begin, int64(o.plan.from)), o.begin
	t.Truncated = t.Truncated || o.cut || o.gate.cut
	all := len(o.plan.offsets)
	o.planned(t, all, all-o.plan.warm)
}
