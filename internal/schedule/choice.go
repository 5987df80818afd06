package schedule

import "sort"

// Choice picks one of several by weight. Entry i is the share of the first i+1;
// the last is 1.
type Choice []float64

// NewChoice makes the choice of weights, none of which is below 0 and one of
// which is above it.
func NewChoice(weights []float64) Choice {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	c, sum := make(Choice, len(weights)), 0.0
	for i, w := range weights {
		sum += w
		c[i] = sum / total
	}
	c[len(c)-1] = 1
	return c
}

// Of is the index that a number in [0, 1) picks.
func (c Choice) Of(u float64) int { return sort.Search(len(c)-1, func(i int) bool { return u < c[i] }) }

// Share is the share of index i.
func (c Choice) Share(i int) float64 {
	if i == 0 {
		return c[0]
	}
	return c[i] - c[i-1]
}

// Fraction makes a number in (0, 1] of 64 random bits.
func Fraction(bits uint64) float64 { return (float64(bits>>11) + 0.5) / (1 << 53) }
