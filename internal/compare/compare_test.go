package compare

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"loadgate/internal/result"
)

// steady and slower are five repeats of ttft.p95, in ms.
var (
	steady = []float64{300, 304, 297, 309, 301}
	slower = []float64{336, 331, 342, 339, 328}
)

// aCell is a cell with these statistics.
func aCell(title string, series map[string][]float64) *Cell {
	c := &Cell{
		ID: title + "-0badcafe", Key: "key of " + title, Title: title, Backend: "main", Kind: "vllm", Model: "m", Dataset: "chat", DatasetDigest: "d",
		Load: map[string]any{"concurrency": 8.0, "requests": 100.0, "repeats": 5.0}, Validity: result.Valid, Series: map[string]*Series{},
	}
	n := 0
	for name, values := range series {
		s := &Series{Unit: "ms", Samples: 100 * len(values)}
		for _, v := range values {
			s.Values, s.Variances = append(s.Values, result.Number(v)), append(s.Variances, result.None())
		}
		c.Series[name] = s
		n = max(n, len(values))
	}
	for range n {
		c.Repeats = append(c.Repeats, Repeat{Sent: 100, Completed: 100, Input: 512, Output: 64})
	}
	return c
}

func aSide(id string, cells ...*Cell) *Side {
	return &Side{
		Path: id, Form: FormRun, Name: "gate", RunID: id, StartedAt: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC), Loadgate: "v1",
		Environment: result.Environment{OS: "linux", Arch: "amd64", CPU: "c", Cores: 2, Host: "h", Clock: "kernel"}, Cells: cells,
	}
}

// compareOne compares one statistic of one cell.
func compareOne(t *testing.T, name string, base, head []float64, policy Policy, h *History) result.Delta {
	t.Helper()
	histories := Histories{"key of a": {name: h}}
	c := Compare(aSide("b", aCell("a", map[string][]float64{name: base})), aSide("h", aCell("a", map[string][]float64{name: head})), policy, histories)
	for _, d := range c.Deltas {
		if d.Metric == name {
			return d
		}
	}
	t.Fatalf("%s was not compared: %+v", name, c.Pairs)
	return result.Delta{}
}

func close(t *testing.T, what string, got result.Number, want float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= 1e-6*math.Abs(want)) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// References, SciPy 1.17.1, of the logarithms of steady and slower:
//
//	stats.ttest_ind(head, base, equal_var=False), .confidence_interval(0.95)
//	stats.ttest_rel(head, base)
func TestAgainstSciPy(t *testing.T) {
	t.Parallel()
	only := Policy{Gate: []string{"ttft.p95"}}
	d := compareOne(t, "ttft.p95", steady, slower, only, nil)
	close(t, "effect", d.Effect, 0.1091700426558368)
	close(t, "df", d.DF, 7.870067053485409)
	close(t, "p", d.P, 8.296920030446372e-06)
	close(t, "low", d.Interval[0], 0.08339459134344278)
	close(t, "high", d.Interval[1], 0.13555872749890013)
	close(t, "detectable", d.Detectable, 0.03309431175226724)
	close(t, "noise floor", d.NoiseFloor, 0.023791378984485845)
	close(t, "permutation", d.Exact, 2.0/252)
	only.Paired = true
	d = compareOne(t, "ttft.p95", steady, slower, only, nil)
	close(t, "paired df", d.DF, 4)
	close(t, "paired p", d.P, 0.000628429064983755)
	close(t, "paired low", d.Interval[0], 0.07680867673569038)
	close(t, "paired high", d.Interval[1], 0.14250396575056892)
}

func scaled(values []float64, by float64) []float64 {
	out := slices.Clone(values)
	for i := range out {
		out[i] *= by
	}
	return out
}

