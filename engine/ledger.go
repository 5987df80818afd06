package engine

import (
	"math"
	"sync"
	"time"

	"loadgate/scenario"
)

// ledger counts requests as they become due. It says which belong to the warm-up
// and when there have been enough. A request is due once: when it is to be sent,
// or when it turns out that it never can be, since its session broke off.
type ledger struct {
	load   *scenario.Load
	begin  int64
	budget int // measured requests that were meant to be, 0 = as many as the time allows

	mu           sync.Mutex
	taken        int   // requests that were due
	measured     int   // of them, those behind the warm-up
	from         int64 // the measured window begins
	lost         int   // of taken, those whose session had broken off
	lostMeasured int
	cut          bool // by the stop, not by the load's own end
}

func newLedger(l *scenario.Load, begin int64, budget int) *ledger {
	return &ledger{load: l, begin: begin, budget: budget, from: begin + int64(l.Warmup.Duration)}
}

// admit takes a request that is due at a stamp. Not ok means that it is one too
// many: the number is reached, or the window is over.
func (l *ledger) admit(due int64) (warm, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.take(due)
}

// full reports whether a request that is due at a stamp would be one too many.
func (l *ledger) full(due int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts(due) && l.complete(due)
}

// take is admit with mu held.
func (l *ledger) take(due int64) (warm, ok bool) {
	warm = !l.counts(due)
	if !warm && l.complete(due) {
		return false, false
	}
	l.taken++
	if !warm {
		l.measured++
	}
	return warm, true
}

// lose takes n requests that cannot be sent any more.
func (l *ledger) lose(n int, now int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		warm, ok := l.take(now)
		if !ok {
			return // they would not have been sent either way
		}
		l.lost++
		if !warm {
			l.lostMeasured++
		}
	}
}

// stop notes that something was not sent because the sending had to end.
func (l *ledger) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
}

// counts says whether a request that is due at a stamp is measured: where both a
// number and a time are given for the warm-up, the first reached ends it. The
// first request that counts opens the window.
func (l *ledger) counts(due int64) bool {
	if l.measured == 0 {
		if warming(l.load.Warmup, l.taken, time.Duration(due-l.begin)) {
			return false
		}
		l.from = l.measuredFrom(due)
	}
	return true
}

// measuredFrom is where the measured window begins when the first request that
// counts is due: at the beginning without a warm-up, at the end of a timed one,
// else at that request.
func (l *ledger) measuredFrom(due int64) int64 {
	w := l.load.Warmup
	if timed := l.begin + int64(w.Duration); w.Requests == 0 || (w.Duration > 0 && due >= timed) {
		return timed
	}
	return due
}

// complete reports whether a measured request that is due at a stamp is one too
// many.
func (l *ledger) complete(due int64) bool {
	return (l.load.Requests > 0 && l.measured >= l.load.Requests) || due >= windowEnd(l.from, l.load.Duration)
}

// end is the stamp from which nothing new is sent, as far as is known by now.
func (l *ledger) end() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.measured == 0 && l.load.Warmup.Requests > 0 && l.load.Warmup.Duration == 0 {
		return math.MaxInt64 // the window has not begun
	}
	return windowEnd(l.from, l.load.Duration)
}

// windowEnd is the stamp from which nothing new is sent.
func windowEnd(from int64, d time.Duration) int64 {
	if d == 0 || from > math.MaxInt64-int64(d) {
		return math.MaxInt64
	}
	return from + int64(d)
}

// settle fills in what was planned. A load that ended by itself had planned just
// what became due; so had one that was stopped without a number to reach.
func (l *ledger) settle(r *runner) {
	t := &r.totals
	t.Measured = l.from
	t.Truncated = t.Truncated || l.cut
	t.Abandoned, t.AbandonedMeasured = l.lost, l.lostMeasured
	all, measured := l.taken, l.measured
	if l.cut && l.budget > 0 {
		warm := all - measured
		if measured == 0 && l.load.Warmup.Duration == 0 {
			warm = l.load.Warmup.Requests
		}
		all, measured = warm+l.budget, l.budget
	}
	r.planned(t, all, measured)
}

// budget is how many measured requests a load is meant to send, 0 = as many as
// the time allows.
func budget(l *scenario.Load, p *plan) int {
	switch {
	case l.Requests > 0:
		return l.Requests
	case p != nil && l.Replay != nil && l.Duration == 0 && l.Warmup.Duration == 0:
		return max(0, p.requests-l.Warmup.Requests)
	default:
		return 0
	}
}
