package datasets

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// batchConfig is how many of each a request has that is put together of the items
// of all rows, as AIPerf's batch sizes have it. Default: one.
type batchConfig struct {
	Text  *int `yaml:"text"`
	Image *int `yaml:"image"`
	Audio *int `yaml:"audio"`
	Video *int `yaml:"video"`
}

func (c *batchConfig) check(s *section) {
	at := s.Get("batch")
	if at == nil {
		return
	}
	in := &section{Node: at, ctx: s.ctx}
	for _, key := range []string{"text", "image", "audio", "video"} {
		in.within(key, 0, maxCount, "a whole number from 0 to 1000")
	}
	s.list = append(s.list, in.list...)
}

// counts are the numbers in the order of a poolRow's items.
func (c *batchConfig) counts() [poolItems]int {
	var out [poolItems]int
	for k, n := range [poolItems]*int{c.Text, c.Image, c.Audio, c.Video} {
		out[k] = 1
		if n != nil {
			out[k] = *n
		}
	}
	return out
}

// batch draws items one by one, whatever rows they are of. It keeps four bytes a row
// for each kind of item that the file has.
type batch struct {
	of   [poolItems]int      // how many a request has
	upTo [poolItems][]uint32 // items in the rows up to each, and in it; nil: the file has none
	rows int
}

// add notes what a row has. A nil batch notes nothing. Not ok means that there are
// too many items.
func (b *batch) add(r *poolRow) (ok bool) {
	if b == nil {
		return true
	}
	for k := range b.upTo {
		n := b.total(k) + r.len(k)
		if n > math.MaxUint32 {
			return false
		}
		if n > 0 && b.upTo[k] == nil {
			b.upTo[k] = make([]uint32, b.rows) // that have none
		}
		if n > 0 {
			b.upTo[k] = append(b.upTo[k], uint32(n))
		}
	}
	b.rows++
	return true
}

// total is the number of items of a kind.
func (b *batch) total(k int) int {
	if len(b.upTo[k]) == 0 {
		return 0
	}
	return int(b.upTo[k][len(b.upTo[k])-1])
}

// empty reports whether requests would have nothing in them.
func (b *batch) empty() bool {
	return !slices.ContainsFunc([]int{0, 1, 2, 3}, func(k int) bool { return b.of[k] > 0 && b.total(k) > 0 })
}

// draw puts a request together.
func (b *batch) draw(p *pool, rng *rand.Rand) (out poolRow, err error) {
	for k, n := range b.of {
		if b.total(k) == 0 {
			continue
		}
		for range n {
			item := rng.IntN(b.total(k))
			at := sort.Search(len(b.upTo[k]), func(i int) bool { return int(b.upTo[k][i]) > item })
			if at > 0 {
				item -= int(b.upTo[k][at-1])
			}
			r, err := p.row(at)
			if err != nil {
				return out, err
			}
			if item >= r.len(k) {
				return out, errChanged
			}
			out.take(&r, k, item)
		}
	}
	return out, nil
}