func TestChanges(t *testing.T) {
	t.Parallel()
	noisy := []float64{250, 340, 290, 380, 300}
	for _, c := range []struct {
		name, metric string
		base, head   []float64
		want         result.Change
		says         string
	}{
		{"regressed", "ttft.p95", steady, scaled(steady, 1.3), result.Regressed, "higher by 30%"},
		{"suspect", "ttft.p95", steady, slower, result.Suspect, "likely by more than the margin of 10%"},
		{"improved", "ttft.p95", scaled(steady, 1.3), steady, result.Improved, "lower by 23.1%"},
		{"unchanged", "ttft.p95", steady, scaled(steady, 1.01), result.Unchanged, "within the margin of 10%"},
		{"worse within the margin", "ttft.p95", steady, scaled(steady, 1.05), result.Unchanged, "higher by 5%"},
		{"noise", "ttft.p95", noisy, scaled(noisy, 1.2), result.Unclear, "would have been seen"},
		{"less throughput", "output_throughput", steady, scaled(steady, 0.8), result.Regressed, "lower by 20%"},
		{"more throughput", "output_throughput", steady, scaled(steady, 1.2), result.Improved, "higher by 20%"},
		{"failures", "success_rate", []float64{1, 1, 1, 1, 1}, []float64{0.9, 0.91, 0.89, 0.9, 0.9}, result.Regressed, "lower by 10 percentage points"},
		{"no failures", "success_rate", []float64{1, 1, 1}, []float64{1, 1, 1}, result.Unchanged, ""},
		{"one repeat", "ttft.p95", steady, []float64{900}, result.Unclear, "one repeat and no history"},
		{"one each", "ttft.p95", []float64{300}, []float64{900}, result.Unclear, "one repeat and no history"},
		{"copies", "ttft.p95", []float64{300, 300, 300}, []float64{330, 330, 330}, result.Unclear, "without any spread"},
		{"zero", "output_throughput", steady, []float64{0, 0, 0}, result.NoData, "the head is 0 in a repeat"},
		{"nothing", "ttft.p95", steady, nil, result.NoData, "the head has no value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := compareOne(t, c.metric, c.base, c.head, Policy{}, nil)
			if d.Change != c.want || !strings.Contains(d.Reason, c.says) {
				t.Errorf("%s: %s, want %s saying %q", d.Change, d.Reason, c.want, c.says)
			}
		})
	}
}

func TestMarginIsRaisedToTheNoiseFloor(t *testing.T) {
	t.Parallel()
	noisy := []float64{280, 330, 300, 345, 310}
	d := compareOne(t, "ttft.p95", noisy, noisy, Policy{}, nil)
	if d.Margin <= d.Asked || d.Margin != d.NoiseFloor || !strings.Contains(strings.Join(d.Notes, " "), "raised to the noise floor") {
		t.Errorf("margin %v of %v asked, floor %v: %v", d.Margin, d.Asked, d.NoiseFloor, d.Notes)
	}
	if d.Needed <= 5 {
		t.Errorf("%d repeats a side shall be enough for what five cannot see", d.Needed)
	}
	strict := Compare(aSide("b", aCell("a", map[string][]float64{"ttft.p95": noisy})), aSide("h", aCell("a", map[string][]float64{"ttft.p95": noisy})), Policy{Strict: true}, nil)
	if strict.Verdict != result.Inconclusive || strict.ExitCode != 4 {
		t.Errorf("strict: %s, exit %d: %s", strict.Verdict, strict.ExitCode, strict.Reason)
	}
}

func TestWithinVarianceIsAFloor(t *testing.T) {
	t.Parallel()
	alike := []float64{300, 300.1, 299.9}
	base, head := aCell("a", map[string][]float64{"ttft.p95": alike}), aCell("a", map[string][]float64{"ttft.p95": scaled(alike, 1.2)})
	for _, c := range []*Cell{base, head} {
		for i := range c.Series["ttft.p95"].Variances {
			c.Series["ttft.p95"].Variances[i] = 0.01 // each repeat knows its p95 within 20 %
		}
	}
	d := Compare(aSide("b", base), aSide("h", head), Policy{}, nil).Deltas[0]
	if d.Change != result.Unclear {
		t.Errorf("%s: %s: three repeats that agree by chance are not evidence", d.Change, d.Reason)
	}
}

