// Package memo remembers the tokens of pieces of text that were met before.
//
// In: pieces and the ids of their tokens. Out: the ids again. Most texts use the
// same words over and over, and to look one up takes a tenth of the time of
// splitting it.
package memo

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// Cache has one bucket in which a piece may be. A new piece comes first in it, and
// those that have no room any more are forgotten. So it never grows, and keeps no
// order of use. It may not be used from two goroutines at once.
type Cache struct {
	seed    maphash.Seed
	buckets []bucket
}

// bucket is two lines of the processor's cache that lie side by side, so that to
// look a piece up takes one way to memory, where most of the time goes. It holds
// pieces one after the other, about eight where each is a word and a token:
//
//	length of the piece (0: no more follow), number of ids, piece, ids of 4 bytes
//
// There are no pointers for the garbage collector to follow. Of one line only, long
// pieces are soon forgotten, and mixed text takes a third longer.
type bucket [128]byte

// The fewest and most buckets: 2 and 4 MiB.
const (
	fewest = 1 << 14
	most   = 1 << 15
)

// New returns an empty Cache for a vocabulary of so many tokens, with room for
// about as many words.
func New(vocabulary int) *Cache {
	n := min(max(fewest, vocabulary/8), most)
	return &Cache{maphash.MakeSeed(), make([]bucket, 1<<bits.Len(uint(n-1)))}
}

// Append adds the ids of piece's tokens to ids: those that it remembers, or what
// encode adds, of which it then remembers the ids. piece is not empty.
func (c *Cache) Append(ids []int32, piece string, encode func(ids []int32, piece string) []int32) []int32 {
	if len(piece) > len(bucket{})-2 {
		return encode(ids, piece)
	}
	b := &c.buckets[maphash.String(c.seed, piece)&uint64(len(c.buckets)-1)]
	for at := 0; at < len(b) && b[at] != 0; at += b.size(at) {
		if start, end := at+2, at+2+int(b[at]); string(b[start:end]) == piece {
			for range b[at+1] {
				ids = append(ids, int32(binary.LittleEndian.Uint32(b[end:])))
				end += 4
			}
			return ids
		}
	}
	had := len(ids)
	ids = encode(ids, piece)
	b.put(piece, ids[had:])
	return ids
}

// size is that of the entry at a place in a bucket, in bytes.
func (b *bucket) size(at int) int { return 2 + int(b[at]) + 4*int(b[at+1]) }

// put makes a piece the first in a bucket, if it is not too large for one.
func (b *bucket) put(piece string, ids []int32) {
	size := 2 + len(piece) + 4*len(ids)
	if size > len(b) {
		return
	}
	kept := 0
	for kept < len(b) && b[kept] != 0 && kept+b.size(kept) <= len(b)-size {
		kept += b.size(kept)
	}
	copy(b[size:], b[:kept])
	if end := size + kept; end < len(b) {
		b[end] = 0
	}
	b[0], b[1] = uint8(len(piece)), uint8(len(ids))
	copy(b[2:], piece)
	for i, id := range ids {
		binary.LittleEndian.PutUint32(b[2+len(piece)+4*i:], uint32(id))
	}
}
