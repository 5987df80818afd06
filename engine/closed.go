package engine

import (
	"context"
	"math"
	"sync"
	"time"

	"loadgate/scenario"
)

// closed keeps a number of slots busy: each sends, awaits its answer, and sends
// again.
type closed struct {
	*runner
	over chan struct{} // closed when a slot was refused its next request

	mu       sync.Mutex
	taken    int   // jobs handed out
	measured int   // of them, measured ones
	from     int64 // the measured window begins
	refused  bool  // what refuses one slot refuses all that come later
	cut      bool  // by the stop, not by the load's own end
}

func newClosed(r *runner) *closed {
	return &closed{runner: r, over: make(chan struct{}), from: r.begin + int64(r.cfg.Load.Warmup.Duration)}
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
		j, warm, free := c.take()
		if j == nil {
			return
		}
		c.send(ctx, j, warm, free, free)
	}
}

// take hands out the next job to a slot that is free now; nil when there is
// none. The stamp is taken under the lock, so that requests are due in the order
// of their indices.
func (c *closed) take() (j *job, warm bool, free int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused {
		return nil, false, 0
	}
	free = c.cfg.Clock.Now()
	if warm = c.warm(free); !warm && c.measured == 0 {
		c.from = c.measuredFrom(free)
	}
	if warm || !c.complete(free) {
		j = c.supply.next(c.end)
		c.cut = j == nil
	}
	if j == nil {
		c.refused = true
		close(c.over)
		return nil, false, 0
	}
	c.taken++
	if !warm {
		c.measured++
	}
	return j, warm, free
}

// warm says whether a request that is due at a stamp belongs to the warm-up:
// where both a number and a time are given, the first reached ends it.
func (c *closed) warm(due int64) bool {
	w := c.cfg.Load.Warmup
	return c.measured == 0 && warming(w, c.taken, time.Duration(due-c.begin))
}

// measuredFrom is where the measured window begins when the first request that
// counts is due: at the beginning without a warm-up, at the end of a timed one,
// else at that request.
func (c *closed) measuredFrom(due int64) int64 {
	w := c.cfg.Load.Warmup
	if timed := c.begin + int64(w.Duration); w.Requests == 0 || (w.Duration > 0 && due >= timed) {
		return timed
	}
	return due
}

// complete reports whether a measured request that is due at a stamp is one too
// many: the number is reached, or the window is over.
func (c *closed) complete(due int64) bool {
	l := &c.cfg.Load
	return (l.Requests > 0 && c.measured >= l.Requests) || due >= windowEnd(c.from, l.Duration)
}

// windowEnd is the stamp from which nothing new is sent.
func windowEnd(from int64, d time.Duration) int64 {
	if d == 0 || from > math.MaxInt64-int64(d) {
		return math.MaxInt64
	}
	return from + int64(d)
}

// settle fills in what was planned. A loop that ended by itself had planned just
// what it sent; so had one that was stopped without a number of requests to
// reach.
func (c *closed) settle(t *Totals) {
	l := &c.cfg.Load
	t.Measured, t.RampEnd = c.from, c.begin+int64(l.Ramp)
	t.Truncated = t.Truncated || c.cut
	warm, measured := c.taken-c.measured, c.measured
	if c.cut && l.Requests > 0 {
		if measured == 0 && l.Warmup.Duration == 0 {
			warm = l.Warmup.Requests
		}
		measured = l.Requests
	}
	c.planned(t, warm+measured, measured)
}
