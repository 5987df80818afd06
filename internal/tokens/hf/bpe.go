package hf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"loadgate/internal/tokens/bpe"
)

// bpeModel encodes pieces by merging their symbols.
type bpeModel struct{ *bpe.Model }

func (m bpeModel) append(ids []int32, piece string, s *state) []int32 {
	return m.Append(ids, piece, &s.bpe)
}

type bpeConfig struct {
	Dropout      *float64        `json:"dropout"`
	Unknown      *string         `json:"unk_token"`
	Continuation string          `json:"continuing_subword_prefix"`
	End          string          `json:"end_of_word_suffix"`
	FuseUnknown  bool            `json:"fuse_unk"`
	ByteFallback bool            `json:"byte_fallback"`
	IgnoreMerges bool            `json:"ignore_merges"`
	vocab        json.RawMessage // the object, not read yet
	merges       json.RawMessage // the array, not read yet
}

// onBytes reports whether the model can work on bytes where the last
// pre-tokeniser is ByteLevel, instead of on the characters that stand for them.
func (c *bpeConfig) onBytes() bool { return c.Continuation == "" && c.End == "" && !c.ByteFallback }

// read makes the model, and its vocabulary as the file has it.
func (c *bpeConfig) read(onBytes bool) (*bpe.Model, *vocab, error) {
	if c.Dropout != nil && *c.Dropout != 0 {
		return nil, nil, fmt.Errorf("the model's dropout is %v: encoding at random is not supported", *c.Dropout)
	}
	if c.vocab == nil || c.merges == nil {
		return nil, nil, errors.New("the model has no vocab or no merges")
	}
	v, err := readVocab(c.vocab)
	if err != nil {
		return nil, nil, fmt.Errorf("model.vocab: %w", err)
	}
	m := &bpe.Model{Unknown: bpe.Absent, FuseUnknown: c.FuseUnknown, Continuation: c.Continuation, End: c.End}
	if m.Pairs, err = readMerges(c.merges, v, len(c.Continuation)); err != nil {
		return nil, nil, fmt.Errorf("model.merges: %w", err)
	}
	if c.Unknown != nil {
		if m.Unknown, err = v.need("unk_token", *c.Unknown); err != nil {
			return nil, nil, err
		}
	}
	if onBytes {
		c.useBytes(m, v)
	} else {
		c.useRunes(m, v)
	}
	return m, v, nil
}

func (c *bpeConfig) useBytes(m *bpe.Model, v *vocab) {
	for b, r := range byteRunes() {
		id, ok := v.ids[string(r)]
		if !ok {
			id = bpe.Absent
		}
		m.Bytes[b] = id
	}
	if !c.IgnoreMerges {
		return
	}
	m.Vocab = make(map[string]int32, len(v.texts))
	toBytes := runeBytes()
	var all []byte
	ends := make([]int, len(v.texts))
	for i, e := range v.texts {
		start := len(all)
		var ok bool
		if all, ok = appendBytes(all, []byte(e.text), &toBytes); !ok {
			all = all[:start]
		}
		ends[i] = len(all)
	}
	texts, start := string(all), 0
	for i, e := range v.texts {
		if start < ends[i] {
			m.Vocab[texts[start:ends[i]]] = e.id
		}
		start = ends[i]
	}
}

func (c *bpeConfig) useRunes(m *bpe.Model, v *vocab) {
	m.Runes = v.ids
	if c.IgnoreMerges {
		m.Vocab = v.ids
	}
	if !c.ByteFallback {
		return
	}
	m.Fallback = fallback(v.ids)
}

// fallback finds the tokens that stand for bytes.
func fallback(ids map[string]int32) *[256]int32 {
	var f [256]int32
	for b := range f {
		id, ok := ids[fmt.Sprintf("<0x%02X>", b)]
		if !ok {
			id = bpe.Absent
		}
		f[b] = id
	}
	return &f
}

// readMerges reads an array of pairs, each an array of two or two words. prefix
// is the length of what a second token loses in the merge.
func readMerges(raw []byte, v *vocab, prefix int) (*bpe.Pairs, error) {
	type merge struct{ left, right, id int32 }
	s := scanner{data: raw}
	var list []merge
	var pair, both []byte
	err := s.array(func() error {
		left, right, err := s.pair(&pair)
		if err != nil {
			return err
		}
		if len(right) < prefix {
			return fmt.Errorf("%q is no continuation", right)
		}
		both = append(append(both[:0], left...), right[prefix:]...)
		l, okLeft := v.ids[string(left)]
		r, okRight := v.ids[string(right)]
		id, ok := v.ids[string(both)]
		if !okLeft || !okRight || !ok {
			return fmt.Errorf("%q and %q, or what they make, are not in the vocabulary", left, right)
		}
		list = append(list, merge{l, r, id})
		return nil
	})
	if err != nil {
		return nil, err
	}
	pairs := bpe.NewPairs(len(list))
	for rank, m := range list {
		pairs.Add(m.left, m.right, int32(rank), m.id)
	}
	return pairs, nil
}

// pair reads a merge. buffer holds what was read.
func (s *scanner) pair(buffer *[]byte) (left, right []byte, err error) {
	if s.next() == '"' {
		text, err := s.string()
		if err != nil {
			return nil, nil, err
		}
		i := bytes.IndexByte(text, ' ')
		if i < 0 || bytes.IndexByte(text[i+1:], ' ') >= 0 {
			return nil, nil, fmt.Errorf("%q is no pair", text)
		}
		return text[:i], text[i+1:], nil
	}
	*buffer = (*buffer)[:0]
	n, first := 0, 0
	err = s.array(func() error {
		text, err := s.string()
		*buffer = append(*buffer, text...)
		if n++; n == 1 {
			first = len(*buffer)
		}
		return err
	})
	if err == nil && n != 2 {
		err = fmt.Errorf("a merge has %d tokens", n)
	}
	return (*buffer)[:first], (*buffer)[first:], err
}
