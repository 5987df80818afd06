package stat

import (
	"math"

	gonum "gonum.org/v1/gonum/stat"
)

// ChangePoint is a place in a series where its level changes: the values from
// Index on, up to the next change point, differ from those before, back to the
// one before.
type ChangePoint struct {
	Index         int
	Before, After float64 // means
	P             float64 // of a two-sided t test between the two stretches
}

const (
	changeWindow = 50 // values looked at together: many changes blur one another
	changeSide   = 2  // values that a stretch has at least
	weakFactor   = 10 // a first pass looks for changes that are so much weaker
)

// ChangePoints finds the level changes of a series by E-divisive means: a
// stretch is cut where the energy distance between its parts,
//
//	n·m/(n+m) · (2·E|X-Y| - E|X-X'| - E|Y-Y'|)
//
// is largest, if a t test finds the parts different, and then each part in the
// same way. As in Hunter and its successor Apache Otava, the t test takes the
// place of the permutation test, so that the outcome is the same each time;
// long series are looked at through overlapping windows; and a first pass at
// ten times maxP finds candidates, of which the weakest is struck out until all
// that are left have p < maxP between their neighbours.
//
// The series must hold no NaN. Fewer than four values have no change point.
//
// Source: Matteson and James, "A nonparametric approach for multiple change
// point analysis" (2014); Fleming et al., "Hunter" (ICPE 2023).
func ChangePoints(series []float64, maxP float64) []ChangePoint {
	cuts := candidates(series, min(weakFactor*maxP, 1))
	for len(cuts) > 0 {
		points := measureCuts(series, cuts)
		worst := 0
		for i := range points {
			if points[i].P > points[worst].P {
				worst = i
			}
		}
		if points[worst].P < maxP {
			return points
		}
		cuts = append(cuts[:worst:worst], cuts[worst+1:]...)
	}
	return nil
}

// candidates finds weak change points through windows that overlap by half.
func candidates(series []float64, maxP float64) []int {
	var cuts []int
	for from := 0; ; from += changeWindow / 2 {
		to := min(from+changeWindow, len(series))
		start := from
		if len(cuts) > 0 { // what an earlier window has settled stays
			start = max(start, cuts[len(cuts)-1])
		}
		cuts = divide(series, start, to, maxP, cuts)
		if to == len(series) {
			return cuts
		}
	}
}

// divide cuts series[from:to] and its parts, and appends the cuts in order.
func divide(series []float64, from, to int, maxP float64, cuts []int) []int {
	at, ok := bestCut(series[from:to])
	if !ok || !(tTest(series[from:from+at], series[from+at:to]) < maxP) {
		return cuts
	}
	cuts = divide(series, from, from+at, maxP, cuts)
	cuts = append(cuts, from+at)
	return divide(series, from+at, to, maxP, cuts)
}

// bestCut is where the energy distance between the two parts is largest.
func bestCut(x []float64) (at int, ok bool) {
	n := len(x)
	within, best := 0.0, 0.0 // within: Σ|a-b| over pairs of the left part
	var cross, right float64 // over pairs across, and of the right part
	for i := range x {
		for j := i + 1; j < n; j++ {
			right += math.Abs(x[i] - x[j])
		}
	}
	for k := range n - 1 { // x[k] goes from the right part to the left one
		var toLeft, toRight float64
		for _, v := range x[:k] {
			toLeft += math.Abs(x[k] - v)
		}
		for _, v := range x[k+1:] {
			toRight += math.Abs(x[k] - v)
		}
		within += toLeft
		right -= toRight
		cross += toRight - toLeft
		a, b := float64(k+1), float64(n-k-1)
		if k+1 < changeSide || n-k-1 < changeSide {
			continue
		}
		q := a * b / (a + b) * (2*cross/(a*b) - 2*within/(a*(a-1)) - 2*right/(b*(b-1)))
		if q > best {
			best, at = q, k+1
		}
	}
	return at, at > 0
}

// tTest is the two-sided p-value of Student's t test with a common variance; 1
// for equal means, 0 for means that differ without any spread.
func tTest(a, b []float64) float64 {
	meanA, varA := gonum.PopMeanVariance(a, nil)
	meanB, varB := gonum.PopMeanVariance(b, nil)
	n, m := float64(len(a)), float64(len(b))
	df := n + m - 2
	if meanA == meanB {
		return 1
	}
	pooled := (n*varA + m*varB) / df
	return TTwoSided((meanA-meanB)/math.Sqrt(pooled*(1/n+1/m)), df)
}

// measureCuts tests each cut between the stretches on its two sides.
func measureCuts(series []float64, cuts []int) []ChangePoint {
	out := make([]ChangePoint, len(cuts))
	for i, at := range cuts {
		from, to := 0, len(series)
		if i > 0 {
			from = cuts[i-1]
		}
		if i+1 < len(cuts) {
			to = cuts[i+1]
		}
		before, after := series[from:at], series[at:to]
		out[i] = ChangePoint{Index: at, Before: gonum.Mean(before, nil), After: gonum.Mean(after, nil), P: tTest(before, after)}
	}
	return out
}
