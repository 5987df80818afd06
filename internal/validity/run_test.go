package validity_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/validity"
	"loadgate/metrics"
	"loadgate/scenario"
)

// run is a repeat on paper: what a client with these habits would have recorded.
type run struct {
	load     scenario.Load
	requests int
	warmup   int
	tokens   int                                                  // of each answer; 0 = 20
	gap      float64                                              // between tokens, ms; 0 = 10
	ttft     func(i int, start float64) float64                   // ms; nil = 50
	delay    func(i int) float64                                  // from due to sent, ms; nil = 0.1
	jitter   func() float64                                       // added to each gap, ms; nil = 0
	ci       bool                                                 // percentiles get their intervals
	after    func(samples []engine.Sample, totals *engine.Totals) // what went wrong besides
	input    func(in *validity.Input, repeat *result.Repeat)      // what else Check is told
}

func at(ms float64) int64 { return 1e9 + int64(math.Round(ms*1e6)) }

func ms(stamp int64) float64 { return float64(stamp-1e9) / 1e6 }

// sample makes the i-th request, due at a time and sent after its delay.
func (r *run) sample(i int, due float64) engine.Sample {
	or := func(f func(int) float64, v float64) float64 {
		if f == nil {
			return v
		}
		return f(i)
	}
	start := due + or(r.delay, 0.1)
	tokens, gap := max(r.tokens, 1), r.gap
	if r.tokens == 0 {
		tokens = 20
	}
	if gap == 0 {
		gap = 10
	}
	now := start + 50
	if r.ttft != nil {
		now = start + r.ttft(i, start)
	}
	s := engine.Sample{
		Index: i, Warmup: i < r.warmup, Streamed: true, Outcome: llm.Completed, Status: 200, Finish: "length",
		Sched: at(due), Ready: at(due), Start: at(start), Conn: at(start), Wrote: at(start), Hdr: at(now), Ev1: at(now),
		Tok1: at(now), Ans1: at(now), Asked: tokens,
		Usage: &llm.Usage{Input: 100, Output: tokens, Reasoning: -1, Cached: -1},
	}
	for k := range tokens {
		if k > 0 {
			now += gap
			if r.jitter != nil {
				now += r.jitter()
			}
		}
		s.Events = append(s.Events, engine.Event{At: at(now), Bytes: 4, Kind: llm.Content})
	}
	s.TokN, s.Done = at(now), at(now+0.5)
	return s
}

// samples plays the load: slots that refill, or arrivals at the rate.
func (r *run) samples() []engine.Sample {
	var out []engine.Sample
	free := make([]float64, max(1, r.load.Slots()))
	rng := rand.New(rand.NewPCG(r.load.Seed, 5))
	due := 0.0
	for i := range r.warmup + r.requests {
		if r.load.Open() {
			if !r.load.Unlimited() {
				due += rng.ExpFloat64() * 1000 / r.load.Rate
			}
			out = append(out, r.sample(i, due))
			continue
		}
		slot := 0
		for k := range free {
			if free[k] < free[slot] {
				slot = k
			}
		}
		s := r.sample(i, free[slot])
		free[slot] = ms(s.Done)
		out = append(out, s)
	}
	return out
}

// check plays the run and judges it as a pipeline would.
func (r *run) check(t testing.TB) []result.Finding {
	t.Helper()
	samples := r.samples()
	totals := engine.Totals{
		Planned: len(samples), Sent: len(samples), PlannedMeasured: r.requests,
		Begin: at(0), Measured: at(0), RampEnd: at(0),
		Client: engine.Usage{CPUSeconds: 0.5, Cores: 2, WallSeconds: 10, StealRatio: -1, ThrottledSec: -1},
	}
	if r.warmup > 0 && r.requests > 0 {
		totals.Measured = samples[r.warmup].Sched
	}
	if r.after != nil {
		r.after(samples, &totals)
	}
	collector, evidence := metrics.NewCollector(metrics.Input{Load: &r.load, CI: r.ci}), validity.NewEvidence(&r.load)
	for _, s := range samples {
		collector.Add(&s)
		evidence.Add(&s)
		totals.LastSend, totals.End = max(totals.LastSend, s.Start), max(totals.End, s.Done)
	}
	in := validity.Input{Load: &r.load, Totals: totals, Repeat: collector.Repeat(totals), Evidence: evidence, IgnoreEOS: true}
	if r.input != nil {
		r.input(&in, in.Repeat)
	}
	return validity.Check(in)
}

func of(findings []result.Finding, check string) (result.Finding, bool) {
	i := slices.IndexFunc(findings, func(f result.Finding) bool { return f.Check == check })
	if i < 0 {
		return result.Finding{}, false
	}
	return findings[i], true
}
