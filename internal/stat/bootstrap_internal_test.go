package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// clustered returns n groups whose values share a factor, so that a group's
// values hang together.
func clustered(n int, size func(g int) int, seed uint64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	groups := make([][]float64, n)
	for g := range groups {
		factor := math.Exp(rng.NormFloat64() / 2)
		groups[g] = make([]float64, size(g))
		for i := range groups[g] {
			groups[g][i] = factor * math.Exp(rng.NormFloat64()/4)
		}
	}
	return groups
}

// naive resamples, copies and sorts, with the same draws.
func naive(groups [][]float64, counts []int32, p float64) float64 {
	var all []float64
	for g, c := range counts {
		for range c {
			all = append(all, groups[g]...)
		}
	}
	slices.Sort(all)
	return Quantile(all, p)
}

func TestPooledQuantileEqualsResampling(t *testing.T) {
	t.Parallel()
	shapes := map[string]func(g int) int{
		"one value a group":   func(int) int { return 1 },
		"groups of all sizes": func(g int) int { return 1 + g%9 },
		"many values a group": func(g int) int { return 300 + g },
		"one giant":           func(g int) int { return 1 + 500*((g+1)%2*(1-min(g, 1))) },
	}
	for name, size := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			groups := clustered(60, size, 3)
			rng := rand.NewPCG(1, 2)
			counts := make([]int32, len(groups))
			pool := NewPool(groups)
			for _, p := range []float64{0, 0.01, 0.25, 0.5, 0.9, 0.99, 1} {
				base := pool.cursor(p)
				for range 200 {
					drawCounts(rng, counts)
					if got, want := base.quantile(counts, weigh(counts, pool.sizes)), naive(groups, counts, p); got != want {
						t.Fatalf("p=%v: %v, resampling gives %v", p, got, want)
					}
				}
			}
		})
	}
}

// A resample whose quantile lies below the window must be found all the same.
func TestPooledQuantileBelowItsWindow(t *testing.T) {
	t.Parallel()
	groups := clustered(500, func(int) int { return 3 }, 5)
	for _, g := range groups {
		slices.Sort(g)
	}
	slices.SortFunc(groups, func(a, b []float64) int {
		if a[0] < b[0] {
			return -1
		}
		return 1
	})
	pool := NewPool(groups)
	base := pool.cursor(0.9)
	if base.from == 0 {
		t.Fatal("the window starts at 0: nothing to test")
	}
	counts := make([]int32, len(groups))
	counts[0] = int32(len(groups)) // only the group with the smallest values
	if got, want := base.quantile(counts, weigh(counts, pool.sizes)), naive(groups, counts, 0.9); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBootstrapCIIsSeededAndLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	groups := clustered(100, func(g int) int { return 5 }, 9)
	before := slices.Clone(groups[0])
	lo, hi, ok := BootstrapCI(groups, 0.9, 0.95, 300, 7)
	lo2, hi2, _ := BootstrapCI(groups, 0.9, 0.95, 300, 7)
	if !ok || lo != lo2 || hi != hi2 {
		t.Errorf("the same seed gave %v…%v (%v), then %v…%v", lo, hi, ok, lo2, hi2)
	}
	if lo3, hi3, _ := BootstrapCI(groups, 0.9, 0.95, 300, 8); lo == lo3 && hi == hi3 {
		t.Error("another seed gave the same interval")
	}
	if !slices.Equal(groups[0], before) {
		t.Error("a group was reordered")
	}
	with := append([][]float64{nil}, groups...)
	if lo4, hi4, _ := BootstrapCI(with, 0.9, 0.95, 300, 7); lo != lo4 || hi != hi4 {
		t.Error("an empty group changed the interval")
	}
}

// It is the number of groups that counts, however many values they hold.
func TestBootstrapCINeedsGroups(t *testing.T) {
	t.Parallel()
	many := func(int) int { return 100 }
	for _, c := range []struct {
		groups int
		p      float64
		want   bool
	}{{5, 0.5, false}, {6, 0.5, true}, {35, 0.9, false}, {36, 0.9, true}, {367, 0.99, false}, {368, 0.99, true}} {
		if _, _, ok := BootstrapCI(clustered(c.groups, many, 1), c.p, 0.95, 50, 1); ok != c.want {
			t.Errorf("%d groups, p=%v: ok = %v", c.groups, c.p, ok)
		}
	}
	if _, _, ok := BootstrapCI(nil, 0.5, 0.95, 50, 1); ok {
		t.Error("an interval of nothing")
	}
}

