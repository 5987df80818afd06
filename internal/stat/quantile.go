package stat

import (
	"math"
	"slices"
)

// Quantile returns the p-quantile of sorted by linear interpolation between
// the two closest ranks, definition 7 of Hyndman and Fan and the default of
// NumPy, whose results it repeats bit for bit:
//
//	h = (n-1)·p;  x[⌊h⌋] + (h-⌊h⌋)·(x[⌊h⌋+1] - x[⌊h⌋])
//
// It is NaN for an empty slice or a p outside [0, 1]. Values of +Inf are
// allowed; a result that leans on one is +Inf.
func Quantile(sorted []float64, p float64) float64 {
	n := len(sorted)
	if n == 0 || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	h := float64(n-1) * p
	i := int(h)
	if i >= n-1 {
		return sorted[n-1]
	}
	return lerp(sorted[i], sorted[i+1], h-float64(i))
}

// lerp returns the point that lies t of the way from a to b, a <= b. Like
// NumPy it starts from the nearer end, so that lerp never leaves [a, b]. The
// conversions keep a compiler from fusing the two operations: the last bit
// must not depend on the processor.
func lerp(a, b, t float64) float64 {
	switch {
	case t == 0 || a == b:
		return a
	case math.IsInf(b, 1):
		return b
	case t < 0.5:
		return a + float64((b-a)*t)
	default:
		return b - float64((b-a)*(1-t))
	}
}

// NearestRank returns the p-quantile of sorted as one of its values, the one
// of rank ⌈p·n⌉ (at least 1). It is the definition to use where failures stand
// as +Inf, since it never interpolates into one. It is NaN for an empty slice
// or a p outside [0, 1].
func NearestRank(sorted []float64, p float64) float64 {
	if len(sorted) == 0 || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	return sorted[nearestRank(len(sorted), p)-1]
}

// nearestRank returns ⌈p·n⌉ within 1…n. The product is lowered by a few units
// in its last place first: 0.07·100 is 7.000000000000001 in float64, and its
// rank is 7.
func nearestRank(n int, p float64) int {
	product := p * float64(n)
	k := int(math.Ceil(product - product*0x1p-50))
	return min(max(k, 1), n)
}

// Median returns the middle of values, which need not be sorted: the mean of
// the two middle ones if their number is even. NaN for an empty slice.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return Quantile(sorted, 0.5)
}
