package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// TQuantile returns the p-quantile of Student's t with df degrees of freedom.
// Past a hundred million degrees, and for an infinite df, it is the normal's. NaN for a
// df that is not positive or a p outside (0, 1).
func TQuantile(p, df float64) float64 {
	if !(df > 0) || !(p > 0 && p < 1) {
		return math.NaN()
	}
	if df > normalFrom {
		return distuv.UnitNormal.Quantile(p)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}

// TTwoSided returns the two-sided p-value of a t statistic: P(|T| >= |t|). It
// is 0 for an infinite t and NaN for a df that is not positive.
func TTwoSided(t, df float64) float64 {
	switch t = math.Abs(t); {
	case !(df > 0) || math.IsNaN(t):
		return math.NaN()
	case math.IsInf(t, 1):
		return 0
	case df > normalFrom:
		return 2 * distuv.UnitNormal.Survival(t)
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Survival(t)
}

// normalFrom is the number of degrees from which t is the normal distribution
// to more digits than anybody reads.
const normalFrom = 1e8

// MeanSquare is an independent estimate of a variance, with its degrees of
// freedom, and the factor with which it enters a sum.
type MeanSquare struct{ Factor, Variance, DF float64 }

// Satterthwaite returns the sum of mean squares and the degrees of freedom of
// the chi-squared distribution that has its first two moments:
//
//	V = Σ c·s²,  df = V² / Σ (c·s²)²/df
//
// With c = 1/n this is Welch's approximation for a difference of two means. A
// mean square of factor 0 takes no part. The df is NaN if V is 0.
//
// Source: Satterthwaite (1946); Welch (1947).
func Satterthwaite(parts ...MeanSquare) (variance, df float64) {
	squares := 0.0
	for _, p := range parts {
		if p.Factor == 0 {
			continue
		}
		v := p.Factor * p.Variance
		variance += v
		squares += v * v / p.DF
	}
	if variance == 0 {
		return 0, math.NaN()
	}
	return variance, variance * variance / squares
}
