package compare

import (
	"math"

	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/metrics"
)

// sample is one side of one statistic, ready for arithmetic: y per repeat, and
// the mean variance of y within a repeat (0 where unknown).
type sample struct {
	y      []float64
	within float64
}

func (s sample) n() float64 { return float64(len(s.y)) }

// spread is the mean of y and its variance between the repeats, NaN with one.
func (s sample) spread() (mean, variance float64) {
	sum := stat.Summarize(s.y)
	return sum.Mean, sum.Stddev * sum.Stddev * s.n() / (s.n() - 1)
}

// sampleOf takes the logarithm of a series, or its values for ratios. why says
// what is missing when there is nothing to compare.
func sampleOf(s *Series, ratio bool) (out sample, why string) {
	if s == nil {
		return sample{}, "has no value"
	}
	n := 0
	for i, v := range s.Values {
		switch {
		case !v.Ok():
			continue
		case ratio:
			out.y = append(out.y, float64(v))
		case v > 0:
			out.y = append(out.y, math.Log(float64(v)))
		default:
			return sample{}, "is 0 in a repeat, of which no part can be taken"
		}
		if i < len(s.Variances) && s.Variances[i].Ok() {
			out.within += float64(s.Variances[i])
			n++
		}
	}
	if n > 0 {
		out.within /= float64(n)
	}
	if len(out.y) == 0 {
		return sample{}, "has no value"
	}
	return out, ""
}

// estimate is the effect of one statistic: d, positive = worse, with the
// variance of d and its degrees of freedom (0 where R = 1 and no history leave
// it unknown). perRepeat and perRun are the parts of the variance: d has
// perRepeat·(1/R + 1/R) + 2·perRun.
type estimate struct {
	d, variance, df   float64
	perRepeat, perRun float64
	history           *History // that went into it
	base, head        sample
	paired            bool
	table             tTable
}

// tTable remembers quantiles of Student's t by probability and degrees of
// freedom: a comparison asks for few different ones, and each is a search.
type tTable map[[2]float64]float64

// quantile is stat.TQuantile. Without a table it remembers nothing.
func (t tTable) quantile(p, df float64) float64 {
	key := [2]float64{p, df}
	q, ok := t[key]
	if !ok {
		if q = stat.TQuantile(p, df); t != nil {
			t[key] = q
		}
	}
	return q
}

func (e estimate) known() bool { return e.df > 0 }

// se is the standard error of d.
func (e estimate) se() float64 { return math.Sqrt(e.variance) }

// worse is the sign that makes an effect positive when the metric got worse.
func worse(better metrics.Better) float64 {
	if better == metrics.Higher {
		return -1
	}
	return 1
}

// unpaired estimates the difference of the means of two independent sides:
//
//	d = ±(ȳ_head - ȳ_base)
//	V = max(s²_base, w_base)/R_base + max(s²_head, w_head)/R_head
//
// s² is the variance between the repeats of a side, w the mean variance within
// its repeats: by chance the repeats may lie closer together than their own
// sampling allows. The degrees of freedom are Welch's and Satterthwaite's. With
// a history both sides get the pooled variance s² of all, and what runs differ
// by beyond their repeats, τ², comes on top: V = s²(1/R + 1/R) + 2τ².
func unpaired(base, head sample, sign float64, h *History) estimate {
	mb, vb := base.spread()
	mh, vh := head.spread()
	e := estimate{d: sign * (mh - mb), base: base, head: head}
	if h.enough() {
		e.pool(vb, vh, h)
		return e
	}
	if base.n() < 2 || head.n() < 2 {
		return e
	}
	vb, vh = max(vb, base.within), max(vh, head.within)
	e.variance, e.df = stat.Satterthwaite(
		stat.MeanSquare{Factor: 1 / base.n(), Variance: vb, DF: base.n() - 1},
		stat.MeanSquare{Factor: 1 / head.n(), Variance: vh, DF: head.n() - 1},
	)
	e.perRepeat = (vb + vh) / 2
	return e
}

