package compare

import (
	"math"
	"slices"

	"loadgate/internal/stat"
)

// History is what earlier runs of unchanged code on the same machine say of the
// noise of one statistic: how repeats scatter within a run, and how the means of
// runs scatter. Variances are of y. It holds sums, not runs, so that its size
// does not grow.
type History struct {
	Runs       int     // that went into it
	Repeats    float64 // harmonic mean of the runs' repeats
	WithinDF   float64
	WithinVar  float64
	BetweenDF  float64
	BetweenVar float64 // of the means of runs, around the level of their time
	Mean       float64 // of the runs since the level last changed
	Level      int     // number of these
}

const (
	historyRuns = 5  // fewer say too little about how runs scatter
	historyKeep = 30 // degrees of freedom between runs; older runs fade beyond
)

// enough reports whether a history says anything.
func (h *History) enough() bool {
	return h != nil && h.Runs >= historyRuns && h.BetweenDF > 0
}

// add takes one more run at the present level.
func (h *History) add(y []float64) {
	if len(y) == 0 {
		return
	}
	s := sample{y: y}
	mean, variance := s.spread()
	if df := s.n() - 1; df > 0 {
		h.WithinVar = (h.WithinDF*h.WithinVar + df*variance) / (h.WithinDF + df)
		h.WithinDF += df
	}
	if h.Level > 0 {
		n := float64(h.Level)
		square := (mean - h.Mean) * (mean - h.Mean) * n / (n + 1)
		h.BetweenVar = (h.BetweenDF*h.BetweenVar + square) / (h.BetweenDF + 1)
		h.BetweenDF++
	}
	h.Repeats = float64(h.Runs+1) / (float64(h.Runs)/nonzero(h.Repeats) + 1/s.n())
	h.Mean = (h.Mean*float64(h.Level) + mean) / float64(h.Level+1)
	h.Level++
	h.Runs++
	if over := h.BetweenDF / historyKeep; over > 1 {
		h.BetweenDF /= over
		h.WithinDF /= over
	}
}

// nonzero keeps the harmonic mean of nothing from dividing by it.
func nonzero(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}

// newLevel says that what comes next is another level, not noise.
func (h *History) newLevel() { h.Mean, h.Level = 0, 0 }

// ChangeP is what the p-value of a change point must fall below: one false
// change in a thousand stretches, as Apache Otava has it.
const ChangeP = 0.001

// historyOf makes the history of runs in the order of time. Where the level
// changes for good, the noise is taken around each level.
func historyOf(runs [][]float64) *History {
	means := make([]float64, len(runs))
	for i, y := range runs {
		means[i], _ = sample{y: y}.spread()
	}
	h := &History{}
	changes := stat.ChangePoints(means, ChangeP)
	for i, y := range runs {
		if slices.ContainsFunc(changes, func(c stat.ChangePoint) bool { return c.Index == i }) {
			h.newLevel()
		}
		h.add(y)
	}
	return h
}

// Histories are histories by cell key and statistic.
type Histories map[string]map[string]*History

// LearnHistory makes histories from sides that ran the same code on the machine
// of like. Runs of other machines are left out, as are like itself and the
// runs with an id of skip; used counts the rest.
func LearnHistory(sides []*Side, like *Side, skip ...string) (h Histories, used int) {
	sides = slices.Clone(sides)
	slices.SortStableFunc(sides, func(a, b *Side) int { return a.StartedAt.Compare(b.StartedAt) })
	runs := map[string]map[string][][]float64{}
	seen := append([]string{like.RunID}, skip...)
	for _, s := range sides {
		if machineOf(s.Environment) != machineOf(like.Environment) || slices.Contains(seen, s.RunID) {
			continue
		}
		seen = append(seen, s.RunID)
		used++
		for _, c := range s.Cells {
			collect(runs, c)
		}
	}
	h = Histories{}
	for key, series := range runs {
		h[key] = map[string]*History{}
		for name, ys := range series {
			h[key][name] = historyOf(ys)
		}
	}
	return h, used
}

func collect(into map[string]map[string][][]float64, c *Cell) {
	if c.Validity == invalid || c.Key == "" {
		return
	}
	if into[c.Key] == nil {
		into[c.Key] = map[string][][]float64{}
	}
	for name, s := range c.Series {
		if y, why := sampleOf(s, isRatioOf(name)); why == "" && !slices.ContainsFunc(y.y, math.IsNaN) {
			into[c.Key][name] = append(into[c.Key][name], y.y)
		}
	}
}
