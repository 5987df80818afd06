package metrics

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"loadgate/internal/result"
	"loadgate/internal/stat"
)

const (
	level95    = 0.95
	resamples  = 1000
	replicates = 500
)

// percentile is a statistic that is a quantile.
type percentile struct {
	name string
	p    float64
}

var percentiles = []percentile{
	{"p1", 0.01},
	{"p10", 0.10},
	{"p25", 0.25},
	{"p50", 0.50},
	{"p75", 0.75},
	{"p90", 0.90},
	{"p95", 0.95},
	{"p99", 0.99},
	{"p999", 0.999},
}

// pooledIntervals are the percentiles for which gaps get an interval: a
// bootstrap takes its time for each.
var pooledIntervals = []string{"p50", "p90", "p95", "p99"}

// varianceOf are the metrics and percentiles whose variance within a repeat
// comparisons ask for.
var (
	varianceOf = []string{"ttft", "ttfo", "e2el", "tpot", "ntpot", "sent_ttft", "sent_e2el"}
	varianceAt = []string{"p50", "p90", "p95", "p99"}
)

// QuantileKey names a quantile beyond the usual percentiles as a statistic:
// "q0.975". The value stands among a document's metrics as the scalar
// "ttft.q0.975", its interval in the CI95 of "ttft" under "q0.975".
func QuantileKey(q float64) string { return "q" + strconv.FormatFloat(q, 'f', -1, 64) }

// EmptyDist is a distribution without data: every statistic is None.
func EmptyDist() *result.Dist {
	d := &result.Dist{}
	for _, name := range result.Stats() {
		d.SetStat(name, result.None())
	}
	return d
}

// quantileFunc is stat.Quantile or stat.NearestRank.
type quantileFunc func(sorted []float64, p float64) float64

// describe fills all but the intervals.
func describe(sorted []float64, groups int, quantile quantileFunc) *result.Dist {
	d := EmptyDist()
	d.N, d.Groups = len(sorted), groups
	if len(sorted) == 0 {
		return d
	}
	if s := stat.Summarize(sorted); !math.IsInf(s.Max, 1) {
		d.Avg, d.Stddev = result.Number(s.Mean), result.Number(s.Stddev)
	} else {
		d.Avg = result.Number(math.Inf(1)) // with a failure as +Inf there is no spread to speak of
	}
	d.Min, d.Max = result.Number(sorted[0]), result.Number(sorted[len(sorted)-1])
	for _, p := range percentiles {
		d.SetStat(p.name, result.Number(quantile(sorted, p.p)))
	}
	return d
}

// intervals fills CI95 for the percentiles named and the quantiles asked for;
// the other percentiles get nil. All are computed together.
func (c *Collector) intervals(d *result.Dist, def *Definition, names []string, of func(ps []float64) []stat.Interval) {
	if !c.in.CI {
		return
	}
	d.CI95 = map[string]*[2]result.Number{}
	var keys []string
	var ps []float64
	for _, p := range percentiles {
		d.CI95[p.name] = nil
		if slices.Contains(names, p.name) {
			keys, ps = append(keys, p.name), append(ps, p.p)
		}
	}
	for _, q := range c.asked(def.Name) {
		d.CI95[QuantileKey(q)] = nil
		keys, ps = append(keys, QuantileKey(q)), append(ps, q)
	}
	for i, ci := range of(ps) {
		if ci.OK {
			d.CI95[keys[i]] = &[2]result.Number{result.Number(ci.Lo), result.Number(ci.Hi)}
		}
	}
}

// asked lists the quantiles of a metric that were asked for.
func (c *Collector) asked(metric string) []float64 {
	var out []float64
	for _, q := range c.in.Quantiles {
		if q.Metric == metric && !slices.Contains(out, q.Q) {
			out = append(out, q.Q)
		}
	}
	return out
}

// quantiles adds the quantiles asked for as scalars of their own.
func (c *Collector) quantiles(rep *result.Repeat, d *Definition, sorted []float64, quantile quantileFunc) {
	for _, q := range c.asked(d.Name) {
		v := result.Number(quantile(sorted, q))
		rep.Metrics[d.Name+"."+QuantileKey(q)] = result.Metric{Unit: d.Unit, Value: v}
	}
}

// perRequest describes a distribution with one value a request.
func (c *Collector) perRequest(rep *result.Repeat, d *Definition, sorted []float64, q quantileFunc) *result.Dist {
	dist := describe(sorted, len(sorted), q)
	names := make([]string, len(percentiles))
	for i, p := range percentiles {
		names[i] = p.name
	}
	c.intervals(dist, d, names, func(ps []float64) []stat.Interval {
		out := make([]stat.Interval, len(ps))
		for i, p := range ps {
			out[i].Lo, out[i].Hi, out[i].OK = stat.QuantileCI(sorted, p, level95)
		}
		return out
	})
	c.quantiles(rep, d, sorted, q)
	if c.in.CI && slices.Contains(varianceOf, d.Name) {
		for _, p := range percentiles {
			if !slices.Contains(varianceAt, p.name) {
				continue
			}
			if v := stat.QuantileVariance(sorted, p.p, replicates, c.in.Seed); !math.IsNaN(v) {
				rep.LogVariance[d.Name+"."+p.name] = result.Number(v)
			}
		}
	}
	return dist
}

// adjusted describes a metric with failures as +Inf. Where no completed request
// has a value there is nothing to adjust.
func (c *Collector) adjusted(rep *result.Repeat, d *Definition) *result.Dist {
	var sorted []float64
	base := c.columnOf(d.adjusts).values
	if len(base) > 0 || c.total.counts.Completed == 0 {
		sorted = slices.Clone(base)
		for range c.total.counts.Failed {
			sorted = append(sorted, math.Inf(1))
		}
	}
	return c.perRequest(rep, d, sorted, stat.NearestRank)
}

// pooled describes a distribution of gaps, which hang together within a request.
func (c *Collector) pooled(rep *result.Repeat, d *Definition, groups []group) *result.Dist {
	lists := make([][]float64, len(groups))
	for i, g := range groups {
		lists[i] = g.values
	}
	pool := stat.NewPool(lists)
	sorted := pool.Sorted()
	dist := describe(sorted, len(groups), stat.Quantile)
	c.intervals(dist, d, pooledIntervals, func(ps []float64) []stat.Interval {
		return pool.CI(ps, level95, resamples, c.in.Seed)
	})
	c.quantiles(rep, d, sorted, stat.Quantile)
	return dist
}

// likeFallback copies the distribution of the metric that stands in, or the
// quantiles asked of d where that one has them not.
func (c *Collector) likeFallback(rep *result.Repeat, d *Definition) *result.Dist {
	if len(c.asked(d.Name)) > 0 {
		return c.pooled(rep, d, c.columnOf(d.fallback).groups)
	}
	dist := *rep.Metrics[d.fallback].Dist
	dist.CI95 = maps.Clone(dist.CI95)
	maps.DeleteFunc(dist.CI95, func(name string, _ *[2]result.Number) bool { return name[0] == 'q' })
	return &dist
}

func (c *Collector) columnOf(name string) *column {
	for i := range registry {
		if registry[i].Name == name {
			return &c.columns[i]
		}
	}
	return &column{}
}
