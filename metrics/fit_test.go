package metrics

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/scenario"
)

const msNS = int64(1e6)

func TestFit(t *testing.T) {
	t.Parallel()
	c := NewCollector(Input{Load: &scenario.Load{Replay: &scenario.Replay{Speed: 1}}})
	add := func(index, turn int, sched, start, think int64, shared, input, cached, asked, output int, hash string) {
		c.Add(&engine.Sample{
			Index: index, Turn: turn, Sched: sched * msNS, Ready: sched * msNS, Start: start * msNS, Done: (start + 5) * msNS, Think: think * msNS,
			Outcome: llm.Completed, Shared: shared, PromptKnown: input, Asked: asked, PromptHash: hash,
			Usage: &llm.Usage{Input: input + 2, Output: output, Reasoning: -1, Cached: cached},
		})
	}
	add(0, 1, 100, 100, 0, 0, 10, 0, 8, 8, "a")
	add(1, 1, 200, 203, 0, 6, 10, 4, 8, 4, "b")
	add(2, 2, 250, 251, 45, 6, 16, 8, 8, 8, "c")
	add(3, 1, 400, 401, 0, 0, 10, 0, 8, 8, "a")
	c.Add(&engine.Sample{Index: 4, Warmup: true, Sched: 1, Start: 2, Done: 3})
	got := c.Repeat(engine.Totals{}).Fit
	if got == nil || got.Duplicates != 1 {
		t.Fatalf("%+v", got)
	}
	type short struct{ asked, sent float64 }
	avg := func(s *result.Spread) float64 {
		if s == nil {
			return -1
		}
		return float64(s.Avg)
	}
	lines := map[string]short{}
	for _, l := range got.Lines {
		lines[l.Name] = short{avg(l.Asked), avg(l.Sent)}
	}
	want := map[string]short{
		"arrival_gap": {150, 150.5}, "send_lateness": {-1, 1.25}, "think_time": {45, 46},
		"input_tokens": {11.5, 13.5}, "output_tokens": {8, 7}, "prefix_share": {12.0 / 54, 12.0 / 54},
	}
	if diff := cmp.Diff(want, lines, cmp.AllowUnexported(short{})); diff != "" {
		t.Errorf("averages (-want +got):\n%s", diff)
	}
	if gap := got.Line("arrival_gap"); gap.Asked.N != 2 || gap.Asked.Max != 200 || gap.Sent.P50 != 150.5 {
		t.Errorf("gaps %+v of %+v", gap.Sent, gap.Asked)
	}
	if got.Line("nothing") != nil || (*result.Fit)(nil).Line("arrival_gap") != nil {
		t.Error("a line that is not there")
	}
}

// A closed loop asks for no arrivals, and what is not known is not compared.
func TestFitOfAClosedLoop(t *testing.T) {
	t.Parallel()
	c := NewCollector(Input{Load: &scenario.Load{Concurrency: 1}})
	c.Add(&engine.Sample{Sched: 1, Start: 2, Done: 3, Outcome: llm.Completed})
	if got := c.Repeat(engine.Totals{}).Fit; got != nil {
		t.Errorf("%+v", got)
	}
}

// Some servers leave cached tokens out where there are none: the shares are over the
// requests of which both are known, and no prompt shares more than it has.
func TestFitOfPrefixes(t *testing.T) {
	t.Parallel()
	run := func(cached ...int) *result.FitLine {
		c := NewCollector(Input{Load: &scenario.Load{Concurrency: 1}})
		for i, n := range cached {
			c.Add(&engine.Sample{Index: i, Done: msNS, Outcome: llm.Completed, Shared: []int{0, 60, 200}[i], Usage: &llm.Usage{Input: 100, Output: 1, Cached: n}})
		}
		return c.Repeat(engine.Totals{}).Fit.Line("prefix_share")
	}
	if l := run(0, 48, 96); l.Asked.Avg != 160./300 || l.Sent.Avg != 144./300 {
		t.Errorf("%+v of %+v", l.Sent, l.Asked)
	}
	if l := run(-1, 48, 96); l.Asked.Avg != 0.8 || l.Sent.Avg != 0.72 || l.Sent.N != 200 {
		t.Errorf("one says nothing: %+v of %+v", l.Sent, l.Asked)
	}
	if l := run(-1, -1, -1); l.Asked.Avg != 160./300 || l.Sent != nil {
		t.Errorf("none says anything: %+v of %+v", l.Sent, l.Asked)
	}
}

// Media are counted over all requests, those without any too.
func TestFitOfMedia(t *testing.T) {
	t.Parallel()
	c := NewCollector(Input{Load: &scenario.Load{Concurrency: 1}})
	for i, m := range []*llm.MediaCounts{nil, {Images: 2}, {Images: 4, Videos: 1}, nil} {
		c.Add(&engine.Sample{Index: i, Done: msNS, Outcome: llm.Completed, Media: m})
	}
	fit := c.Repeat(engine.Totals{}).Fit
	if l := fit.Line("images"); l == nil || l.Asked != nil || l.Sent.N != 4 || l.Sent.Avg != 1.5 || l.Sent.Max != 4 || l.Unit != "images" {
		t.Errorf("%+v", l)
	}
	if fit.Line("audios") != nil || fit.Line("videos").Sent.Avg != 0.25 {
		t.Errorf("%+v", fit)
	}
}

// Models whose share of the sessions no fair draw explains are misfits.
func TestFitOfModels(t *testing.T) {
	t.Parallel()
	run := func(a, b int) *result.Fit {
		c := NewCollector(Input{Load: &scenario.Load{Concurrency: 1, Models: []scenario.ModelShare{{Name: "a", Weight: 3}, {Name: "b", Weight: 1}}}})
		for i := range a + b {
			s := &engine.Sample{Index: i, Model: "a", Outcome: llm.Completed, Done: msNS}
			if i >= a {
				s.Model = "b"
			}
			c.Add(s)
		}
		return c.Repeat(engine.Totals{}).Fit
	}
	fair := run(290, 110)
	if len(fair.Lines) != 2 || fair.Lines[1].Of != "b" || fair.Lines[1].Asked.Avg != 0.25 || fair.Lines[1].Sent.Avg != 0.275 || len(fair.Misfits) > 0 {
		t.Errorf("a fair draw: %+v", fair)
	}
	if bad := run(200, 200); len(bad.Misfits) != 2 || bad.Misfits[1] != "model b has 50 % of the sessions, 25 % were asked for" {
		t.Errorf("an unfair one: %q", bad.Misfits)
	}
}
