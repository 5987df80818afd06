package schedule_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"loadgate/internal/schedule"
)

var inf = math.Inf(1)

func take(t testing.TB, spec schedule.Spec, seed uint64, n int) []time.Duration {
	t.Helper()
	p, err := schedule.New(spec, seed)
	if err != nil {
		t.Fatalf("New(%+v): %v", spec, err)
	}
	offsets := make([]time.Duration, n)
	for i := range offsets {
		offsets[i] = p.Next()
	}
	return offsets
}

// gaps returns the differences, in units of the mean gap.
func gaps(offsets []time.Duration, rate float64) []float64 {
	out := make([]float64, len(offsets))
	var last time.Duration
	for i, o := range offsets {
		out[i] = (o - last).Seconds() * rate
		last = o
	}
	return out
}

func moments(values []float64) (mean, stddev float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	var squares float64
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(squares / float64(len(values)))
}

// A seed's offsets are a promise: results of two versions are compared on the
// same load. If this fails, the change must be made another way. The values
// come from a second implementation, in Python, of PCG-DXSM and of the
// transformations in random.go.
func TestOffsetsStayWhatTheyWere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec schedule.Spec
		seed uint64
		want []time.Duration
	}{
		{
			schedule.Spec{Rate: 10, Arrivals: "poisson"},
			1,
			[]time.Duration{37_688_872, 71_038_000, 585_395_408, 691_122_870, 831_650_995, 882_722_732},
		},
		{
			schedule.Spec{Rate: 10, Arrivals: "poisson"},
			42,
			[]time.Duration{96_242_382, 286_910_616, 398_231_486, 688_432_148, 867_709_624, 889_724_254},
		},
		{
			schedule.Spec{Rate: 10, Arrivals: "gamma", Burstiness: 0.5},
			42,
			[]time.Duration{12_972_790, 24_371_560, 165_305_111, 573_503_996, 764_801_569, 768_631_041},
		},
		{
			schedule.Spec{Rate: 10, Arrivals: "gamma", Burstiness: 2},
			42,
			[]time.Duration{62_812_354, 197_626_264, 451_026_831, 624_839_844, 731_819_985, 823_744_604},
		},
		{
			schedule.Spec{Rate: 3, Arrivals: "constant"},
			42,
			[]time.Duration{0, 333_333_333, 666_666_666, 1_000_000_000, 1_333_333_333, 1_666_666_666},
		},
	} {
		if got := take(t, c.spec, c.seed, len(c.want)); !slices.Equal(got, c.want) {
			t.Errorf("%+v, seed %d:\n got %v\nwant %v", c.spec, c.seed, got, c.want)
		}
	}
}

func TestConstantIsExact(t *testing.T) {
	t.Parallel()
	for _, rate := range []float64{0.5, 1, 3, 7, 1000, 1e6} {
		offsets := take(t, schedule.Spec{Rate: rate, Arrivals: "constant"}, 1, 10_001)
		for _, i := range []int{0, 1, 2, 9999, 10_000} {
			want := time.Duration(math.Floor(float64(i) / rate * 1e9))
			if d := offsets[i] - want; d < -1 || d > 1 {
				t.Errorf("rate %v: request %d due at %v, want %v", rate, i, offsets[i], want)
			}
		}
	}
}

func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	for _, o := range take(t, schedule.Spec{Rate: inf, Arrivals: "gamma", Burstiness: 0.5}, 1, 100) {
		if o != 0 {
			t.Fatalf("due at %v, want 0", o)
		}
	}
}

