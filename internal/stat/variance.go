package stat

import (
	"math"
	"math/rand/v2"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// QuantileVariance returns the sampling variance of ln(q), q being the
// nearest-rank p-quantile of sorted: how much the logarithm would scatter if
// the same measurement were repeated with fresh samples. Comparisons use it as
// a floor under the variance between repeats.
//
// A bootstrap replicate of the k-th of n sorted values is the value at index
// ⌊n·B⌋ (from 0) with B ~ Beta(k, n-k+1), so that a replicate costs one random
// number instead of a resample and a sort.
//
// It is NaN if there are fewer than two values, replicates is not positive, p
// is outside [0, 1], or a replicate falls on a value whose logarithm is not
// finite.
func QuantileVariance(sorted []float64, p float64, replicates int, seed uint64) float64 {
	n := len(sorted)
	if n < 2 || replicates < 1 || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	k := nearestRank(n, p)
	beta := distuv.Beta{
		Alpha: float64(k),
		Beta:  float64(n - k + 1),
		Src:   rand.NewPCG(seed, quantileStream),
	}
	logs := make([]float64, replicates)
	for i := range logs {
		at := min(int(float64(n)*beta.Rand()), n-1)
		logs[i] = math.Log(sorted[at])
	}
	return gonum.PopVariance(logs, nil)
}
