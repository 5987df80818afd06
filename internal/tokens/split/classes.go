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
var table = sync.OnceValue(func() *classTable {
	var t classTable
	for category, class := range map[string]class{
		"L": letter, "Lu": upper, "Lt": upper, "Ll": lower, "M": mark, "N": number, "P": symbol, "S": symbol,
	} {
		t.add(unicode.Categories[category], class)
		for i, list := 0, added[category]; i < len(list); i += 2 {
			for c := list[i]; c <= list[i+1]; c++ {
				t[c] |= class
			}
		}
	}
	t.add(unicode.White_Space, space)
	t['\r'] |= newline
	t['\n'] |= newline
	return &t
})

type classTable [tabled]class

func (t *classTable) add(ranges *unicode.RangeTable, k class) {
	for _, r := range ranges.R16 {
		for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
			t[c] |= k
		}
	}
	for _, r := range ranges.R32 {
		for c := int(r.Lo); c <= int(r.Hi) && c < tabled; c += int(r.Stride) {
			t[c] |= k
		}
	}
}

// classes looks up runes.
type classes struct{ table *classTable }

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
	for i < len(text) && text[i] < utf8.RuneSelf { // most text is
		if c.table[text[i]]&want == 0 {
			return i
		}
		i++
	}
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
