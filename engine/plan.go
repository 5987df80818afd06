package engine

import (
	"errors"
	"time"

	"loadgate/internal/schedule"
	"loadgate/scenario"
)

// plan is the whole schedule of an open loop, drawn before the load begins.
// Offsets count from its beginning.
type plan struct {
	offsets []time.Duration // never decreasing
	warm    int             // the first so many belong to the warm-up
	from    time.Duration   // the measured window begins
}

// maxArrivals bounds a schedule: more than a client of one machine could send.
const maxArrivals = 50_000_000

// newPlan draws the schedule that seed selects; nil for a closed loop. Errors:
// one that never ends, or ends too late.
func newPlan(l *scenario.Load, seed uint64) (*plan, error) {
	if closedLoop(l) {
		return nil, nil
	}
	if l.Unlimited() && (l.Requests == 0 || (l.Warmup.Requests == 0 && l.Warmup.Duration > 0)) {
		return nil, errors.New("rate inf sends everything at once: give the requests, and those of the warm-up, as numbers")
	}
	next, err := schedule.New(schedule.Spec{Rate: l.Rate, Arrivals: l.Arrivals.Process, Burstiness: l.Arrivals.Burstiness}, seed)
	if err != nil {
		return nil, err
	}
	p := &plan{}
	for expected(l) <= maxArrivals && len(p.offsets) < maxArrivals {
		if !p.add(l, next.Next()) {
			return p, nil
		}
	}
	return nil, errors.New("the schedule holds more than 50,000,000 requests: lower the rate, the duration or the requests")
}

// expected is about how many arrivals the schedule will hold.
func expected(l *scenario.Load) float64 {
	byTime, byCount := l.Rate*(l.Warmup.Duration+l.Duration).Seconds(), float64(l.Warmup.Requests+l.Requests)
	switch {
	case l.Requests == 0:
		return byTime
	case l.Duration == 0:
		return byCount
	default:
		return min(byTime, byCount)
	}
}

// add adds an arrival unless it lies behind the measured window.
func (p *plan) add(l *scenario.Load, offset time.Duration) bool {
	n := len(p.offsets)
	if n == p.warm { // no measured one so far
		if warming(l.Warmup, n, offset) {
			p.offsets, p.warm = append(p.offsets, offset), n+1
			return true
		}
		p.from = p.windowFrom(l.Warmup, offset)
	}
	if (l.Requests > 0 && n-p.warm >= l.Requests) || (l.Duration > 0 && offset-p.from >= l.Duration) {
		return false
	}
	p.offsets = append(p.offsets, offset)
	return true
}

// windowFrom is where the measured window begins, given the first arrival that
// counts: at the end of a timed warm-up, or just behind the last request of a
// counted one. (Were it at the first arrival itself, a window of t seconds would
// hold one more than the rate's share of t.)
func (p *plan) windowFrom(w scenario.Warmup, first time.Duration) time.Duration {
	switch {
	case p.warm == 0 || (w.Duration > 0 && first >= w.Duration):
		return w.Duration
	default:
		return min(p.offsets[p.warm-1]+1, first)
	}
}

// warming says whether the request with this index, due this long after the
// beginning, belongs to the warm-up if all before it do.
func warming(w scenario.Warmup, index int, due time.Duration) bool {
	byCount, byTime := index < w.Requests, due < w.Duration
	if w.Requests > 0 && w.Duration > 0 {
		return byCount && byTime
	}
	return byCount || byTime
}
