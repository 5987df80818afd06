package validity

import (
	"fmt"
	"math"
	"strings"

	"loadgate/internal/rule"
	"loadgate/metrics"
)

// blurFloor is how far apart, in ms, two values must be to differ, by level.
var blurFloor = map[string]float64{Warn: 1, Invalid: 5}

var blurredTimes = Definition{
	Name: "blurred_times", Cause: Client, Unit: "ratio", Warn: 0.02, Invalid: 0.20,
	Statistic: "distance from a percentile of ttft, itl or icl to the lowest or highest value that the receive stamps leave open, as a share of the larger of both",
	Text: "Where receive stamps are the kernel's. Of the events of a stream that one read took, only the last one's time is known: the others " +
		"came after the read before. Reported are one gap g and n - 1 of 0. In truth at least one is as long as g / n, the first is as long as " +
		"the read before had waited in vain, and those of x or more are at most g / x. A first token came after what was read of its stream before " +
		"it, and hardly before the client last read anything, which is no more than a guess, so that ttft is warned of and never invalid. Over all reads that gives the lowest and the highest value of each percentile: " +
		"p50, p95, p99, and those that rules read.\n\n" +
		"Servers write several events at once too. How often, is seen while the client reads on without a pause of a quarter of the mean icl, or, " +
		"where that is seldom, by prompt reads: within 2 ms, or 10 % of the mean icl, of their last event. Late reads leave open what comes together more often than that, " +
		"with a confidence of 99 %, and prompt ones no more than as many as chance makes prompt of such. The distance must be over 1 ms (warn) or 5 ms (invalid) too, also at the highest percentile that " +
		"the requests give an interval for, and reach out of the percentile's own interval. And the reads that make it must recur: they lie in 5 stalls or more (warn), or there are enough of them even " +
		"if they come only as often as their stalls prove with a confidence of 99.9 % (invalid). Reads within 100 ms are one stall, and where most values are concerned, " +
		"one is enough.",
	judge: func(f *facts, t thresholds) *reading {
		if !f.byKernel() || len(f.takes) == 0 {
			return nil
		}
		var worst *blur
		for _, v := range f.open() {
			for _, p := range f.judged(v.metric) {
				if b := v.judge(p, f.supported(v.metric), f.interval(v.metric, p), t); b != nil && (worst == nil || b.worse(worst)) {
					worst = b
				}
			}
		}
		return worst.reading(f)
	},
}

// judged are the percentiles of a metric that everybody reads, and those of rules.
func (f *facts) judged(metric string) []float64 {
	var out []float64
	if metric != "icl" { // nobody reads it unless a rule does
		out = []float64{0.50, 0.95, 0.99}
	}
	for _, q := range f.Percentiles {
		if q.Metric == metric && q.Q > 0 && q.Q < 1 {
			out = append(out, q.Q)
		}
	}
	return out
}

// supported is the highest percentile for which there are requests enough for an
// interval.
func (f *facts) supported(metric string) float64 {
	if d := f.Repeat.Metrics[metric].Dist; d != nil && d.Groups > 0 {
		return math.Pow(0.025, 1/float64(d.Groups))
	}
	return 0
}

// interval is the percentile's own, of chance; everything is outside where it has
// none.
func (f *facts) interval(metric string, p float64) [2]float64 {
	if d := f.Repeat.Metrics[metric].Dist; d != nil {
		for _, name := range []string{statistic(p), metrics.QuantileKey(p)} {
			if ci := d.CI95[name]; ci != nil {
				return [2]float64{float64(ci[0]), float64(ci[1])}
			}
		}
	}
	return [2]float64{math.Inf(1), math.Inf(-1)}
}

// statistic is a percentile's name among statistics.
func statistic(p float64) string {
	return strings.ReplaceAll(percent(metrics.Quantile{Q: p}), ".", "")
}

// blur is a percentile with the limits that the stamps leave it.
type blur struct {
	metric              string
	p                   float64
	low, reported, high float64 // ms
	level               string
	limit               float64
}

// share is the larger distance of an end, as a share.
func (b *blur) share() float64 { return max(b.distance(b.low), b.distance(b.high)) }

// distance is that of an end from what is reported, as a share of the larger one.
func (b *blur) distance(end float64) float64 {
	if end == b.reported {
		return 0
	}
	return math.Abs(end-b.reported) / max(end, b.reported)
}

// apart reports whether an end is too far off.
func (b *blur) apart(end, floor float64) bool {
	return b.distance(end) > b.limit && math.Abs(end-b.reported) > floor
}

func (b *blur) worse(than *blur) bool {
	if b.level != than.level {
		return b.level == Invalid
	}
	return b.share() > than.share()
}

func (b *blur) reading(f *facts) *reading {
	if b == nil {
		return nil
	}
	if v := f.stat(b.metric, statistic(b.p)); !math.IsNaN(v) {
		b.low, b.reported, b.high = min(b.low, v), v, max(b.high, v)
	}
	r := &reading{level: b.level, value: b.share(), limit: b.limit}
	return r.says(fmt.Sprintf("the client read late, and several tokens at once: %s %s is reported as %s and lies between %s and %s: lower the load, or use more machines",
		b.metric, percent(metrics.Quantile{Q: b.p}), inMilliseconds(b.reported), inMilliseconds(b.low), inMilliseconds(b.high)))
}

// inMilliseconds has as many digits as limits are known to.
func inMilliseconds(v float64) string {
	if v >= 100 {
		v = math.Round(v)
	}
	return rule.Format(math.Round(v*10)/10, rule.Time)
}
