package metrics

import (
	"math"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/scenario"
)

func TestGroupsByTurn(t *testing.T) {
	t.Parallel()
	g := NewGroups(Input{Load: &scenario.Load{Concurrency: 1}})
	add := func(turn int, ttft int64, outcome llm.Outcome) {
		g.Add(&engine.Sample{Turn: turn, Start: msNS, Tok1: msNS + ttft*msNS, TokN: 9 * msNS, Done: 99 * msNS, Streamed: true, Outcome: outcome, Class: llm.ErrReset})
	}
	for turn := 1; turn <= 25; turn++ {
		add(turn, int64(turn), llm.Completed)
		add(turn, int64(turn)+2, llm.Completed)
	}
	add(2, 1, llm.Failed)
	g.Add(&engine.Sample{Turn: 1, Warmup: true, Outcome: llm.Completed})
	got := g.Result(4)
	if len(got) != 20 || got[0].Value != "1" || got[1].Value != "2" || got[19].Value != "20+" {
		t.Fatalf("%d groups: %+v", len(got), got)
	}
	two := got[1]
	if two.By != "turn" || two.Counts.Sent != 3 || two.Counts.Failed != 1 || two.Counts.Planned != 3 || two.Metrics["ttft"].Dist.Avg != 3 {
		t.Errorf("turn 2: %+v, ttft %+v", two.Counts, two.Metrics["ttft"].Dist)
	}
	if r := two.Metrics["success_rate"].Value; r < 0.66 || r > 0.67 {
		t.Errorf("success rate %v", r)
	}
	if r := two.Metrics["request_throughput"].Value; r != 2./4 {
		t.Errorf("2 requests in 4 s are %v/s", r)
	}
	if r := two.Metrics["output_throughput"].Value; r.Ok() {
		t.Errorf("%v tokens/s of answers of unknown length", r)
	}
	if got[19].Counts.Sent != 12 {
		t.Errorf("%d requests from turn 20 on", got[19].Counts.Sent)
	}
}

// Throughputs of groups add up to those of the cell, over all its repeats.
func TestGroupsAddUp(t *testing.T) {
	t.Parallel()
	in := Input{Load: &scenario.Load{Concurrency: 2}}
	g, seconds, requests, output := NewGroups(in), 0.0, 0.0, 0.0
	for repeat := range 2 {
		c := NewCollector(in)
		for i := range 10 {
			start := int64(repeat*100_000+100*i) * msNS // the clock goes on between repeats
			s := &engine.Sample{
				Index: i, Model: []string{"base", "lora"}[i%2], Start: start, Done: start + 200*msNS, Outcome: llm.Completed,
				Usage: &llm.Usage{Input: 7, Output: 1 + i, Reasoning: -1, Cached: -1},
			}
			c.Add(s)
			g.Add(s)
		}
		m := c.Repeat(engine.Totals{}).Metrics
		took := float64(m["duration"].Value)
		seconds += took
		requests += took * float64(m["request_throughput"].Value)
		output += took * float64(m["output_throughput"].Value)
	}
	for _, group := range g.Result(seconds) {
		requests -= seconds * float64(group.Metrics["request_throughput"].Value)
		output -= seconds * float64(group.Metrics["output_throughput"].Value)
	}
	if math.Abs(requests) > 1e-9 || math.Abs(output) > 1e-9 {
		t.Errorf("%v requests and %v tokens are left over", requests, output)
	}
}

// One group says nothing that the whole does not say.
func TestOneGroupIsNone(t *testing.T) {
	t.Parallel()
	g := NewGroups(Input{Load: &scenario.Load{Concurrency: 1}})
	g.Add(&engine.Sample{Turn: 1, Outcome: llm.Completed})
	g.Add(&engine.Sample{Outcome: llm.Completed})
	if got := g.Result(1); got != nil {
		t.Errorf("%+v", got)
	}
}
