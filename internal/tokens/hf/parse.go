package hf

import (
	"encoding/json"
	"errors"
	"fmt"
)

// document is a tokenizer.json, its large parts unread.
type document struct {
	added, normalizer, preTokenizer json.RawMessage
	model                           json.RawMessage
}

// Parse reads a tokenizer.json. It keeps nothing of data.
func Parse(data []byte) (*Tokenizer, error) {
	d, err := readDocument(data)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{}
	if t.normalizer, err = readNormalizer(d.normalizer); err != nil {
		return nil, err
	}
	if t.stages, err = readStages(d.preTokenizer); err != nil {
		return nil, err
	}
	if err := checkFirst(t.stages, d.normalizer); err != nil {
		return nil, err
	}
	var added []addedToken
	if d.added != nil {
		if err := json.Unmarshal(d.added, &added); err != nil {
			return nil, fmt.Errorf("added_tokens: %w", err)
		}
	}
	if t.verbatim, t.normalized, err = addTokens(added, t.normalizer); err != nil {
		return nil, err
	}
	return t, t.readModel(d.model)
}

func readDocument(data []byte) (d document, err error) {
	s := scanner{data: data}
	parts := map[string]*json.RawMessage{
		"added_tokens": &d.added, "normalizer": &d.normalizer, "pre_tokenizer": &d.preTokenizer, "model": &d.model,
	}
	err = s.object(func(key []byte) error {
		part := parts[string(key)]
		raw, err := s.raw()
		if part != nil {
			*part = raw
		}
		return err
	})
	if err == nil && s.next() != 0 {
		err = s.fail()
	}
	if err == nil && d.model == nil {
		err = errors.New("it has no model")
	}
	return d, err
}

// readModel splits off the vocabulary and the merges, which are most of a file.
func (t *Tokenizer) readModel(raw json.RawMessage) error {
	var vocabulary, merges json.RawMessage
	small := map[string]json.RawMessage{}
	s := scanner{data: raw}
	err := s.object(func(key []byte) error {
		name := string(key)
		value, err := s.raw()
		switch name {
		case "vocab":
			vocabulary = value
		case "merges":
			merges = value
		default:
			small[name] = value
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	rest, err := json.Marshal(small)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	kind := modelKind(rest, vocabulary, merges)
	switch kind {
	case "BPE":
		return t.readBPE(rest, vocabulary, merges)
	case "WordPiece":
		return t.readWordPiece(rest, vocabulary)
	case "Unigram":
		return t.readUnigram(rest, vocabulary)
	default:
		return fmt.Errorf("the model %q is not supported", kind)
	}
}

// modelKind is the model's type. Old files leave it out.
func modelKind(rest, vocabulary, merges json.RawMessage) string {
	if kind, err := kindOf(rest); err == nil && kind != "" {
		return kind
	}
	var c map[string]json.RawMessage
	_ = json.Unmarshal(rest, &c)
	switch {
	case merges != nil:
		return "BPE"
	case c["unk_id"] != nil:
		return "Unigram"
	case c["max_input_chars_per_word"] != nil:
		return "WordPiece"
	default:
		return ""
	}
}

// readBPE makes a model of merges. It works on bytes if they are what the last
// pre-tokeniser would make characters of.
func (t *Tokenizer) readBPE(rest, vocabulary, merges json.RawMessage) error {
	c := bpeConfig{vocab: vocabulary, merges: merges}
	if err := json.Unmarshal(rest, &c); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	onBytes := false
	if n := len(t.stages); n > 0 && c.onBytes() {
		if _, onBytes = t.stages[n-1].(byteStage); onBytes {
			t.stages = t.stages[:n-1]
		}
	}
	m, v, err := c.read(onBytes)
	if err != nil {
		return err
	}
	t.model = bpeModel{m}
	t.use(v, c.End)
	if !onBytes {
		if x := newSeams(&c, v); x != nil {
			t.stages = append(t.stages, x)
		}
	}
	return nil
}

// kindOf returns the `type` of an object; "" for null and for what is not there.
func kindOf(raw json.RawMessage) (string, error) {
	var c *struct {
		Type string `json:"type"`
	}
	if raw == nil {
		return "", nil
	}
	if err := json.Unmarshal(raw, &c); err != nil || c == nil {
		return "", err
	}
	if c.Type == "" {
		return "", errors.New("a part has no type, which is not supported")
	}
	return c.Type, nil
}

// checkFirst refuses a pre-tokeniser that asks whether a piece begins where the
// text does, behind a normaliser that may take away the text's beginning.
func checkFirst(stages []stage, normalizer json.RawMessage) error {
	for _, s := range stages {
		if m, ok := s.(metaspace); ok && m.first {
			if kind := takesStart(normalizer); kind != "" {
				return fmt.Errorf("the pre_tokenizer Metaspace with prepend_scheme first after the normalizer %s is not supported", kind)
			}
		}
	}
	return nil
}

// takesStart names the normaliser that may take away the first character.
func takesStart(raw json.RawMessage) string {
	var c struct {
		Type        string            `json:"type"`
		Content     *string           `json:"content"`
		Normalizers []json.RawMessage `json:"normalizers"`
	}
	_ = json.Unmarshal(raw, &c) // it was read before
	switch c.Type {
	case "Strip", "StripAccents", "Nmt", "BertNormalizer", "Precompiled":
		return c.Type
	case "Replace":
		if c.Content != nil && *c.Content == "" {
			return c.Type
		}
	}
	for _, raw := range c.Normalizers {
		if kind := takesStart(raw); kind != "" {
			return kind
		}
	}
	return ""
}
