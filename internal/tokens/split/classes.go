package split

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// class is what patterns ask of a rune, as a set of bits.
type class uint8

const (
	letter  class = 1 << iota // \p{L}
	upper                     // of letters: \p{Lu} or \p{Lt}
	lower                     // of letters: \p{Ll}
	mark                      // \p{M}
	number                    // \p{N}
	symbol                    // \p{P} or \p{S}
	space                     // \s, which is White_Space
	newline                   // of spaces: \r or \n
)

// tabled are the runes whose classes are looked up in a table: all that have
// any but private ones, tags and variation selectors.
const tabled = 0x32400

// table is made when the first text is split, in about a millisecond.
var table = sync.OnceValue(func() *[tabled]class {
	var t [tabled]class
	for _, of := range []struct {
		ranges *unicode.RangeTable
		class  class
	}{
		{unicode.L, letter},
		{unicode.Lu, upper},
		{unicode.Lt, upper},
		{unicode.Ll, lower},
		{unicode.M, mark},
		{unicode.N, number},
		{unicode.P, symbol},
		{unicode.S, symbol},
		{unicode.White_Space, space},
	} {
		for _, r := range of.ranges.R16 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				t[c] |= of.class
			}
		}
		for _, r := range of.ranges.R32 {
			for c := int(r.Lo); c <= int(r.Hi) && c < tabled; c += int(r.Stride) {
				t[c] |= of.class
			}
		}
	}
	for _, r := range added {
		for c := r.first; c <= r.last; c++ {
			t[c] |= r.class
		}
	}
	t['\r'] |= newline
	t['\n'] |= newline
	return &t
})

// classes looks up runes.
type classes struct{ table *[tabled]class }

// at returns the class and the size in bytes of the rune at text[i:]; at the
// end of text 0, 0.
func (c classes) at(text string, i int) (class, int) {
	if i >= len(text) {
		return 0, 0
	}
	if b := text[i]; b < utf8.RuneSelf {
		return c.table[b], 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	if r < tabled {
		return c.table[r], size
	}
	if unicode.Is(unicode.M, r) { // variation selectors
		return mark, size
	}
	return 0, size
}

// run returns where the runes of the wanted classes that start at i end.
func (c classes) run(text string, i int, want class) int {
	for {
		k, size := c.at(text, i)
		if k&want == 0 {
			return i
		}
		i += size
	}
}

// runNot is run for runes that are of none of the classes.
func (c classes) runNot(text string, i int, not class) int {
	for {
		k, size := c.at(text, i)
		if k&not != 0 || size == 0 {
			return i
		}
		i += size
	}
}
