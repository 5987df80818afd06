package datasets

import (
	"fmt"
	"slices"
	"sync"

	"loadgate/internal/llm"
	"loadgate/internal/tokens"
)

// tokenizer is one that a section names. Its vocabulary is loaded when it is
// first used, so that `validate` does not pay for it. It is an llm.Counter.
type tokenizer struct {
	name string
	load func() (tokens.Maker, error)
}

// openCounter is openTokenizer for a kind that can do without, which the name
// none asks for.
func (s *section) openCounter(name string) *tokenizer {
	if name == tokens.None {
		return nil
	}
	return s.openTokenizer(name)
}

// openTokenizer checks the section's tokenizer. An encoding is known by its
// name; any other has to be looked up, which may load it.
func (s *section) openTokenizer(name string) *tokenizer {
	if name == "" {
		s.notEmpty("tokenizer")
		return nil
	}
	place := tokens.Place{Dir: s.ctx.Dir, Lookup: s.ctx.Lookup}
	t := &tokenizer{name, sync.OnceValues(func() (tokens.Maker, error) { return place.Open(name) })}
	if slices.Contains(tokens.Names(), name) {
		return t
	}
	if _, err := t.load(); err != nil {
		s.errorAt("tokenizer", "", "%v", err)
		return nil
	}
	return t
}

// openMaker is openTokenizer for a kind that makes texts. Every encoding can.
func (s *section) openMaker(name string) *tokenizer {
	t := s.openTokenizer(name)
	if t == nil || slices.Contains(tokens.Names(), name) {
		return t
	}
	m, err := t.load()
	if err == nil {
		err = m.CanMake()
	}
	if err != nil {
		s.errorAt("tokenizer", "", "%v", err)
		return nil
	}
	return t
}

// Name is the tokenizer's name as the scenario has it.
func (t *tokenizer) Name() string { return t.name }

// Count returns the number of tokens of text.
func (t *tokenizer) Count(text string) int {
	m, err := t.load()
	if err != nil {
		panic(fmt.Sprintf("datasets: %v", err)) // the name was checked, and vocabularies are part of the binary
	}
	return m.Count(text)
}

// counted is the part of a dataset that names its tokenizer, if it has one.
type counted struct{ tokenizer *tokenizer }

// Counter implements llm.Tokenized.
func (c counted) Counter() llm.Counter {
	if c.tokenizer == nil {
		return nil
	}
	return c.tokenizer
}
