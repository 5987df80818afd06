package engine

import (
	"context"
	"sync"

	"loadgate/scenario"
)

// closed keeps a number of slots busy: each carries a session, turn by turn, and
// then begins the next. Where sessions have one turn, a slot sends, awaits the
// answer, and sends again.
type closed struct {
	*runner
	books *ledger
	over  chan struct{} // closed when a slot was refused its next session

	mu      sync.Mutex
	refused bool // what refuses one slot refuses all that come later
}

func newClosed(r *runner) *closed {
	return &closed{runner: r, over: make(chan struct{}), books: newLedger(&r.cfg.Load, r.begin, budget(&r.cfg.Load, nil))}
}

// slotsOf is the number of slots that the load can use.
func slotsOf(l *scenario.Load) int {
	if l.Requests > 0 && l.Warmup.Duration == 0 {
		return min(l.Slots(), l.Warmup.Requests+l.Requests)
	}
	return l.Slots()
}

// run returns when every slot has stopped.
func (c *closed) run(ctx context.Context) {
	slots, ramp := slotsOf(&c.cfg.Load), float64(c.cfg.Load.Ramp)
	var wg sync.WaitGroup
	for i := range slots {
		opens := c.begin + int64(ramp*float64(i)/float64(slots))
		wg.Go(func() { c.slot(ctx, opens) })
	}
	wg.Wait()
}

// slot opens at a stamp and sends until there is nothing more to send.
func (c *closed) slot(ctx context.Context, opens int64) {
	c.end.sleepUntil(c.cfg.Clock, opens, c.over)
	for {
		w, ok := c.take()
		if !ok {
			return
		}
		for ok {
			w, ok = c.next(w.job, c.send(ctx, w, w.sched), c.books)
		}
	}
}

// take hands out the next session to a slot that is free now; false when there
// is none. The stamp is taken under the lock, so that first turns are due in the
// order of their sessions.
func (c *closed) take() (w waiting, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused {
		return waiting{}, false
	}
	w.sched = c.cfg.Clock.Now()
	if !c.books.full(w.sched) {
		var cut bool
		if w.job, cut = c.supply.next(c.end); cut {
			c.books.stop()
		}
	}
	if w.job != nil {
		if w.warm, ok = c.books.admit(w.sched); ok {
			return w, true
		}
	}
	c.refused = true
	close(c.over)
	return waiting{}, false
}

// settle fills in what was planned.
func (c *closed) settle(t *Totals) {
	t.RampEnd = c.begin + int64(c.cfg.Load.Ramp)
	c.books.settle(c.runner)
}
