package metrics_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/metrics"
	"loadgate/scenario"
)

// randomSample is any sample, sensible or not.
func randomSample(rng *rand.Rand, index int) engine.Sample {
	stamp := func() int64 {
		switch rng.IntN(8) {
		case 0:
			return 0
		case 1:
			return rng.Int64() - math.MaxInt64/2
		default:
			return at(rng.Float64() * 1000)
		}
	}
	s := engine.Sample{
		Index: index, Warmup: rng.IntN(6) == 0, Streamed: rng.IntN(4) > 0,
		Sched: stamp(), Ready: stamp(), Start: stamp(), Conn: stamp(), Wrote: stamp(), Hdr: stamp(), Ev1: stamp(),
		Tok1: stamp(), Ans1: stamp(), TokN: stamp(), Done: stamp(),
		Outcome: []llm.Outcome{llm.Completed, llm.Completed, llm.Completed, llm.Failed, llm.Audited, llm.Cancelled}[rng.IntN(6)],
		Class:   llm.ErrorClasses()[rng.IntN(len(llm.ErrorClasses()))], Error: "text",
	}
	if rng.IntN(3) > 0 {
		s.Usage = &llm.Usage{Input: rng.IntN(99) - 2, Output: rng.IntN(9) - 2, Reasoning: rng.IntN(9) - 2, Cached: rng.IntN(9) - 2}
	} else if rng.IntN(2) == 0 {
		s.Counted = &engine.Counted{Input: rng.IntN(9), Output: rng.IntN(9), Reasoning: rng.IntN(9)}
	}
	for range rng.IntN(6) {
		s.Events = append(s.Events, engine.Event{
			At: stamp(), Kernel: stamp() * int64(rng.IntN(2)), Tokens: int32(rng.IntN(5) - 1),
			Kind: []llm.Kind{llm.Content, llm.Reasoning, llm.Tool}[rng.IntN(3)],
		})
	}
	return s
}

func FuzzSummarize(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint8(seed*13))
	}
	loads := []*scenario.Load{closed, open, {Rate: 5, MaxConcurrency: 2}, {Rate: math.Inf(1)}}
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var samples []engine.Sample
		for i := range int(n) {
			samples = append(samples, randomSample(rng, i))
		}
		in := metrics.Input{
			Load: loads[rng.IntN(len(loads))], CI: true, Seed: seed, Goodput: scenario.Goodput{"ttft": 300, "tpot": 50},
			Shares: []metrics.Predicate{under{"e2el", 100}}, Quantiles: []metrics.Quantile{{"itl", 0.2}, {"adj_tpot", 0.7}},
		}
		rep := summarize(t, in, samples...)
		c := rep.Counts
		if c.Sent != c.Completed+c.Failed+c.AuditHits+c.Cancelled || c.Sent+c.Warmup != len(samples) {
			t.Errorf("counts do not add up: %+v of %d samples", c, len(samples))
		}
		errs := 0
		for _, k := range c.Errors {
			errs += k
		}
		if errs != c.Failed {
			t.Errorf("%d errors by class, %d failed", errs, c.Failed)
		}
		doc, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(doc), "NaN") {
			t.Errorf("NaN in %s", doc)
		}
	})
}
