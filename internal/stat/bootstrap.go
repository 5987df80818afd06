package stat

import (
	"cmp"
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
	maxDraws     = 20_000_000 // groups drawn over all resamples: a few 0.1 s
	minResamples = 1_000      // an interval from fewer is mostly noise
	windowWidth  = 5          // standard errors of the rank below which a walk starts
)

// BootstrapCI returns a two-sided percentile-bootstrap interval for the
// p-quantile of all values of all groups pooled, where values of one group
// hang together: the token gaps of one request, say. A resample draws whole
// groups with replacement, as many as there are, so that the interval reflects
// the number of groups and not of values.
//
// Empty groups do not matter, and the same arguments give the same interval.
// ok is false if fewer than MinN(p, level) groups have a value, or resamples
// is not positive.
//
// Cost: one sort of all values; then a resample costs one step a group plus a
// walk over the values near the quantile, since a draw is kept as a count per
// group and applied to the sorted base. No value is left out however many
// there are. Resamples times groups is held to 20,000,000 by making fewer
// resamples, down to 1,000. Still more groups than that allows (20,000) need no
// resamples: the sums over groups are normal by then, and an end of the
// interval is the value at the rank r that solves
//
//	r - p·N = ± z·se(r),  se(r)² = Σ_g (d_g - d̄)²,  d_g = c_g(r) - p·m_g
//
// for N values in all, m_g of them in group g and c_g(r) of those below rank r.
func BootstrapCI(groups [][]float64, p, level float64, resamples int, seed uint64) (lo, hi float64, ok bool) {
	n := 0
	for _, values := range groups {
		n += min(len(values), 1)
	}
	if n == 0 || n < MinN(p, level) || resamples < 1 {
		return math.NaN(), math.NaN(), false
	}
	base := newPooled(groups, p)
	tail := (1 - level) / 2
	if n > maxDraws/minResamples {
		z := distuv.UnitNormal.Quantile(1 - tail)
		return base.atScore(p, -z), base.atScore(p, z), true
	}
	rng := rand.NewPCG(seed, bootstrapStream)
	counts := make([]int, n)
	stats := make([]float64, min(resamples, maxDraws/n))
	for i := range stats {
		drawCounts(rng, counts)
		stats[i] = base.quantile(counts, p)
	}
	slices.Sort(stats)
	return Quantile(stats, tail), Quantile(stats, 1-tail), true
}

// drawCounts draws len(counts) groups with replacement and says how often each
// was drawn.
func drawCounts(rng *rand.PCG, counts []int) {
	clear(counts)
	for range counts {
		at, _ := bits.Mul64(rng.Uint64(), uint64(len(counts)))
		counts[at]++
	}
}

// pooled is the sorted union of groups, ready for quantiles of resamples.
type pooled struct {
	values []tagged // ascending
	sizes  []int    // values a group; no zeros
	from   int      // index at which walks start
	below  []int    // values a group before from
}

type tagged struct {
	value float64
	group int
}

// newPooled sorts the groups into one base and chooses where walks start: some
// standard errors of the rank below the p-quantile, so that nearly every
// resample's quantile lies a short walk above.
func newPooled(groups [][]float64, p float64) *pooled {
	b := &pooled{}
	total := 0
	for _, values := range groups {
		total += len(values)
	}
	b.values = make([]tagged, 0, total)
	for _, values := range groups {
		if len(values) == 0 {
			continue
		}
		for _, v := range values {
			b.values = append(b.values, tagged{v, len(b.sizes)})
		}
		b.sizes = append(b.sizes, len(values))
	}
	slices.SortFunc(b.values, func(x, y tagged) int { return cmp.Compare(x.value, y.value) })
	at := int(p * float64(total))
	b.from = max(0, at-1-int(windowWidth*b.rankSE(at, p)))
	b.below = b.countBelow(b.from)
	return b
}

// countBelow returns how many of the first n values belong to each group.
func (b *pooled) countBelow(n int) []int {
	below := make([]int, len(b.sizes))
	for _, v := range b.values[:min(max(n, 0), len(b.values))] {
		below[v.group]++
	}
	return below
}

// rankSE returns the standard error, over resamples, of the number of values
// below rank r less p times the number of all: se(r) of BootstrapCI.
func (b *pooled) rankSE(r int, p float64) float64 {
	var sum, squares float64
	for g, c := range b.countBelow(r) {
		d := float64(c) - p*float64(b.sizes[g])
		sum += d
		squares += d * d
	}
	return math.Sqrt(max(0, squares-sum*sum/float64(len(b.sizes))))
}

// atScore returns the value at the rank that lies z of its own standard errors
// above the p-quantile's. The error changes slowly with the rank, so that a
// few rounds of substitution settle it.
func (b *pooled) atScore(p, z float64) float64 {
	const rounds = 4
	last := len(b.values) - 1
	center := float64(last) * p
	h := center
	for range rounds {
		h = min(max(center+z*b.rankSE(int(h), p), 0), float64(last))
	}
	i := int(h)
	if i == last {
		return b.values[last].value
	}
	return lerp(b.values[i].value, b.values[i+1].value, h-float64(i))
}

// quantile returns what Quantile would of the values of all groups, each group
// repeated counts[g] times.
func (b *pooled) quantile(counts []int, p float64) float64 {
	total, seen := 0, 0
	for g, c := range counts {
		total += c * b.sizes[g]
		seen += c * b.below[g]
	}
	h := float64(total-1) * p
	rank := int(h)
	at := b.from
	if seen > rank { // a resample from far out: walk from the very start
		at, seen = 0, 0
	}
	at, seen = b.walk(counts, at, seen, rank)
	lower := b.values[at].value
	if rank+1 >= total {
		return lower
	}
	at, _ = b.walk(counts, at, seen, rank+1)
	return lerp(lower, b.values[at].value, h-float64(rank))
}

// walk returns the index of the value that has the given rank (from 0) in a
// resample, and how many of the resample's values lie before that index. It
// starts at index at with seen values before it, seen <= rank.
func (b *pooled) walk(counts []int, at, seen, rank int) (index, before int) {
	for {
		after := seen + counts[b.values[at].group]
		if after > rank {
			return at, seen
		}
		seen = after
		at++
	}
}
