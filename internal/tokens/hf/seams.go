package hf

import (
	"strings"
	"unicode/utf8"
)

// seams is a stage that cuts pieces before a sign that stands for a space, where
// no token spans the place. Whole texts are one piece in vocabularies made by
// SentencePiece; cut, they take less time, and parts of them come again.
type seams struct{ sewn map[rune]bool } // the runes after which a token spans it

// spaceSign stands for a space in vocabularies made by SentencePiece.
const spaceSign = '▁'

// newSeams returns nil where texts cannot be cut.
func newSeams(c *bpeConfig, v *vocab) *seams {
	if _, known := v.ids[string(spaceSign)]; !known || c.Continuation != "" || c.End != "" {
		return nil
	}
	x := &seams{map[rune]bool{}}
	for _, e := range v.texts {
		for at := 1; at < len(e.text); {
			i := strings.IndexRune(e.text[at:], spaceSign)
			if i < 0 {
				break
			}
			before, _ := utf8.DecodeLastRuneInString(e.text[:at+i])
			x.sewn[before] = true
			at += i + len("▁")
		}
	}
	return x
}

func (x *seams) split(out []piece, p piece, _ *state) []piece {
	start, last := 0, spaceSign
	for i := 0; i < len(p.text); {
		r, size := rune(p.text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(p.text[i:])
		}
		if r == spaceSign && last != spaceSign && !x.sewn[last] {
			out = append(out, piece{p.text[start:i], false})
			start = i
		}
		last = r
		i += size
	}
	return append(out, piece{p.text[start:], false})
}
