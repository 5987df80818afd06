package hf

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"loadgate/internal/tokens/bpe"
)

// unigram encodes a piece as the tokens whose scores add up to the most.
type unigram struct {
	ids      map[string]int32
	scores   []float64
	trie     *bpe.Pairs // (node, byte) to the node it leads to, and the token that ends there
	lowest   float64    // score of what is unknown
	unknown  int32
	fallback *[256]int32
}

// node is the best way to encode a piece up to some byte.
type node struct {
	score float64
	start int32 // of the last token; -1: no way leads here
	id    int32
}

const unknownPenalty = 10 // below the lowest score. Source: SentencePiece

func (t *Tokenizer) readUnigram(raw json.RawMessage, vocabulary []byte) error {
	var c struct {
		Unknown      *int32   `json:"unk_id"`
		ByteFallback bool     `json:"byte_fallback"`
		Alpha        *float64 `json:"alpha"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.Alpha != nil && *c.Alpha != 0 {
		return fmt.Errorf("the model's alpha is %v: encoding at random is not supported", *c.Alpha)
	}
	if vocabulary == nil {
		return errors.New("the model has no vocab")
	}
	m := &unigram{lowest: math.Inf(1)}
	v, err := m.readScores(vocabulary)
	if err != nil {
		return fmt.Errorf("model.vocab: %w", err)
	}
	if c.Unknown == nil {
		return errors.New("the model has no unk_id: it cannot encode every text, which is not supported")
	}
	if m.unknown = *c.Unknown; m.unknown < 0 || int(m.unknown) >= len(m.scores) {
		return fmt.Errorf("the unk_id %d is not in its vocabulary", m.unknown)
	}
	if c.ByteFallback {
		m.fallback = fallback(v.ids)
	}
	m.lowest -= unknownPenalty
	m.build(v)
	t.model = m
	t.use(v, "")
	return nil
}

// readScores reads an array of pairs of a token and its score.
func (m *unigram) readScores(raw []byte) (*vocab, error) {
	s := scanner{data: raw}
	v := &vocab{ids: map[string]int32{}}
	err := s.array(func() error {
		n := 0
		return s.array(func() error {
			n++
			switch n {
			case 1:
				text, err := s.string()
				id := int32(len(v.texts))
				v.texts = append(v.texts, entry{string(text), id})
				return err
			case 2:
				score, err := s.float()
				m.scores = append(m.scores, score)
				m.lowest = min(m.lowest, score)
				return err
			default:
				return errors.New("an entry is more than a token and its score")
			}
		})
	})
	if err == nil && len(m.scores) != len(v.texts) {
		err = errors.New("an entry has no score")
	}
	for _, e := range v.texts {
		v.ids[e.text] = e.id // of several of the same text the last
	}
	m.ids = v.ids
	return v, err
}

// build makes the trie of all tokens. Node 0 is the root.
func (m *unigram) build(v *vocab) {
	bytes := 0
	for _, e := range v.texts {
		bytes += len(e.text)
	}
	m.trie = bpe.NewPairs(bytes)
	nodes := int32(0)
	for text, id := range m.ids {
		at := int32(0)
		for i := range len(text) {
			next, token, ok := m.trie.Get(at, int32(text[i]))
			if !ok {
				nodes++
				next, token = nodes, bpe.Absent
			}
			if i == len(text)-1 {
				token = id
			}
			m.trie.Add(at, int32(text[i]), next, token)
			at = next
		}
	}
}

func (m *unigram) append(ids []int32, piece string, s *state) []int32 {
	m.search(piece, s)
	had := len(ids)
	for end := int32(len(piece)); end > 0; {
		start, id := s.lattice[end].start, s.lattice[end].id
		if id == m.unknown { // unknown tokens in a row are one
			for start > 0 && s.lattice[start].id == m.unknown {
				start = s.lattice[start].start
			}
			ids = m.appendUnknown(ids, piece[start:end])
		} else {
			ids = append(ids, id)
		}
		end = start
	}
	slices.Reverse(ids[had:])
	return ids
}

// appendUnknown adds what stands for unknown text, backwards: a token of that
// very text, the tokens of its bytes if all have one, or the unknown token.
func (m *unigram) appendUnknown(ids []int32, text string) []int32 {
	if id, ok := m.ids[text]; ok {
		return append(ids, id)
	}
	if m.fallback == nil {
		return append(ids, m.unknown)
	}
	had := len(ids)
	for i := len(text) - 1; i >= 0; i-- {
		id := m.fallback[text[i]]
		if id == bpe.Absent {
			return append(ids[:had], m.unknown)
		}
		ids = append(ids, id)
	}
	return ids
}

// search finds the best way to each byte of the piece, from left to right. Of
// ways with the same score the one found first stays.
func (m *unigram) search(piece string, s *state) {
	s.lattice = slices.Grow(s.lattice[:0], len(piece)+1)[:len(piece)+1]
	for i := range s.lattice {
		s.lattice[i].start = -1
	}
	s.lattice[0].score = 0
	reach := func(start, end int, score float64, id int32) {
		n := &s.lattice[end]
		if n.start < 0 || score > n.score {
			*n = node{score, int32(start), id}
		}
	}
	for start := 0; start < len(piece); {
		score := s.lattice[start].score
		_, size := utf8.DecodeRuneInString(piece[start:])
		known := false
		at := int32(0)
		for end := start; end < len(piece); {
			next, id, ok := m.trie.Get(at, int32(piece[end]))
			if !ok {
				break
			}
			at = next
			end++
			if id != bpe.Absent {
				reach(start, end, m.scores[id]+score, id)
				known = known || end == start+size
			}
		}
		if !known {
			reach(start, start+size, m.lowest+score, m.unknown)
		}
		start += size
	}
}