func TestHistoryMakesOneRepeatEnough(t *testing.T) {
	t.Parallel()
	var runs [][]float64
	for i := range 12 {
		runs = append(runs, []float64{math.Log(300 + float64(i*7%5))})
	}
	h := historyOf(runs)
	if d := compareOne(t, "ttft.p95", []float64{300}, []float64{390}, Policy{}, h); d.Change != result.Regressed || d.HistoryRuns != 12 {
		t.Errorf("%s with %d runs: %s", d.Change, d.HistoryRuns, d.Reason)
	}
	if d := compareOne(t, "ttft.p95", []float64{300}, []float64{301}, Policy{}, h); d.Change != result.Unchanged {
		t.Errorf("%s: %s", d.Change, d.Reason)
	}
	if d := compareOne(t, "ttft.p95", []float64{300}, []float64{390}, Policy{}, historyOf(runs[:4])); d.Change != result.Unclear {
		t.Errorf("four runs are enough: %s: %s", d.Change, d.Reason)
	}
}

// Repeats of a run that agree say nothing of how runs differ: history does.
func TestHistoryKnowsThatRunsDiffer(t *testing.T) {
	t.Parallel()
	var runs [][]float64
	for i := range 12 {
		level := math.Log(300) + 0.1*float64(i*7%5-2) // runs scatter by 15 %
		runs = append(runs, []float64{level, level + 0.002, level - 0.002})
	}
	base, head := []float64{300, 300.5, 299.5}, []float64{345, 345.5, 344.5}
	if d := compareOne(t, "ttft.p95", base, head, Policy{}, nil); d.Change != result.Regressed {
		t.Fatalf("without history: %s: %s", d.Change, d.Reason)
	}
	d := compareOne(t, "ttft.p95", base, head, Policy{}, historyOf(runs))
	if d.Change != result.Unclear || d.Needed != 0 || !strings.Contains(d.Reason, "whole runs differ by more") {
		t.Errorf("%s, %d repeats: %s", d.Change, d.Needed, d.Reason)
	}
}

func TestHistoryIsAroundEachLevel(t *testing.T) {
	t.Parallel()
	var runs [][]float64
	for i := range 20 {
		runs = append(runs, []float64{5 + 0.01*float64(i*7%5) + 0.5*float64(i/10)})
	}
	if h := historyOf(runs); h.BetweenVar > 0.001 || h.BetweenDF != 18 {
		t.Errorf("a step in the middle counts as noise: %+v", h)
	}
}

