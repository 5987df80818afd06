package engine

import (
	"errors"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/schedule"
	"loadgate/scenario"
)

// plan is the whole schedule of an open loop, drawn before the load begins.
// Offsets count from its beginning.
type plan struct {
	offsets  []time.Duration // of the sessions' first turns; never decreasing
	first    int             // the session that belongs to the first offset
	requests int             // of all these sessions
	warm     int             // where sessions have one turn: the first so many belong to the warm-up
	from     time.Duration   // the measured window begins; where sessions have several turns, at the latest
	several  bool            // sessions may have several turns
	turns    func(i int) int // of session i
}

// maxArrivals bounds a schedule: more than a client of one machine could send.
const maxArrivals = 50_000_000

var errArrivals = errors.New("the schedule holds more than 50,000,000 requests: lower the rate, the duration or the requests")

// firstSession is the first session that the load takes.
func (p *plan) firstSession() int {
	if p == nil {
		return 0
	}
	return p.first
}

// newPlan draws the schedule of a load; nil for a closed loop. Errors: one that
// never ends, or ends too late.
func newPlan(cfg *Config) (*plan, error) {
	l := &cfg.Load
	switch {
	case closedLoop(l):
		return nil, nil
	case l.Replay != nil:
		return newReplay(cfg)
	case l.Unlimited() && (l.Requests == 0 || (l.Warmup.Requests == 0 && l.Warmup.Duration > 0)):
		return nil, errors.New("rate inf sends everything at once: give the requests, and those of the warm-up, as numbers")
	}
	next, err := schedule.New(schedule.Spec{Rate: l.Rate, Arrivals: l.Arrivals.Process, Burstiness: l.Arrivals.Burstiness}, cfg.ScheduleSeed)
	if err != nil {
		return nil, err
	}
	p := &plan{}
	p.turns, p.several = turnsOf(cfg)
	for expected(l) <= maxArrivals && len(p.offsets) < maxArrivals {
		if !p.add(l, next.Next()) {
			return p, nil
		}
	}
	return nil, errArrivals
}

// turnsOf tells how many turns a session has.
func turnsOf(cfg *Config) (turns func(i int) int, several bool) {
	c, several := cfg.Dataset.(llm.Conversational)
	if !several {
		return func(int) int { return 1 }, false
	}
	return func(i int) int { return c.Turns(cfg.PromptSeed, i) }, true
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

// add adds an arrival unless it lies behind the measured window, or there are
// enough. Where sessions have several turns, when the window begins and ends
// shows while it runs: the plan holds what can be needed at the most.
func (p *plan) add(l *scenario.Load, offset time.Duration) bool {
	n := len(p.offsets)
	warm := n == p.warm && warming(l.Warmup, n, offset) // no measured one so far
	switch {
	case warm:
		p.warm++
	case n == p.warm:
		p.from = p.windowFrom(l.Warmup, offset)
	}
	if !warm && ((l.Requests > 0 && n-p.warm >= l.Requests) || (l.Duration > 0 && offset-p.from >= l.Duration)) {
		return false
	}
	most := maxArrivals
	if l.Requests > 0 && l.Warmup.Duration == 0 {
		most = l.Warmup.Requests + l.Requests
	}
	if p.requests >= most {
		return false
	}
	p.offsets = append(p.offsets, offset)
	p.requests = min(p.requests+p.turns(p.first+n), most)
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
