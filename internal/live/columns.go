package live

import "unicode"

// wide are the scripts whose letters take two columns on a terminal.
var wide = []*unicode.RangeTable{
	unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana,
	{
		R16: []unicode.Range16{{Lo: 0x3000, Hi: 0x303e, Stride: 1}, {Lo: 0xff01, Hi: 0xff60, Stride: 1}, {Lo: 0xffe0, Hi: 0xffe6, Stride: 1}},
		R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, {Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1}},
	},
}

// columns is how many columns s takes on a terminal. It may be wrong by a
// column or two for rare symbols: a frame is drawn with wrapping off, so that
// nothing but the end of a line depends on it.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, wide...):
		return 2
	}
	return 1
}

// clip cuts s to at most so many columns; what is cut ends in "…".
func clip(s string, most int) string {
	if columns(s) <= most {
		return s
	}
	used := 0
	for i, r := range s {
		if used+runeColumns(r) > most-1 {
			return s[:i] + "…"
		}
		used += runeColumns(r)
	}
	return s
}
