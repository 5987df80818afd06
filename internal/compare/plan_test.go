package compare

import (
	"strings"
	"testing"
	"time"

	"loadgate/internal/result"
)

func TestForesee(t *testing.T) {
	t.Parallel()
	noisy := []float64{250, 340, 290, 380, 300}
	base := aSide("b", aCell("a", map[string][]float64{"ttft.p95": noisy, "tpot.p50": steady, "e2el.p50": noisy}))
	plan := func(repeats int) []Planned { return []Planned{{Key: "key of a", Title: "a", Repeats: repeats}} }
	blind := Foresee(base, plan(5), Policy{})
	if len(blind) != 1 || !strings.HasPrefix(blind[0], "ttft.p95 (margin 10%, sees ") || !strings.Contains(blind[0], "repeats on both sides") {
		t.Errorf("five repeats: %q", blind)
	}
	if blind := Foresee(base, plan(1), Policy{}); len(blind) != 2 || !strings.Contains(blind[1], "one repeat and no history") {
		t.Errorf("one repeat: %q", blind)
	}
	if blind := Foresee(base, plan(5), Policy{Gate: []string{"tpot.p50"}}); blind != nil {
		t.Errorf("a quiet metric: %q", blind)
	}
	if blind := Foresee(base, []Planned{{Key: "other", Title: "a", Repeats: 1}}, Policy{}); blind != nil {
		t.Errorf("a cell that will not be compared: %q", blind)
	}
}

func TestLike(t *testing.T) {
	t.Parallel()
	base := aSide("b", aCell("a", nil), aCell("b", nil))
	for _, c := range []struct{ key, title, want string }{
		{"key of b", "b", "b"}, {"key of b", "renamed", "b"}, {"new key", "a", "a"}, {"new key", "c", ""},
	} {
		got := ""
		if like := base.Like(c.key, c.title); like != nil {
			got = like.Title
		}
		if got != c.want {
			t.Errorf("%s %s is like %q, want %q", c.key, c.title, got, c.want)
		}
	}
}

func TestBaselineAsRulesSeeIt(t *testing.T) {
	t.Parallel()
	m := aCell("a", map[string][]float64{"ttft.p95": steady, "ttft.p50": slower, "output_throughput": steady}).Metrics()
	if d := m["ttft"].Dist; d == nil || d.P95 != 301 || d.P50 != 336 || d.P99.Ok() {
		t.Errorf("ttft %+v", d)
	}
	if v := m["output_throughput"].Value; v != 301 {
		t.Errorf("output_throughput %v", v)
	}
}

func TestTrend(t *testing.T) {
	t.Parallel()
	var sides []*Side
	for i := range 20 {
		factor := 1 + 0.003*float64(i*7%4)
		if i >= 12 {
			factor *= 0.8
		}
		s := aSide(string(rune('a'+i)), aCell("x", map[string][]float64{"ttft.p95": scaled(steady, factor), "output_throughput": scaled(steady, factor)}))
		s.StartedAt = s.StartedAt.Add(time.Duration(i) * time.Hour)
		sides = append([]*Side{s}, sides...) // the newest first
	}
	sides[4].Cells[0].Validity = result.Invalid
	got := Trend(append(sides, sides[0]), []string{"ttft.p95", "output_throughput", "tpot.p50"}, ChangeP)
	if len(got.Runs) != 20 || got.Runs[0].RunID != "a" || len(got.Series) != 2 {
		t.Fatalf("%d runs, the first %s, %d series", len(got.Runs), got.Runs[0].RunID, len(got.Series))
	}
	if v := got.Series[0].Values[15]; v.Ok() {
		t.Errorf("an INVALID measurement has the value %v", v)
	}
	for i, worse := range []bool{false, true} {
		c := got.Series[i].Changes
		if len(c) != 1 || c[0].Run != 12 || (c[0].Change > 0) != worse {
			t.Errorf("%s: %+v", got.Series[i].Metric, c)
		}
	}
}

func TestLearnHistory(t *testing.T) {
	t.Parallel()
	var sides []*Side
	for i := range 8 {
		sides = append(sides, aSide(string(rune('a'+i)), aCell("x", map[string][]float64{"ttft.p95": scaled(steady, 1+0.01*float64(i%3))})))
	}
	sides[2].Environment.Cores = 64
	sides[3].Cells[0].Validity = result.Invalid
	head := aSide("head", aCell("x", nil))
	h, used := LearnHistory(append(sides, sides[0], head), head, "b")
	if used != 6 || h["key of x"]["ttft.p95"].Runs != 5 {
		t.Errorf("%d runs used, %d with the cell", used, h["key of x"]["ttft.p95"].Runs)
	}
}
