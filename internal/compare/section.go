package compare

import (
	"maps"
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/metrics"
	"loadgate/scenario"
)

// PolicyOf is the policy of a scenario's section.
func PolicyOf(c *scenario.Compare) Policy {
	p := Policy{Gate: c.Gate, Margins: c.Margins, AllowDifferent: c.AllowDifferent}
	for _, name := range c.Fail {
		p.Fail = append(p.Fail, result.Change(name))
	}
	return p
}

// Check finds the mistakes in a scenario's section that its schema cannot know:
// statistics that do not exist or cannot be compared, and margins that no
// worsening reaches.
func Check(c *scenario.Compare) diag.List {
	var list diag.List
	if gate := c.Node.Get("gate"); gate != nil {
		for _, n := range gate.Items {
			if problem, hint := CheckStatistic(n.Text, false); problem != "" {
				list.Errorf(n.Pos, n.Width, hint, "%s", problem)
			}
		}
	}
	margins := c.Node.Get("margins")
	if margins == nil {
		return list
	}
	for _, e := range margins.Entries {
		m, known := c.Margins[e.Key]
		if !known { // a key of the user's own, or what the schema refuses
			continue
		}
		if problem, hint := CheckStatistic(e.Key, true); problem != "" {
			list.Errorf(e.KeyPos, len([]rune(e.Key)), hint, "%s", problem)
		}
		if m <= 0 || m >= 1 {
			list.Errorf(e.Value.Pos, e.Value.Width, "write 10%, say", "a margin lies above 0%% and below 100%%")
		}
	}
	return list
}

// Metrics is a cell as a rule sees its baseline: medians over the repeats.
func (c *Cell) Metrics() map[string]result.Metric {
	out := map[string]result.Metric{}
	for _, name := range slices.Sorted(maps.Keys(c.Series)) {
		s := c.Series[name]
		value := middle(s.Values)
		metric, field, ok := strings.Cut(name, ".")
		if !ok {
			out[name] = result.Metric{Unit: s.Unit, Value: value, Note: s.Note}
			continue
		}
		m, there := out[metric]
		if !there {
			m = result.Metric{Unit: s.Unit, Value: result.None(), Note: s.Note, Dist: metrics.EmptyDist()}
			m.Dist.N, m.Dist.Groups = s.Samples, s.Samples
		}
		m.Dist.SetStat(field, value)
		out[metric] = m
	}
	return out
}

// middle is the median of the values that there are.
func middle(values []result.Number) result.Number {
	var known []float64
	for _, v := range values {
		if v.Ok() {
			known = append(known, float64(v))
		}
	}
	return finite(stat.Median(known))
}

// Counts sums what a side knows of a cell's requests.
func (c *Cell) Counts() result.Counts {
	out := result.Counts{Errors: map[string]int{}}
	for _, r := range c.Repeats {
		out.Sent += r.Sent
		out.Completed += r.Completed
	}
	return out
}

// Like finds the cell of a side that a cell of a plan would be compared with;
// nil if there is none.
func (s *Side) Like(key, title string) *Cell {
	probe := &Side{Cells: []*Cell{{Key: key, Title: title}}}
	for _, p := range match(s, probe) {
		if p.head != nil {
			return p.base
		}
	}
	return nil
}

// Different says why two cells may not be compared; "" where they may.
func Different(base, head *Cell) []string {
	reasons, _ := different(base, head)
	return reasons
}

// Learn gives a side the histories of its cells.
func (s *Side) Learn(h Histories) {
	for _, c := range s.Cells {
		for name, series := range c.Series {
			if learnt := h[c.Key][name]; learnt != nil {
				series.History = learnt
			}
		}
	}
}
