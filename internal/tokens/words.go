package tokens

import (
	"errors"
	"math/bits"
	"math/rand/v2"
	"strings"
	"sync"

	"loadgate/internal/tokens/hf"
)

// vocabulary is a tokenizer with the words that texts are made of.
type vocabulary struct {
	tokenizer *hf.Tokenizer
	check     bool // count what was made: it is not known that words keep apart

	listing sync.Once
	words   wordList // set by list
}

// wordList holds the tokens that texts are made of: a space and lower-case
// ASCII letters. A word is in it if it counts one where it follows another one.
// Random token ids, decoded, would not do: neighbours merge, and the count comes
// out wrong nearly always.
type wordList struct {
	all    []string
	firsts []string // those that are one token without their space, too
	spaced bool     // so are the first ones with their space: the tokenizer puts none before a text itself
}

// fewest is the number of words below which texts would hardly differ.
const fewest = 16

// list returns the words, which it finds when it is called first.
func (v *vocabulary) list() *wordList {
	v.listing.Do(func() { v.words = listWords(v.tokenizer) })
	return &v.words
}

func listWords(t *hf.Tokenizer) wordList {
	candidates := t.Words()
	if len(candidates) == 0 {
		return wordList{}
	}
	var list wordList
	var bare []string
	before := candidates[0]
	alone := t.Count(before)
	for _, word := range candidates {
		if t.Count(before+word) != alone+1 {
			continue
		}
		list.all = append(list.all, word)
		if t.Count(word[1:]) != 1 {
			continue
		}
		bare = append(bare, word)
		if t.Count(word) == 1 {
			list.firsts = append(list.firsts, word)
		}
	}
	if list.spaced = len(list.firsts) >= fewest; !list.spaced {
		list.firsts = bare
	}
	return list
}

var (
	errFew   = errors.New("too few of its tokens are words to make texts of")
	errMerge = errors.New("its words merge when they meet: no text of an exact length can be made")
)

// fit says why no texts can be made. It makes some, of which at least half must
// come out right at once: then adding a few words mends any other.
func (v *vocabulary) fit() error {
	list := v.list()
	if len(list.all) < fewest || len(list.firsts) < fewest {
		return errFew
	}
	const samples, length = 20, 256
	wrong := 0
	rng := rand.New(rand.NewPCG(1, 0))
	for range samples {
		if _, err := v.write(rng, length, 1); err != nil {
			wrong++
		}
	}
	if wrong > samples/2 {
		return errMerge
	}
	return nil
}

// tries is how often a text is mended before it is given up.
const tries = 100

// write makes a text of exactly n tokens; n is at least 1. Where words may not
// keep apart, it is counted, and words are added or taken away until it fits.
func (v *vocabulary) write(rng *rand.Rand, n, tries int) (string, error) {
	list := v.list()
	if len(list.all) < fewest || len(list.firsts) < fewest {
		return "", errFew
	}
	words := append(make([]string, 0, n), draw(rng, list.firsts))
	missing := n - 1
	for range tries {
		for range missing {
			words = append(words, draw(rng, list.all))
		}
		text := strings.Join(words, "")
		if !v.check {
			return text, nil
		}
		if missing = n - v.tokenizer.Count(list.bare(text)); missing == 0 {
			return text, nil
		}
		words = words[:max(1, len(words)+min(0, missing))]
	}
	return "", errMerge
}

// bare is a text as it counts what was asked for: without its leading space, if
// the tokenizer puts one there itself.
func (l *wordList) bare(text string) string {
	if l.spaced {
		return text
	}
	return strings.TrimPrefix(text, " ")
}

// draw picks a word. It takes 64 bits and scales them, and not rng.IntN, whose
// use of the stream may change with a release of Go.
func draw(rng *rand.Rand, words []string) string {
	at, _ := bits.Mul64(rng.Uint64(), uint64(len(words)))
	return words[at]
}
