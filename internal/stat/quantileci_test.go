package stat_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"loadgate/internal/stat"
)

func TestMinN(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p, level float64
		want     int
	}{
		{0.5, 0.95, 6},
		{0.9, 0.95, 36},
		{0.1, 0.95, 36},
		{0.95, 0.95, 72},
		{0.99, 0.95, 368},
		{0.01, 0.95, 368},
		{0.999, 0.95, 3688},
		{0.5, 0.5, 2}, // 0.5² is the tail exactly
		{1, 0.95, math.MaxInt},
		{0, 0.95, math.MaxInt},
		{0.99, 1, math.MaxInt},
		{math.NaN(), 0.95, math.MaxInt},
		{1 - 0x1p-53, 0.95, math.MaxInt},
	} {
		if got := stat.MinN(c.p, c.level); got != c.want {
			t.Errorf("MinN(%v, %v) = %d, want %d", c.p, c.level, got, c.want)
		}
	}
}

// References, SciPy 1.17.1, a = 0.025:
//
//	l = max(k for k in range(n+1) if stats.binom.cdf(k-1, n, p) <= a)
//	u = int(stats.binom.ppf(1-a, n, p)) + 1
func TestQuantileCIRanks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n      int
		p      float64
		lo, hi float64
	}{
		{6, 0.5, 1, 6},
		{36, 0.9, 29, 36},
		{368, 0.99, 360, 368},
		{500, 0.1, 37, 65},
		{500, 0.5, 228, 273},
		{500, 0.99, 490, 500},
		{1000, 0.95, 936, 964},
		{100_000, 0.999, 99_880, 99_920},
		{1_000_000, 0.5, 499_020, 500_981},
	} {
		lo, hi, ok := stat.QuantileCI(ranks(c.n), c.p, 0.95)
		if !ok || lo != c.lo || hi != c.hi {
			t.Errorf("QuantileCI(n=%d, %v) = %v, %v, %v, want ranks %v, %v", c.n, c.p, lo, hi, ok, c.lo, c.hi)
		}
	}
}

func TestQuantileCINeedsMinN(t *testing.T) {
	t.Parallel()
	for _, p := range []float64{0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999} {
		n := stat.MinN(p, 0.95)
		if _, _, ok := stat.QuantileCI(ranks(n), p, 0.95); !ok {
			t.Errorf("p=%v: no interval at MinN = %d", p, n)
		}
		if lo, hi, ok := stat.QuantileCI(ranks(n-1), p, 0.95); ok || !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("p=%v: interval %v…%v (ok %v) with %d values, one below MinN", p, lo, hi, ok, n-1)
		}
	}
	if _, _, ok := stat.QuantileCI(nil, 0.5, 0.95); ok {
		t.Error("an interval of nothing")
	}
}

// The promise is a probability of at least 95 % whatever the distribution.
// 2,000 samples put the observed share within 1.5 points of the truth.
func TestQuantileCICovers(t *testing.T) {
	t.Parallel()
	const trials = 2000
	for _, p := range []float64{0.5, 0.9, 0.95} {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, uint64(p*1000)))
			truth := -math.Log(1 - p)
			covered := 0
			for range trials {
				sample := make([]float64, 120)
				for i := range sample {
					sample[i] = -math.Log(1 - rng.Float64())
				}
				slices.Sort(sample)
				lo, hi, ok := stat.QuantileCI(sample, p, 0.95)
				if ok && lo <= truth && truth <= hi {
					covered++
				}
			}
			if share := float64(covered) / trials; share < 0.935 {
				t.Errorf("covers %.3f of the time, want at least 0.95", share)
			}
		})
	}
}
