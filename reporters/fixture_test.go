package reporters_test

import (
	"fmt"
	"strings"
	"time"

	"loadgate/internal/result"
	"loadgate/reporters"
)

// dist is a distribution around a median, with a tail.
func dist(unit string, n int, median float64) result.Metric {
	at := func(f float64) result.Number { return result.Number(median * f) }
	return result.Metric{Unit: unit, Value: result.None(), Dist: &result.Dist{
		N: n, Groups: n, Avg: at(1.07), Min: at(0.6), Max: at(3.1), Stddev: at(0.2),
		P1: at(0.62), P10: at(0.8), P25: at(0.9), P50: at(1), P75: at(1.1), P90: at(1.4), P95: at(1.7), P99: at(2.4), P999: at(3),
		CI95: map[string]*[2]result.Number{"p50": {at(0.97), at(1.03)}, "p99": nil},
	}}
}

func scalar(unit string, v float64) result.Metric {
	return result.Metric{Unit: unit, Value: result.Number(v)}
}

// cell is a cell of a healthy run at a concurrency.
func cell(concurrency int, shape string) *result.Cell {
	n := 20 * concurrency
	slow := 1 + float64(concurrency)/8
	if shape == "long" {
		slow *= 2.2
	}
	metrics := map[string]result.Metric{
		"ttft": dist("ms", n, 84.25*slow), "sent_ttft": dist("ms", n, 84.2*slow),
		"tpot": dist("ms", n, 9.8713*slow), "itl": dist("ms", n*64, 9.71*slow), "icl": dist("ms", n*60, 10.2*slow),
		"e2el": dist("ms", n, 712.5*slow), "sent_e2el": dist("ms", n, 712*slow),
		"duration": scalar("s", 21.4), "success_rate": scalar("ratio", 1), "request_throughput": scalar("1/s", 9.61*float64(concurrency)/slow),
		"input_throughput": scalar("tokens/s", 1230*float64(concurrency)), "output_throughput": scalar("tokens/s", 615.2*float64(concurrency)/slow),
		"total_throughput": scalar("tokens/s", 1845.2*float64(concurrency)), "goodput": scalar("1/s", 9.1), "slo_attainment": scalar("ratio", 0.953),
	}
	c := &result.Cell{
		ID: fmt.Sprintf("concurrency=%d.shape=%s-1a2b3c", concurrency, shape), Key: fmt.Sprintf("key%d%s", concurrency, shape),
		Axes: result.Axes{{Name: "load.concurrency", Value: float64(concurrency)}, {Name: "shape", Value: shape}},
		Load: map[string]any{"concurrency": float64(concurrency), "requests": float64(n)}, Backend: "main", Kind: "vllm", Model: "my-model",
		Dataset: "chat", DatasetDigest: "d1", StartedAt: began, Validity: result.Valid,
		Counts:  result.Counts{Planned: n, Sent: n, Completed: n, Errors: map[string]int{}},
		Tokens:  result.Tokens{Input: 128 * n, Output: 64 * n, Source: "usage"},
		Metrics: metrics,
	}
	c.Repeats = []*result.Repeat{{
		StartedAt: began, Validity: result.Valid, Counts: c.Counts, Tokens: c.Tokens, Metrics: metrics,
		Client: result.Client{CPURatio: 0.123, LateP99MS: 0.3141, LagP99MS: result.None(), MaxRSSByte: 64 << 20},
	}}
	return c
}

var began = time.Date(2026, 11, 23, 16, 2, 46, 0, time.UTC)

func document(cells ...*result.Cell) *result.Document {
	return &result.Document{
		SchemaVersion: result.SchemaVersion, Loadgate: "0.1.0", RunID: "r1", Name: "chat-gate", Scenario: "gate.yaml", ScenarioHash: "c0ffee",
		StartedAt: began, EndedAt: began.Add(12*time.Minute + 31*time.Second),
		Labels:      map[string]any{"hardware": "H200-141G", "hardware_num": 8.0, "framework": "vllm", "framework_version": "0.32.0"},
		Environment: result.Environment{OS: "linux", Arch: "amd64", Kernel: "6.8", CPU: "EPYC", Cores: 8, MemoryMiB: 32768, Go: "go1.26", Clock: "user", Host: "bench-1"},
		Verdict:     result.Pass, Cells: cells,
	}
}

// matrix is six concurrencies by six shapes.
func matrix() []*result.Cell {
	var cells []*result.Cell
	for _, shape := range []string{"short", "medium", "long", "chat", "code", "summarize-a-whole-book"} {
		for _, concurrency := range []int{1, 2, 4, 8, 16, 32} {
			cells = append(cells, cell(concurrency, shape))
		}
	}
	return cells
}

