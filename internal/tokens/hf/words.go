package hf

import (
	"slices"
	"strings"
)

// words lists the tokens that look like a word of lower-case ASCII letters with
// a space before it, in the order of their ids. A word with an end must have it
// in its token.
func (v *vocab) words(spaced bool, end string) []string {
	var list []entry
	for _, e := range v.texts {
		text, ok := strings.CutSuffix(e.text, end)
		if spaced && ok {
			text, ok = cutSpace(text)
		}
		if ok && lowerCase(text) {
			list = append(list, entry{" " + text, e.id})
		}
	}
	return inOrder(list)
}

// inOrder returns the texts of tokens in the order of their ids.
func inOrder(list []entry) []string {
	slices.SortFunc(list, func(a, b entry) int { return int(a.id) - int(b.id) })
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = e.text
	}
	return texts
}

// cutSpace takes the sign for a space off a token, in the spelling of ByteLevel
// or SentencePiece.
func cutSpace(token string) (string, bool) {
	if text, ok := strings.CutPrefix(token, "Ġ"); ok {
		return text, true
	}
	return strings.CutPrefix(token, string(spaceSign))
}

// lowerCase reports whether word is one or more of a…z.
func lowerCase(word string) bool {
	return word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
}

// Words returns tokens that look like a word with a space before it, as texts
// that start with the space, in the order of their ids. Whether each is one
// token where it stands is for the caller to find out.
func (t *Tokenizer) Words() []string { return t.words }
