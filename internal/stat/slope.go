package stat

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Slope fits y = a + b·x by least squares and returns b with its two-sided
// t interval:
//
//	b ± t(n-2) · √(Σ residual² / (n-2) / Σ(x-x̄)²)
//
// x and y have equal length and any order. All three are NaN if there are
// fewer than three points or all x are equal, so that a test such as lo > 0 is
// then false.
func Slope(x, y []float64, level float64) (slope, lo, hi float64) {
	nan := math.NaN()
	n := len(x)
	if n < 3 || n != len(y) {
		return nan, nan, nan
	}
	meanX, varX := gonum.PopMeanVariance(x, nil)
	if varX == 0 {
		return nan, nan, nan
	}
	_, slope = gonum.LinearRegression(x, y, nil, false)
	meanY := gonum.Mean(y, nil)
	var squares float64
	for i := range x {
		residual := (y[i] - meanY) - slope*(x[i]-meanX)
		squares += residual * residual
	}
	df := float64(n - 2)
	stderr := math.Sqrt(squares / df / (varX * float64(n)))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(1 - (1-level)/2)
	return slope, slope - t*stderr, slope + t*stderr
}