// pool joins the sides' own variances with the history's.
func (e *estimate) pool(vb, vh float64, h *History) {
	e.history = h
	df, squares := h.WithinDF, h.WithinDF*h.WithinVar
	if e.base.n() > 1 {
		df, squares = df+e.base.n()-1, squares+(e.base.n()-1)*vb
	}
	if e.head.n() > 1 {
		df, squares = df+e.head.n()-1, squares+(e.head.n()-1)*vh
	}
	within := 0.0
	if df > 0 {
		within = squares / df
	}
	each := 1/e.base.n() + 1/e.head.n()
	switch over := h.BetweenVar - within/h.Repeats; {
	case df == 0: // one repeat a run everywhere: runs and repeats are one
		e.perRepeat = h.BetweenVar
		e.variance, e.df = each*h.BetweenVar, h.BetweenDF
	case over <= 0: // runs differ by no more than their repeats explain
		pooled := (squares + h.BetweenDF*h.Repeats*h.BetweenVar) / (df + h.BetweenDF)
		e.perRepeat = pooled
		e.variance, e.df = each*pooled, df+h.BetweenDF
	default:
		e.perRepeat, e.perRun = within, over
		e.variance, e.df = stat.Satterthwaite(
			stat.MeanSquare{Factor: each - 2/h.Repeats, Variance: within, DF: df},
			stat.MeanSquare{Factor: 2, Variance: h.BetweenVar, DF: h.BetweenDF},
		)
	}
	floor := max(e.perRepeat, e.base.within)/e.base.n() + max(e.perRepeat, e.head.within)/e.head.n() + 2*e.perRun
	e.variance = max(e.variance, floor)
}

// paired estimates from blocks: repeat i of head ran next to repeat i of base,
// and the mean of the differences is what a slow drift leaves alone. Repeats
// without their like take no part.
//
//	V = max(s² of the differences, w_base + w_head) / blocks
func paired(base, head *Series, ratio bool, sign float64) (estimate, string) {
	var b, h, diffs Series
	for i := range min(len(base.Values), len(head.Values)) {
		if !base.Values[i].Ok() || !head.Values[i].Ok() {
			continue
		}
		b.take(base, i)
		h.take(head, i)
	}
	sb, why := sampleOf(&b, ratio)
	if why != "" {
		return estimate{}, why
	}
	sh, why := sampleOf(&h, ratio)
	if why != "" {
		return estimate{}, why
	}
	for i := range sb.y {
		diffs.Values = append(diffs.Values, result.Number(sign*(sh.y[i]-sb.y[i])))
	}
	d, _ := sampleOf(&diffs, true)
	mean, v := d.spread()
	e := estimate{d: mean, base: sb, head: sh, paired: true}
	if d.n() > 1 {
		v = max(v, sb.within+sh.within)
		e.variance, e.df, e.perRepeat = v/d.n(), d.n()-1, v/2
	}
	return e, ""
}

// take appends repeat i of another series.
func (s *Series) take(from *Series, i int) {
	s.Values = append(s.Values, from.Values[i])
	v := result.None()
	if i < len(from.Variances) {
		v = from.Variances[i]
	}
	s.Variances = append(s.Variances, v)
}

// half is the half width of a two-sided interval of that level of error.
func (e estimate) half(alpha float64) float64 { return e.table.quantile(1-alpha/2, e.df) * e.se() }

// p is the two-sided p-value of no change.
func (e estimate) p() float64 {
	if e.variance == 0 {
		return math.NaN()
	}
	return stat.TTwoSided(e.d/e.se(), e.df)
}

// power is the share of comparisons that shall find a detectable effect.
const power = 0.8

// detectable is the smallest effect that is found, at that level of error, in
// four comparisons of five.
func (e estimate) detectable(alpha float64) float64 {
	return (e.table.quantile(1-alpha/2, e.df) + e.table.quantile(power, e.df)) * e.se()
}

// maxRepeats bounds the search for a sufficient number of repeats.
const maxRepeats = 1000

// needed is the number of repeats a side that makes an effect detectable; 0
// where none does, since runs differ by too much.
func (e estimate) needed(effect, alpha float64) int {
	// What the normal distribution asks for is never enough, and seldom by much.
	z := effect / (stat.TQuantile(1-alpha/2, math.Inf(1)) + stat.TQuantile(power, math.Inf(1)))
	least := math.Ceil(2 * e.perRepeat / (z*z - 2*e.perRun))
	if !(z*z > 2*e.perRun && least <= maxRepeats) {
		return 0
	}
	for r := max(2, int(least)); r <= maxRepeats; r++ {
		if e.with(r).detectable(alpha) <= effect {
			return r
		}
	}
	return 0
}

// with is the estimate as it would be with r repeats a side.
func (e estimate) with(r int) estimate {
	n := float64(r)
	e.variance = 2*e.perRepeat/n + 2*e.perRun
	switch {
	case e.paired:
		e.df = n - 1
	case e.history != nil && e.perRun > 0: // more repeats teach little about runs
	case e.history != nil:
		e.df = 2*(n-1) + e.history.WithinDF + e.history.BetweenDF
	default:
		e.df = 2 * (n - 1)
	}
	return e
}
