package stat_test

import (
	"math"
	"testing"

	"loadgate/internal/stat"
)

// References, NumPy 2.4.6, r(n, m) = [(i*7919)%m for i in range(1, n+1)]:
//
//	x = r(500, 1009)/7;          x.mean(), x.std()
//	z = 1e9 + r(500, 1009)/1000; z.mean(), z.std()
func TestSummarize(t *testing.T) {
	t.Parallel()
	x := residues(500, 1009)
	s := stat.Summarize(mapped(x, func(v float64) float64 { return v / 7 }))
	near(t, "mean", s.Mean, 71.97942857142858, 1e-14)
	near(t, "stddev", s.Stddev, 41.52471977420836, 1e-14)

	z := stat.Summarize(mapped(x, func(v float64) float64 { return 1e9 + v/1000 }))
	near(t, "mean on an offset", z.Mean, 1000000000.503856, 1e-15)
	near(t, "stddev on an offset", z.Stddev, 0.29067303770908803, 1e-9)
	if z.N != 500 || z.Min != 1000000000.001 || z.Max != 1000000001.006 {
		t.Errorf("n, min, max = %d, %v, %v", z.N, z.Min, z.Max)
	}
}

func TestSummarizeFew(t *testing.T) {
	t.Parallel()
	one := stat.Summarize([]float64{4})
	if one != (stat.Summary{N: 1, Mean: 4, Min: 4, Max: 4}) {
		t.Errorf("of one value: %+v", one)
	}
	none := stat.Summarize(nil)
	for _, v := range []float64{none.Mean, none.Min, none.Max, none.Stddev} {
		if !math.IsNaN(v) {
			t.Errorf("of nothing: %+v, want NaN", none)
		}
	}
}
