package compare

import (
	"math"
	"slices"

	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/metrics"
)

// Trend puts runs into the order of time and finds, for each cell and each of
// the statistics, where its level changed. The value of a run is the middle over
// its repeats (geometric mean; for ratios the mean). Cells are the same if their
// keys are, so that a changed load begins a series of its own. INVALID
// measurements have no value. maxP is what the p-value of a change has to fall
// below.
func Trend(sides []*Side, statistics []string, maxP float64) *result.Trend {
	sides = slices.Clone(sides)
	slices.SortStableFunc(sides, func(a, b *Side) int { return a.StartedAt.Compare(b.StartedAt) })
	sides = slices.CompactFunc(sides, func(a, b *Side) bool { return a.RunID != "" && a.RunID == b.RunID })
	out := &result.Trend{SchemaVersion: result.TrendVersion, P: maxP, Runs: []result.TrendRun{}, Series: []result.TrendSeries{}}
	var keys []string
	titles := map[string]string{}
	for _, s := range sides {
		out.Runs = append(out.Runs, result.TrendRun{Path: s.Path, RunID: s.RunID, StartedAt: s.StartedAt, Commit: s.Environment.Commit})
		for _, c := range s.Cells {
			if !slices.Contains(keys, keyOf(c)) {
				keys = append(keys, keyOf(c))
			}
			titles[keyOf(c)] = c.Title
		}
	}
	for _, key := range keys {
		for _, name := range statistics {
			if s, ok := trendOf(sides, key, name, maxP); ok {
				s.Cell, s.Key = titles[key], key
				out.Series = append(out.Series, s)
			}
		}
	}
	return out
}

// keyOf is a cell's key, or its title where a foreign result has none.
func keyOf(c *Cell) string {
	if c.Key == "" {
		return "title " + c.Title
	}
	return c.Key
}

// trendOf is one series; ok is false where no run has a value.
func trendOf(sides []*Side, key, name string, maxP float64) (out result.TrendSeries, ok bool) {
	ratio, sign := isRatioOf(name), worse(betterOf(name))
	t := test{ratio: ratio, sign: sign}
	out = result.TrendSeries{Metric: name, Better: "lower", Values: []result.Number{}, Changes: []result.TrendChange{}}
	if betterOf(name) == metrics.Higher {
		out.Better = "higher"
	}
	var ys []float64 // of the runs that have a value
	var runs []int
	for i, s := range sides {
		value := result.None()
		if c := s.cell(key); c != nil && c.Validity != result.Invalid {
			if y, why := sampleOf(c.Series[name], ratio); why == "" {
				mean, _ := y.spread()
				value = t.plain(mean)
				ys, runs = append(ys, mean), append(runs, i)
				out.Unit = c.Series[name].Unit
			}
		}
		out.Values = append(out.Values, value)
	}
	for _, c := range stat.ChangePoints(ys, maxP) {
		scale := result.Relative
		if ratio {
			scale = result.Points
		}
		out.Changes = append(out.Changes, result.TrendChange{
			Run: runs[c.Index], Before: t.plain(c.Before), After: t.plain(c.After), Change: t.part(sign * (c.After - c.Before)), Scale: scale, P: finite(c.P),
		})
	}
	return out, len(ys) > 0 && !slices.ContainsFunc(ys, math.IsNaN)
}

func (s *Side) cell(key string) *Cell {
	for _, c := range s.Cells {
		if keyOf(c) == key {
			return c
		}
	}
	return nil
}
