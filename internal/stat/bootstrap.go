package stat

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Second seeds of the generators: equal seeds must not give equal streams to
// unlike uses.
const (
	bootstrapStream uint64 = 0x626f6f7473747261
	quantileStream  uint64 = 0x7175616e74696c65
)

const (
	maxDraws     = 10_000_000 // groups drawn over all resamples: some 0.1 s
	minResamples = 1_000      // an interval from fewer is mostly noise
)

// BootstrapCI returns a two-sided percentile-bootstrap interval for the
// p-quantile of all values of all groups pooled: see Pool.CI.
func BootstrapCI(groups [][]float64, p, level float64, resamples int, seed uint64) (lo, hi float64, ok bool) {
	ci := NewPool(groups).CI([]float64{p}, level, resamples, seed)[0]
	return ci.Lo, ci.Hi, ci.OK
}

// Interval is a two-sided interval. OK is false where there is none, and then
// both ends are NaN.
type Interval struct {
	Lo, Hi float64
	OK     bool
}

// CI returns two-sided percentile-bootstrap intervals for quantiles of all
// values of all groups pooled, where values of one group hang together: the
// token gaps of one request, say. A resample draws whole groups with
// replacement, as many as there are, so that the interval reflects the number of
// groups and not of values.
//
// Empty groups do not matter, and the same arguments give the same intervals,
// each of them whichever others are asked for. There is none if fewer than
// MinN(p, level) groups have a value, or resamples is not positive.
//
// Cost: a resample costs one step a group to draw, and for each quantile a few
// steps a group, since a draw is kept as a count per group and applied to the
// sorted values. No value is left out however many there are. Resamples times
// groups is held to 10,000,000 by making fewer resamples, down to 1,000. Still
// more groups than that allows (10,000) need no resamples: the sums over groups
// are normal by then, and an end of the interval is the value at the rank r that
// solves
//
//	r - p·N = ± z·se(r),  se(r)² = Σ_g (d_g - d̄)²,  d_g = c_g(r) - p·m_g
//
// for N values in all, m_g of them in group g and c_g(r) of those below rank r.
func (b *Pool) CI(ps []float64, level float64, resamples int, seed uint64) []Interval {
	out := make([]Interval, len(ps))
	n, tail := len(b.sizes), (1-level)/2
	var cursors []*cursor
	var at []int // of each cursor's interval
	for i, p := range ps {
		out[i] = Interval{math.NaN(), math.NaN(), false}
		switch {
		case n == 0 || n < MinN(p, level) || resamples < 1:
		case n > maxDraws/minResamples:
			z := distuv.UnitNormal.Quantile(1 - tail)
			out[i] = Interval{b.atScore(p, -z), b.atScore(p, z), true}
		default:
			cursors, at = append(cursors, b.cursor(p)), append(at, i)
		}
	}
	if len(cursors) == 0 {
		return out
	}
	for i, stats := range b.resample(cursors, min(resamples, maxDraws/n), seed) {
		slices.Sort(stats)
		out[at[i]] = Interval{Quantile(stats, tail), Quantile(stats, 1-tail), true}
	}
	return out
}

// resample gives the quantiles of resamples, a list for each cursor.
func (b *Pool) resample(cursors []*cursor, times int, seed uint64) [][]float64 {
	rng := rand.NewPCG(seed, bootstrapStream)
	counts := make([]int32, len(b.sizes))
	stats := make([][]float64, len(cursors))
	for range times {
		drawCounts(rng, counts)
		total := weigh(counts, b.sizes)
		for i, c := range cursors {
			stats[i] = append(stats[i], c.quantile(counts, total))
		}
	}
	return stats
}

// weigh sums sizes, each as often as its group was drawn.
func weigh(counts, sizes []int32) (sum int) {
	sizes = sizes[:len(counts)]
	for g, c := range counts {
		sum += int(c) * int(sizes[g])
	}
	return sum
}

// drawCounts draws len(counts) groups with replacement and says how often each
// was drawn.
func drawCounts(rng *rand.PCG, counts []int32) {
	clear(counts)
	for range counts {
		at, _ := bits.Mul64(rng.Uint64(), uint64(len(counts)))
		counts[at]++
	}
}
