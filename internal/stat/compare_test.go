package stat_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	gonum "gonum.org/v1/gonum/stat"

	"loadgate/internal/stat"
)

// reference is what testdata/compare_reference.py wrote.
type reference struct {
	T []struct {
		DF, P, Quantile float64
		TwoSided        float64 `json:"two_sided"`
	}
	Welch []struct {
		A, B                       []float64
		DF, P, Lo, Hi, Permutation float64
	}
	Families []struct {
		P, Holm, Q []float64
		Rejected   []bool
	}
	Changes []struct {
		Series  []float64
		MaxP    float64 `json:"max_p"`
		Changes []struct {
			Index int
			P     float64
		}
	}
}

func readReference(t *testing.T) *reference {
	t.Helper()
	data, err := os.ReadFile("testdata/compare_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{}
	if err := json.Unmarshal(data, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStudentAgainstSciPy(t *testing.T) {
	t.Parallel()
	for _, c := range readReference(t).T {
		near(t, "quantile", stat.TQuantile(c.P, c.DF), c.Quantile, 1e-6)
		near(t, "p-value", stat.TTwoSided(c.Quantile, c.DF), c.TwoSided, 1e-6)
	}
	for _, df := range []float64{0, -1, math.NaN()} {
		if !math.IsNaN(stat.TQuantile(0.9, df)) || !math.IsNaN(stat.TTwoSided(1, df)) {
			t.Errorf("df %v has an answer", df)
		}
	}
	if p := stat.TTwoSided(math.Inf(-1), 3); p != 0 {
		t.Errorf("p of an infinite t is %v", p)
	}
}

func TestWelchAgainstSciPy(t *testing.T) {
	t.Parallel()
	for _, c := range readReference(t).Welch {
		part := func(x []float64) stat.MeanSquare {
			return stat.MeanSquare{Factor: 1 / float64(len(x)), Variance: gonum.Variance(x, nil), DF: float64(len(x) - 1)}
		}
		v, df := stat.Satterthwaite(part(c.A), part(c.B), stat.MeanSquare{DF: 7, Variance: 9})
		d := gonum.Mean(c.B, nil) - gonum.Mean(c.A, nil)
		half := stat.TQuantile(0.975, df) * math.Sqrt(v)
		near(t, "df", df, c.DF, 1e-9)
		near(t, "p", stat.TTwoSided(d/math.Sqrt(v), df), c.P, 1e-6)
		near(t, "lo", d-half, c.Lo, 1e-6)
		near(t, "hi", d+half, c.Hi, 1e-6)
		p, ok := stat.Permutation(c.A, c.B)
		near(t, "permutation", p, c.Permutation, 1e-12)
		if !ok {
			t.Error("no permutation test")
		}
	}
	if _, df := stat.Satterthwaite(stat.MeanSquare{Factor: 1, DF: 3}); !math.IsNaN(df) {
		t.Errorf("nothing varies with %v degrees of freedom", df)
	}
}

func TestPermutationLimits(t *testing.T) {
	t.Parallel()
	if p, ok := stat.Permutation([]float64{1, 1, 1, 1}, []float64{1, 1, 1, 1}); p != 1 || !ok {
		t.Errorf("equal values: p %v %v", p, ok)
	}
	for _, c := range [][2]int{{0, 3}, {3, 0}, {20, 20}, {2, 70}} {
		if _, ok := stat.Permutation(ranks(c[0]), ranks(c[1])); ok {
			t.Errorf("%d against %d has an exact p", c[0], c[1])
		}
	}
}

func TestFamiliesAgainstStatsmodels(t *testing.T) {
	t.Parallel()
	const alpha = 0.05
	for _, c := range readReference(t).Families {
		adjusted, levels := stat.Holm(c.P, alpha)
		q := stat.BenjaminiHochberg(c.P)
		for i := range c.P {
			near(t, "holm", adjusted[i], c.Holm[i], 1e-12)
			near(t, "q", q[i], c.Q[i], 1e-12)
			if rejected := c.P[i] <= levels[i]; rejected != c.Rejected[i] {
				t.Errorf("p %v at level %v: rejected %v, statsmodels says %v", c.P[i], levels[i], rejected, c.Rejected[i])
			}
		}
	}
}

func TestFamiliesPassOverMissing(t *testing.T) {
	t.Parallel()
	p := []float64{0.02, math.NaN(), 0.03}
	adjusted, levels := stat.Holm(p, 0.05)
	if q := stat.BenjaminiHochberg(p); !math.IsNaN(adjusted[1]) || !math.IsNaN(q[1]) || q[0] != 0.03 {
		t.Errorf("adjusted %v, q %v", adjusted, q)
	}
	if want := []float64{0.025, 0.05, 0.05}; !slices.Equal(levels, want) {
		t.Errorf("levels %v, want %v", levels, want)
	}
}

func TestChangePointsAgainstTheDefinition(t *testing.T) {
	t.Parallel()
	found := 0
	for _, c := range readReference(t).Changes {
		got := stat.ChangePoints(c.Series, c.MaxP)
		if len(got) != len(c.Changes) {
			t.Errorf("%d values at p %v: %+v, want %+v", len(c.Series), c.MaxP, got, c.Changes)
			continue
		}
		for i, want := range c.Changes {
			found++
			if got[i].Index != want.Index {
				t.Errorf("change at %d, want %d", got[i].Index, want.Index)
			}
			near(t, "p", got[i].P, want.P, 1e-6)
		}
	}
	if found == 0 {
		t.Error("the reference has no change")
	}
}

func TestChangePointsInLongSeries(t *testing.T) {
	t.Parallel()
	var series []float64
	var want []int
	noise := residues(330, 101)
	for i, v := range noise {
		if i > 0 && i%60 == 0 {
			want = append(want, i)
		}
		series = append(series, float64(i/60)*100+v/10)
	}
	var got []int
	for _, c := range stat.ChangePoints(series, 0.001) {
		got = append(got, c.Index)
		if c.After < c.Before+80 {
			t.Errorf("the level at %d goes from %v to %v", c.Index, c.Before, c.After)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("changes at %v, want %v", got, want)
	}
}

func TestChangePointsInLittle(t *testing.T) {
	t.Parallel()
	for _, series := range [][]float64{nil, {1}, {1, 2, 9}, {3, 3, 3, 3, 3, 3}} {
		if got := stat.ChangePoints(series, 0.05); len(got) > 0 {
			t.Errorf("%v changes at %+v", series, got)
		}
	}
	steps := []float64{1, 1, 1, 2, 2, 2}
	if got := stat.ChangePoints(steps, 0.001); len(got) != 1 || got[0].Index != 3 || got[0].P != 0 {
		t.Errorf("%v changes at %+v", steps, got)
	}
}
