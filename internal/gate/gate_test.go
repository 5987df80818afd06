package gate

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"

	"loadgate/internal/diag"
	"loadgate/internal/result"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

// text is an expression as it stands in a file.
func text(s string) *yamlpos.Node {
	return &yamlpos.Node{Kind: yamlpos.String, Text: s, Value: s, Width: len(s), Pos: diag.Pos{File: "gate.yaml", Line: 7, Col: 5}}
}

func aRule(assert string) *scenario.Rule {
	return &scenario.Rule{Name: assert, Assert: text(assert), Scope: ScopeCell, Severity: SeverityFail, Over: OverMedian}
}

// aCell is a cell of one axis, in plan and document.
func aCell(id string, concurrency float64) (*scenario.Cell, *result.Cell) {
	facts := map[string]any{
		"load":    map[string]any{"concurrency": concurrency},
		"backend": map[string]any{"name": "main", "kind": "vllm"},
		"axis":    map[string]any{"concurrency": concurrency},
		"labels":  map[string]any{"team": "a"},
	}
	dist := &result.Dist{N: 100, Groups: 100, P50: 100, P95: 200, P99: 300, CI95: map[string]*[2]result.Number{"p50": {90, 110}, "p95": {180, 260}}}
	metrics := map[string]result.Metric{
		"ttft": {Unit: "ms", Dist: dist}, "output_throughput": {Unit: "tokens/s", Value: 500}, "success_rate": {Unit: "ratio", Value: 0.99},
	}
	counts := result.Counts{Planned: 100, Sent: 100, Completed: 99, Failed: 1, Errors: map[string]int{"http_429": 1}}
	r := &result.Repeat{Counts: counts, Metrics: metrics, Validity: result.Valid, Shares: map[string]result.Share{"ttft < 250ms": {Good: 97, Sent: 100}}}
	return &scenario.Cell{ID: id, Facts: facts}, &result.Cell{
		ID: id, Axes: result.Axes{{Name: "load.concurrency", Value: concurrency}}, Validity: result.Valid,
		Counts: counts, Metrics: metrics, Repeats: []*result.Repeat{r},
	}
}

// judge judges rules on cells with concurrency 1, 4 and 8, after change.
func judge(t *testing.T, change func([]*result.Cell), rules ...*scenario.Rule) []result.SLO {
	t.Helper()
	plan := &scenario.Plan{Rules: rules}
	var cells []*result.Cell
	for id, concurrency := range map[string]float64{"a": 1, "b": 4, "c": 8} {
		p, c := aCell(id, concurrency)
		plan.Cells, cells = append(plan.Cells, p), append(cells, c)
	}
	g, list := Compile(plan)
	if list.HasErrors() {
		t.Fatal(list)
	}
	if change != nil {
		change(cells)
	}
	return g.Judge(Input{Cells: cells})
}

func only(t *testing.T, slo []result.SLO, cell string) result.SLO {
	t.Helper()
	for _, s := range slo {
		if s.Cell == cell {
			return s
		}
	}
	t.Fatalf("no verdict on cell %q in %+v", cell, slo)
	return result.SLO{}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, assert string
		change       func(*scenario.Rule)
		cell         func(*result.Cell)
		want         result.Outcome
		says         string
	}{
		{name: "pass", assert: "ttft.p95 < 500ms", want: result.RulePass, says: "200ms"},
		{name: "fail", assert: "ttft.p95 < 150ms", want: result.RuleFail, says: "missed by 50ms"},
		{name: "share", assert: "share(ttft < 250ms) >= 90%", want: result.RulePass, says: "97%"},
		{name: "classes", assert: "errors.http_429 == 1 && errors.http_5xx == 0", want: result.RulePass},
		{name: "backend by name", assert: `ttft.p50 < 1s && backend == "main"`, want: result.RulePass},
		{name: "no value", assert: "tpot.p50 < 50ms", want: result.RuleInconclusive, says: "tpot.p50"},
		{name: "invalid cell", assert: "ttft.p95 < 150ms", cell: invalid, want: result.RuleInconclusive, says: "INVALID"},
		{name: "invalid cell, counts", assert: "success_rate >= 99.9%", cell: invalid, want: result.RuleFail},
		{name: "invalid cell, counts decide", assert: "failed == 0 && ttft.p95 < 10s", cell: invalid, want: result.RuleFail},
		{name: "invalid cell, beyond doubt", assert: "ttft.p95 < 150ms", cell: func(c *result.Cell) { invalid(c); delayed(c, 40) }, want: result.RuleFail},
		{name: "invalid cell, within doubt", assert: "ttft.p95 < 150ms", cell: func(c *result.Cell) { invalid(c); delayed(c, 60) }, want: result.RuleInconclusive},
		{name: "equality is not a matter of samples", assert: "success_rate == 100%", want: result.RuleFail, says: "not == 100%"},
		{name: "proved", assert: "ttft.p95 < 500ms", change: confident, want: result.RulePass},
		{name: "not proved", assert: "ttft.p95 < 250ms", change: confident, want: result.RuleInconclusive, says: "interval holds the limit"},
		{name: "too few", assert: "ttft.p99 < 1s", change: confident, want: result.RuleInconclusive, says: "needs 368 samples"},
		{name: "share not proved", assert: "share(ttft < 250ms) >= 95%", change: confident, want: result.RuleInconclusive, says: "requests would settle it"},
		{name: "point value", assert: "ttft.p95 < 250ms", want: result.RulePass, says: "decided by the point value"},
		{name: "skipped", assert: "ttft.p50 < 1s", change: func(r *scenario.Rule) { r.When = text("load.concurrency == 1") }, want: result.RuleSkipped},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := aRule(c.assert)
			if c.change != nil {
				c.change(r)
			}
			s := only(t, judge(t, func(cells []*result.Cell) {
				for _, x := range cells {
					if c.cell != nil {
						c.cell(x)
					}
				}
			}, r), "b")
			if s.Outcome != c.want || !strings.Contains(s.Reason, c.says) {
				t.Errorf("%s: %s, want %s saying %q", s.Outcome, s.Reason, c.want, c.says)
			}
			if s.Line != 7 || s.File != "gate.yaml" {
				t.Errorf("placed at %s:%d", s.File, s.Line)
			}
		})
	}
}

