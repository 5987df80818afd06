package tokens

import (
	"unicode"
	"unicode/utf8"
)

// maxChunk is the most bytes that are counted at once. Merging takes quadratic
// time in the length of a piece, and a model told to go on past its end can
// send 100 kB of "=" or of spaces: 10 s at once, 0.1 s in chunks. A multiple of
// three, since the newer patterns split digits by threes.
const maxChunk = 1536

// chunk returns the length of the part of text to count next: all of a short
// text, else up to the last place within maxChunk where every encoding splits,
// else maxChunk to the nearest whole rune.
func chunk(text string) int {
	if len(text) <= maxChunk {
		return len(text)
	}
	limit := maxChunk
	for i := 1; i < utf8.UTFMax && !utf8.RuneStart(text[limit]); i++ {
		limit--
	}
	next, _ := utf8.DecodeRuneInString(text[limit:])
	for end := limit; end > 0; {
		last, size := utf8.DecodeLastRuneInString(text[:end])
		if splits(last, next) {
			return end
		}
		next = last
		end -= size
	}
	return limit
}

// splits reports whether all the encodings' patterns end a piece between two
// neighbouring runes, whatever stands around them. A piece of letters takes
// nothing after its letters but marks and, in o200k_base, a contraction; a
// piece of digits takes nothing after its digits. Neither looks ahead.
func splits(last, next rune) bool {
	switch {
	case unicode.IsLetter(last):
		return !unicode.IsLetter(next) && !unicode.IsMark(next) && next != '\''
	case unicode.IsNumber(last):
		return !unicode.IsNumber(next)
	default:
		return false
	}
}
