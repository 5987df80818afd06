package metrics

import (
	"math"
	"slices"

	"loadgate/internal/result"
	"loadgate/internal/stat"
)

// Merge fills a cell from its repeats: counts and tokens are sums, every
// statistic is the median over the repeats that have it, N and Groups are sums,
// findings are all of them, and validity is the worst. Intervals are those of
// the only repeat; with several, each repeat keeps its own, since the interval
// of one says nothing of the spread between them.
func Merge(cell *result.Cell, repeats []*result.Repeat) {
	cell.Repeats = repeats
	cell.Validity = result.Valid
	cell.Findings = []result.Finding{}
	cell.Counts = result.Counts{Errors: map[string]int{}}
	cell.Tokens = result.Tokens{}
	for _, r := range repeats {
		cell.Counts = addCounts(cell.Counts, r.Counts)
		cell.Tokens = addTokens(cell.Tokens, r.Tokens)
		cell.Findings = append(cell.Findings, r.Findings...)
		cell.Validity = worse(cell.Validity, r.Validity)
	}
	if len(repeats) == 0 {
		cell.Tokens = result.Tokens{Source: fromNone, InputSource: fromNone, OutputSource: fromNone}
	}
	cell.Metrics = map[string]result.Metric{}
	for _, r := range repeats {
		for name := range r.Metrics {
			if _, done := cell.Metrics[name]; !done {
				cell.Metrics[name] = mergeMetric(name, repeats)
			}
		}
	}
}

func addTokens(a, b result.Tokens) result.Tokens {
	return result.Tokens{
		Input: a.Input + b.Input, Output: a.Output + b.Output,
		Reasoning: a.Reasoning + b.Reasoning, Cached: a.Cached + b.Cached,
		Source:       joinSources(a.Source, b.Source),
		InputSource:  joinSources(a.InputSource, b.InputSource),
		OutputSource: joinSources(a.OutputSource, b.OutputSource),
	}
}

func worse(a, b result.Validity) result.Validity {
	order := []result.Validity{result.Valid, result.Warned, result.Invalid}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// mergeMetric joins what the repeats say of one metric.
func mergeMetric(name string, repeats []*result.Repeat) result.Metric {
	var all []result.Metric
	for _, r := range repeats {
		if m, ok := r.Metrics[name]; ok {
			all = append(all, m)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	out := result.Metric{Unit: all[0].Unit, Note: all[0].Note}
	out.Value = medianOf(all, func(m result.Metric) result.Number { return m.Value })
	for _, m := range all {
		if m.Note != out.Note {
			out.Note = fromSeveral
		}
	}
	if all[0].Dist == nil {
		return out
	}
	out.Dist = EmptyDist()
	for _, m := range all {
		if m.Dist != nil {
			out.Dist.N += m.Dist.N
			out.Dist.Groups += m.Dist.Groups
		}
	}
	for _, stat := range result.Stats() {
		out.Dist.SetStat(stat, medianOf(all, func(m result.Metric) result.Number {
			if m.Dist == nil {
				return result.None()
			}
			v, _ := m.Dist.Stat(stat)
			return v
		}))
	}
	return out
}

// medianOf is the median of the values that there are.
func medianOf(all []result.Metric, of func(result.Metric) result.Number) result.Number {
	var values []float64
	for _, m := range all {
		if v := of(m); v.Ok() {
			values = append(values, float64(v))
		}
	}
	if len(values) == 0 {
		return result.None()
	}
	if m := stat.Median(values); !math.IsNaN(m) {
		return result.Number(m)
	}
	return result.None()
}