// delayed gives a cell a client that was late by so many ms at the most.
func delayed(c *result.Cell, ms result.Number) {
	c.Metrics = maps.Clone(c.Metrics)
	c.Metrics["schedule_delay"] = result.Metric{Unit: "ms", Dist: &result.Dist{N: 100, Groups: 100, Max: ms}}
}

func invalid(c *result.Cell)     { c.Validity = result.Invalid }
func confident(r *scenario.Rule) { r.Confidence = 0.95 }

func TestRunScope(t *testing.T) {
	t.Parallel()
	r := aRule("any(cells, .output_throughput >= 400 && .load.concurrency >= 8)")
	r.Scope = ScopeRun
	if s := judge(t, nil, r); len(s) != 1 || s[0].Outcome != result.RulePass || s[0].Cell != "" {
		t.Errorf("%+v", s)
	}
}

func TestOverRepeats(t *testing.T) {
	t.Parallel()
	worse := func(cells []*result.Cell) {
		for _, c := range cells {
			second := *c.Repeats[0]
			second.Index = 1
			second.Metrics = map[string]result.Metric{"ttft": {Unit: "ms", Dist: &result.Dist{N: 100, Groups: 100, P95: 900}}}
			c.Repeats = append(c.Repeats, &second)
		}
	}
	for over, want := range map[string][]result.Outcome{
		OverMedian: {result.RulePass}, OverWorst: {result.RuleFail}, OverEach: {result.RulePass, result.RuleFail},
	} {
		r := aRule("ttft.p95 < 500ms")
		r.Over = over
		var got []result.Outcome
		for _, s := range judge(t, worse, r) {
			if s.Cell == "b" {
				got = append(got, s.Outcome)
			}
		}
		if len(got) != len(want) || got[0] != want[0] || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("over %s: %v, want %v", over, got, want)
		}
	}
}

func TestNeighborThatPasses(t *testing.T) {
	t.Parallel()
	s := only(t, judge(t, func(cells []*result.Cell) {
		for _, c := range cells {
			if c.ID == "c" {
				c.Metrics = map[string]result.Metric{"ttft": {Unit: "ms", Dist: &result.Dist{N: 9, Groups: 9, P95: 900}}}
			}
		}
	}, aRule("ttft.p95 < 500ms")), "c")
	if s.Outcome != result.RuleFail || s.Neighbor != "load.concurrency 4" {
		t.Errorf("%s, neighbour %q", s.Outcome, s.Neighbor)
	}
}

