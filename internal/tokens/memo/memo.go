// Package memo remembers the tokens of pieces of text that were met before.
//
// In: pieces and the ids of their tokens. Out: the ids again. Most texts use the
// same words over and over, and to look one up takes a tenth of the time of
// splitting it.
package memo

import (
	"hash/maphash"
	"strings"
)

// Cache has two places in which a piece may be. A new piece takes the first, and
// what was there the second. So it never grows, and keeps no order of use. It may
// not be used from two goroutines at once.
type Cache struct {
	seed maphash.Seed
	sets [][2]entry
}

type entry struct {
	piece string
	ids   []int32
}

const (
	size    = 1 << 15 // sets: twice as many pieces as there are words in most vocabularies
	longest = 64      // bytes; longer pieces hardly come again
)

// New returns an empty Cache.
func New() *Cache { return &Cache{maphash.MakeSeed(), make([][2]entry, size)} }

// Append adds the ids of piece's tokens to ids: those that it remembers, or what
// encode adds, of which it then remembers the ids.
func (c *Cache) Append(ids []int32, piece string, encode func(ids []int32, piece string) []int32) []int32 {
	if len(piece) > longest {
		return encode(ids, piece)
	}
	set := &c.sets[maphash.String(c.seed, piece)%size]
	if set[0].piece == piece {
		return append(ids, set[0].ids...)
	}
	if set[1].piece == piece {
		return append(ids, set[1].ids...)
	}
	had := len(ids)
	ids = encode(ids, piece)
	set[0], set[1] = set[1], set[0]
	set[0].piece = strings.Clone(piece) // a part of a text would keep all of it in memory
	set[0].ids = append(set[0].ids[:0], ids[had:]...)
	return ids
}
