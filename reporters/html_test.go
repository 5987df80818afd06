package reporters_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/reporters"
)

// requestStream makes the samples of a cell: n requests at a steady rate with some
// that wait, some that fail and a warm-up, in the order of their ends.
func requestStream(n, tokens int) iter.Seq2[store.Record, error] {
	const ms = 1_000_000
	return func(yield func(store.Record, error) bool) {
		rng := rand.New(rand.NewPCG(7, uint64(n)))
		usage := &llm.Usage{Reasoning: -1, Cached: -1}
		events := make([]engine.Event, tokens)
		for i := range n {
			due := int64(1e9) + int64(i)*20*ms
			s := engine.Sample{
				ID: fmt.Sprintf("r1/cell-0-%d", i), Index: i, Warmup: i < n/20, Streamed: true, Outcome: llm.Completed, Status: 200, Finish: "length",
				Sched: due, Ready: due, Start: due + rng.Int64N(ms), Usage: usage,
			}
			if i%50 == 3 {
				s.Start += 30 * ms
			}
			at := s.Start + 60*ms + rng.Int64N(50*ms)
			for k := range events {
				events[k] = engine.Event{At: at, Bytes: 4, Kind: llm.Content}
				at += 8*ms + rng.Int64N(6*ms)
			}
			s.Events, s.Tok1, s.Ans1, s.TokN, s.Done = events, events[0].At, events[0].At, events[tokens-1].At, events[tokens-1].At+ms
			usage.Input, usage.Output = 900+rng.IntN(200), tokens
			if i%97 == 50 {
				s.Outcome, s.Class, s.Error, s.Usage = llm.Failed, llm.ErrHTTP5xx, "503 Service Unavailable", nil
				s.Events, s.Tok1, s.Ans1, s.TokN, s.Done = nil, 0, 0, 0, s.Start+5*ms
			}
			if !yield(store.Record{Sample: s}, nil) {
				return
			}
		}
	}
}

// withRequests gives every cell of a report n requests, and the counts of them.
func withRequests(r *reporters.Report, n, tokens int) *reporters.Report {
	for _, c := range r.Doc.Cells {
		warmup, failed := n/20, n/97
		c.Counts.Planned, c.Counts.Sent, c.Counts.Warmup = n-warmup, n-warmup, warmup
		c.Counts.Completed, c.Counts.Failed = n-warmup-failed, failed
	}
	r.Samples = func(string) iter.Seq2[store.Record, error] { return requestStream(n, tokens) }
	return r
}

