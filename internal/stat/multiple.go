package stat

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns, for each of a family of p-values, the p-value adjusted by
// Holm's step-down procedure, and the level at which its own confidence
// interval has to be taken so that interval and procedure agree: alpha/(m-i)
// for the i-th smallest (from 0) as long as the procedure rejects, and from the
// first that it does not reject on, the level at which it stopped. NaN takes no
// part: it is adjusted to NaN and its level is that of the stop.
//
// Source: Holm, "A simple sequentially rejective multiple test procedure"
// (1979).
func Holm(p []float64, alpha float64) (adjusted, levels []float64) {
	order := ascending(p)
	adjusted, levels = make([]float64, len(p)), make([]float64, len(p))
	largest, level, stopped := 0.0, alpha, false
	for i, at := range order {
		left := float64(len(order) - i)
		largest = max(largest, min(1, left*p[at]))
		adjusted[at] = largest
		if !stopped {
			level = alpha / left
			stopped = p[at] > level
		}
		levels[at] = level
	}
	for i := range p {
		if math.IsNaN(p[i]) {
			adjusted[i], levels[i] = math.NaN(), level
		}
	}
	return adjusted, levels
}

// BenjaminiHochberg returns the q-value of each p-value: the smallest false
// discovery rate at which it would be called a discovery. NaN stays NaN and
// takes no part.
//
// Source: Benjamini and Hochberg (1995).
func BenjaminiHochberg(p []float64) []float64 {
	order := ascending(p)
	q := make([]float64, len(p))
	for i := range q {
		q[i] = math.NaN()
	}
	least := 1.0
	for i, at := range slices.Backward(order) {
		least = min(least, p[at]*float64(len(order))/float64(i+1))
		q[at] = least
	}
	return q
}

// ascending lists the places of the p-values that are numbers, the smallest
// first and equal ones in their own order.
func ascending(p []float64) []int {
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order
}
