package stat_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"loadgate/internal/stat"
)

func TestGammaQuantile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ p, shape, want float64 }{
		{0.5, 1, math.Ln2},
		{0.95, 1, -math.Log(0.05)},
		{0.5, 0.5, 0.454936423}, // χ² with one degree of freedom
		{0.95, 0.5, 3.841458821},
		{0.5, 2, 0.839173495},
		{0.99, 1e4, 1.02341044},
		{0.95, 1e12, 1 + 1.644853627e-6},
		{0.5, 0.01, 0}, // as good as 0
	} {
		if got := stat.GammaQuantile(c.p, c.shape); math.Abs(got-c.want) > 2e-6*max(1, c.want) {
			t.Errorf("p %v, shape %v: %v, want %v", c.p, c.shape, got, c.want)
		}
	}
	for _, bad := range [][2]float64{{0, 1}, {1, 1}, {0.5, 0}, {math.NaN(), 1}} {
		if got := stat.GammaQuantile(bad[0], bad[1]); !math.IsNaN(got) {
			t.Errorf("%v: %v", bad, got)
		}
	}
}

// The limits of means are kept by fair draws, and not kept by others.
func TestMeansOff(t *testing.T) {
	t.Parallel()
	const alpha, samples = 0.01, 2000
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 3, 20, 200} {
		gamma, bounded := 0, 0
		for range samples {
			sum, ones := 0.0, 0.0
			for range n {
				sum += rng.ExpFloat64()
				if rng.Float64() < 0.1 {
					ones++
				}
			}
			if stat.GammaMeanOff(sum/float64(n), n, 1, alpha) {
				gamma++
			}
			if math.Abs(ones/float64(n)-0.1) > stat.MeanOff(n, 0.3, 0.9, alpha) {
				bounded++
			}
		}
		if limit := alpha*samples + 4*math.Sqrt(alpha*samples); float64(gamma) > limit || float64(bounded) > limit {
			t.Errorf("n %d: %d and %d of %d fair samples are off", n, gamma, bounded, samples)
		}
	}
	if !stat.GammaMeanOff(1.5, 200, 1, alpha) || !stat.GammaMeanOff(0, 1, 1, alpha) || stat.GammaMeanOff(1, 200, 1, alpha) {
		t.Error("gamma")
	}
	if far := stat.MeanOff(10_000, 0.3, 0.9, alpha); far > 0.011 || stat.MeanOff(10, 0, 0, alpha) != 0 {
		t.Errorf("%v", far)
	}
}
