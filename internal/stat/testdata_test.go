package stat_test

import (
	"math"
	"slices"
	"testing"
)

// residues returns the n values (i·7919 mod m), i from 1, that the reference
// snippets below call r(n, m).
func residues(n, m int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64((i + 1) * 7919 % m)
	}
	return values
}

// mapped returns f of each value, sorted.
func mapped(values []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	slices.Sort(out)
	return out
}

// ranks returns 1…n, so that a value is its own rank.
func ranks(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i + 1)
	}
	return values
}

// near fails unless got is within tolerance·|want| of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if got == want {
		return
	}
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s = %v, want %v within %g", what, got, want, tolerance)
	}
}