func TestPairs(t *testing.T) {
	t.Parallel()
	values := map[string][]float64{"ttft.p95": steady}
	base := aSide("b", aCell("a", values), aCell("gone", values), aCell("moved", values))
	head := aSide("h", aCell("a", values), aCell("new", values), aCell("moved", values))
	head.Cells[2].Key, head.Cells[2].Load = "other", map[string]any{"concurrency": 16.0, "requests": 100.0}
	c := Compare(base, head, Policy{}, nil)
	got := map[string]string{}
	for _, p := range c.Pairs {
		got[p.Title] = p.Status
		if p.Title == "moved" && !slices.Contains(p.Reasons, "load.concurrency is 16, was 8") {
			t.Errorf("moved: %v", p.Reasons)
		}
	}
	for title, want := range map[string]string{"a": "compared", "gone": "removed", "new": "added", "moved": "incomparable"} {
		if got[title] != want {
			t.Errorf("%s is %s, want %s", title, got[title], want)
		}
	}
	changes := map[result.Change]bool{}
	for _, d := range c.Deltas {
		changes[d.Change] = true
	}
	for _, want := range []result.Change{result.Unchanged, result.Removed, result.Added, result.Incomparable} {
		if !changes[want] {
			t.Errorf("nothing is %s", want)
		}
	}
	if c.ExitCode != 0 {
		t.Errorf("exit %d: %s", c.ExitCode, c.Reason)
	}
	allowed := Compare(base, head, Policy{AllowDifferent: true}, nil)
	if i := slices.IndexFunc(allowed.Pairs, func(p result.Pair) bool { return p.Title == "moved" }); !allowed.Pairs[i].Allowed || allowed.Pairs[i].Status != result.PairCompared {
		t.Errorf("allowed: %+v", allowed.Pairs[i])
	}
	if len(allowed.Warnings) == 0 {
		t.Error("a comparison of different things is not marked")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*Cell)
		says  string
	}{
		"data":       {func(c *Cell) { c.DatasetDigest = "e" }, "the dataset has other content"},
		"parameters": {func(c *Cell) { c.Key = "other" }, "parameters differ"},
		"kind":       {func(c *Cell) { c.Kind = "openai" }, "of kind openai, not vllm"},
		"invalid":    {func(c *Cell) { c.Validity = result.Invalid }, "the head's measurement is INVALID"},
		"prompts":    {func(c *Cell) { c.Repeats[0].Input = 600 }, "prompts have 529.6 tokens on average, had 512"},
		"answers":    {func(c *Cell) { c.Repeats[1].Output = 32 }, "answers have 57.6 tokens on average, had 64"},
		"load":       {func(c *Cell) { c.Load = map[string]any{"rate": 4.0} }, "load.concurrency is none, was 8"},
	} {
		base, head := aCell("a", map[string][]float64{"ttft.p95": steady}), aCell("a", map[string][]float64{"ttft.p95": slower})
		c.spoil(head)
		got := Compare(aSide("b", base), aSide("h", head), Policy{}, nil)
		if got.Verdict != result.Errored || got.ExitCode != 2 || !strings.Contains(strings.Join(got.Pairs[0].Reasons, "; "), c.says) {
			t.Errorf("%s: %s, exit %d: %v", name, got.Verdict, got.ExitCode, got.Pairs[0].Reasons)
		}
	}
}

func TestRepeatsAndLengthsOfOtherRepeatsDoNotMatter(t *testing.T) {
	t.Parallel()
	base, head := aCell("a", map[string][]float64{"ttft.p95": steady}), aCell("a", map[string][]float64{"ttft.p95": steady[:3]})
	head.Load = map[string]any{"concurrency": 8.0, "requests": 100.0, "repeats": 3.0}
	base.Repeats[4].Input = 900 // the head has no fifth repeat
	if c := Compare(aSide("b", base), aSide("h", head), Policy{}, nil); c.Pairs[0].Status != result.PairCompared {
		t.Errorf("%+v", c.Pairs[0])
	}
}

func TestItlPerTokenAgainstPerChunk(t *testing.T) {
	t.Parallel()
	base, head := aCell("a", map[string][]float64{"itl.p50": steady}), aCell("a", map[string][]float64{"itl.p50": steady})
	head.Series["itl.p50"].Note = "per_chunk"
	if d := Compare(aSide("b", base), aSide("h", head), Policy{}, nil).Deltas[0]; d.Change != result.Incomparable || !strings.Contains(d.Reason, "per_chunk") {
		t.Errorf("%s: %s", d.Change, d.Reason)
	}
}

func TestSurvivorsProveNothing(t *testing.T) {
	t.Parallel()
	base := aCell("a", map[string][]float64{"ttft.p95": steady, "success_rate": {1, 1, 1, 1, 1}})
	head := aCell("a", map[string][]float64{"ttft.p95": scaled(steady, 0.6), "success_rate": {0.7, 0.71, 0.69, 0.7, 0.7}})
	c := Compare(aSide("b", base), aSide("h", head), Policy{}, nil)
	for _, d := range c.Deltas {
		if d.Metric == "ttft.p95" && d.Change != result.Unclear {
			t.Errorf("%s: %s %v", d.Change, d.Reason, d.Notes)
		}
	}
	if c.Deltas[0].Metric != "success_rate" || c.Verdict != result.Fail {
		t.Errorf("the failures do not lead: %+v", c.Deltas[0])
	}
}