// Reference, NumPy 2.4.6, 10,000 resamples:
//
//	G = 400; rng = np.random.default_rng(1)
//	groups = [np.array([(1+(g*7919%101)/101)*(1+((g*31+j*17)%53)/53) for j in range(5+g%7)]) for g in range(G)]
//	s = [np.quantile(np.concatenate([groups[i] for i in rng.integers(0,G,G)]), p) for _ in range(10000)]
//	np.quantile(s, [.025, .975])
func TestBootstrapCIAgreesWithNumPy(t *testing.T) {
	t.Parallel()
	groups := make([][]float64, 400)
	for g := range groups {
		for j := range 5 + g%7 {
			groups[g] = append(groups[g], (1+float64(g*7919%101)/101)*(1+float64((g*31+j*17)%53)/53))
		}
	}
	for _, c := range []struct{ p, lo, hi float64 }{
		{0.5, 2.09826266, 2.20437138},
		{0.9, 3.05458621, 3.18923968},
		{0.99, 3.64150943, 3.76611246},
	} {
		lo, hi, _ := BootstrapCI(groups, c.p, 0.95, 4000, 1)
		slack := (c.hi - c.lo) / 12
		if math.Abs(lo-c.lo) > slack || math.Abs(hi-c.hi) > slack {
			t.Errorf("p=%v: %v…%v, NumPy %v…%v", c.p, lo, hi, c.lo, c.hi)
		}
	}
}

// Where the method changes, the interval must not.
func TestBootstrapCIAgreesAcrossItsMethods(t *testing.T) {
	t.Parallel()
	const limit = maxDraws / minResamples
	groups := clustered(limit+1, func(g int) int { return 1 + g%3 }, 4)
	for _, p := range []float64{0.5, 0.99} {
		lo, hi, _ := BootstrapCI(groups[:limit], p, 0.95, minResamples, 1)
		lo2, hi2, ok := BootstrapCI(groups, p, 0.95, minResamples, 1)
		slack := (hi - lo) / 10
		if !ok || math.Abs(lo-lo2) > slack || math.Abs(hi-hi2) > slack {
			t.Errorf("p=%v: %v…%v by resampling, %v…%v by rank", p, lo, hi, lo2, hi2)
		}
	}
}

// Many values are sorted by digits, few by comparing.
func TestPoolSorts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 100, fewValues + 1, 10_000} {
		for name, value := range map[string]func() float64{
			"spread": func() float64 { return math.Exp(20*rng.NormFloat64()) * float64(1-2*rng.IntN(2)) },
			"equal":  func() float64 { return 1.5 },
			"gaps":   func() float64 { return float64(rng.Int64N(1<<40)-1<<20) / 1e6 },
			"mixed":  func() float64 { return []float64{0.1, 20.000001, 1 / 3.0}[rng.IntN(3)] },
			"few":    func() float64 { return float64(rng.IntN(3) - 1) },
			"odd":    func() float64 { return []float64{math.Inf(1), math.Inf(-1), 0, math.MaxFloat64, 5e-324}[rng.IntN(5)] },
		} {
			groups := make([][]float64, 7)
			var all []float64
			for range n {
				v, g := value(), rng.IntN(7)
				groups[g], all = append(groups[g], v), append(all, v)
			}
			slices.Sort(all)
			pool := NewPool(groups)
			if got := pool.Sorted(); !slices.Equal(got, all) {
				t.Errorf("%d %s values are out of order", n, name)
			}
			if below := pool.countBelow(n); len(below) > 0 && !slices.Equal(below, pool.sizes) {
				t.Errorf("%d %s values: sizes %v, counted %v", n, name, pool.sizes, below)
			}
			back := make([][]float64, len(pool.sizes))
			for i, v := range pool.values {
				back[pool.group[i]] = append(back[pool.group[i]], v)
			}
			groups = slices.DeleteFunc(groups, func(g []float64) bool { return len(g) == 0 })
			for g := range groups {
				if slices.Sort(groups[g]); !slices.Equal(back[g], groups[g]) {
					t.Errorf("%d %s values: group %d has others", n, name, g)
				}
			}
		}
	}
}

// Asking for several quantiles at once changes none of them.
func TestPoolCITogether(t *testing.T) {
	t.Parallel()
	groups := clustered(400, func(g int) int { return 1 + g%40 }, 2)
	ps := []float64{0.99, 0.5, 0.9999, 0.9}
	for i, got := range NewPool(groups).CI(ps, 0.95, 300, 7) {
		lo, hi, ok := BootstrapCI(groups, ps[i], 0.95, 300, 7)
		if got.OK != ok || (ok && (got.Lo != lo || got.Hi != hi)) {
			t.Errorf("p=%v: %v together, %v…%v (%v) alone", ps[i], got, lo, hi, ok)
		}
	}
}

func BenchmarkBootstrapCI(b *testing.B) {
	for _, c := range []struct {
		name         string
		groups, size int
	}{
		{"500x10", 500, 10},
		{"4000x250", 4000, 250},
		{"100000x10", 100_000, 10},
		{"1000000x1", 1_000_000, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			groups := clustered(c.groups, func(int) int { return c.size }, 1)
			b.ReportAllocs()
			for b.Loop() {
				BootstrapCI(groups, 0.99, 0.95, 1000, 1)
			}
		})
	}
}
