package compare

import (
	"slices"
	"strings"

	"loadgate/internal/result"
	"loadgate/internal/rule"
	"loadgate/metrics"
)

// Alpha is the error rate: that any of the gated metrics of an unchanged system
// is called worse (or better) than it was.
const Alpha = 0.05

// Policy is what a team decides about a comparison.
type Policy struct {
	Gate    []string           // statistics that may fail it; nil: DefaultGate
	Margins map[string]float64 // by statistic ("ttft.p95"), else metric ("ttft"): 0.1 is 10 %, or 10 percentage points of a ratio
	Fail    []result.Change    // changes of gated metrics that fail it; nil: Regressed
	Strict  bool               // what is not known is not passed over
	// AllowDifferent compares cells that did not measure the same, and marks
	// them.
	AllowDifferent bool
	// Paired says that repeat i of base and of head ran next to each other, so
	// that drift cancels in their difference.
	Paired bool

	only map[metricOf]bool // what is gated, whatever the rest says; nil: that
}

// DefaultGate lists the statistics that are gated unless a scenario says which.
func DefaultGate() []string {
	return []string{"ttft.p95", "tpot.p50", "output_throughput", "success_rate"}
}

// Default margins.
const (
	marginCenter = 0.05 // averages, medians and rates
	marginTail   = 0.10 // percentiles above p75, and the maximum
	marginRatio  = 0.01 // one percentage point
)

// gated reports whether a statistic may fail the comparison. By default a rate
// is not gated where the load sets it.
func (p *Policy) gated(name string, c *Cell) bool {
	if p.only != nil {
		return p.only[metricOf{c.ID, name}]
	}
	if p.Gate != nil {
		return slices.Contains(p.Gate, name)
	}
	return slices.Contains(DefaultGate(), name) && !(strings.HasSuffix(name, "throughput") && ratedLoad(c.Load))
}

// ratedLoad reports whether requests arrive at a finite rate: then throughput
// is what was asked for, as long as the server keeps up.
func ratedLoad(load map[string]any) bool {
	rate, ok := load["rate"].(float64)
	return ok && rate > 0
}

// margin is the worsening that a team puts up with.
func (p *Policy) margin(name string) float64 {
	metric, field, _ := strings.Cut(name, ".")
	if m, ok := p.Margins[name]; ok {
		return m
	}
	if m, ok := p.Margins[metric]; ok {
		return m
	}
	switch {
	case isRatio(metric):
		return marginRatio
	case slices.Contains([]string{"p90", "p95", "p99", "p999", "max"}, field):
		return marginTail
	default:
		return marginCenter
	}
}

func (p *Policy) fails(c result.Change) bool {
	if p.Fail == nil {
		return c == result.Regressed
	}
	return slices.Contains(p.Fail, c)
}

// Mentioned are the statistics that a policy names, beside those that every
// side has.
func (p *Policy) Mentioned() []string {
	out := slices.Clone(p.Gate)
	for name := range p.Margins {
		if Comparable(name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Comparable reports whether a statistic can be compared: there is such a one,
// and it has a better and a worse.
func Comparable(name string) bool {
	metric, field, dotted := strings.Cut(name, ".")
	d, ok := metrics.Find(metric)
	if !ok || d.Better == metrics.Neither || d.InCounts() || d.Dim == rule.Tokens {
		return false
	}
	if d.IsDist() {
		return slices.Contains(d.Stats(), field)
	}
	return !dotted
}
