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

// Cache is direct-mapped: a piece has one place in which it may be, and takes it
// from whatever was there. So it never grows, and keeps no order of use. It may
// not be used from two goroutines at once.
type Cache struct {
	seed    maphash.Seed
	entries []entry
}

type entry struct {
	piece string
	ids   []int32
}

const (
	size    = 1 << 14
	longest = 64 // bytes; longer pieces hardly come again
)

// New returns an empty Cache.
func New() *Cache { return &Cache{maphash.MakeSeed(), make([]entry, size)} }

// Append adds the ids of piece's tokens to ids: those that it remembers, or what
// encode adds, of which it then remembers the ids.
func (c *Cache) Append(ids []int32, piece string, encode func(ids []int32, piece string) []int32) []int32 {
	if len(piece) > longest {
		return encode(ids, piece)
	}
	e := &c.entries[maphash.String(c.seed, piece)%size]
	if e.piece == piece {
		return append(ids, e.ids...)
	}
	had := len(ids)
	ids = encode(ids, piece)
	e.piece = strings.Clone(piece) // a part of a text would keep all of it in memory
	e.ids = append(e.ids[:0], ids[had:]...)
	return ids
}
