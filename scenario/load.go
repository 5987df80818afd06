package scenario

import (
	"math"
	"time"

	"loadgate/internal/llm"
)

// Load says how requests are sent in one cell. Exactly one of Concurrency, Rate
// and Replay is set: Concurrency > 0 is a closed loop, Rate > 0 (+Inf included)
// and Replay are open ones. Where the dataset has sessions of several turns, it
// is sessions that are in flight or arrive; their later turns wait for answers.
type Load struct {
	Concurrency    int     // closed loop: sessions in flight at every moment
	Rate           float64 // open loop: arrivals of sessions per second, +Inf = all at once
	Arrivals       Arrivals
	Replay         *Replay
	MaxConcurrency int // open loop: cap on requests in flight, 0 = none; what is over it queues

	Requests int           // measured requests, 0 = until Duration is over
	Duration time.Duration // of the measured window, 0 = until Requests are sent
	Warmup   Warmup
	Ramp     time.Duration // closed loop: time over which the slots open
	Cooldown time.Duration // pause after the cell

	Repeats        int // at least 1
	Seed           uint64
	SamePrompts    bool // prompts: same
	ResetCache     bool
	NewConnections bool // connections: new
	BeforeCell     *Hook
	Models         []ModelShare // that sessions ask for in place of the backend's; nil = that
}

// ModelShare is a model or adapter and its weight among several.
type ModelShare struct {
	Name   string
	Weight float64
}

// Arrivals is the arrival process of an open loop.
type Arrivals struct {
	Process    string  // poisson | constant | gamma
	Burstiness float64 // gamma's shape, 1 for the others
}

// Replay has sessions arrive as they did in a recorded trace, which the dataset
// holds.
type Replay struct {
	Speed  float64       // times as fast; above 0
	From   time.Duration // the first arrival that is taken, by the trace's own time; 0 = its first
	Length time.Duration // of the part that is taken, by the trace's own time; 0 = to its end
	Shift  time.Duration // from the beginning of the load to that of the part
}

// Warmup is the first part of a cell's load, sent like the rest and not
// measured. Both zero: none. Both set: the first reached ends it.
type Warmup struct {
	Requests int
	Duration time.Duration
}

// Hook is what happens before a cell: a POST to a URL, or a command (only with
// --allow-run).
type Hook struct {
	Post string
	Run  []string
}

// Open reports whether arrivals do not wait for answers.
func (l *Load) Open() bool { return l.Rate > 0 || l.Replay != nil }

// Unlimited reports whether all requests are due at once.
func (l *Load) Unlimited() bool { return math.IsInf(l.Rate, 1) }

// Slots is the number of requests that can be in flight at once by declaration:
// the concurrency or the cap; 0 where there is none.
func (l *Load) Slots() int {
	if l.Open() {
		return l.MaxConcurrency
	}
	return l.Concurrency
}

// OpenLoopOrigin reports whether latencies count from the intended send time.
// `rate: inf` with a cap is a closed loop by another name: its requests count
// from the moment a slot became free.
func (l *Load) OpenLoopOrigin() bool {
	return l.Open() && (!l.Unlimited() || l.MaxConcurrency == 0)
}

// Goodput holds the limits that one request must meet to be good, in ms by
// metric name (ttft, ttfo, tpot, e2el, ntpot).
type Goodput map[string]float64

// Validity holds what a scenario changes about the checks.
type Validity struct {
	Limits         map[string]Limit // by check name, for example client_cpu
	ExpectedErrors []llm.ErrorClass // classes that the errors check leaves out
}

// Limit overrides a check's thresholds, in the check's own unit; nil = default.
type Limit struct{ Warn, Invalid *float64 }