func TestInterruptedCellsProveNothing(t *testing.T) {
	t.Parallel()
	p, c := aCell("a", 1)
	run := aRule("all(cells, .ttft.p50 < 1s)")
	run.Scope = ScopeRun
	g, list := Compile(&scenario.Plan{Cells: []*scenario.Cell{p}, Rules: []*scenario.Rule{aRule("ttft.p95 < 150ms"), run}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	for _, s := range g.Judge(Input{Cells: []*result.Cell{c}, Interrupted: map[string]bool{"a": true}}) {
		if s.Outcome != result.RuleInconclusive {
			t.Errorf("%+v", s)
		}
	}
}

func TestCompileMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ assert, when, says string }{
		{assert: "ttfx.p99 < 1s", says: "ttfx"},
		{assert: "goodput > 1", says: "goodput:"},
		{assert: "ttft.p99 < 1s", when: "load.concurrency > 100", says: "selects none of the 1 cells"},
		{assert: "ttft.p99 < 1s", when: `axis.shpe == "x"`, says: "shpe"},
		{assert: "ttft.p99", says: "ttft.p99"},
	} {
		p, _ := aCell("a", 1)
		r := aRule(c.assert)
		if c.when != "" {
			r.When = text(c.when)
		}
		_, list := Compile(&scenario.Plan{Cells: []*scenario.Cell{p}, Rules: []*scenario.Rule{r}})
		if !list.HasErrors() || !strings.Contains(list[0].String()+list[0].Hint, c.says) {
			t.Errorf("%s when %s: %v", c.assert, c.when, list)
		}
	}
}

