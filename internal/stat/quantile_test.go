package stat_test

import (
	"math"
	"slices"
	"testing"

	"loadgate/internal/stat"
)

var inf = math.Inf(1)

// References, NumPy 2.4.6:
//
//	x = np.sort(np.array([(i*7919)%1009 for i in range(1,501)], dtype=float)/7)
//	[float(np.quantile(x, p)) for p in (0, .01, .1, .25, .5, .9, .95, .99, .999, 1)]
//	[float(np.quantile([1.5, 2.25, 8, 100], p)) for p in (0, .1, .5, .75, .9, 1)]
func TestQuantileRepeatsNumPyToTheBit(t *testing.T) {
	t.Parallel()
	x := mapped(residues(500, 1009), func(v float64) float64 { return v / 7 })
	four := []float64{1.5, 2.25, 8, 100}
	for _, c := range []struct {
		sorted  []float64
		p, want float64
	}{
		{x, 0, 0.14285714285714285},
		{x, 0.01, 1.4271428571428573},
		{x, 0.1, 14.414285714285715},
		{x, 0.25, 36.03571428571429},
		{x, 0.5, 71.92857142857142},
		{x, 0.9, 129.44285714285715},
		{x, 0.95, 136.57857142857142},
		{x, 0.99, 142.42999999999998},
		{x, 0.999, 143.643},
		{x, 1, 143.71428571428572},
		{four, 0, 1.5},
		{four, 0.1, 1.725},
		{four, 0.5, 5.125},
		{four, 0.75, 31},
		{four, 0.9, 72.40000000000002},
		{four, 1, 100},
	} {
		if got := stat.Quantile(c.sorted, c.p); got != c.want {
			t.Errorf("Quantile(n=%d, %v) = %v, want %v", len(c.sorted), c.p, got, c.want)
		}
	}
}

func TestQuantileAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		sorted  []float64
		p, want float64
	}{
		{"one value", []float64{7}, 0.99, 7},
		{"equal values", []float64{3, 3, 3}, 0.3, 3},
		{"between a number and a failure", []float64{1, inf}, 0.01, inf},
		{"exactly on the number before a failure", []float64{1, 2, inf}, 0.5, 2},
		{"between failures", []float64{1, inf, inf}, 0.9, inf},
		{"empty", nil, 0.5, math.NaN()},
		{"p above 1", []float64{1}, 1.5, math.NaN()},
		{"p below 0", []float64{1}, -0.5, math.NaN()},
		{"p not a number", []float64{1}, math.NaN(), math.NaN()},
	} {
		got := stat.Quantile(c.sorted, c.p)
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNearestRank(t *testing.T) {
	t.Parallel()
	hundred := ranks(100)
	for _, c := range []struct {
		sorted  []float64
		p, want float64
	}{
		{hundred, 0, 1},
		{hundred, 0.01, 1},
		{hundred, 0.07, 7}, // 0.07*100 > 7 in float64
		{hundred, 0.071, 8},
		{hundred, 0.29, 29},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 0.991, 100},
		{hundred, 1, 100},
		{ranks(1_000_000), 0.999, 999_000},
		{[]float64{10, 20, inf}, 2.0 / 3, 20},
		{[]float64{10, 20, inf}, 0.67, inf},
	} {
		if got := stat.NearestRank(c.sorted, c.p); got != c.want {
			t.Errorf("NearestRank(n=%d, %v) = %v, want %v", len(c.sorted), c.p, got, c.want)
		}
	}
	if got := stat.NearestRank(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("NearestRank of nothing = %v, want NaN", got)
	}
}

func TestMedianNeitherNeedsNorChangesOrder(t *testing.T) {
	t.Parallel()
	values := []float64{9, 1, 4, 2}
	if got := stat.Median(values); got != 3 {
		t.Errorf("Median = %v, want 3", got)
	}
	if !slices.Equal(values, []float64{9, 1, 4, 2}) {
		t.Errorf("Median reordered its argument: %v", values)
	}
	if got := stat.Median(nil); !math.IsNaN(got) {
		t.Errorf("Median of nothing = %v, want NaN", got)
	}
}
