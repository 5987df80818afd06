package stat_test

import (
	"math"
	"testing"

	"loadgate/internal/stat"
)

// References, SciPy 1.17.1:
//
//	stats.binomtest(k, n).proportion_ci(.95, method='exact')
//	stats.beta.ppf(.05, k, n-k+1), stats.beta.ppf(.95, k+1, n-k)
func TestBinomial(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n                 int
		lo, hi, lower, upper float64
	}{
		{0, 10, 0, 0.30849710781876294, 0, 0.2588655508930522},
		{1, 10, 0.0025285785444625728, 0.44501611702819543, 0.005116196891823701, 0.39416330243650466},
		{5, 10, 0.1870860284474045, 0.8129139715525955, 0.2224411010081294, 0.7775588989918706},
		{10, 10, 0.6915028921812371, 1, 0.7411344491069477, 1},
		{199, 200, 0.9724581015424416, 0.9998734189719902, 0.9765015295650493, 0.9997435664127765},
		{9990, 10000, 0.9981617358657504, 0.9995203602762358, 0.9983043685463546, 0.9994573624247091},
		{3, 1_000_000, 6.186725999192623e-07, 8.76724780590618e-06, 8.176919305463174e-07, 7.75363809884006e-06},
		{0, 0, 0, 1, 0, 1},
	} {
		// The beta quantile is good to seven digits at probabilities of 1e-6.
		lo, hi := stat.Binomial(c.k, c.n, 0.95)
		near(t, "lo", lo, c.lo, 1e-6)
		near(t, "hi", hi, c.hi, 1e-6)
		near(t, "lower", stat.BinomialLower(c.k, c.n, 0.95), c.lower, 1e-6)
		near(t, "upper", stat.BinomialUpper(c.k, c.n, 0.95), c.upper, 1e-6)
		if t.Failed() {
			t.Fatalf("at k=%d, n=%d", c.k, c.n)
		}
	}
}

func TestBinomialRefusesTheImpossible(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{-1, 10}, {11, 10}, {0, -1}} {
		lo, hi := stat.Binomial(c[0], c[1], 0.95)
		if !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("Binomial(%d, %d) = %v, %v, want NaN", c[0], c[1], lo, hi)
		}
	}
}
