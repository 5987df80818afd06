package gate

import (
	"math"
	"strings"

	"loadgate/internal/result"
	"loadgate/internal/rule"
	"loadgate/internal/stat"
	"loadgate/metrics"
)

// values answers a rule from the summary of a cell, of one of its repeats, or
// of nothing (facts alone).
type values struct {
	facts   map[string]any
	metrics map[string]result.Metric
	counts  *result.Counts
	shares  map[string]result.Share
	earlier *Baseline // nil: none
}

// Baseline is the cell of an earlier run that a cell is compared with.
type Baseline struct {
	Metrics map[string]result.Metric
	Counts  result.Counts
	// Refused says why it may not be compared with; "" where it may.
	Refused string
}

// Baseline implements rule.Based.
func (v values) Baseline() (rule.Values, bool) {
	if v.earlier == nil {
		return nil, false
	}
	return values{metrics: v.earlier.Metrics, counts: &v.earlier.Counts}, true
}

// ofCell reads a cell: medians over the repeats, counts and shares as sums.
func ofCell(facts map[string]any, c *result.Cell) values {
	v := values{facts: facts, metrics: c.Metrics, counts: &c.Counts, shares: map[string]result.Share{}}
	for _, r := range c.Repeats {
		for key, s := range r.Shares {
			sum := v.shares[key]
			v.shares[key] = result.Share{Good: sum.Good + s.Good, Sent: sum.Sent + s.Sent}
		}
	}
	return v
}

func ofRepeat(facts map[string]any, r *result.Repeat) values {
	return values{facts: facts, metrics: r.Metrics, counts: &r.Counts, shares: r.Shares}
}

// against sets a baseline beside the values. One that may not be compared with
// is none.
func (v values) against(b *Baseline) values {
	if b != nil && b.Refused == "" {
		v.earlier = b
	}
	return v
}

// Measured implements rule.Values.
func (v values) Measured(path string) (rule.Measure, bool) {
	name, field, _ := strings.Cut(path, ".")
	if def, ok := metrics.Find(name); ok && def.Shape == metrics.ShapeClasses {
		return v.read(path, "")
	}
	return v.read(name, field)
}

func (v values) read(name, field string) (rule.Measure, bool) {
	if v.counts == nil {
		return rule.Measure{}, false
	}
	if field == "n" {
		r, ok := metrics.Read(v.metrics, v.counts, name, "avg")
		return rule.Measure{Value: float64(r.N)}, ok
	}
	r, ok := metrics.Read(v.metrics, v.counts, name, field)
	if !ok || !r.Value.Ok() {
		return rule.Measure{}, false
	}
	m := rule.Measure{Value: float64(r.Value) * r.Def.Scale, N: r.N}
	if r.CI95 != nil {
		m.CI = &[2]float64{float64(r.CI95[0]) * r.Def.Scale, float64(r.CI95[1]) * r.Def.Scale}
	}
	if name == "success_rate" {
		m.N = v.counts.Sent
		m.CI = binomial(v.counts.Completed, v.counts.Sent)
	}
	return m, true
}

// Quantile implements rule.Values.
func (v values) Quantile(metric string, q float64) (rule.Measure, bool) {
	return v.read(metric, metrics.QuantileKey(q))
}

// Share implements rule.Values.
func (v values) Share(key string) (rule.Measure, bool) {
	s, ok := v.shares[key]
	if !ok || s.Sent == 0 {
		return rule.Measure{}, false
	}
	return rule.Measure{Value: float64(s.Good) / float64(s.Sent), N: s.Sent, CI: binomial(s.Good, s.Sent)}, true
}

// Cell implements rule.Values.
func (v values) Cell(path string) (any, bool) {
	var at any = v.facts
	for key := range strings.SplitSeq(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = m[key]; !ok {
			return nil, false
		}
	}
	if m, section := at.(map[string]any); section {
		at = m["name"]
	}
	return at, at != nil
}

// binomial is the 95 % interval of a share, nil without requests.
func binomial(k, n int) *[2]float64 {
	if n == 0 {
		return nil
	}
	lo, hi := stat.Binomial(k, n, 0.95)
	if math.IsNaN(lo) || math.IsNaN(hi) {
		return nil
	}
	return &[2]float64{lo, hi}
}