func htmlPage(t testing.TB, r *reporters.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := reporters.HTML(t.Context(), r, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// chartData is the data of the charts that stands in a page.
func chartData(t testing.TB, html string) map[string]any {
	t.Helper()
	_, after, ok := strings.Cut(html, `<script type="application/json" id="data">`)
	text, _, end := strings.Cut(after, "</script>")
	if !ok || !end {
		t.Fatal("no data in the page")
	}
	var data map[string]any
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	return data
}

// scriptless is the page without its scripts and styles: what a reader without
// JavaScript gets.
func scriptless(html string) string {
	return regexp.MustCompile(`(?s)<(script|style)\b.*?</(script|style)>`).ReplaceAllString(html, "")
}

func TestHTMLSaysWhatMattersWithoutScripts(t *testing.T) {
	t.Parallel()
	for name, wants := range map[string][]string{
		"failures": {
			"Gate failed: 2 of 5 rules in 2 of 3 cells", "Exit code 1", "smooth stream", "ttft.p99 &lt; 500ms", "gate.yaml:41:5", "missed by 112.4 ms", "Passes at load.concurrency 4",
			"503 Service Unavailable: upstream connect error", "concurrency 8, shape long: 2 of 160", "concurrency 4, shape long", "H200-141G", "EPYC", "✗ 1 failed",
		},
		"invalid":     {"No: INVALID in 1 of 2 cells: client_cpu", "client CPU was 93 % of its cores", "ttft grew by 22 %", "93.0 % of its cores"},
		"matrix":      {"Gate passed: 1 rule on 36 cells", "Yes: VALID", "summarize-a-whole-book"},
		"interrupted": {"Interrupted", "Exit code 130"},
		"empty":       {"Could not run: preflight: dial tcp 127.0.0.1:8000: connection refused", "Nothing was measured", "No cell was measured."},
		"one-cell":    {"Done, no rules to judge", "concurrency 8"},
	} {
		got := scriptless(htmlPage(t, reports()[name]))
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
}

// The page stands alone: no element that fetches, no address but that of the
// chart library in its own comment, no handler in the markup.
func TestHTMLAsksForNothing(t *testing.T) {
	t.Parallel()
	html := htmlPage(t, withRequests(reports()["failures"], 200, 8))
	for _, pattern := range []string{`<link`, `<img`, `<iframe`, `<object`, `<base`, `\ssrc=`, `@import`, `url\(`, `<[^>]+\son[a-z]+=`, `javascript:`, `\sstyle=`} {
		if found := regexp.MustCompile(pattern).FindString(scriptless(html)); found != "" {
			t.Errorf("the markup holds %q", found)
		}
	}
	for _, address := range regexp.MustCompile(`https?://[^\s"')]+`).FindAllString(html, -1) {
		if address != "https://github.com/leeoniya/uPlot" && address != "http://www.w3.org/2000/svg" {
			t.Errorf("the page names %s", address)
		}
	}
	if !strings.Contains(html, "Permission is hereby granted") {
		t.Error("the chart library stands there without its licence")
	}
}

func TestHTMLDrawsTheLimitsOfRules(t *testing.T) {
	t.Parallel()
	r := reports()["failures"]
	c := r.Doc.Cells[0]
	share := rule("share(ttft < 1.5s) >= 95% && itl.p99 < 60ms", 70, c)
	share.Clauses = []result.Clause{
		{Text: "share(ttft < 1.5s) >= 95%", Want: 0.95, Unit: "ratio"},
		{Text: "itl.p99 < 60ms", Want: 60, Unit: "ms"},
		{Text: "success_rate >= 99%", Want: 0.99, Unit: "ratio"},
	}
	r.Doc.SLO = []result.SLO{share}
	got, err := json.Marshal(chartData(t, htmlPage(t, r))["limits"])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"metric":"ttft","stat":"p95","text":"share(ttft \u003c 1.5s) \u003e= 95%","want":1500},{"metric":"itl","stat":"p99","text":"itl.p99 \u003c 60ms","want":60}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHTMLDrawsTheSamples(t *testing.T) {
	t.Parallel()
	r := withRequests(reports()["one-cell"], 1000, 8)
	data := chartData(t, htmlPage(t, r))
	cell := data["cells"].([]any)[0].(map[string]any)
	rows := cell["rows"].(map[string]any)
	if state := rows["state"].(string); len(state) != 1000 || strings.Count(state, "C") != 50 || strings.Count(state, "f") != 10 {
		t.Errorf("%d requests, states %.80s…", len(state), state)
	}
	if rows["of"] != 1000.0 {
		t.Errorf("of %v requests", rows["of"])
	}
	timeline := cell["time"].(map[string]any)
	warmup := timeline["warmup"].([]any)
	if len(warmup) != 1 || fmt.Sprint(warmup[0]) != "[0 1]" { // 50 requests, 20 ms apart
		t.Errorf("warm-up %v", warmup)
	}
	width, sent := timeline["width"].(float64), 0.0
	for _, perSecond := range timeline["sent"].([]any) {
		sent += perSecond.(float64) * width
	}
	if sent < 998 || sent > 1002 {
		t.Errorf("%v requests sent over time", sent)
	}
	if out := cell["output"].(map[string]any); out["from"] != 8.0 || out["mean"] != 8.0 {
		t.Errorf("answers of 8 tokens: %v", out)
	}
}

func TestHTMLStaysSmall(t *testing.T) {
	t.Parallel()
	r := withRequests(reports()["one-cell"], 10_000, 8)
	html := htmlPage(t, r)
	rows := chartData(t, html)["cells"].([]any)[0].(map[string]any)["rows"].(map[string]any)
	if n := len(rows["state"].(string)); n != 10_000 {
		t.Errorf("%d of 10,000 requests are drawn", n)
	}
	if len(html) > 3<<20 {
		t.Errorf("%d bytes", len(html))
	}
}

func TestHTMLPassesTheErrorOfSamplesOn(t *testing.T) {
	t.Parallel()
	r := reports()["matrix"]
	r.Samples = func(string) iter.Seq2[store.Record, error] {
		return func(yield func(store.Record, error) bool) { yield(store.Record{Sample: engine.Sample{}}, errDiskFull) }
	}
	if err := reporters.HTML(t.Context(), r, &bytes.Buffer{}); err == nil {
		t.Error("no error")
	}
}

func BenchmarkHTML(b *testing.B) {
	for _, n := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprintf("requests=%d", n), func(b *testing.B) {
			r := withRequests(reports()["one-cell"], n, 8)
			size := 0
			b.ReportAllocs()
			for b.Loop() {
				size = len(htmlPage(b, r))
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(size), "bytes")
			b.ReportMetric(float64(m.Sys)/(1<<20), "process-MiB")
		})
	}
}
