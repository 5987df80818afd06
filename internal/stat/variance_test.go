package stat_test

import (
	"fmt"
	"math"
	"testing"

	"loadgate/internal/stat"
)

// The reference is the limit of infinitely many replicates, SciPy 1.17.1:
//
//	x = np.sort([1 + (i*7919)%1009 for i in range(1,501)]); n = 500; k = ceil(p*n)
//	w = np.diff(stats.beta.cdf(np.arange(n+1)/n, k, n-k+1)); L = np.log(x)
//	(w*(L-(w*L).sum())**2).sum()
//
// A variance from 20,000 replicates has a standard error of about 1 %.
func TestQuantileVariance(t *testing.T) {
	t.Parallel()
	x := mapped(residues(500, 1009), func(v float64) float64 { return 1 + v })
	for p, want := range map[float64]float64{
		0.5:  0.0019686655985539144,
		0.95: 0.00010178558095974457,
		0.99: 2.4614242040208593e-05,
	} {
		got := stat.QuantileVariance(x, p, 20_000, 1)
		near(t, fmt.Sprintf("variance of ln(p%v)", p*100), got, want, 0.06)
		if again := stat.QuantileVariance(x, p, 20_000, 1); again != got {
			t.Errorf("the same seed gave %v, then %v", got, again)
		}
		if other := stat.QuantileVariance(x, p, 20_000, 2); other == got {
			t.Errorf("another seed gave the same %v", got)
		}
	}
}

func TestQuantileVarianceUnknown(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]float64{
		"one value":     stat.QuantileVariance([]float64{3}, 0.5, 100, 1),
		"no replicates": stat.QuantileVariance([]float64{3, 4}, 0.5, 0, 1),
		"zeros":         stat.QuantileVariance([]float64{0, 0, 0}, 0.5, 100, 1),
		"p out of range": stat.QuantileVariance(
			[]float64{3, 4}, math.NaN(), 100, 1),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s: %v, want NaN", name, got)
		}
	}
	if got := stat.QuantileVariance([]float64{5, 5, 5}, 0.5, 100, 1); got != 0 {
		t.Errorf("equal values: %v, want 0", got)
	}
}
