package stat_test

import (
	"math"
	"testing"

	"loadgate/internal/stat"
)

// References, SciPy 1.17.1:
//
//	x = np.arange(60.)/4
//	y = 3 + 0.25*x + np.array([((i*7919)%101)/101 - .5 for i in range(60)])
//	r = stats.linregress(x, y); q = stats.t.ppf(1-(1-level)/2, 58)
//	r.slope, r.slope - q*r.stderr, r.slope + q*r.stderr
func TestSlope(t *testing.T) {
	t.Parallel()
	x, y := make([]float64, 60), make([]float64, 60)
	for i := range x {
		x[i] = float64(i) / 4
		y[i] = 3 + 0.25*x[i] + float64(i*7919%101)/101 - 0.5
	}
	for _, c := range []struct{ level, slope, lo, hi float64 }{
		{0.95, 0.2569799366710775, 0.23933867459600228, 0.2746211987461527},
		{0.999, 0.2569799366710775, 0.2264309630051606, 0.2875289103369944},
	} {
		slope, lo, hi := stat.Slope(x, y, c.level)
		near(t, "slope", slope, c.slope, 1e-10)
		near(t, "lo", lo, c.lo, 1e-10)
		near(t, "hi", hi, c.hi, 1e-10)
	}
}

// Stamps are nanoseconds since the epoch: an offset that large must not eat
// the slope.
func TestSlopeSurvivesAnOffset(t *testing.T) {
	t.Parallel()
	x, y := make([]float64, 200), make([]float64, 200)
	for i := range x {
		x[i] = 1.8e18 + float64(i)*1e6
		y[i] = 40 + float64(i)*0.5
	}
	slope, lo, hi := stat.Slope(x, y, 0.999)
	near(t, "slope", slope, 0.5e-6, 1e-6)
	if !(lo <= slope && slope <= hi) {
		t.Errorf("slope %v outside its interval %v…%v", slope, lo, hi)
	}
}

func TestSlopeUnknown(t *testing.T) {
	t.Parallel()
	for name, xy := range map[string][2][]float64{
		"two points":      {{1, 2}, {1, 2}},
		"one x":           {{5, 5, 5}, {1, 2, 3}},
		"unequal lengths": {{1, 2, 3}, {1, 2}},
		"nothing":         {nil, nil},
	} {
		slope, lo, hi := stat.Slope(xy[0], xy[1], 0.95)
		if !math.IsNaN(slope) || !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("%s: %v in %v…%v, want NaN", name, slope, lo, hi)
		}
	}
}

// References, NumPy 2.4.6, for b the means of batches of five:
//
//	z = [((b[d:]-b[d:].mean())**2).sum()/(m-d)**2 for d in range(m-4)]
//	int(np.argmin(z))*5
func TestMSER5(t *testing.T) {
	t.Parallel()
	noise := func(i int) float64 { return float64(i*7919%101) / 101 }
	for _, c := range []struct {
		name string
		n    int
		at   func(i int) float64
		cut  int
		ok   bool
	}{
		{"a start-up that decays", 500, func(i int) float64 { return 10*math.Exp(-float64(i)/30) + noise(i) }, 135, true},
		{"settled from the start", 500, noise, 5, true},
		{"constant", 500, func(int) float64 { return 3 }, 0, true},
		{"never settles", 500, func(i int) float64 { return float64(i) }, 475, false},
		{"too short", 49, func(int) float64 { return 3 }, 0, false},
		{"just long enough", 54, func(int) float64 { return 3 }, 0, true},
		{"empty", 0, nil, 0, false},
	} {
		series := make([]float64, c.n)
		for i := range series {
			series[i] = c.at(i)
		}
		if cut, ok := stat.MSER5(series); cut != c.cut || ok != c.ok {
			t.Errorf("%s: cut %d, ok %v, want %d, %v", c.name, cut, ok, c.cut, c.ok)
		}
	}
}
