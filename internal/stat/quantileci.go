package stat

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// QuantileCI returns a two-sided interval for the p-quantile of the
// distribution that sorted was drawn from, whatever that distribution is. Its
// ends are values of sorted: the number B of values below the quantile is
// binomial(n, p), so
//
//	lo = x[l], l the largest  with P(B <  l) <= (1-level)/2
//	hi = x[u], u the smallest with P(B >= u) <= (1-level)/2   (ranks from 1)
//
// cover it with a probability of at least level. ok is false if n is below
// MinN(p, level); then no such pair of ranks exists.
//
// Source: Hahn and Meeker, section 5.2, with equal tails.
func QuantileCI(sorted []float64, p, level float64) (lo, hi float64, ok bool) {
	n := len(sorted)
	if n == 0 || n < MinN(p, level) {
		return math.NaN(), math.NaN(), false
	}
	tail := (1 - level) / 2
	b := distuv.Binomial{N: float64(n), P: p}
	l := sort.Search(n, func(k int) bool { return b.CDF(float64(k)) > tail })
	u := sort.Search(n, func(k int) bool { return b.Survival(float64(k-1)) <= tail })
	// MinN promises ranks within 1…n. The clamp covers the last bit, where
	// the powers there and the binomial here may round apart.
	l, u = max(l, 1), min(max(u, 1), n)
	return sorted[l-1], sorted[u-1], true
}

// MinN returns the smallest sample for which QuantileCI has an answer: the
// rarer side must have been seen with a probability of 1 - (1-level)/2.
//
//	n >= ln((1-level)/2) / ln(max(p, 1-p))
//
// At a level of 0.95 that is 6 for p50, 36 for p90, 72 for p95, 368 for p99
// and 3688 for p999. It is math.MaxInt where no sample is large enough: p or
// level outside (0, 1).
func MinN(p, level float64) int {
	if !(p > 0 && p < 1) || !(level > 0 && level < 1) {
		return math.MaxInt
	}
	tail := (1 - level) / 2
	q := max(p, 1-p)
	n := math.Ceil(math.Log(tail) / math.Log(q))
	if n >= 1<<53 {
		return math.MaxInt
	}
	if n > 1 && math.Pow(q, n-1) <= tail {
		n--
	}
	return int(max(n, 1))
}
