package metrics

import (
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
	got := g.Result()
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
	if _, there := two.Metrics["output_throughput"]; there {
		t.Error("a group has a throughput, which is of the whole load")
	}
	if got[19].Counts.Sent != 12 {
		t.Errorf("%d requests from turn 20 on", got[19].Counts.Sent)
	}
}

// One group says nothing that the whole does not say.
func TestOneGroupIsNone(t *testing.T) {
	t.Parallel()
	g := NewGroups(Input{Load: &scenario.Load{Concurrency: 1}})
	g.Add(&engine.Sample{Turn: 1, Outcome: llm.Completed})
	g.Add(&engine.Sample{Outcome: llm.Completed})
	if got := g.Result(); got != nil {
		t.Errorf("%+v", got)
	}
}
