package stat

import (
	"math"
	"slices"

	gonum "gonum.org/v1/gonum/stat"
)

// Summary describes a sample in five numbers. Mean, Min, Max and Stddev are
// NaN if N is 0.
type Summary struct {
	N      int
	Mean   float64
	Min    float64
	Max    float64
	Stddev float64 // of the population: the divisor is N, as NumPy's and so the peers' default is
}

// Summarize returns the Summary of values in any order. The variance is taken
// around the mean in a second, compensated pass, so that a small spread on top
// of a large offset survives.
func Summarize(values []float64) Summary {
	if len(values) == 0 {
		nan := math.NaN()
		return Summary{Mean: nan, Min: nan, Max: nan, Stddev: nan}
	}
	mean, stddev := gonum.PopMeanStdDev(values, nil)
	return Summary{
		N:      len(values),
		Mean:   mean,
		Min:    slices.Min(values),
		Max:    slices.Max(values),
		Stddev: stddev,
	}
}
