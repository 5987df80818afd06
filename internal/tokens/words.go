package tokens

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"

	"github.com/tiktoken-go/tokenizer"
)

// wordList holds the tokens that texts are made of: a space and lower-case
// ASCII letters. All the encodings' patterns make one piece of such a word,
// whatever word or end follows, and a piece that is a token is never split
// further. So a text of n of these words counts n without a need to encode it;
// vocabularies are part of the program, and a test proves it of every word in
// them. Random token ids, decoded, would not do: neighbours merge, and the
// count comes out wrong nearly always.
type wordList struct {
	all    []string
	firsts []string // those that are one token without their space, too
}

// Make implements Maker.
func (e *encoding) Make(rng *rand.Rand, n int) string {
	if n < 1 {
		return ""
	}
	e.listing.Do(func() { e.words = listWords(e.name, e.ranks) })
	var text strings.Builder
	text.Grow(n * 8)
	text.WriteString(draw(rng, e.words.firsts))
	for range n - 1 {
		text.WriteString(draw(rng, e.words.all))
	}
	return text.String()
}

// draw picks a word. It takes 64 bits and scales them, and not rng.IntN, whose
// use of the stream may change with a release of Go.
func draw(rng *rand.Rand, words []string) string {
	at, _ := bits.Mul64(rng.Uint64(), uint64(len(words)))
	return words[at]
}

// listWords finds the words of a vocabulary, in the order of their ids. It
// uses a codec of its own, since decoding builds tables that are of no use
// later.
func listWords(name string, ranks uint) wordList {
	codec, err := tokenizer.Get(tokenizer.Encoding(name))
	if err != nil { // it was loaded before
		panic(fmt.Sprintf("list words of %s: %v", name, err))
	}
	var list wordList
	bare := map[string]bool{}
	for id := range ranks {
		token, err := codec.Decode([]uint{id})
		if err != nil {
			continue // a gap in the ids: a special token
		}
		switch word, spaced := strings.CutPrefix(token, " "); {
		case !lowerCase(word):
		case spaced:
			list.all = append(list.all, token)
		default:
			bare[word] = true
		}
	}
	for _, word := range list.all {
		if bare[word[1:]] {
			list.firsts = append(list.firsts, word)
		}
	}
	return list
}

// lowerCase reports whether word is one or more of a…z.
func lowerCase(word string) bool {
	return word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
}
