package metrics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/schedule"
	"loadgate/scenario"
)

// evenly is the law of lengths from 1 to 100.
var evenly = &llm.Lengths{
	Text: "uniform, 1 to 100", Avg: 50.5, Stddev: 28.866, Min: 1, Max: 100,
	Quantiles: []llm.LengthQuantile{{Q: 0.5, Tokens: 50, Share: 0.5}, {Q: 0.9, Tokens: 90, Share: 0.9}, {Q: 0.95, Tokens: 95, Share: 0.95}, {Q: 0.99, Tokens: 99, Share: 0.99}},
}

func drawnFit(n int, draw func(i int) int) *result.Fit {
	c := NewCollector(Input{Load: &scenario.Load{Concurrency: 1}, Configured: Configured{Input: evenly, Output: evenly}})
	for i := range n {
		// Failed ones were drawn too, later turns carry what was said before.
		c.Add(&engine.Sample{Index: 2 * i, Turn: 1, Done: msNS, Outcome: llm.Failed, PromptKnown: draw(i), Asked: draw(i)})
		c.Add(&engine.Sample{Index: 2*i + 1, Turn: 2, Done: msNS, Outcome: llm.Completed, PromptKnown: 1000 + i})
	}
	return c.Repeat(engine.Totals{}).Fit
}

// Lengths are compared with what the section says of them, and fair draws are left
// alone however few or many they are.
func TestFitOfDrawnLengths(t *testing.T) {
	t.Parallel()
	fit := drawnFit(2, func(i int) int { return 40 + 20*i })
	l := fit.Line("drawn_input_tokens")
	if l == nil || l.Text != "uniform, 1 to 100" || l.Asked.N != 0 || l.Asked.Avg != 50.5 || l.Asked.P95 != 95 || l.Asked.Max != 100 || l.Sent.N != 2 || l.Sent.Avg != 50 || len(fit.Misfits) > 0 {
		t.Fatalf("%+v: %+v, %+v", fit, l.Asked, l.Sent)
	}
	cries := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := []int{1, 2, 10, 80, 1000}[seed%5]
		cries += len(drawnFit(n, func(int) int { return 1 + rng.IntN(100) }).Misfits)
	}
	if cries > 0 {
		t.Errorf("%d of 600 fair draws are misfits", cries)
	}
	rng := rand.New(rand.NewPCG(7, 1))
	for what, c := range map[string]struct {
		n    int
		draw func(int) int
		want string
	}{
		"a mean that is off":         {2000, func(int) int { return 1 + rng.IntN(109) }, "they average "},
		"a middle that is off":       {400, func(i int) int { return []int{20, 64, 51}[i%3] }, "are at most 50, not 50%"},
		"a tail that is off":         {3000, func(i int) int { return []int{10, 94}[i%2] }, "are at most 95, not 95%"},
		"few draws, all in the tail": {9, func(int) int { return 100 }, "drawn otherwise than configured (uniform, 1 to 100)"},
	} {
		if fit := drawnFit(c.n, c.draw); len(fit.Misfits) != 2 || !strings.Contains(fit.Misfits[0], c.want) || !strings.Contains(fit.Misfits[1], "answers asked for") {
			t.Errorf("%s: %q", what, fit.Misfits)
		}
	}
}

func arrivalFit(l *scenario.Load, offsets []time.Duration) *result.Fit {
	c := NewCollector(Input{Load: l})
	for i, at := range offsets {
		stamp := int64(at) + 12345
		c.Add(&engine.Sample{Index: i, Sched: stamp, Ready: stamp, Start: stamp, Done: stamp + msNS, Outcome: llm.Completed})
	}
	return c.Repeat(engine.Totals{}).Fit
}

// Arrivals are compared with the process that the load names. Those of no seed are
// misfits; those of another rate or process are.
func TestFitOfDrawnArrivals(t *testing.T) {
	t.Parallel()
	processes := []scenario.Arrivals{
		{Process: "poisson", Burstiness: 1},
		{Process: "constant", Burstiness: 1},
		{Process: "gamma", Burstiness: 0.25},
		{Process: "gamma", Burstiness: 0.001},
		{Process: "gamma", Burstiness: 8},
		{Process: "gamma", Burstiness: 1e15},
	}
	offsets := func(a scenario.Arrivals, rate float64, seed uint64, n int) []time.Duration {
		p, err := schedule.New(schedule.Spec{Rate: rate, Arrivals: a.Process, Burstiness: a.Burstiness}, seed)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]time.Duration, n)
		for i := range out {
			out[i] = p.Next()
		}
		return out
	}
	for _, a := range processes {
		cries, load := 0, &scenario.Load{Rate: 230, Arrivals: a}
		for seed := range uint64(100) {
			n := []int{2, 3, 20, 300, 2000}[seed%5]
			cries += len(arrivalFit(load, offsets(a, 230, seed, n)).Misfits)
		}
		if cries > 0 {
			t.Errorf("%+v: %d of 100 seeds cry wolf", a, cries)
		}
	}
	poisson := &scenario.Load{Rate: 230, Arrivals: processes[0]}
	l := arrivalFit(poisson, offsets(processes[0], 230, 1, 2000)).Line("drawn_arrival_gap")
	if got := fmt.Sprintf("%s: avg %.3f, cv %.2f, p50 %.3f, p95 %.2f; cv %.1f of %d", l.Text, l.Asked.Avg, l.Asked.CV, l.Asked.P50, l.Asked.P95, l.Sent.CV, l.Sent.N); got != "poisson at 230/s: avg 4.348, cv 1.00, p50 3.014, p95 13.02; cv 1.0 of 1999" {
		t.Error(got)
	}
	for what, misfits := range map[string][]string{
		"another rate":    arrivalFit(poisson, offsets(processes[0], 180, 1, 2000)).Misfits,
		"another process": arrivalFit(poisson, offsets(processes[4], 230, 1, 500)).Misfits,
		"no constancy":    arrivalFit(&scenario.Load{Rate: 230, Arrivals: processes[1]}, offsets(processes[4], 230, 1, 50)).Misfits,
	} {
		if len(misfits) != 1 || !strings.Contains(misfits[0], "gaps between arrivals are otherwise than configured") {
			t.Errorf("%s: %q", what, misfits)
		}
	}
	if fit := arrivalFit(&scenario.Load{Rate: 230, Replay: &scenario.Replay{Speed: 1}}, slices.Repeat([]time.Duration{0, 5}, 3)); fit.Line("drawn_arrival_gap") != nil {
		t.Error("a trace's arrivals are nobody's configuration")
	}
}
