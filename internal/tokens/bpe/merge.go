package bpe

import (
	"math"
	"slices"
)

// never is the rank of two symbols that do not merge.
const never = math.MaxInt32

// short is the number of symbols up to which looking at all of them for the
// next merge is faster than keeping a queue.
const short = 64

// rules are what a Model merges by: pairs, or what spans of the piece spell.
type rules struct {
	pairs *Pairs
	vocab map[string]int32
	piece string
}

// merge makes s.ids, the symbols of a piece, its tokens: it merges the pair with
// the lowest rank, of several the first, until none is left.
func (s *State) merge(r rules) {
	n := len(s.ids)
	if n < 2 {
		return
	}
	s.ranks, s.merged = slices.Grow(s.ranks[:0], n)[:n], slices.Grow(s.merged[:0], n)[:n]
	if n <= short {
		s.mergeShort(&r)
	} else {
		s.mergeLong(&r)
	}
}

// rank looks up what merging symbols i and j, its next, would give. end is
// where j ends in the piece.
func (s *State) rank(r *rules, i, j int, end int32) {
	if r.pairs != nil {
		rank, id, ok := r.pairs.Get(s.ids[i], s.ids[j])
		if !ok {
			rank = never
		}
		s.ranks[i], s.merged[i] = rank, id
		return
	}
	id, ok := r.vocab[r.piece[s.starts[i]:end]]
	if !ok {
		id = never
	}
	s.ranks[i], s.merged[i] = id, id
}

func (s *State) mergeShort(r *rules) {
	n := len(s.ids)
	for i := range n - 1 {
		s.rank(r, i, i+1, s.starts[i+2])
	}
	s.ranks[n-1] = never
	for n > 1 {
		best, at := int32(never), -1
		for i, rank := range s.ranks[:n-1] {
			if rank < best {
				best, at = rank, i
			}
		}
		if at < 0 {
			break
		}
		s.ids[at] = s.merged[at]
		copy(s.ids[at+1:n], s.ids[at+2:n])
		copy(s.ranks[at+1:n], s.ranks[at+2:n])
		copy(s.merged[at+1:n], s.merged[at+2:n])
		copy(s.starts[at+1:n+1], s.starts[at+2:n+1])
		n--
		if at+1 < n {
			s.rank(r, at, at+1, s.starts[at+2])
		} else {
			s.ranks[at] = never
		}
		if at > 0 {
			s.rank(r, at-1, at, s.starts[at+1])
		}
	}
	s.ids = s.ids[:n]
}

// mergeLong is mergeShort with linked symbols and a queue of merges, a heap of
// rank and place. What stands in it may be outdated: then the symbols at that
// place have another rank by now.
func (s *State) mergeLong(r *rules) {
	n := len(s.ids)
	s.next, s.prev = slices.Grow(s.next[:0], n)[:n], slices.Grow(s.prev[:0], n)[:n]
	s.queue = s.queue[:0]
	for i := range n {
		s.next[i], s.prev[i], s.ranks[i] = int32(i+1), int32(i-1), never
		if i+1 < n {
			s.rank(r, i, i+1, s.starts[i+2])
			s.push(i)
		}
	}
	for len(s.queue) > 0 {
		top := s.pop()
		at := int(uint32(top))
		if s.ranks[at] != int32(top>>32) {
			continue
		}
		s.ids[at] = s.merged[at]
		gone := s.next[at]
		s.ranks[gone] = never
		after := s.next[gone]
		s.next[at] = after
		s.ranks[at] = never
		if int(after) < n {
			s.prev[after] = int32(at)
			s.rank(r, at, int(after), s.end(after))
			s.push(at)
		}
		if before := s.prev[at]; before >= 0 {
			s.rank(r, int(before), at, s.end(int32(at)))
			s.push(int(before))
		}
	}
	kept := 0
	for i := 0; i < n; i = int(s.next[i]) {
		s.ids[kept] = s.ids[i]
		kept++
	}
	s.ids = s.ids[:kept]
}

// end is where a symbol of mergeLong ends in the piece.
func (s *State) end(i int32) int32 { return s.starts[s.next[i]] }

// push queues the merge at a place, if there is one.
func (s *State) push(at int) {
	if s.ranks[at] == never {
		return
	}
	q := append(s.queue, uint64(s.ranks[at])<<32|uint64(at))
	i := len(q) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if q[parent] <= q[i] {
			break
		}
		q[parent], q[i] = q[i], q[parent]
		i = parent
	}
	s.queue = q
}

// pop takes the merge of the lowest rank, of several the first.
func (s *State) pop() uint64 {
	q := s.queue
	top := q[0]
	last := len(q) - 1
	q[0] = q[last]
	q = q[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(q) {
			break
		}
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if q[i] <= q[child] {
			break
		}
		q[i], q[child] = q[child], q[i]
		i = child
	}
	s.queue = q
	return top
}