func TestThroughputIsNotGatedUnderARate(t *testing.T) {
	t.Parallel()
	base, head := aCell("a", map[string][]float64{"output_throughput": steady}), aCell("a", map[string][]float64{"output_throughput": scaled(steady, 0.5)})
	for _, c := range []*Cell{base, head} {
		c.Load = map[string]any{"rate": 4.0}
	}
	c := Compare(aSide("b", base), aSide("h", head), Policy{}, nil)
	if d := c.Deltas[0]; d.Gated || c.ExitCode != 0 {
		t.Errorf("gated %v, exit %d", d.Gated, c.ExitCode)
	}
	if c := Compare(aSide("b", base), aSide("h", head), Policy{Gate: []string{"output_throughput"}}, nil); c.ExitCode != 1 {
		t.Errorf("a gate that names it: exit %d, %s", c.ExitCode, c.Reason)
	}
}

func TestPolicyDecides(t *testing.T) {
	t.Parallel()
	sides := func() (*Side, *Side) {
		return aSide("b", aCell("a", map[string][]float64{"ttft.p95": steady})), aSide("h", aCell("a", map[string][]float64{"ttft.p95": slower}))
	}
	for name, c := range map[string]struct {
		policy Policy
		want   int
	}{
		"suspect warns":    {Policy{}, 0},
		"suspect fails":    {Policy{Fail: []result.Change{result.Suspect}}, 1},
		"strict":           {Policy{Strict: true}, 4},
		"margin":           {Policy{Margins: map[string]float64{"ttft.p95": 0.05}}, 1},
		"margin of metric": {Policy{Margins: map[string]float64{"ttft": 0.05}}, 1},
		"not gated":        {Policy{Gate: []string{"tpot.p50"}, Margins: map[string]float64{"ttft": 0.01}}, 0},
	} {
		b, h := sides()
		if got := Compare(b, h, c.policy, nil); got.ExitCode != c.want {
			t.Errorf("%s: exit %d (%s), want %d", name, got.ExitCode, got.Reason, c.want)
		}
	}
}

func TestOtherMachinesHaveNoHistoryInCommon(t *testing.T) {
	t.Parallel()
	base, head := aSide("b", aCell("a", map[string][]float64{"ttft.p95": {300}})), aSide("h", aCell("a", map[string][]float64{"ttft.p95": {390}}))
	base.Cells[0].Series["ttft.p95"].History = &History{Runs: 9, Repeats: 1, BetweenDF: 8, BetweenVar: 1e-5, Mean: 5.7, Level: 9}
	if d := Compare(base, head, Policy{}, nil).Deltas[0]; d.Change != result.Regressed {
		t.Fatalf("on one machine: %s: %s", d.Change, d.Reason)
	}
	head.Environment.CPU = "another"
	c := Compare(base, head, Policy{}, nil)
	if d := c.Deltas[0]; d.Change != result.Unclear || len(c.Warnings) == 0 {
		t.Errorf("on another: %s, warnings %v", d.Change, c.Warnings)
	}
}

func TestReportedMetricsFailNothing(t *testing.T) {
	t.Parallel()
	values := map[string][]float64{"e2el.p50": steady}
	c := Compare(aSide("b", aCell("a", values)), aSide("h", aCell("a", map[string][]float64{"e2el.p50": scaled(steady, 2)})), Policy{}, nil)
	if d := c.Deltas[0]; d.Change != result.Regressed || d.Gated || c.ExitCode != 0 || !d.Adjusted.Ok() {
		t.Errorf("%+v, exit %d", d, c.ExitCode)
	}
}
