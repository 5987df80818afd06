package hf

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"loadgate/internal/tokens/split"
)

// stage is a pre-tokeniser.
type stage interface {
	// split adds to out the pieces of p; empty ones do not matter.
	split(out []piece, p piece, s *state) []piece
}

type stageFunc func(out []piece, p piece, s *state) []piece

func (f stageFunc) split(out []piece, p piece, s *state) []piece { return f(out, p, s) }

// readStages makes the pre-tokenisers of a file; none for null.
func readStages(raw json.RawMessage) ([]stage, error) {
	kind, err := kindOf(raw)
	if kind == "" || err != nil {
		return nil, err
	}
	if kind == "Sequence" {
		return readSequence(raw)
	}
	one, err := readStage(kind, raw)
	return one, err
}

func readSequence(raw json.RawMessage) ([]stage, error) {
	var c struct {
		Stages []json.RawMessage `json:"pretokenizers"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	var all []stage
	for _, raw := range c.Stages {
		stages, err := readStages(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, stages...)
	}
	return all, nil
}

func readStage(kind string, raw json.RawMessage) ([]stage, error) {
	space, punctuation := split.Runes(isSpace), split.Runes(isPunctuation)
	switch kind {
	case "ByteLevel":
		return readByteLevel(raw)
	case "Split":
		return readSplit(raw)
	case "Metaspace":
		return readMetaspace(raw)
	case "Digits":
		return readDigits(raw)
	case "Punctuation":
		return readPunctuation(raw, punctuation)
	case "WhitespaceSplit":
		return []stage{splitter{find: space, behavior: removed}}, nil
	case "BertPreTokenizer":
		return []stage{splitter{find: space, behavior: removed}, splitter{find: punctuation, behavior: isolated}}, nil
	case "Whitespace":
		return []stage{stageFunc(wordsAndRest)}, nil
	default:
		return nil, fmt.Errorf("the pre_tokenizer %s is not supported", kind)
	}
}

func readSplit(raw json.RawMessage) ([]stage, error) {
	var c struct {
		Pattern  pattern  `json:"pattern"`
		Behavior behavior `json:"behavior"`
		Invert   bool     `json:"invert"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	if err := c.Behavior.check(); err != nil {
		return nil, err
	}
	find, err := c.Pattern.compile()
	return []stage{splitter{find, c.Behavior, c.Invert}}, err
}

func readDigits(raw json.RawMessage) ([]stage, error) {
	var c struct {
		Individual bool `json:"individual_digits"`
	}
	err := json.Unmarshal(raw, &c)
	s := splitter{find: split.Runes(isNumber), behavior: contiguous}
	if c.Individual {
		s.behavior = isolated
	}
	return []stage{s}, err
}

func readPunctuation(raw json.RawMessage, punctuation split.Pattern) ([]stage, error) {
	c := struct {
		Behavior behavior `json:"behavior"`
	}{isolated}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	return []stage{splitter{find: punctuation, behavior: c.Behavior}}, c.Behavior.check()
}

// readByteLevel makes the two steps of ByteLevel: the split of GPT-2, and bytes
// as characters.
func readByteLevel(raw json.RawMessage) ([]stage, error) {
	c := struct {
		PrefixSpace bool `json:"add_prefix_space"`
		UseRegex    bool `json:"use_regex"`
	}{UseRegex: true}
	err := json.Unmarshal(raw, &c)
	var stages []stage
	if c.PrefixSpace {
		stages = append(stages, stageFunc(func(out []piece, p piece, _ *state) []piece {
			if !strings.HasPrefix(p.text, " ") {
				p.text = " " + p.text
			}
			return append(out, p)
		}))
	}
	if c.UseRegex {
		stages = append(stages, splitter{find: split.GPT2, behavior: isolated})
	}
	return append(stages, byteStage{}), err
}

// byteStage is ByteLevel's second step. A model that works on bytes leaves it
// out where it comes last.
type byteStage struct{}

func (byteStage) split(out []piece, p piece, _ *state) []piece {
	p.text = byteLevel(p.text)
	return append(out, p)
}

// metaspace replaces spaces by a sign, puts it before texts, and splits there.
type metaspace struct {
	sign          string
	always, first bool // before which texts it is put; neither: none
	cut           bool
}

func readMetaspace(raw json.RawMessage) ([]stage, error) {
	c := struct {
		Replacement string `json:"replacement"`
		Prepend     string `json:"prepend_scheme"`
		PrefixSpace *bool  `json:"add_prefix_space"`
		Split       *bool  `json:"split"`
	}{Prepend: "always"}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	if c.PrefixSpace != nil && !*c.PrefixSpace {
		c.Prepend = "never"
	}
	if utf8.RuneCountInString(c.Replacement) != 1 {
		return nil, fmt.Errorf("the pre_tokenizer Metaspace has the replacement %q: expected one character", c.Replacement)
	}
	m := metaspace{c.Replacement, c.Prepend == "always", c.Prepend == "first", c.Split == nil || *c.Split}
	if !m.always && !m.first && c.Prepend != "never" {
		return nil, fmt.Errorf("the pre_tokenizer Metaspace has the prepend_scheme %q, which is not supported", c.Prepend)
	}
	return []stage{m}, nil
}

func (m metaspace) split(out []piece, p piece, s *state) []piece {
	p.text = strings.ReplaceAll(p.text, " ", m.sign)
	if (m.always || m.first && p.first) && !strings.HasPrefix(p.text, m.sign) {
		p.text = m.sign + p.text
	}
	if !m.cut {
		return append(out, p)
	}
	return splitter{find: split.Literal(m.sign), behavior: mergedWithNext}.split(out, p, s)
}

// wordsAndRest splits as `\w+|[^\w\s]+` matches.
func wordsAndRest(out []piece, p piece, _ *state) []piece {
	const white, word, rest = 0, 1, 2
	start, last := 0, white
	for i, r := range p.text {
		kind := rest
		switch {
		case isWord(r):
			kind = word
		case isSpace(r):
			kind = white
		}
		if kind != last {
			if last != white {
				out = append(out, piece{p.text[start:i], p.first && start == 0})
			}
			start, last = i, kind
		}
	}
	if last != white {
		out = append(out, piece{p.text[start:], p.first && start == 0})
	}
	return out
}
