package backends

import (
	"unicode/utf8"

	"loadgate/internal/llm"
)

// scanChunk reads an event in one pass without allocating. It reports false on
// anything that is not quite usual (tool calls, errors, odd types, duplicate
// keys, deep nesting, broken JSON): then c is to be reset and parseChunk has
// the word. Where it says true, parseChunk would have found the same. m learns
// the event's shape.
func scanChunk(data []byte, c *chunk, m *mould) bool {
	s := scanner{b: data, c: c}
	if !s.top() || !s.end() {
		return false
	}
	m.learn(&s)
	return true
}

// keySet notes which keys of interest an object has had: a duplicate is left
// to the full reader.
type keySet uint16

func (k *keySet) add(bit uint16) bool {
	if *k&keySet(bit) != 0 {
		return false
	}
	*k |= keySet(bit)
	return true
}

func (s *scanner) top() bool {
	var seen keySet
	return s.object(func(key []byte) bool {
		switch string(key) {
		case "choices":
			return seen.add(1) && s.choices()
		case "usage":
			return seen.add(2) && s.usage()
		case "error":
			return seen.add(4) && s.null()
		case "object":
			return seen.add(8) && s.notError()
		default:
			return s.skip(0)
		}
	})
}

func (s *scanner) choices() bool {
	return s.null() || s.array(s.choice)
}

func (s *scanner) choice() bool {
	s.c.choices++
	var seen keySet
	const delta, text = 1, 2
	return s.object(func(key []byte) bool {
		switch string(key) {
		case "delta":
			return seen.add(delta) && (s.null() || s.delta())
		case "text":
			return seen.add(text) && s.text(&s.c.content)
		case "finish_reason":
			return seen.add(4) && s.finish()
		case "index":
			n, ok := s.count()
			s.c.index = max(s.c.index, n)
			return seen.add(8) && ok
		case "message":
			return seen.add(16) && s.null()
		case "token_ids":
			return seen.add(32) && (s.null() || s.tokenIDs())
		default:
			return s.skip(0)
		}
	}) && seen&(delta|text) != delta|text // their order would matter
}

// tokenIDs counts the elements of a list.
func (s *scanner) tokenIDs() bool {
	s.c.hasIDs = true
	return s.array(func() bool {
		s.c.ids++
		return s.skip(0)
	})
}

func (s *scanner) delta() bool {
	var seen keySet
	before := len(s.c.reasoning)
	return s.object(func(key []byte) bool {
		switch string(key) {
		case "content":
			return seen.add(1) && s.text(&s.c.content)
		case "reasoning_content":
			return seen.add(2) && s.text(&s.c.reasoning)
		case "reasoning":
			return seen.add(4) && s.text(&s.c.reasoning)
		case "refusal":
			return seen.add(8) && s.nothing()
		case "tool_calls":
			return seen.add(16) && (s.null() || s.eat('[') && s.eat(']'))
		case "function_call":
			return seen.add(32) && s.null()
		default:
			return s.skip(0)
		}
	}) && (len(s.c.reasoning) == before || seen&6 != 6) // both spellings: the full reader chooses
}

func (s *scanner) usage() bool {
	if s.null() {
		return true
	}
	s.usageSeen = true
	counts := noCounts
	var seen keySet
	ok := s.object(func(key []byte) bool {
		switch string(key) {
		case "prompt_tokens":
			return seen.add(1) && s.countInto(&counts, countsInput)
		case "completion_tokens":
			return seen.add(2) && s.countInto(&counts, countsOutput)
		case "total_tokens":
			return seen.add(16) && s.countInto(&counts, countsOther)
		case "prompt_tokens_details":
			return seen.add(4) && s.detail("cached_tokens", &counts, countsCached)
		case "completion_tokens_details":
			return seen.add(8) && s.detail("reasoning_tokens", &counts, countsReasoning)
		default:
			return s.skip(0)
		}
	})
	s.c.usage = counts.usage()
	return ok
}

// counts are the numbers of a usage; -1 = not told.
type counts [countKinds]int

var noCounts = counts{-1, -1, -1, -1, -1}

func (c *counts) usage() llm.Usage {
	return usageOf(c[countsInput], c[countsOutput], c[countsReasoning], c[countsCached])
}

// detail finds one count in an object.
func (s *scanner) detail(want string, c *counts, of counted) bool {
	if s.null() {
		return true
	}
	var seen keySet
	return s.object(func(key []byte) bool {
		if string(key) == want {
			return seen.add(1) && s.countInto(c, of)
		}
		return s.skip(0)
	})
}

func (s *scanner) finish() bool {
	if s.null() {
		return true
	}
	text, ok := s.plainString()
	if ok && len(text) > 0 {
		s.c.finish = finishReason(text)
		s.c.finishes++
	}
	return ok && utf8.Valid(text)
}

// finishReason keeps the usual words from being allocated.
func finishReason(text []byte) string {
	switch string(text) {
	case "stop":
		return "stop"
	case "length":
		return "length"
	case "tool_calls":
		return "tool_calls"
	case "content_filter":
		return "content_filter"
	default:
		return string(text)
	}
}

// notError takes a string that is not "error".
func (s *scanner) notError() bool {
	text, ok := s.plainString()
	return ok && string(text) != "error"
}

// nothing takes null or an empty string.
func (s *scanner) nothing() bool {
	if s.null() {
		return true
	}
	text, ok := s.plainString()
	return ok && len(text) == 0
}

func (s *scanner) countInto(c *counts, of counted) bool {
	if s.null() {
		return true
	}
	var ok bool
	from := s.i
	c[of], ok = s.count()
	s.numbers.add(from, s.i, of)
	return ok
}
