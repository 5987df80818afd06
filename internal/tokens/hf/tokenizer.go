package hf

import (
	"strings"
	"sync"
	"unicode/utf8"

	"loadgate/internal/tokens/bpe"
	"loadgate/internal/tokens/memo"
	"loadgate/internal/tokens/split"
)

// Tokenizer encodes texts. It serves any number of goroutines.
type Tokenizer struct {
	verbatim   *addedTokens // nil: none
	normalizer normalizer   // nil: none
	normalized *addedTokens // nil: none
	stages     []stage      // pre-tokenisers
	model      model
	words      []string // see Words
	size       int      // of the vocabulary

	states sync.Pool // of *state
}

// model encodes a piece. s is the caller's alone.
type model interface {
	append(ids []int32, piece string, s *state) []int32
}

// state is what encoding a text works on.
type state struct {
	memo     *memo.Cache
	bpe      bpe.State
	lattice  []node
	matches  []split.Match
	spans    []span
	parts    []part // of the text, around added tokens
	subparts []part // of a normalised part
	pieces   []piece
	spare    []piece
	counted  []int32
	encode   func(ids []int32, piece string) []int32
}

// part is an added token, or text between them.
type part struct {
	text  string
	id    int32 // of an added token; else bpe.Absent
	first bool  // it starts where the text does
}

// piece is what pre-tokenisers pass on.
type piece struct {
	text  string
	first bool // it starts where the text does
}

// FromPattern returns the Tokenizer of a vocabulary that is no tokenizer.json:
// texts are split into what pattern matches, and into what stands between.
func FromPattern(pattern split.Pattern, m *bpe.Model) *Tokenizer {
	var list []entry
	for token, id := range m.Vocab {
		if text, ok := strings.CutPrefix(token, " "); ok && lowerCase(text) {
			list = append(list, entry{token, id})
		}
	}
	return &Tokenizer{stages: []stage{splitter{find: pattern, behavior: isolated}}, model: bpeModel{m}, words: inOrder(list), size: len(m.Vocab)}
}

// Count returns the number of tokens of text.
func (t *Tokenizer) Count(text string) int {
	s := t.state()
	ids := t.appendText(s.counted[:0], text, s)
	s.counted = ids
	t.states.Put(s)
	return len(ids)
}

// Append adds the ids of text's tokens to ids. Bytes that are no UTF-8 count as
// U+FFFD each, as which JSON carries them.
func (t *Tokenizer) Append(ids []int32, text string) []int32 {
	s := t.state()
	ids = t.appendText(ids, text, s)
	t.states.Put(s)
	return ids
}

func (t *Tokenizer) state() *state {
	if s, ok := t.states.Get().(*state); ok {
		return s
	}
	s := &state{memo: memo.New(t.size)}
	s.encode = func(ids []int32, piece string) []int32 { return t.model.append(ids, piece, s) }
	return s
}

func (t *Tokenizer) appendText(ids []int32, text string, s *state) []int32 {
	if !utf8.ValidString(text) {
		text = string([]rune(text))
	}
	s.parts = t.verbatim.cut(s.parts[:0], part{text, bpe.Absent, true})
	for _, p := range s.parts {
		if p.id != bpe.Absent {
			ids = append(ids, p.id)
			continue
		}
		if t.normalizer != nil {
			p.text = t.normalizer.normalize(p.text)
		}
		s.subparts = t.normalized.cut(s.subparts[:0], p)
		for _, p := range s.subparts {
			if p.id != bpe.Absent {
				ids = append(ids, p.id)
			} else if p.text != "" {
				ids = t.appendPart(ids, p, s)
			}
		}
	}
	return ids
}

// appendPart encodes a part without added tokens.
func (t *Tokenizer) appendPart(ids []int32, p part, s *state) []int32 {
	s.pieces = append(s.pieces[:0], piece{p.text, p.first})
	for _, stage := range t.stages {
		out := s.spare[:0]
		for _, p := range s.pieces {
			out = stage.split(out, p, s)
		}
		s.pieces, s.spare = out, s.pieces
	}
	for _, p := range s.pieces {
		if p.text != "" {
			ids = s.memo.Append(ids, p.text, s.encode)
		}
	}
	return ids
}
