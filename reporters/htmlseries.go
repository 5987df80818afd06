package reporters

import (
	"math"
	"slices"
)

// maxSlots is the number of slots of a timeline while it is filled.
const maxSlots = 512

// timeline folds moments in nanoseconds into slots of equal width, in one pass
// and in bounded memory: where a moment lies beyond maxSlots, the width doubles
// and neighbours are joined. Slots lie on multiples of their width.
type timeline struct {
	width int64 // ns
	first int64 // number of the first slot: it begins at first*width
	slots []slot
}

// slot is what happened in one stretch of time.
type slot struct {
	due, begun, completed, failed int   // requests: intended, sent, ended well, ended otherwise
	begunAt, endedAt              int64 // sums of the moments after the slot's begin, ns
	ttft, gap                     spread
}

const finestSlot = 1e6 // ns

// at returns the slot of a moment.
func (t *timeline) at(ns int64) *slot {
	if t.width == 0 {
		t.width, t.first = finestSlot, floorDiv(ns, finestSlot)
	}
	n := floorDiv(ns, t.width)
	for max(n, t.first+int64(len(t.slots))-1)-min(n, t.first) >= maxSlots {
		t.halve()
		n = floorDiv(ns, t.width)
	}
	if before := t.first - n; before > 0 {
		t.slots = append(make([]slot, before, before+int64(len(t.slots))), t.slots...)
		t.first = n
	}
	if missing := n - t.first - int64(len(t.slots)) + 1; missing > 0 {
		t.slots = append(t.slots, make([]slot, missing)...)
	}
	return &t.slots[n-t.first]
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// halve doubles the width of the slots.
func (t *timeline) halve() {
	first := floorDiv(t.first, 2)
	joined := make([]slot, 0, len(t.slots)/2+1)
	for i := range t.slots {
		number := t.first + int64(i)
		if floorDiv(number, 2)-first >= int64(len(joined)) {
			joined = append(joined, slot{})
		}
		into := &joined[len(joined)-1]
		into.join(&t.slots[i], (number-2*floorDiv(number, 2))*t.width)
	}
	t.width, t.first, t.slots = 2*t.width, first, joined
}

// join adds a slot that begins later by an offset.
func (s *slot) join(o *slot, later int64) {
	s.begunAt += o.begunAt + int64(o.begun)*later
	s.endedAt += o.endedAt + int64(o.completed+o.failed)*later
	s.due += o.due
	s.begun += o.begun
	s.completed += o.completed
	s.failed += o.failed
	s.ttft.join(&o.ttft)
	s.gap.join(&o.gap)
}

// coarsen joins slots until there are at most most.
func (t *timeline) coarsen(most int) {
	for len(t.slots) > max(most, 1) {
		t.halve()
	}
}

func (t *timeline) begin(ns int64) {
	s := t.at(ns)
	s.begun++
	s.begunAt += ns - floorDiv(ns, t.width)*t.width
}

func (t *timeline) end(ns int64, completed bool) {
	s := t.at(ns)
	if completed {
		s.completed++
	} else {
		s.failed++
	}
	s.endedAt += ns - floorDiv(ns, t.width)*t.width
}

// inFlight is the mean number of requests under way in each slot: those at its
// begin, and each one that begins or ends in it for its part of the time.
func (t *timeline) inFlight() []float64 {
	out := make([]float64, len(t.slots))
	open := 0
	for i := range t.slots {
		s := &t.slots[i]
		ended := s.completed + s.failed
		area := int64(open+s.begun-ended)*t.width - s.begunAt + s.endedAt
		out[i] = float64(area) / float64(t.width)
		open += s.begun - ended
	}
	return out
}

// spread is a distribution of times in ms for drawing: counts in buckets whose
// bounds grow by 2 %, so that a quantile is off by 1 % at most. The maximum is
// exact.
type spread struct {
	n       int
	max     float64
	buckets []uint32 // nil until used
}

const (
	spreadLow    = 1e-3 // ms; all below is one bucket
	spreadGrowth = 1.02
	spreadSize   = 1120 // up to 4e6 ms, above an hour
)

var spreadScale = 1 / math.Log(spreadGrowth)

func (s *spread) add(ms float64) {
	if s.buckets == nil {
		s.buckets = make([]uint32, spreadSize)
	}
	i := 0
	if ms > spreadLow {
		i = min(spreadSize-1, 1+int(math.Log(ms/spreadLow)*spreadScale))
	}
	s.buckets[i]++
	s.n++
	s.max = max(s.max, ms)
}

func (s *spread) join(o *spread) {
	if o.n == 0 {
		return
	}
	if s.buckets == nil {
		*s = *o
		return
	}
	for i, n := range o.buckets {
		s.buckets[i] += n
	}
	s.n += o.n
	s.max = max(s.max, o.max)
}

// quantile is the value at rank ⌈q·n⌉, NaN where there is none.
func (s *spread) quantile(q float64) float64 {
	rank := int(math.Ceil(q * float64(s.n)))
	for i, n := range s.buckets {
		if rank -= int(n); rank <= 0 && n > 0 {
			if i == 0 {
				return min(spreadLow, s.max)
			}
			return min(spreadLow*math.Pow(spreadGrowth, float64(i)-0.5), s.max)
		}
	}
	return math.NaN()
}

// largest is the maximum, NaN where there is none.
func (s *spread) largest() float64 {
	if s.n == 0 {
		return math.NaN()
	}
	return s.max
}

// lengths counts whole numbers in bars of equal width, from 0, in one pass: a
// number beyond maxBars doubles the width.
type lengths struct {
	width  int
	bars   []int
	sum, n int
}

const maxBars = 2048

func (l *lengths) add(v int) {
	if v < 0 {
		return
	}
	l.width = max(l.width, 1)
	for v/l.width >= maxBars {
		l.halve()
	}
	if i := v / l.width; i >= len(l.bars) {
		l.bars = append(l.bars, make([]int, i+1-len(l.bars))...)
	}
	l.bars[v/l.width]++
	l.n++
	l.sum += v
}

func (l *lengths) halve() {
	for i, n := range l.bars {
		if i%2 == 0 {
			l.bars[i/2] = n
		} else {
			l.bars[i/2] += n
		}
	}
	l.bars, l.width = l.bars[:(len(l.bars)+1)/2], 2*l.width
}

// cut returns at most most bars, wide enough for it, without the empty ones at
// both ends, and where the first begins.
func (l *lengths) cut(most int) (from int, bars []int) {
	low := func() int { return max(0, slices.IndexFunc(l.bars, func(n int) bool { return n > 0 })) }
	for len(l.bars)-low() > most {
		l.halve()
	}
	return low() * l.width, l.bars[low():]
}
