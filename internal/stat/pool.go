package stat

import "math"

// Pool is the values of several groups, sorted once for all that is asked of
// them together.
type Pool struct {
	values []float64 // ascending
	group  []int32   // of each value
	sizes  []int32   // values a group; no zeros
}

// NewPool sorts the values of groups. The groups are left as they are.
func NewPool(groups [][]float64) *Pool {
	b := &Pool{}
	total := 0
	for _, values := range groups {
		if len(values) > 0 {
			b.sizes = append(b.sizes, int32(len(values)))
			total += len(values)
		}
	}
	b.values, b.group = make([]float64, 0, total), make([]int32, 0, total)
	if total <= fewValues || !b.sortWhole(groups) {
		b.sortAny(groups)
	}
	return b
}

// Sorted returns all values in ascending order. They are not the caller's to
// change.
func (b *Pool) Sorted() []float64 { return b.values }

// countBelow returns how many of the first n values belong to each group.
func (b *Pool) countBelow(n int) []int32 {
	below := make([]int32, len(b.sizes))
	for _, g := range b.group[:min(max(n, 0), len(b.group))] {
		below[g]++
	}
	return below
}

// rankSE returns the standard error, over resamples, of the number of values
// below rank r less p times the number of all: se(r) of CI.
func (b *Pool) rankSE(r int, p float64) float64 {
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
func (b *Pool) atScore(p, z float64) float64 {
	const rounds = 4
	last := len(b.values) - 1
	center := float64(last) * p
	h := center
	for range rounds {
		h = min(max(center+z*b.rankSE(int(h), p), 0), float64(last))
	}
	i := int(h)
	if i == last {
		return b.values[last]
	}
	return lerp(b.values[i], b.values[i+1], h-float64(i))
}

const (
	windowWidth = 5       // standard errors of the rank to each side, in which nearly every quantile lies
	mostMarks   = 1 << 20 // counts kept at all marks together
)

// cursor finds one quantile of many resamples: at marks in its neighbourhood it
// knows how many values of each group lie below, so that a resample searches the
// marks, and then walks from one of them to the next at the most.
type cursor struct {
	of     *Pool
	p      float64
	from   int     // index of the first mark
	step   int     // values between marks
	groups int     //
	below  []int32 // values a group before each mark, mark by mark
}

func (b *Pool) cursor(p float64) *cursor {
	c := &cursor{of: b, p: p, groups: len(b.sizes)}
	at := int(p * float64(len(b.values)))
	wide := 1 + int(windowWidth*b.rankSE(at, p))
	c.from = max(0, at-wide)
	span := min(len(b.values), at+wide) - c.from
	// A search looks at every group at each of the marks that it tries: with as
	// many values between two marks as there are groups, the walk costs no more.
	marks := min(span/c.groups+1, max(1, mostMarks/c.groups))
	c.step = span/marks + 1
	below := b.countBelow(c.from)
	c.below = append(c.below, below...)
	for i := 1; i < marks; i++ {
		begin := c.from + (i-1)*c.step
		for _, g := range b.group[begin:min(begin+c.step, len(b.group))] {
			below[g]++
		}
		c.below = append(c.below, below...)
	}
	return c
}

// quantile returns what Quantile would of the values of all groups, each group
// repeated counts[g] times, which makes total values.
func (c *cursor) quantile(counts []int32, total int) float64 {
	h := float64(total-1) * c.p
	rank := int(h)
	at, seen := c.search(counts, rank)
	at, seen = c.walk(counts, at, seen, rank)
	lower := c.of.values[at]
	if rank+1 >= total {
		return lower
	}
	at, _ = c.walk(counts, at, seen, rank+1)
	return lerp(lower, c.of.values[at], h-float64(rank))
}

// search finds the last mark before which no more than rank values lie. A
// resample from far out has none: it is walked from the very start.
func (c *cursor) search(counts []int32, rank int) (at, seen int) {
	lo, hi := 0, len(c.below)/c.groups
	for lo < hi {
		mid := (lo + hi) / 2
		if n := weigh(counts, c.below[mid*c.groups:(mid+1)*c.groups]); n <= rank {
			lo, seen = mid+1, n
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return 0, 0
	}
	return c.from + (lo-1)*c.step, seen
}

// walk returns the index of the value that has the given rank (from 0) in a
// resample, and how many of the resample's values lie before that index. It
// starts at index at with seen values before it, seen <= rank.
func (c *cursor) walk(counts []int32, at, seen, rank int) (index, before int) {
	for {
		after := seen + int(counts[c.of.group[at]])
		if after > rank {
			return at, seen
		}
		seen = after
		at++
	}
}
