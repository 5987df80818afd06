package compare

import (
	"slices"
	"strings"
	"testing"

	"loadgate/internal/result"
)

// sideOfRun is a cell of one side of a run.
func sideOfRun(side, concurrency string, p95 ...float64) *Cell {
	c := aCell(side+concurrency, map[string][]float64{"ttft.p95": p95})
	c.Axes = result.Axes{{Name: "load.backend", Value: side}, {Name: "load.concurrency", Value: concurrency}}
	return c
}

func like(base, head *Cell, apart bool) Like { return Like{Base: base.ID, Head: head.ID, Apart: apart} }

// A drift that is larger than any difference meets both sides of a block.
func TestDriftIsNotBlamedOnASide(t *testing.T) {
	t.Parallel()
	blue := sideOfRun("blue", "1", 300, 330, 365, 402, 440)
	green := sideOfRun("green", "1", 301, 329, 366, 401, 441)
	red := sideOfRun("red", "1", 390, 430, 474, 521, 573)
	c := Within(aSide("r", blue, green, red), "load.backend", []Like{like(blue, green, false), like(blue, red, false)},
		Policy{Gate: []string{"ttft.p95"}, Paired: true})
	got := map[string]result.Delta{}
	for _, d := range c.Deltas {
		got[d.Title] = d
	}
	if d := got["green, concurrency 1"]; d.Change != result.Unchanged || d.DF != 4 {
		t.Errorf("green is %s with %v degrees of freedom: %s", d.Change, d.DF, d.Reason)
	}
	if d := got["red, concurrency 1"]; d.Change != result.Regressed || d.Cell != red.ID {
		t.Errorf("red is %s: %s", d.Change, d.Reason)
	}
	if !slices.Equal(c.Base.Sides, []string{"blue"}) || !slices.Equal(c.Head.Sides, []string{"green", "red"}) || c.Method.Family != 2 || c.Method.Design != "paired" {
		t.Errorf("base %v, head %v, method %+v", c.Base.Sides, c.Head.Sides, c.Method)
	}
}

func TestSidesThatWereMeasuredApartAreNotPaired(t *testing.T) {
	t.Parallel()
	one, two := sideOfRun("blue", "1", steady...), sideOfRun("green", "1", slower...)
	three, four := sideOfRun("blue", "2", steady...), sideOfRun("green", "2", slower...)
	c := Within(aSide("r", one, two, three, four), "load.backend", []Like{like(one, two, false), like(three, four, true)},
		Policy{Gate: []string{"ttft.p95"}, Paired: true})
	for _, d := range c.Deltas {
		want := map[string]float64{"concurrency 1": 4, "concurrency 2": 7.870067053485409}[d.Title]
		close(t, "df of "+d.Title, d.DF, want)
	}
	for _, p := range c.Pairs {
		said := strings.Contains(strings.Join(p.Notes, " "), "the sides were not measured in turns")
		if said != (p.Title == "concurrency 2") {
			t.Errorf("%s: %v", p.Title, p.Notes)
		}
	}
}

func TestWhatTheAxisSetsIsNoObstacle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		change       func(head *Cell)
		reason, note string
	}{
		{"parameters", func(head *Cell) { head.Key = "other" }, "", ""},
		{"kind", func(head *Cell) { head.Kind = "tgi" }, "", "the backend is of kind tgi, not vllm"},
		{"load", func(head *Cell) { head.Load = map[string]any{"concurrency": 8.0, "requests": 200.0} }, "", "load.requests is 200, was 100"},
		{"data", func(head *Cell) { head.DatasetDigest = "other" }, "the dataset has other content", ""},
		{"answers", func(head *Cell) { head.Repeats[0].Output = 90 }, "answers have", ""},
		{"invalid", func(head *Cell) { head.Validity = result.Invalid }, "the head's measurement is INVALID", ""},
	} {
		base, head := sideOfRun("blue", "1", steady...), sideOfRun("green", "1", slower...)
		c.change(head)
		p := Within(aSide("r", base, head), "load.backend", []Like{like(base, head, false)}, Policy{Paired: true}).Pairs[0]
		reasons, notes := strings.Join(p.Reasons, "; "), strings.Join(p.Notes, "; ")
		if !strings.Contains(reasons, c.reason) || (c.reason == "") != (p.Status == result.PairCompared) || !strings.Contains(notes, c.note) {
			t.Errorf("%s: %s, reasons %q, notes %q", c.name, p.Status, reasons, notes)
		}
	}
}

func TestASideThatIsMissing(t *testing.T) {
	t.Parallel()
	base, head := sideOfRun("blue", "1", steady...), sideOfRun("green", "1", slower...)
	for _, c := range []struct {
		run  *Side
		want string
	}{{aSide("r", base), result.PairRemoved}, {aSide("r", head), result.PairAdded}} {
		got := Within(c.run, "load.backend", []Like{like(base, head, false)}, Policy{Paired: true})
		if len(got.Pairs) != 1 || got.Pairs[0].Status != c.want || got.Verdict != result.Errored {
			t.Errorf("pairs %+v, verdict %s, want %s", got.Pairs, got.Verdict, c.want)
		}
	}
}
