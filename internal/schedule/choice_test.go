package schedule

import (
	"math"
	"testing"
)

func TestChoice(t *testing.T) {
	t.Parallel()
	c := NewChoice([]float64{3, 0, 1})
	for u, want := range map[float64]int{0: 0, 0.7499: 0, 0.75: 2, 0.9999999: 2, 1: 2} {
		if got := c.Of(u); got != want {
			t.Errorf("%v picks %d, want %d", u, got, want)
		}
	}
	if c.Share(0) != 0.75 || c.Share(1) != 0 || c.Share(2) != 0.25 {
		t.Errorf("shares of %v", c)
	}
	if NewChoice([]float64{5}).Of(0.3) != 0 {
		t.Error("one of one")
	}
	if f := Fraction(0); f <= 0 || f > 1e-15 {
		t.Error(f)
	}
	if f := Fraction(math.MaxUint64); f > 1 {
		t.Error(f)
	}
}
