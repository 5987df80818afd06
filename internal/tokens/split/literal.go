package split

import "strings"

// Literal is the Pattern of a text that stands for itself; it is not empty.
func Literal(text string) Pattern { return literal(text) }

type literal string

// Append implements Pattern.
func (l literal) Append(matches []Match, text string) []Match {
	for at := 0; ; {
		i := strings.Index(text[at:], string(l))
		if i < 0 {
			return matches
		}
		matches = append(matches, Match{at + i, at + i + len(l)})
		at += i + len(l)
	}
}

// Runes is the Pattern of single runes of which is says that they match.
type Runes func(r rune) bool

// Append implements Pattern.
func (is Runes) Append(matches []Match, text string) []Match {
	start := -1 // of the rune before, if it matched
	for i, r := range text {
		if start >= 0 {
			matches = append(matches, Match{start, i})
			start = -1
		}
		if is(r) {
			start = i
		}
	}
	if start >= 0 {
		matches = append(matches, Match{start, len(text)})
	}
	return matches
}
