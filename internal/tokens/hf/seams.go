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
	const sign = string(spaceSign)
	start := 0
	for i := len(sign); i < len(p.text); { // a piece that begins with a sign is not cut there
		next := strings.Index(p.text[i:], sign)
		if next < 0 {
			break
		}
		i += next
		if last, _ := utf8.DecodeLastRuneInString(p.text[:i]); last != spaceSign && !x.sewn[last] {
			out = append(out, piece{p.text[start:i], false})
			start = i
		}
		i += len(sign)
	}
	return append(out, piece{p.text[start:], false})
}