// rule is a judgement that passed.
func rule(assert string, line int, c *result.Cell) result.SLO {
	s := result.SLO{Name: assert, Assert: assert, Scope: "cell", Severity: "fail", Outcome: result.RulePass, File: "gate.yaml", Line: line, Col: 5}
	if c != nil {
		s.Cell = c.ID
	} else {
		s.Scope = "run"
	}
	return s
}

// missed turns a judgement into a missed one.
func missed(s result.SLO, got float64, neighbor string) result.SLO {
	s.Outcome, s.Got, s.Want, s.Op, s.Unit, s.N = result.RuleFail, result.Number(got), 500, "<", "ms", 200
	s.Reason = fmt.Sprintf("ttft.p99 = %.1f ms (n 200, 95 %% interval 580.1 … 655.0), limit 500 ms: missed by %.1f ms (%.0f %%)", got, got-500, (got-500)/5)
	s.Neighbor = neighbor
	return s
}

// reports are the documents that every reporter must cope with, by name.
func reports() map[string]*reporters.Report {
	of := func(d *result.Document) *reporters.Report {
		titles := map[string]string{}
		for _, c := range d.Cells {
			if len(c.Axes) == 2 {
				titles[c.ID] = fmt.Sprintf("concurrency %v, shape %v", c.Axes[0].Value, c.Axes[1].Value)
			}
		}
		return &reporters.Report{Doc: d, Titles: titles}
	}
	return map[string]*reporters.Report{
		"empty":        of(&result.Document{Verdict: result.Errored, ExitCode: 3, Error: "preflight: dial tcp 127.0.0.1:8000: connection refused"}),
		"one-cell":     of(oneCell()),
		"matrix":       of(passing()),
		"failures":     of(failing()),
		"invalid":      of(invalid()),
		"interrupted":  of(interrupted()),
		"all-failed":   of(allFailed()),
		"hostile":      of(hostile()),
		"many-reasons": of(undecided()),
	}
}

func oneCell() *result.Document {
	c := cell(8, "")
	c.ID, c.Axes = "base-1a2b3c", nil
	return document(c)
}

func passing() *result.Document {
	d := document(matrix()...)
	for _, c := range d.Cells {
		d.SLO = append(d.SLO, rule("ttft.p99 < 2s", 41, c))
	}
	return d
}

func failing() *result.Document {
	a, b, c := cell(4, "long"), cell(8, "long"), cell(8, "short")
	d := document(a, b, c)
	d.Verdict, d.ExitCode = result.Fail, 1
	smooth := rule("itl.p99 < 60ms && success_rate >= 99.9%", 42, c)
	smooth.Name = "smooth stream"
	soft := missed(rule("ttft.p99 < 500ms", 47, c), 612.4, "")
	soft.Severity = "warn"
	b.Counts.Completed, b.Counts.Failed = b.Counts.Sent-3, 3
	b.Counts.Errors = map[string]int{"http_5xx": 2, "reset": 1}
	b.Counts.Examples = map[string]string{"http_5xx": "503 Service Unavailable: upstream connect error", "reset": "read: connection reset by peer"}
	b.Metrics["success_rate"] = scalar("ratio", 0.98125)
	d.SLO = []result.SLO{
		rule("ttft.p99 < 500ms", 41, a),
		missed(rule("ttft.p99 < 500ms", 41, b), 612.4, "load.concurrency 4"),
		missed(rule("ttft.p99 < 500ms", 41, c), 501.2, ""),
		smooth, soft,
	}
	never := rule("any(cells, .output_throughput >= 1200 && .ttft.p95 < 1s) && all(cells, .success_rate >= 99.9% && .itl.p99 < 60ms)", 51, nil)
	never.Outcome, never.Reason = result.RuleFail, "no cell holds; the nearest is concurrency 8, shape long\noutput_throughput = 904 tokens/s, limit 1,200 tokens/s"
	skipped := rule("goodput > 3", 60, a)
	skipped.Outcome, skipped.Reason = result.RuleSkipped, "when is false"
	d.SLO = append(d.SLO, never, skipped)
	return d
}