// Over n gaps the mean has a standard error of cv/√n. The coefficient of
// variation's own error is larger where the gaps are wilder; the limits are
// above four of each, and the seeds are fixed.
func TestMeanAndSpreadOfGaps(t *testing.T) {
	t.Parallel()
	const n, rate = 100_000, 250.0
	for _, c := range []struct {
		name   string
		spec   schedule.Spec
		cv     float64
		within float64 // of the cv
	}{
		{"poisson", schedule.Spec{Arrivals: "poisson"}, 1, 0.02},
		{"default", schedule.Spec{}, 1, 0.02},
		{"gamma 0.1", schedule.Spec{Arrivals: "gamma", Burstiness: 0.1}, math.Sqrt(10), 0.06},
		{"gamma 0.5", schedule.Spec{Arrivals: "gamma", Burstiness: 0.5}, math.Sqrt2, 0.03},
		{"gamma 1", schedule.Spec{Arrivals: "gamma", Burstiness: 1}, 1, 0.02},
		{"gamma 4", schedule.Spec{Arrivals: "gamma", Burstiness: 4}, 0.5, 0.02},
		{"gamma 100", schedule.Spec{Arrivals: "gamma", Burstiness: 100}, 0.1, 0.02},
		{"gamma 1e12", schedule.Spec{Arrivals: "gamma", Burstiness: 1e12}, 1e-6, 0.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.spec.Rate = rate
			for seed := range uint64(3) {
				mean, stddev := moments(gaps(take(t, c.spec, seed, n), rate))
				if limit := 4*c.cv/math.Sqrt(n) + 1e-6; math.Abs(mean-1) > limit {
					t.Errorf("seed %d: mean gap %.5f of 1/rate, want 1 within %.5f", seed, mean, limit)
				}
				if math.Abs(stddev-c.cv) > c.within*c.cv {
					t.Errorf("seed %d: coefficient of variation %.4f, want %.4f", seed, stddev, c.cv)
				}
			}
		})
	}
}

// The shape matters, not only two moments: Kolmogorov and Smirnov's distance
// to the exponential distribution, at a level of 0.1 %.
func TestPoissonGapsAreExponential(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for _, spec := range []schedule.Spec{
		{Rate: 100, Arrivals: "poisson"},
		{Rate: 100, Arrivals: "gamma", Burstiness: 1},
	} {
		sorted := slices.Sorted(slices.Values(gaps(take(t, spec, 11, n), 100)))
		var distance float64
		for i, g := range sorted {
			cdf := 1 - math.Exp(-g)
			distance = max(distance, cdf-float64(i)/n, float64(i+1)/n-cdf)
		}
		if limit := 1.95 / math.Sqrt(n); distance > limit {
			t.Errorf("%s: distance %.5f, want at most %.5f", spec.Arrivals, distance, limit)
		}
	}
}

// Arrivals in a window of t seconds: mean and variance rate·t. A first request
// at 0 would raise the mean by one.
func TestPoissonCountsInAWindow(t *testing.T) {
	t.Parallel()
	const windows, rate = 4000, 5.0
	counts := make([]float64, windows)
	for i := range counts {
		for _, o := range take(t, schedule.Spec{Rate: rate}, schedule.Seed(1, "window", string(rune(i))), 40) {
			if o < time.Second {
				counts[i]++
			}
		}
	}
	mean, stddev := moments(counts)
	if math.Abs(mean-rate) > 4*math.Sqrt(rate/windows) {
		t.Errorf("%.3f arrivals a window, want %v", mean, rate)
	}
	if variance := stddev * stddev; math.Abs(variance-rate) > 0.1*rate {
		t.Errorf("variance %.3f, want %v", variance, rate)
	}
}

// A million gaps must sum to what they are: no drift from rounding each.
func TestNoDriftAtHighRates(t *testing.T) {
	t.Parallel()
	const n, rate = 1_000_000, 3e9 // a third of a nanosecond apart
	last := take(t, schedule.Spec{Rate: rate}, 1, n)[n-1]
	if got := last.Seconds() * rate / n; math.Abs(got-1) > 4/math.Sqrt(n) {
		t.Errorf("the last of %d requests is due at %.5f of n/rate", n, got)
	}
}

func TestSeedsSelectSchedules(t *testing.T) {
	t.Parallel()
	spec := schedule.Spec{Rate: 10}
	first := map[time.Duration]uint64{}
	for seed := range uint64(1000) {
		offsets := take(t, spec, seed, 3)
		if !slices.Equal(offsets, take(t, spec, seed, 3)) {
			t.Fatalf("seed %d gave two schedules", seed)
		}
		if other, ok := first[offsets[0]]; ok {
			t.Errorf("seeds %d and %d start alike, at %v", other, seed, offsets[0])
		}
		first[offsets[0]] = seed
	}
}