func TestLatencyLimit(t *testing.T) {
	t.Parallel()
	p, _ := aCell("a", 1)
	g, list := Compile(&scenario.Plan{Cells: []*scenario.Cell{p}, Rules: []*scenario.Rule{
		aRule("ttft.p99 < 2s && 800ms > e2el.p50"), aRule("tpot.p50 < 10ms"),
	}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	if got := g.LatencyLimit("a"); got != 800 {
		t.Errorf("%g ms", got)
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	ok := []*result.Cell{{Counts: result.Counts{Completed: 1}}}
	slo := func(outcome result.Outcome, severity string) []result.SLO {
		return []result.SLO{{Outcome: result.RulePass, Severity: SeverityFail}, {Outcome: outcome, Severity: severity}}
	}
	for _, c := range []struct {
		name    string
		doc     result.Document
		run     Run
		verdict result.Verdict
		code    int
	}{
		{"pass", result.Document{Cells: ok}, Run{}, result.Pass, 0},
		{"fail", result.Document{Cells: ok, SLO: slo(result.RuleFail, SeverityFail)}, Run{}, result.Fail, 1},
		{"a warning passes", result.Document{Cells: ok, SLO: slo(result.RuleFail, SeverityWarn)}, Run{}, result.Pass, 0},
		{"inconclusive", result.Document{Cells: ok, SLO: slo(result.RuleInconclusive, SeverityFail)}, Run{}, result.Inconclusive, 4},
		{"a fail beats inconclusive", result.Document{Cells: ok, SLO: append(slo(result.RuleInconclusive, SeverityFail), slo(result.RuleFail, SeverityFail)...)}, Run{}, result.Fail, 1},
		{"cells missing", result.Document{Cells: ok}, Run{Missing: 2}, result.Inconclusive, 4},
		{"stopped before the first cell", result.Document{}, Run{Missing: 2}, result.Inconclusive, 4},
		{"stopped before the first answer", result.Document{Cells: []*result.Cell{{Counts: result.Counts{Sent: 2, Cancelled: 2}}}}, Run{Missing: 2}, result.Inconclusive, 4},
		{"stopped after failures alone", result.Document{Cells: []*result.Cell{{Counts: result.Counts{Failed: 3}}}}, Run{Missing: 2}, result.Errored, 3},
		{"no success", result.Document{Cells: []*result.Cell{{Counts: result.Counts{Failed: 3}}}, SLO: slo(result.RuleFail, SeverityFail)}, Run{}, result.Errored, 3},
		{"an audit hit is an answer", result.Document{Cells: []*result.Cell{{Counts: result.Counts{AuditHits: 3}}}}, Run{}, result.Pass, 0},
		{"broken rule", result.Document{Cells: ok, SLO: slo(result.RuleError, SeverityFail)}, Run{}, result.Errored, 3},
		{"failure", result.Document{Cells: ok}, Run{Failure: errors.New("disk full")}, result.Errored, 3},
		{"signal", result.Document{Cells: ok, SLO: slo(result.RuleFail, SeverityFail)}, Run{Signal: ExitTerminated, Failure: errors.New("x")}, result.Interrupted, 143},
		{"invalid", result.Document{Cells: []*result.Cell{{Validity: result.Invalid, Counts: result.Counts{Completed: 1}}}}, Run{}, result.Pass, 0},
		{"invalid, strict", result.Document{Cells: []*result.Cell{{Validity: result.Invalid, Counts: result.Counts{Completed: 1}}}}, Run{Strict: true}, result.Inconclusive, 4},
	} {
		Decide(&c.doc, c.run)
		if c.doc.Verdict != c.verdict || c.doc.ExitCode != c.code {
			t.Errorf("%s: %s, exit %d, want %s, %d", c.name, c.doc.Verdict, c.doc.ExitCode, c.verdict, c.code)
		}
	}
}

func TestNearestPrefersTheClosestNumber(t *testing.T) {
	t.Parallel()
	at := func(rate any, shape string) *result.Cell {
		return &result.Cell{Axes: result.Axes{{Name: "load.rate", Value: rate}, {Name: "shape", Value: shape}}}
	}
	got := nearest(at(8.0, "s"), []*result.Cell{at(1.0, "s"), at(4.0, "s"), at(8.0, "l"), at(math.Inf(1), "s")})
	if got != "load.rate 4" {
		t.Errorf("got %q", got)
	}
}

func TestRulesOnTheBaseline(t *testing.T) {
	t.Parallel()
	earlier := func(p95 float64) *Baseline {
		d := &result.Dist{P95: result.Number(p95), P50: result.None()}
		return &Baseline{Metrics: map[string]result.Metric{"ttft": {Unit: "ms", Dist: d}}}
	}
	refused := earlier(1)
	refused.Refused = "the dataset has other content"
	for _, c := range []struct {
		name, assert string
		in           Input
		want         result.Outcome
		says         string
	}{
		{"holds", "ttft.p95 < baseline.ttft.p95 * 110%", Input{Baselines: map[string]*Baseline{"b": earlier(190)}}, result.RulePass, "209ms (baseline.ttft.p95 * 110%)"},
		{"broken", "ttft.p95 < baseline.ttft.p95 * 110%", Input{Baselines: map[string]*Baseline{"b": earlier(150)}}, result.RuleFail, "missed by 35ms"},
		{"no value there", "ttft.p95 < baseline.ttft.p50", Input{Baselines: map[string]*Baseline{"b": earlier(150)}}, result.RuleInconclusive, "there is no value of baseline.ttft.p50"},
		{"no such cell", "ttft.p95 < baseline.ttft.p95", Input{Baselines: map[string]*Baseline{"a": earlier(150)}}, result.RuleSkipped, "the baseline has no such cell"},
		{"no baseline", "ttft.p95 < baseline.ttft.p95", Input{NoBaseline: "there is none yet"}, result.RuleSkipped, "there is none yet"},
		{"another measurement", "ttft.p95 < baseline.ttft.p95", Input{Baselines: map[string]*Baseline{"b": refused}}, result.RuleInconclusive, "did not measure the same: the dataset has other content"},
		{"rules without it", "ttft.p95 < 500ms", Input{NoBaseline: "there is none yet"}, result.RulePass, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, cell := aCell("b", 4)
			g, list := Compile(&scenario.Plan{Rules: []*scenario.Rule{aRule(c.assert)}, Cells: []*scenario.Cell{p}, Compare: &scenario.Compare{}})
			if list.HasErrors() {
				t.Fatal(list)
			}
			c.in.Cells = []*result.Cell{cell}
			if s := only(t, g.Judge(c.in), "b"); s.Outcome != c.want || !strings.Contains(s.Reason, c.says) {
				t.Errorf("%s: %s, want %s saying %q", s.Outcome, s.Reason, c.want, c.says)
			}
		})
	}
	plan := &scenario.Plan{Rules: []*scenario.Rule{aRule("ttft.p95 < baseline.ttft.p95")}}
	if _, list := Compile(plan); !list.HasErrors() || !strings.Contains(list[0].Message, "no `compare:` section") {
		t.Errorf("without compare: %v", list)
	}
}

func TestRunRulesOnTheBaseline(t *testing.T) {
	t.Parallel()
	p, cell := aCell("b", 4)
	r := aRule("all(cells, .ttft.p95 < .baseline.ttft.p95 * 2)")
	r.Scope = ScopeRun
	g, list := Compile(&scenario.Plan{Rules: []*scenario.Rule{r}, Cells: []*scenario.Cell{p}, Compare: &scenario.Compare{}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	in := Input{Cells: []*result.Cell{cell}, Baselines: map[string]*Baseline{
		"b": {Metrics: map[string]result.Metric{"ttft": {Dist: &result.Dist{P95: 150}}}},
	}}
	if s := g.Judge(in)[0]; s.Outcome != result.RulePass {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
	if s := g.Judge(Input{Cells: in.Cells})[0]; s.Outcome != result.RuleInconclusive {
		t.Errorf("without a baseline cell: %s: %s", s.Outcome, s.Reason)
	}
}

func TestComparisonSharesInTheVerdict(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[result.Verdict]int{result.Pass: 0, result.Fail: 1, result.Inconclusive: 4, result.Errored: 4} {
		_, cell := aCell("b", 4)
		doc := &result.Document{Cells: []*result.Cell{cell}, Comparison: &result.Comparison{Verdict: verdict}}
		if Decide(doc, Run{}); doc.ExitCode != want {
			t.Errorf("%s: exit %d, want %d", verdict, doc.ExitCode, want)
		}
	}
}
