package compare

import (
	"fmt"
	"slices"

	"loadgate/internal/result"
)

// Accept makes a baseline of a run. What the baseline before it (nil for none)
// measured of the same cells on the same machine becomes history: the run that
// it held is one more run of the code as it was. Where the new run lies on
// another level (by the policy's comparison of the two), the history goes on
// around the new level, so that a change that was wanted is not taken for noise.
//
// Cells whose measurement is INVALID are left out. notes say in sentences what
// became of cells and history.
func Accept(run, before *Side, reason string, policy Policy) (baseline *Side, notes []string) {
	out := *run
	out.Form, out.Reason, out.Cells = FormBaseline, reason, nil
	for _, c := range run.Cells {
		if c.Validity == result.Invalid {
			notes = append(notes, fmt.Sprintf("cell %s is left out: its measurement is INVALID", nameOf(c)))
			continue
		}
		fresh := *c
		fresh.Series = map[string]*Series{}
		for name, s := range c.Series {
			series := *s
			fresh.Series[name] = &series
		}
		out.Cells = append(out.Cells, &fresh)
	}
	if before == nil || before.RunID == run.RunID && len(before.Cells) > 0 {
		if before != nil {
			notes = append(notes, "this very run is the baseline already: its history stays")
			keepHistory(&out, before)
		}
		return &out, notes
	}
	if machineOf(before.Environment) != machineOf(run.Environment) {
		return &out, append(notes, "the baseline before was measured on another machine: the history starts anew")
	}
	return &out, append(notes, extend(&out, before, policy)...)
}

// keepHistory takes the history of a baseline as it is.
func keepHistory(of, from *Side) {
	for _, p := range match(from, of) {
		if p.base == nil || p.head == nil || p.base.Key != p.head.Key {
			continue
		}
		for name, s := range p.head.Series {
			if old := p.base.Series[name]; old != nil {
				s.History = old.History
			}
		}
	}
}

// extend adds the run of the baseline before to the history.
func extend(of, before *Side, policy Policy) []string {
	var notes []string
	moved := movedIn(Compare(before, of, policy, nil))
	anew := 0
	for _, p := range match(before, of) {
		switch {
		case p.base == nil || p.head == nil:
			continue
		case p.base.Key != p.head.Key:
			anew++
			continue
		}
		for name, s := range p.head.Series {
			if old := p.base.Series[name]; old != nil {
				s.History = old.History.after(old, isRatioOf(name), moved[p.head.ID+" "+name])
			}
		}
	}
	if anew > 0 {
		notes = append(notes, fmt.Sprintf("%s measured something else before: the history starts anew there", plural(anew, "cell")))
	}
	if len(moved) > 0 {
		notes = append(notes, fmt.Sprintf("%s moved to another level: the history of their noise goes on around it", plural(len(moved), "metric")))
	}
	return notes
}

// movedIn are the statistics that a comparison found changed, by "cell metric".
func movedIn(c *result.Comparison) map[string]bool {
	out := map[string]bool{}
	for _, d := range c.Deltas {
		if slices.Contains([]result.Change{result.Regressed, result.Suspect, result.Improved}, d.Change) {
			out[d.Cell+" "+d.Metric] = true
		}
	}
	return out
}

// after is the history with one more run, ended by a change of level if moved.
func (h *History) after(run *Series, ratio, moved bool) *History {
	next := History{}
	if h != nil {
		next = *h
	}
	if y, why := sampleOf(run, ratio); why == "" {
		next.add(y.y)
	}
	if moved {
		next.newLevel()
	}
	return &next
}

// HistoryRuns is the largest number of runs behind a statistic's noise.
func (s *Side) HistoryRuns() int {
	most := 0
	for _, c := range s.Cells {
		for _, x := range c.Series {
			if x.History != nil {
				most = max(most, x.History.Runs)
			}
		}
	}
	return most
}

// nameOf is a cell for people.
func nameOf(c *Cell) string {
	if c.Title != "" {
		return c.Title
	}
	return c.ID
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
