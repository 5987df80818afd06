package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// GammaQuantile returns the p-quantile of the gamma distribution of the given shape
// and mean 1; a shape of 1 is the exponential distribution. NaN unless p is in (0, 1)
// and shape above 0.
func GammaQuantile(p, shape float64) float64 {
	const steep = 1e6 // from here on it is normal to six digits, and the solver gives up
	switch {
	case !(p > 0 && p < 1 && shape > 0):
		return math.NaN()
	case shape >= steep:
		return 1 + distuv.UnitNormal.Quantile(p)/math.Sqrt(shape)
	default:
		return distuv.Gamma{Alpha: shape, Beta: shape}.Quantile(p)
	}
}

// GammaMeanOff reports whether the mean of n draws from a gamma distribution of the
// given shape and mean 1 lies further from 1 than it does once in 1/alpha samples at
// most: by Chernoff's bound on either side, which holds for every n,
//
//	P(mean beyond r) <= exp(-n·shape·(r - 1 - ln r))
func GammaMeanOff(mean float64, n int, shape, alpha float64) bool {
	return float64(n)*shape*(mean-1-math.Log(mean)) > math.Log(2/alpha)
}

// MeanOff is how far the mean of n independent draws can lie from the mean of their
// distribution but once in 1/alpha samples at most, by Bernstein's inequality: stddev
// is the distribution's, and none of its values lies further than reach from its mean.
func MeanOff(n int, stddev, reach, alpha float64) float64 {
	l := math.Log(2 / alpha)
	tail := reach * l / 3 / float64(n)
	return tail + math.Sqrt(tail*tail+2*l*stddev*stddev/float64(n))
}
