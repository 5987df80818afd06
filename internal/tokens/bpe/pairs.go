package bpe

import "math/bits"

// Pairs is a list of merges: which two tokens merge, how early, and into what.
// A hash table with open addressing, since it is asked several times for each
// byte of a new piece.
type Pairs struct {
	slots []slot
	shift uint
	count int
}

type slot struct {
	pair     uint64 // left id in the upper half; free: ^0, since ids are not negative
	rank, id int32
}

const free = ^uint64(0)

// NewPairs returns an empty list with room for n merges.
func NewPairs(n int) *Pairs {
	size := bits.Len(uint(max(n, 4)*2 - 1)) // at most half full
	p := &Pairs{make([]slot, 1<<size), uint(64 - size), 0}
	for i := range p.slots {
		p.slots[i].pair = free
	}
	return p
}

func pairOf(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// slot finds a pair's slot, or the free one where it belongs.
func (p *Pairs) slot(pair uint64) *slot {
	mask := len(p.slots) - 1
	for i := int(pair * 0x9E3779B97F4A7C15 >> p.shift); ; i = (i + 1) & mask {
		if s := &p.slots[i]; s.pair == pair || s.pair == free {
			return s
		}
	}
}

// Add says that left and right merge into id with a rank: lower is earlier. A
// pair that is added again takes its last rank. No more may be added than there
// was room for.
func (p *Pairs) Add(left, right, rank, id int32) {
	s := p.slot(pairOf(left, right))
	if s.pair == free {
		if p.count++; 2*p.count > len(p.slots) {
			panic("bpe: more merges than announced")
		}
	}
	*s = slot{pairOf(left, right), rank, id}
}

// Get returns the rank and the merged token, or ok false.
func (p *Pairs) Get(left, right int32) (rank, id int32, ok bool) {
	s := p.slot(pairOf(left, right))
	return s.rank, s.id, s.pair != free
}
