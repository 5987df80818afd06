package hf

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// wordPiece encodes a word by its longest known beginning, and so on. A word
// with a part that is not known is one unknown token.
type wordPiece struct {
	starts    map[string]int32 // tokens as they are
	continues map[string]int32 // tokens that go on, without their prefix
	unknown   int32
	longest   int // runes that a word may have
}

func (t *Tokenizer) readWordPiece(raw json.RawMessage, vocabulary []byte) error {
	c := struct {
		Unknown string `json:"unk_token"`
		Prefix  string `json:"continuing_subword_prefix"`
		Longest int    `json:"max_input_chars_per_word"`
	}{"[UNK]", "##", 100}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if vocabulary == nil {
		return errors.New("the model has no vocab")
	}
	v, err := readVocab(vocabulary)
	if err != nil {
		return fmt.Errorf("model.vocab: %w", err)
	}
	m := &wordPiece{v.ids, map[string]int32{}, 0, c.Longest}
	if m.unknown, err = v.need("unk_token", c.Unknown); err != nil {
		return err
	}
	for _, e := range v.texts {
		if text, ok := strings.CutPrefix(e.text, c.Prefix); ok {
			m.continues[text] = e.id
		}
	}
	t.model = m
	t.use(v, "")
	return nil
}

func (m *wordPiece) append(ids []int32, piece string, _ *state) []int32 {
	if utf8.RuneCountInString(piece) > m.longest {
		return append(ids, m.unknown)
	}
	had := len(ids)
	known := m.starts
	for start := 0; start < len(piece); known = m.continues {
		end := len(piece)
		id, ok := known[piece[start:end]]
		for !ok && end > start {
			_, size := utf8.DecodeLastRuneInString(piece[start:end])
			end -= size
			id, ok = known[piece[start:end]]
		}
		if end == start {
			return append(ids[:had], m.unknown)
		}
		ids = append(ids, id)
		start = end
	}
	return ids
}
