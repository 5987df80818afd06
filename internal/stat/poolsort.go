package stat

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"
)

// fewValues is up to how many values comparing is faster than counting.
const fewValues = 2048

// nsPerMS makes whole nanoseconds of the milliseconds that gaps are given in.
const nsPerMS = 1e6

// sortWhole sorts values that are whole nanoseconds, as gaps are. As such they
// have few digits, and leave room in one word for the group: what is sorted is
// that word, digit by digit, in a time that does not grow with the logarithm of
// their number. False: some value is none, or the word is too short.
func (b *Pool) sortWhole(groups [][]float64) bool {
	words := wordsOf(cap(b.values))
	defer words.free()
	ns := words.a[:0]
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for _, values := range groups {
		for _, v := range values {
			n := int64(math.RoundToEven(v * nsPerMS))
			if float64(n)/nsPerMS != v || (n == 0 && math.Signbit(v)) {
				return false
			}
			least, most = min(least, n), max(most, n)
			ns = append(ns, uint64(n))
		}
	}
	low := bits.Len(uint(len(b.sizes) - 1))
	span := bits.Len64(uint64(most) - uint64(least))
	if low+span > 64 {
		return false
	}
	group, at := uint64(0), 0
	for _, values := range groups {
		for range values {
			ns[at] = (ns[at]-uint64(least))<<low | group
			at++
		}
		if len(values) > 0 {
			group++
		}
	}
	for _, w := range sortWords(ns, words.b, low, span) {
		b.values = append(b.values, float64(int64(w>>low+uint64(least)))/nsPerMS)
		b.group = append(b.group, int32(w&(1<<low-1)))
	}
	return true
}

// sortWords sorts by span bits from bit low on; equal ones keep their order. The
// outcome is in list or in spare, which must be as long.
func sortWords(list, spare []uint64, low, span int) []uint64 {
	const most = 11 // bits of a digit: its counts fit the nearest cache
	digits := (span + most - 1) / most
	if digits == 0 {
		return list
	}
	width := (span + digits - 1) / digits
	mask := uint64(1)<<width - 1
	for shift := low; shift < low+span; shift += width {
		var starts [1 << most]int32
		for _, w := range list {
			starts[w>>shift&mask]++
		}
		sum := int32(0)
		for i, n := range starts[:mask+1] {
			starts[i] = sum
			sum += n
		}
		for _, w := range list {
			at := &starts[w>>shift&mask]
			spare[*at] = w
			*at++
		}
		list, spare = spare, list
	}
	return list
}

// words are two lists that sorting needs for a moment, and again for the next
// metric.
type words struct{ a, b []uint64 }

var spareWords sync.Pool

func wordsOf(n int) *words {
	w, _ := spareWords.Get().(*words)
	if w == nil || cap(w.a) < n {
		w = &words{make([]uint64, n), make([]uint64, n)}
	}
	w.a, w.b = w.a[:n], w.b[:n]
	return w
}

func (w *words) free() { spareWords.Put(w) }

// sortAny sorts values of all kinds.
func (b *Pool) sortAny(groups [][]float64) {
	type member struct {
		value float64
		group int32
	}
	all := make([]member, 0, cap(b.values))
	group := int32(0)
	for _, values := range groups {
		for _, v := range values {
			all = append(all, member{v, group})
		}
		if len(values) > 0 {
			group++
		}
	}
	slices.SortFunc(all, func(a, b member) int {
		if a.value != b.value {
			return cmp.Compare(a.value, b.value)
		}
		return cmp.Compare(a.group, b.group)
	})
	for _, m := range all {
		b.values, b.group = append(b.values, m.value), append(b.group, m.group)
	}
}
