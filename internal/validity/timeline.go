package validity

import (
	"maps"
	"slices"
)

// timeline says in which milliseconds the client read something, from any stream.
// While it read all the time, nothing can have lain unread for long: what one read
// then took together came together.
type timeline struct {
	pages  map[int32]*page
	last   *page // and its number
	number int32
}

const pageSpan = 1024 // ms

// page is a second of it, a bit for each ms.
type page struct {
	read   [pageSpan / 64]uint64
	steady [pageSpan / 64]uint64 // the client had read all the time; see settle
	single [pageSpan]uint16      // reads of one event, by its stamp; full at the end of the range
}

func (t *timeline) page(ms int32) *page {
	number := ms / pageSpan
	if t.last == nil || t.number != number {
		if t.pages == nil {
			t.pages = map[int32]*page{}
		}
		if t.pages[number] == nil {
			t.pages[number] = &page{}
		}
		t.last, t.number = t.pages[number], number
	}
	return t.last
}

func place(ms int32) (word int32, bit uint64) {
	at := ms % pageSpan
	return at / 64, 1 << (at % 64)
}

func (t *timeline) reads(at int32) {
	word, bit := place(at)
	t.page(at).read[word] |= bit
}

func (t *timeline) tookOne(kernel int32) {
	n := &t.page(kernel).single[kernel%pageSpan]
	*n = max(*n, *n+1)
}

// settle finds the moments before which, for span ms, the client never paused for
// more than pause ms, and returns how many reads of one event fell into them.
func (t *timeline) settle(pause, span int) (singles int) {
	quiet, steadily := pause+1, 0
	before := int32(-2)
	for _, number := range slices.Sorted(maps.Keys(t.pages)) {
		p := t.pages[number]
		if number != before+1 {
			quiet, steadily = pause+1, 0
		}
		before = number
		for ms := range int32(pageSpan) {
			word, bit := place(ms)
			if steadily >= span {
				p.steady[word] |= bit
				singles += int(p.single[ms])
			}
			quiet++
			if p.read[word]&bit != 0 {
				quiet = 0
			}
			steadily++
			if quiet > pause {
				steadily = 0
			}
		}
	}
	return singles
}

// steady reports whether settle found that moment.
func (t *timeline) steady(ms int32) bool {
	p := t.pages[ms/pageSpan]
	word, bit := place(ms)
	return p != nil && p.steady[word]&bit != 0
}

// readBefore is the last ms before a moment in which the client read something, and
// not before the floor.
func (t *timeline) readBefore(ms, floor int32) int32 {
	for ms--; ms > floor; ms-- {
		word, bit := place(ms)
		if p := t.pages[ms/pageSpan]; p != nil && p.read[word]&bit != 0 {
			break
		}
	}
	return max(ms, floor)
}
