package metrics_test

import (
	"encoding/json"
	"math"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/metrics"
)

func threeRepeats(t *testing.T) []*result.Repeat {
	in := metrics.Input{Load: closed, CI: true}
	a := summarize(t, in, streamed(0, 0, 10, 20), streamed(1, 0, 30, 40))
	b := summarize(t, in, streamed(0, 0, 50, 60), with(streamed(1, 0, 9), fails(llm.ErrReset, "reset")))
	c := summarize(t, in, with(streamed(0, 0, 9), fails(llm.ErrReset, "later")))
	a.Validity, b.Validity, c.Validity = result.Valid, result.Invalid, result.Warned
	b.Findings = []result.Finding{{Check: "x", Level: "invalid", Repeat: 1}}
	return []*result.Repeat{a, b, c}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	cell := &result.Cell{ID: "c"}
	metrics.Merge(cell, threeRepeats(t))
	if cell.Validity != result.Invalid || len(cell.Findings) != 1 {
		t.Errorf("validity %s, findings %v", cell.Validity, cell.Findings)
	}
	if c := cell.Counts; c.Sent != 5 || c.Completed != 3 || c.Failed != 2 || c.Errors["reset"] != 2 || c.Examples["reset"] != "reset" {
		t.Errorf("counts %+v", c)
	}
	if cell.Tokens.Output != 6 || cell.Tokens.Source != "mixed" {
		t.Errorf("tokens %+v", cell.Tokens)
	}
	// The third repeat has no ttft: the median is of the two that have.
	d := cell.Metrics["ttft"].Dist
	if d.Avg != 35 || d.N != 3 || d.CI95 != nil {
		t.Errorf("ttft %+v", d)
	}
	if got := cell.Metrics["success_rate"].Value; got != 0.5 {
		t.Errorf("success_rate %v, want the median of 1, 0.5 and 0", got)
	}
	if got := cell.Metrics["adj_ttft"].Dist.P99; !math.IsInf(float64(got), 1) {
		t.Errorf("adj_ttft.p99 %v, want the median of 30, inf and inf", got)
	}
	if _, err := json.Marshal(cell); err != nil {
		t.Error(err)
	}
}

func TestMergeOfOneKeepsIntervals(t *testing.T) {
	t.Parallel()
	rep := summarize(t, metrics.Input{Load: closed, CI: true}, residueSamples(40, 101)...)
	cell := &result.Cell{}
	metrics.Merge(cell, []*result.Repeat{rep})
	if cell.Metrics["ttft"].Dist.CI95["p50"] == nil {
		t.Error("the interval is gone")
	}
	metrics.Merge(cell, nil)
	if cell.Validity != result.Valid || len(cell.Metrics) != 0 || cell.Counts.Sent != 0 {
		t.Errorf("a cell of no repeats: %+v", cell)
	}
}

func TestPool(t *testing.T) {
	t.Parallel()
	in := metrics.Input{Load: closed, CI: true, Goodput: map[string]float64{"ttft": 50}}
	all := residueSamples(120, 1009)
	var parts []*metrics.Collector
	for _, samples := range [][]engine.Sample{all[:50], all[50:]} {
		c := metrics.NewCollector(in)
		for _, s := range samples {
			c.Add(&s)
		}
		c.Repeat(totalsOf(samples))
		parts = append(parts, c)
	}
	pooled, whole := metrics.Pool(parts), summarize(t, in, all...)
	for _, name := range []string{"ttft.p95", "icl.p99", "itl.avg", "adj_e2el.p90", "success_rate", "slo_attainment", "sent"} {
		if got, want := read(t, pooled, name), read(t, whole, name); !same(got, want) {
			t.Errorf("%s = %v, want %v as of all requests", name, got, want)
		}
	}
	if got := pooled.Metrics["ttft"].Dist.CI95["p95"]; got == nil {
		t.Error("120 requests give p95 an interval, though neither part does")
	}
	if metrics.Pool(nil) != nil {
		t.Error("a summary of nothing")
	}
}
