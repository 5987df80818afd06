package schedule

import (
	"math"
	"math/rand/v2"
)

// newSource returns the generator that seed selects. PCG takes its seed as its
// state; spreading the seed over both words first keeps neighbours such as 1
// and 2 from starting alike.
func newSource(seed uint64) *rand.PCG {
	return rand.NewPCG(mix(seed), mix(seed+goldenRatio))
}

const goldenRatio = 0x9e3779b97f4a7c15 // 2^64 / φ, the step of SplitMix64

// mix is SplitMix64's output function: a bijection in which every bit of the
// input moves about half of the output's.
//
// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators" (2014).
func mix(x uint64) uint64 {
	x += goldenRatio
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// uniform draws from the open interval (0, 1): 52 random bits and a half, so
// that neither end comes up and a logarithm is always finite.
func uniform(src *rand.PCG) float64 {
	return (float64(src.Uint64()>>12) + 0.5) * 0x1p-52
}

// exponential draws from the exponential distribution of mean 1, by inversion.
func exponential(src *rand.PCG) float64 {
	return -math.Log(uniform(src))
}

// normal draws from the standard normal distribution by Marsaglia's polar
// method. The conversions here and below keep compilers from fusing a product
// into a sum, which would round differently on some processors.
func normal(src *rand.PCG) float64 {
	for {
		x := 2*uniform(src) - 1
		y := 2*uniform(src) - 1
		s := float64(x*x) + float64(y*y)
		if s > 0 && s < 1 {
			return x * math.Sqrt(-2*math.Log(s)/s)
		}
	}
}

// gammaVariate draws from the gamma distribution of the given shape, at least
// 1/1000, and scale 1.
//
// Source: Marsaglia and Tsang, "A simple method for generating gamma
// variables" (2000); below a shape of 1 with their boost by U^(1/shape).
func gammaVariate(src *rand.PCG, shape float64) float64 {
	if shape < 1 {
		boost := math.Exp(math.Log(uniform(src)) / shape)
		return gammaVariate(src, shape+1) * boost
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := normal(src)
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = v * v * v
		limit := float64(x*x)/2 + float64(d*(1-v+math.Log(v)))
		if math.Log(uniform(src)) < limit {
			return d * v
		}
	}
}
