package hf

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"loadgate/internal/tokens/bpe"
)

// addedToken is an entry of `added_tokens`.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no word goes on around it
	Lstrip     bool   `json:"lstrip"`      // takes the white space before it
	Rstrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // is looked for in normalised text, and normalised itself
}

// addedTokens finds added tokens in texts: of those that begin at a place the
// longest. It is a trie in which a node is an index, and node 0 the root.
type addedTokens struct {
	starts [256]bool // bytes with which any token begins
	nodes  []trieNode
	tokens []addedToken
}

type trieNode struct {
	children map[byte]int32
	token    int32 // index + 1 in tokens; 0: none ends here
}

// addTokens makes the sets that are looked for before and after normalisation.
func addTokens(list []addedToken, n normalizer) (verbatim, normalized *addedTokens, err error) {
	for _, token := range list {
		set := &verbatim
		text := token.Content
		if token.Normalized {
			set = &normalized
			if n != nil {
				text = n.normalize(text)
			}
		}
		if text == "" {
			continue
		}
		if *set == nil {
			*set = &addedTokens{nodes: []trieNode{{}}}
		}
		if !(*set).add(text, token) {
			return nil, nil, fmt.Errorf("two added tokens are found as %q", text)
		}
	}
	return verbatim, normalized, nil
}

// add reports whether there was no other token of that text.
func (a *addedTokens) add(text string, token addedToken) bool {
	a.starts[text[0]] = true
	at := int32(0)
	for i := range len(text) {
		next, ok := a.nodes[at].children[text[i]]
		if !ok {
			next = int32(len(a.nodes))
			a.nodes = append(a.nodes, trieNode{})
			if a.nodes[at].children == nil {
				a.nodes[at].children = map[byte]int32{}
			}
			a.nodes[at].children[text[i]] = next
		}
		at = next
	}
	if a.nodes[at].token != 0 {
		return a.tokens[a.nodes[at].token-1] == token
	}
	a.tokens = append(a.tokens, token)
	a.nodes[at].token = int32(len(a.tokens))
	return true
}

// match returns the longest token that begins at text[i:] and where it ends.
func (a *addedTokens) match(text string, i int) (token *addedToken, end int) {
	at := int32(0)
	for j := i; j < len(text); j++ {
		next, ok := a.nodes[at].children[text[j]]
		if !ok {
			break
		}
		at = next
		if found := a.nodes[at].token; found != 0 {
			token, end = &a.tokens[found-1], j+1
		}
	}
	return token, end
}

// cut adds p to parts, in parts around the added tokens in it.
func (a *addedTokens) cut(parts []part, p part) []part {
	if a == nil {
		return append(parts, p)
	}
	text := p.text
	done := 0 // what is before it is in parts
	for i := 0; i < len(text); {
		if !a.starts[text[i]] {
			i++
			continue
		}
		token, end := a.match(text, i)
		if token == nil {
			i++
			continue
		}
		start := i
		i = end
		if token.SingleWord && (endsInWord(text[:start]) || startsWithWord(text[end:])) {
			continue
		}
		if token.Lstrip {
			start = max(len(strings.TrimRightFunc(text[:start], isSpace)), done)
		}
		if token.Rstrip {
			end = len(text) - len(strings.TrimLeftFunc(text[end:], isSpace))
		}
		if done < start {
			parts = append(parts, part{text[done:start], bpe.Absent, p.first && done == 0})
		}
		parts = append(parts, part{text[start:end], token.ID, false})
		done = end
	}
	if done < len(text) {
		parts = append(parts, part{text[done:], bpe.Absent, p.first && done == 0})
	}
	return parts
}

func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r >= '\t' && r <= '\r'
	}
	return unicode.Is(unicode.White_Space, r)
}

// isWord is \w of Rust's regular expressions.
func isWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control, addedWords)
}

func endsInWord(text string) bool {
	r, size := utf8.DecodeLastRuneInString(text)
	return size > 0 && isWord(r)
}

func startsWithWord(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size > 0 && isWord(r)
}