// Neighbouring seeds must be as good as unrelated ones.
func TestFirstGapsOfNeighbouringSeedsAreExponential(t *testing.T) {
	t.Parallel()
	const n = 20_000
	firsts := make([]float64, n)
	for seed := range firsts {
		firsts[seed] = take(t, schedule.Spec{Rate: 1}, uint64(seed), 1)[0].Seconds()
	}
	mean, stddev := moments(firsts)
	if math.Abs(mean-1) > 0.03 || math.Abs(stddev-1) > 0.04 {
		t.Errorf("mean %.4f, standard deviation %.4f, want 1 and 1", mean, stddev)
	}
	var product float64
	for i := range n - 1 {
		product += (firsts[i] - 1) * (firsts[i+1] - 1) / n
	}
	if math.Abs(product) > 4/math.Sqrt(n) {
		t.Errorf("correlation of neighbours %.4f, want 0", product)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec schedule.Spec
		want string
	}{
		{schedule.Spec{Rate: 0}, "rate 0"},
		{schedule.Spec{Rate: -1}, "rate -1"},
		{schedule.Spec{Rate: math.NaN()}, "rate NaN"},
		{schedule.Spec{Rate: 1, Arrivals: "uniform"}, `"uniform": want one of constant, gamma, poisson`},
		{schedule.Spec{Rate: inf, Arrivals: "uniform"}, "unknown arrival process"},
		{schedule.Spec{Rate: 1, Arrivals: "gamma"}, "burstiness 0"},
		{schedule.Spec{Rate: 1, Arrivals: "gamma", Burstiness: -2}, "burstiness -2"},
		{schedule.Spec{Rate: 1, Arrivals: "gamma", Burstiness: 1e-9}, "at least 0.001"},
		{schedule.Spec{Rate: 1, Arrivals: "gamma", Burstiness: inf}, "burstiness +Inf"},
		{schedule.Spec{Rate: 1, Arrivals: "gamma", Burstiness: math.NaN()}, "burstiness NaN"},
		{schedule.Spec{Rate: 1, Arrivals: "poisson", Burstiness: 0.5}, "only gamma"},
		{schedule.Spec{Rate: 1, Arrivals: "constant", Burstiness: 2}, "these are constant"},
	} {
		_, err := schedule.New(c.spec, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%+v): error %v, want one with %q", c.spec, err, c.want)
		}
	}
}

// FuzzProcess: whatever is accepted never goes back, never goes below 0 and
// never overflows.
func FuzzProcess(f *testing.F) {
	f.Add(1.0, 1.0, uint64(1), byte(0))
	f.Add(1e-300, 0.001, uint64(2), byte(1))
	f.Add(1e-9, 1.0, uint64(3), byte(2))
	f.Add(1e300, 1e300, uint64(4), byte(1))
	f.Add(5e-324, 1.0, uint64(5), byte(0))
	f.Add(inf, 1.0, uint64(6), byte(2))
	f.Fuzz(func(t *testing.T, rate, burstiness float64, seed uint64, which byte) {
		names := schedule.Arrivals()
		spec := schedule.Spec{Rate: rate, Arrivals: names[int(which)%len(names)]}
		if spec.Arrivals == "gamma" {
			spec.Burstiness = burstiness
		}
		p, err := schedule.New(spec, seed)
		if err != nil {
			return
		}
		var last time.Duration
		for i := range 200 {
			next := p.Next()
			if next < last {
				t.Fatalf("%+v, seed %d: request %d due at %d, the one before at %d", spec, seed, i, next, last)
			}
			last = next
		}
	})
}

func BenchmarkNext(b *testing.B) {
	for _, spec := range []schedule.Spec{
		{Rate: 100, Arrivals: "constant"},
		{Rate: 100, Arrivals: "poisson"},
		{Rate: 100, Arrivals: "gamma", Burstiness: 0.5},
		{Rate: 100, Arrivals: "gamma", Burstiness: 2},
	} {
		b.Run(spec.Arrivals, func(b *testing.B) {
			p, err := schedule.New(spec, 1)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Next()
			}
		})
	}
}
