package engine

import (
	"context"
	"math"
	"sync"
	"time"
)

// runClosed keeps the load's slots busy: each sends, awaits its answer, and
// sends again. It returns when every slot has stopped.
func (r *runner) runClosed(ctx context.Context) {
	l := &r.cfg.Load
	slots := l.Slots()
	if l.Requests > 0 && l.Warmup.Duration == 0 {
		slots = min(slots, l.Warmup.Requests+l.Requests)
	}
	r.totals.RampEnd = r.totals.Begin + int64(l.Ramp)
	var wg sync.WaitGroup
	for i := range slots {
		opens := r.totals.Begin + int64(float64(l.Ramp)*float64(i)/float64(slots))
		wg.Go(func() { r.slot(ctx, opens) })
	}
	wg.Wait()
	r.settleClosed()
}

// slot opens at a stamp and sends until there is nothing more to send.
func (r *runner) slot(ctx context.Context, opens int64) {
	if !r.stop.sleepUntil(r.cfg.Clock, opens) {
		return
	}
	for {
		free := r.cfg.Clock.Now()
		j, warm, ok := r.take(free)
		if !ok {
			return
		}
		r.send(ctx, j, warm, free, free)
	}
}

// take hands out the next job to a slot that became free at a stamp, unless the
// count is reached, the window is over, or the run was stopped.
func (r *runner) take(free int64) (j *job, warm, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop.stopped() {
		return nil, false, false
	}
	warm = r.warm(free)
	if !warm && r.measured == 0 {
		r.totals.Measured = r.measuredFrom(free)
	}
	l := &r.cfg.Load
	if !warm && ((l.Requests > 0 && r.measured == l.Requests) || free >= r.windowEnd()) {
		return nil, false, false
	}
	if j, ok = r.supply.next(); !ok {
		return nil, false, false
	}
	r.taken++
	if !warm {
		r.measured++
	}
	return j, warm, true
}

// warm says whether a request that is due at a stamp belongs to the warm-up:
// where both a number and a time are given, the first reached ends it.
func (r *runner) warm(due int64) bool {
	w := r.cfg.Load.Warmup
	if r.measured > 0 {
		return false
	}
	byCount := w.Requests > 0 && r.taken < w.Requests
	byTime := w.Duration > 0 && due < r.totals.Begin+int64(w.Duration)
	switch {
	case w.Requests > 0 && w.Duration > 0:
		return byCount && byTime
	default:
		return byCount || byTime
	}
}

// measuredFrom is where the measured window begins when the first request that
// counts is due: at the end of a timed warm-up, else at that request.
func (r *runner) measuredFrom(due int64) int64 {
	if w := r.cfg.Load.Warmup; w.Duration > 0 && (w.Requests == 0 || due >= r.totals.Begin+int64(w.Duration)) {
		return r.totals.Begin + int64(w.Duration)
	}
	return due
}

// windowEnd is the stamp from which nothing new is sent.
func (r *runner) windowEnd() int64 {
	if r.cfg.Load.Duration == 0 {
		return math.MaxInt64
	}
	return r.totals.Measured + int64(r.cfg.Load.Duration)
}

// settleClosed fills in what was planned. A loop that its window or a stop ended
// had planned just what it sent, unless a number of requests was asked for and
// the stop, not the window, cut it short.
func (r *runner) settleClosed() {
	t, l := &r.totals, &r.cfg.Load
	t.Planned, t.PlannedMeasured = r.taken, r.measured
	t.Truncated = r.stop.stopped()
	if t.Truncated && l.Requests > 0 && (l.Duration == 0 || time.Duration(t.LastSend-t.Measured) < l.Duration) {
		t.PlannedMeasured = l.Requests
		t.Planned = max(r.taken-r.measured, l.Warmup.Requests) + l.Requests
	}
	t.Unsent, t.UnsentMeasured = t.Planned-r.taken, t.PlannedMeasured-r.measured
}
