package stat

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/combin"
)

// maxPermutations bounds the work of Permutation: 10 against 10 has 184,756.
const maxPermutations = 200_000

// Permutation returns the exact two-sided p-value of the difference of two
// means under the hypothesis that the values were shared out by chance: the
// part of all ways to share them out that makes a difference at least as large.
// It needs no assumption on the distribution. ok is false if a side is empty or
// there are more than 200,000 ways.
func Permutation(a, b []float64) (p float64, ok bool) {
	n, k := len(a)+len(b), len(a)
	if k == 0 || k == n || n > 64 || combin.GeneralizedBinomial(float64(n), float64(k)) > maxPermutations {
		return math.NaN(), false
	}
	all := append(append(make([]float64, 0, n), a...), b...)
	total := 0.0
	for _, v := range all {
		total += v
	}
	gap := func(sum float64) float64 { return math.Abs(sum/float64(k) - (total-sum)/float64(n-k)) }
	observed := math.Abs(gonum.Mean(a, nil) - gonum.Mean(b, nil))
	// Sums of the same values in another order differ in their last bits.
	least := observed - 1e-9*(observed+math.Abs(total)/float64(n))
	ways, extreme := 0, 0
	gen := combin.NewCombinationGenerator(n, k)
	for chosen := make([]int, k); gen.Next(); {
		gen.Combination(chosen)
		sum := 0.0
		for _, i := range chosen {
			sum += all[i]
		}
		ways++
		if gap(sum) >= least {
			extreme++
		}
	}
	return float64(extreme) / float64(ways), true
}
