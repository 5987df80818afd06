package pipeline

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/result"
)

// What is suspect is measured again, both sides in turns and nothing else, with
// other prompts; a later report knows both looks.
func TestSuspectsAreMeasuredAgain(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("INTERLEAVE", "", "gate: [e2el.p50], margins: {e2el.p50: 90%}", "gate: [success_rate], margins: {success_rate: 77%}", "requests: 4", "requests: 24").Replace(sidesScenario)
	text = strings.Replace(text, "green: {kind: simulator, server: {ttft: 1ms, itl: 1ms}}", "green: {kind: simulator, server: {ttft: 1ms, itl: 1ms, error_rate: 1}}", 1)
	text = strings.Replace(text, "load.concurrency: [1, 2]", "labels.x: [a]", 1)
	text = strings.Replace(text, "load: {", "labels: {x: b}\nload: {concurrency: 1, ", 1)
	var order []string
	opt := Options{Start: simulated(t), Observe: func(p Progress) engine.Observer {
		order = append(order, strings.Split(p.Title, ",")[0])
		return nil
	}}
	s, err := NewSession(open(t, text), t.TempDir()+"/run", false, Origin{Text: text, Version: "test"}, noEnv, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Store.Close() })
	if err := s.Run(t.Context(), nil, func() RunEnd { return RunEnd{} }); err != nil {
		t.Fatal(err)
	}
	first := deltaOf(t, s, "success_rate")
	// Failures do not depend on the machine. A margin just inside the interval makes a suspect of what was found.
	margin := float64(first.Interval[0]) + 0.05*float64(first.Effect-first.Interval[0])
	plan := s.Store.Manifest().Plan
	s.Store.Manifest().Plan = bytes.Replace(plan, []byte(`"success_rate":0.77`), fmt.Appendf(nil, `"success_rate":%g`, margin), 1)
	first = deltaOf(t, s, "success_rate")
	if first.Change != result.Suspect {
		t.Fatalf("with a margin of %g: %s, %s", margin, first.Change, first.Reason)
	}
	order = nil
	s.runner.opt.Confirm = true
	if err := s.runner.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "backend blue backend green backend green backend blue backend blue backend green backend green backend blue" {
		t.Errorf("measured again: %s", got)
	}
	last := deltaOf(t, s, "success_rate")
	want := result.Cleared
	if last.Interval[0] > 0 && last.Effect > last.Margin {
		want = result.Regressed
	}
	if last.Change != want || last.First == nil || last.First.Effect != first.Effect {
		t.Errorf("%s (%s), first %+v, want %s on fresh data", last.Change, last.Reason, last.First, want)
	}
	var prompts [2][]uint64
	for i, c := range []*Cell{s.Opened.Cells[0], again(s.Opened.Cells[0])} {
		for repeat := range c.Load.Repeats {
			prompts[i] = append(prompts[i], c.PromptSeed(repeat))
		}
	}
	if slices.ContainsFunc(prompts[1], func(seed uint64) bool { return slices.Contains(prompts[0], seed) }) {
		t.Error("fresh repeats send prompts that were sent before")
	}
	// Once is enough.
	order = nil
	if err := s.runner.Run(t.Context(), nil); err != nil || len(order) > 0 {
		t.Errorf("%v, and measured %v a third time", err, order)
	}
}

func deltaOf(t *testing.T, s *Session, metric string) result.Delta {
	t.Helper()
	report, err := Build(s.Store, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range report.Doc.Comparison.Deltas {
		if d.Metric == metric && d.Interval != nil {
			return d
		}
	}
	t.Fatalf("%s was not compared", metric)
	return result.Delta{}
}