func invalid() *result.Document {
	a, b := cell(4, "short"), cell(64, "short")
	busy := result.Finding{Check: "client_cpu", Cause: "client", Level: "invalid", Value: 0.93, Limit: 0.85, Unit: "ratio", Message: "client CPU was 93 % of its cores (limit 85 %): stamps are late by an unknown amount"}
	grows := result.Finding{Check: "stationarity", Cause: "server", Level: "warn", Value: 0.31, Limit: 0.2, Unit: "ratio", Message: "ttft grew by 31 % from the first to the last quarter"}
	b.Validity, b.Findings = result.Invalid, []result.Finding{busy, grows}
	a.Validity, a.Findings = result.Warned, []result.Finding{{Check: "stationarity", Cause: "server", Level: "warn", Value: 0.22, Limit: 0.2, Message: "ttft grew by 22 %"}}
	b.Repeats[0].Client.CPURatio = 0.93
	d := document(a, b)
	d.Verdict, d.ExitCode = result.Inconclusive, 4
	unsure := rule("ttft.p99 < 500ms", 41, b)
	unsure.Outcome, unsure.Reason = result.RuleInconclusive, "the cell is INVALID (client_cpu)"
	d.SLO = []result.SLO{rule("ttft.p99 < 500ms", 41, a), unsure}
	return d
}

func interrupted() *result.Document {
	a, b := cell(4, "short"), cell(8, "short")
	b.Counts.Sent, b.Counts.Completed, b.Counts.Cancelled, b.Counts.Unsent = 60, 56, 4, 100
	d := document(a, b)
	d.Verdict, d.ExitCode = result.Interrupted, 130
	return d
}

func allFailed() *result.Document {
	c := cell(8, "short")
	c.Counts.Completed, c.Counts.Failed, c.Counts.Errors = 0, 160, map[string]int{"dial": 160}
	c.Counts.Examples = map[string]string{"dial": "dial tcp 127.0.0.1:8000: connect: connection refused"}
	c.Metrics = map[string]result.Metric{"success_rate": scalar("ratio", 0), "output_throughput": scalar("tokens/s", 0)}
	c.Tokens = result.Tokens{Source: "none"}
	d := document(c)
	d.Verdict, d.ExitCode, d.Error = result.Errored, 3, "no request succeeded"
	return d
}

// nasty are texts that servers and strangers might send.
var nasty = []string{
	"=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\x1b[31mred\x1b]0;title\a", "\u202egnp.exe", "_x0041_ \x00\ufffe\xff",
	"<script>alert(1)</script>&amp;",
}

func hostile() *result.Document {
	c := cell(8, "short")
	c.Backend, c.Kind, c.Model, c.Dataset = nasty[0], nasty[6], nasty[7], nasty[3]
	c.Axes = result.Axes{{Name: "load.concurrency", Value: 8.0}, {Name: nasty[4], Value: nasty[1]}}
	c.Labels = map[string]any{"hardware": nasty[0], "cluster": nasty[8]}
	c.Counts.Failed, c.Counts.Errors = 2, map[string]int{"in_band_error": 1, nasty[6]: 1}
	c.Counts.Examples = map[string]string{"in_band_error": nasty[6] + nasty[9], nasty[6]: nasty[2]}
	c.Findings = []result.Finding{{Check: nasty[0], Level: "warn", Cause: "server", Value: 1, Limit: 2, Message: nasty[6]}}
	c.Validity = result.Warned
	d := document(c)
	d.Name, d.Labels = nasty[1]+nasty[6], map[string]any{nasty[0]: nasty[1], nasty[5]: nasty[7]}
	d.Environment.Host, d.ScenarioHash = nasty[2], nasty[3]
	d.Verdict, d.ExitCode = result.Fail, 1
	for i, text := range nasty {
		s := missed(rule(text, 40+i, c), 612.4, text)
		s.Name, s.Reason, s.File = text+" ", text, nasty[6]
		d.SLO = append(d.SLO, s)
	}
	long := missed(rule("ttft.p99 < 500ms", 90, c), 612.4, "")
	long.Reason += strings.Repeat(" =😀pad", 5000)
	d.SLO = append(d.SLO, long)
	return d
}

func undecided() *result.Document {
	d := document(matrix()...)
	d.Verdict, d.ExitCode = result.Inconclusive, 4
	for i, c := range d.Cells {
		s := rule("ttft.p99 < 2s", 41, c)
		s.Outcome, s.Reason = result.RuleInconclusive, "ttft.p99 needs 368 requests for its interval, the cell has 160"
		if i%6 == 0 {
			s.Reason = fmt.Sprintf("ttft.p99 needs 368 requests for its interval, the cell has %d", 20+i)
		}
		d.SLO = append(d.SLO, s)
	}
	return d
}
