package hf

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// form is one of Unicode's normalisation forms as Hugging Face's library knows
// them, which goes by Unicode 9, while package norm goes by a newer version.
// Nor does it follow norm in putting a joiner into long runs of marks.
type form struct{ composed, decomposed norm.Form }

// forms are the forms by name. The decomposed ones compose nothing.
var forms = map[string]form{
	"NFC":  {norm.NFC, norm.NFD},
	"NFD":  {norm.NFD, norm.NFD},
	"NFKC": {norm.NFKC, norm.NFKD},
	"NFKD": {norm.NFKD, norm.NFKD},
}

// longRun is a number of runes that combine with what is before them from which
// on norm might see more than 30 after decomposing them.
const longRun = 8

// String returns text in the form.
func (f form) String(text string) string {
	if f.composed.IsNormalString(text) {
		return text
	}
	var b strings.Builder
	done, run := 0, 0
	long := false
	flush := func(end int) {
		if long {
			b.WriteString(f.slow(text[done:end]))
		} else {
			b.WriteString(f.composed.String(text[done:end]))
		}
		run, long = 0, false
	}
	for i, r := range text {
		switch {
		case r < 0x300:
			run = 0
		case unicode.Is(newerNormalized, r):
			flush(i)
			b.WriteRune(r)
			done = i + len(string(r))
		case ccc(r) == 0:
			run = 0
		default:
			run++
			long = long || run >= longRun
		}
	}
	flush(len(text))
	return b.String()
}

func ccc(r rune) uint8 { return norm.NFD.PropertiesString(string(r)).CCC() }

// slow is String by the definitions: decompose each rune, order the marks, and
// compose what composes.
func (f form) slow(text string) string {
	var runes []rune
	for _, r := range text {
		runes = append(runes, []rune(f.decomposed.String(string(r)))...)
	}
	for i := 0; i < len(runes); i++ {
		j := i
		for j < len(runes) && ccc(runes[j]) != 0 {
			j++
		}
		slices.SortStableFunc(runes[i:j], func(a, b rune) int { return int(ccc(a)) - int(ccc(b)) })
		i = j
	}
	if f.composed == f.decomposed {
		return string(runes)
	}
	return string(compose(runes))
}

// compose puts marks together with the starter before them, if none of their
// class or a higher one stands between.
func compose(runes []rune) []rune {
	var out []rune
	starter, last := -1, uint8(0) // in out; the class of the rune before
	for _, r := range runes {
		class := ccc(r)
		if starter >= 0 && (len(out) == starter+1 || last < class) {
			if pair := []rune(norm.NFC.String(string([]rune{out[starter], r}))); len(pair) == 1 {
				out[starter] = pair[0]
				continue
			}
		}
		if class == 0 {
			starter = len(out)
		}
		last = class
		out = append(out, r)
	}
	return out
}

// The library's tables of categories go by Unicode 8: newer characters have none
// there, and a few had another one then.

func isCombining(r rune) bool { return unicode.Is(unicode.M, r) != unicode.Is(otherCombining, r) }

func isNonspacing(r rune) bool { return unicode.Is(unicode.Mn, r) != unicode.Is(otherNonspacing, r) }

// isOther reports whether r is a control, format or private-use character.
func isOther(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) != unicode.Is(otherControls, r)
}

func isNumber(r rune) bool { return unicode.In(r, unicode.N, addedNumbers) }

// isPunctuation counts all that ASCII has besides letters and digits in, as
// BERT does.
func isPunctuation(r rune) bool {
	if r < 0x80 {
		return r > ' ' && r < 0x7F && !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	}
	return unicode.IsPunct(r) != unicode.Is(otherPunctuation, r)
}
