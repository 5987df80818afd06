package foreign_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"loadgate/internal/foreign"
	"loadgate/internal/result"
	"loadgate/internal/yamlpos"
	"loadgate/metrics"
	"loadgate/reporters"
)

// exported is a run of one cell in a closed loop.
func exported() *result.Document {
	const n = 40
	dist := func(metric string, median float64, count int) result.Metric {
		def, _ := metrics.Find(metric)
		d := metrics.EmptyDist()
		d.N, d.Groups = count, n
		for i, s := range result.Stats() {
			d.SetStat(s, result.Number(median*(0.5+float64(i)/13)))
		}
		return result.Metric{Unit: def.Unit, Value: result.None(), Dist: d}
	}
	one := func(metric string, v float64) result.Metric {
		def, _ := metrics.Find(metric)
		return result.Metric{Unit: def.Unit, Value: result.Number(v)}
	}
	counts := result.Counts{Planned: n + 2, Sent: n + 2, Completed: n, Failed: 2, Errors: map[string]int{"reset": 2}}
	m := map[string]result.Metric{
		"sent_ttft": dist("sent_ttft", 84.25, n), "ttft": dist("ttft", 84.25, n), "tpot": dist("tpot", 9.8713, n), "icl": dist("icl", 10.2, 60*n),
		"itl": dist("itl", 9.7, 63*n), "sent_e2el": dist("sent_e2el", 712.5, n), "e2el": dist("e2el", 712.5, n),
		"output_tokens": dist("output_tokens", 64, n), "input_tokens": dist("input_tokens", 128, n),
		"duration": one("duration", 21.4), "request_throughput": one("request_throughput", 1.87), "input_throughput": one("input_throughput", 239.25),
		"output_throughput": one("output_throughput", 119.62), "total_throughput": one("total_throughput", 358.87), "goodput": one("goodput", 1.5),
	}
	at := time.Date(2026, 11, 23, 16, 2, 46, 0, time.UTC)
	tokens := result.Tokens{Input: 5120, Output: 2560, Reasoning: 100, Source: "usage", InputSource: "usage", OutputSource: "usage"}
	rep := &result.Repeat{StartedAt: at, Validity: result.Valid, Counts: counts, Tokens: tokens, Metrics: m}
	c := &result.Cell{
		ID: "base", Key: "k", Load: map[string]any{"concurrency": 4.0, "requests": float64(n + 2)}, Backend: "main", Kind: "vllm", Model: "m",
		Dataset: "chat", StartedAt: at, Validity: result.Valid, Counts: counts, Tokens: tokens, Metrics: m, Repeats: []*result.Repeat{rep},
	}
	return &result.Document{RunID: "r1", Name: "n", Loadgate: "test", StartedAt: at, EndedAt: at, Verdict: result.Pass, Cells: []*result.Cell{c}}
}

// TestRoundTrip: what our reporters write in the formats of others reads as the
// figures that it was written from.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind   string
		within float64 // of figures: a workbook has two decimals
		names  []string
	}{
		{"vllm_bench", 1e-12, []string{"sent_ttft.p999", "ttft.p99", "tpot.avg", "icl.p10", "sent_e2el.stddev", "duration", "goodput", "total_throughput"}},
		{"aiperf", 1e-12, []string{"sent_ttft.p1", "ttft.p99", "tpot.p50", "icl.p99", "e2el.max", "output_tokens.p95", "duration", "request_throughput", "goodput"}},
		{"llm_d", 1e-12, []string{"sent_ttft.p999", "tpot.min", "itl.p50", "sent_e2el.p25", "input_tokens.avg", "duration", "input_throughput"}},
		{"serving_perf_eval", 5e-3, []string{"sent_ttft.p99", "tpot.avg", "icl.p10", "sent_e2el.p90", "duration", "output_throughput"}},
		{"excel", 5e-3, []string{"sent_ttft.p99", "tpot.avg", "icl.p10", "sent_e2el.p90", "duration", "output_throughput"}},
	} {
		kind, err := reporters.Kinds.Find(tc.kind)
		if err != nil {
			t.Fatal(err)
		}
		reporter, list := kind.New(nil)
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		roundTrip(t, tc.kind, reporter, tc.names, tc.within)
	}
}

// TestRoundTripOfProcessData does so for the other file of serving_perf_eval's.
func TestRoundTripOfProcessData(t *testing.T) {
	t.Parallel()
	kind, err := reporters.Kinds.Find("serving_perf_eval")
	if err != nil {
		t.Fatal(err)
	}
	section := mapping(t, "kind: serving_perf_eval\nprocess: true\n")
	reporter, list := kind.New(section)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	for _, f := range reporter.(reporters.Folder).Files(&reporters.Report{Doc: exported()}) {
		if strings.HasSuffix(f.Name, ".json") {
			roundTrip(t, f.Name, f, []string{"sent_ttft.p99", "tpot.avg", "icl.p10", "sent_e2el.p90", "duration", "input_throughput"}, 1e-12)
			return
		}
	}
	t.Error("there is no process document")
}

func roundTrip(t *testing.T, what string, reporter reporters.Reporter, names []string, within float64) {
	t.Helper()
	doc := exported()
	var text bytes.Buffer
	if err := reporter.Write(t.Context(), &reporters.Report{Doc: doc}, &text); err != nil {
		t.Fatal(err)
	}
	got, _, err := foreign.Read([]foreign.File{{Name: what, Data: text.Bytes()}}, foreign.Options{Loadgate: "test"})
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	follows(t, got)
	c, want := got.Cells[0], doc.Cells[0]
	for _, name := range names {
		g, w := figure(c, name), figure(want, name)
		if !(math.Abs(g-w) <= within*math.Max(1, math.Abs(w))) {
			t.Errorf("%s: %s = %v, was %v", what, name, g, w)
		}
	}
	if c.Counts.Completed != want.Counts.Completed {
		t.Errorf("%s: %d completed, was %d", what, c.Counts.Completed, want.Counts.Completed)
	}
}

func mapping(t *testing.T, text string) *yamlpos.Node {
	t.Helper()
	n, list := yamlpos.Parse("test.yaml", []byte(text), nil)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}
