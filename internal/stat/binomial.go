package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Binomial returns the two-sided Clopper–Pearson interval of a probability
// after k successes in n independent trials. Without trials nothing is known,
// and it is [0, 1]. Both ends are NaN if k is not within 0…n.
func Binomial(k, n int, level float64) (lo, hi float64) {
	tail := (1 - level) / 2
	return binomialEnd(k, n, tail), 1 - binomialEnd(n-k, n, tail)
}

// BinomialLower returns the one-sided lower bound: with confidence level, the
// probability of success is not below it. k successes in n trials prove that
// a probability exceeds r exactly if BinomialLower(k, n, level) > r.
func BinomialLower(k, n int, level float64) float64 {
	return binomialEnd(k, n, 1-level)
}

// BinomialUpper returns the one-sided upper bound: with confidence level, the
// probability of success is not above it.
func BinomialUpper(k, n int, level float64) float64 {
	return 1 - binomialEnd(n-k, n, 1-level)
}

// binomialEnd returns the lower Clopper–Pearson end with tail below it, the
// tail-quantile of Beta(k, n-k+1). The upper end is the lower one of the
// failures, taken from 1.
func binomialEnd(k, n int, tail float64) float64 {
	switch {
	case k < 0 || k > n || !(tail > 0 && tail < 1):
		return math.NaN()
	case k == 0:
		return 0
	case k == n:
		return math.Pow(tail, 1/float64(n))
	default:
		return distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
}
