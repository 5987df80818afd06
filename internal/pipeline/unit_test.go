package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/reporters"
	"loadgate/scenario"
)

func TestRepeatsTakeTurns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		repeats []int
		want    string
	}{
		{[]int{3}, "A1 A2 A3"},
		{[]int{4, 4}, "A1 B1 B2 A2 A3 B3 B4 A4"},
		{[]int{2, 2, 2}, "A1 B1 C1 C2 B2 A2"},
		{[]int{1, 3}, "A1 B1 B2 B3"},
	} {
		var u unit
		for _, n := range c.repeats {
			u = append(u, member{Cell: &Cell{Cell: &scenario.Cell{Load: scenario.Load{Repeats: n}}}})
		}
		var got []string
		for _, turn := range u.turns() {
			got = append(got, fmt.Sprintf("%c%d", 'A'+turn.member, turn.repeat+1))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v repeats: %s, want %s", c.repeats, s, c.want)
		}
	}
}

const sidesScenario = `apiVersion: loadgate/v1
name: ab
backends:
  blue: {kind: simulator, server: {ttft: 1ms, itl: 1ms}}
  green: {kind: simulator, server: {ttft: 1ms, itl: 1ms}}
datasets: {chat: {kind: random, tokenizer: cl100k_base, input_tokens: 16, output_tokens: 4}}
load: {requests: 4, repeats: 4}
matrix:
  load.backend: [green, blue]
  load.concurrency: [1, 2]
preflight: false
slo: ["e2el.p50 < baseline.e2el.p50 * 900%"]
compare: {axis: load.backend, base: blue, INTERLEAVE gate: [e2el.p50], margins: {e2el.p50: 90%}}
` + unhurried

// sidesRun runs a scenario and returns what ran in which order, as the run
// directory has it.
func sidesRun(t *testing.T, interleave string) (*reporters.Report, *store.Run, string) {
	t.Helper()
	var order []string
	session, err := execute(t, strings.Replace(sidesScenario, "INTERLEAVE", interleave, 1), t.TempDir()+"/run", Options{
		Observe: func(p Progress) engine.Observer {
			order = append(order, strings.NewReplacer("backend ", "", ", concurrency", "").Replace(p.Title))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := Build(session.Store, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return report, session.Store, strings.Join(order, ", ")
}

func TestSidesRunInTurnsAndArePaired(t *testing.T) {
	t.Parallel()
	report, s, order := sidesRun(t, "")
	want := "blue 1, green 1, green 1, blue 1, blue 1, green 1, green 1, blue 1, blue 2, green 2, green 2, blue 2, blue 2, green 2, green 2, blue 2"
	if order != want {
		t.Errorf("ran %s\nwant %s", order, want)
	}
	var events []string
	for _, e := range s.Journal() {
		if e.Cell != "" {
			events = append(events, strings.TrimPrefix(e.Event, "cell_")+" "+strings.Split(e.Cell, "-")[0]+" "+strings.Split(e.Cell, "-")[1])
		}
	}
	wantEvents := "start backend=blue concurrency=1, start backend=green concurrency=1, commit backend=blue concurrency=1, commit backend=green concurrency=1"
	if got := strings.Join(events, ", "); !strings.HasPrefix(got, wantEvents) {
		t.Errorf("journal has %s\nwant it to begin with %s", got, wantEvents)
	}
	cells := s.Manifest().Cells
	if !inTurns(s, cells[0].ID, cells[2].ID) || inTurns(s, cells[0].ID, cells[1].ID) {
		t.Error("sides ran in turns, and those of other concurrencies did not")
	}
	c := report.Doc.Comparison
	if c == nil {
		t.Fatal("nothing was compared")
	}
	if c.Method.Design != "paired" || c.Base.Sides[0] != "blue" || c.Head.Sides[0] != "green" || len(c.Pairs) != 2 {
		t.Errorf("comparison is %+v of %v and %v with %d pairs", c.Method, c.Base.Sides, c.Head.Sides, len(c.Pairs))
	}
	for _, p := range c.Pairs {
		if p.Status != result.PairCompared || len(p.Reasons) > 0 {
			t.Errorf("pair %+v", p)
		}
	}
	for _, d := range c.Deltas {
		if d.Metric == "e2el.p50" && (d.DF != 3 || d.Change == result.Regressed || !strings.HasPrefix(d.Title, "concurrency ")) {
			t.Errorf("%s of %s: %s with %v degrees of freedom, want 3 of 4 blocks", d.Metric, d.Title, d.Change, d.DF)
		}
	}
	outcomes := map[result.Outcome]int{}
	for _, rule := range report.Doc.SLO {
		outcomes[rule.Outcome]++
	}
	if outcomes[result.RulePass]+outcomes[result.RuleFail] != 2 || outcomes[result.RuleSkipped] != 2 {
		t.Errorf("rules on the baseline: %v, want those of green to be judged and those of blue to be skipped", outcomes)
	}
}

func TestSidesWithoutTurnsAreNotPaired(t *testing.T) {
	t.Parallel()
	report, s, order := sidesRun(t, "interleave: false,")
	if want := "green 1, green 1, green 1, green 1, green 2"; !strings.HasPrefix(order, want) {
		t.Errorf("ran %s, want it to begin with %s", order, want)
	}
	cells := s.Manifest().Cells
	if inTurns(s, cells[0].ID, cells[2].ID) {
		t.Error("cells that ran one after the other count as in turns")
	}
	if m := report.Doc.Comparison.Method; m.Design != "unpaired" {
		t.Errorf("the design is %s", m.Design)
	}
}

// A kill between the commits of two sides leaves one to be measured alone.
func TestWhatIsCommittedStaysOutOfItsUnit(t *testing.T) {
	t.Parallel()
	o := open(t, strings.Replace(sidesScenario, "INTERLEAVE", "", 1))
	var got []string
	for _, u := range units(o, map[string]store.CommitInfo{o.Cells[2].ID: {}}) {
		var titles []string
		for _, m := range u {
			titles = append(titles, m.Title)
		}
		got = append(got, strings.Join(titles, " | "))
	}
	want := "backend green, concurrency 1; backend blue, concurrency 2 | backend green, concurrency 2"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("units %s, want %s", s, want)
	}
}
