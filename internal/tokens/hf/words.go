package hf

import (
	"slices"
	"strings"
)

// use takes from a vocabulary what is not the model's.
func (t *Tokenizer) use(v *vocab, end string) { t.words, t.size = v.words(end), len(v.texts) }

// words lists the tokens that look like a word of lower-case ASCII letters with
// a space before it, in the order of their ids. Where spaces are no part of
// tokens, these are words as they are, with the vocabulary's sign for an end.
func (v *vocab) words(end string) []string {
	var spaced, plain []entry
	for _, e := range v.texts {
		if text, ok := cutSpace(e.text); ok && lowerCase(text) {
			spaced = append(spaced, entry{" " + text, e.id})
		} else if text, ok := strings.CutSuffix(e.text, end); ok && lowerCase(text) {
			plain = append(plain, entry{" " + text, e.id})
		}
	}
	if len(spaced) > 0 && end == "" {
		return inOrder(spaced)
	}
	return inOrder(plain)
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
