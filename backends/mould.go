package backends

import (
	"bytes"
	"unicode/utf8"

	"loadgate/internal/llm"
)

// mould is the shape of an event that holds one text and nothing else of note.
// The events of a stream differ in little but that text, so most are read by
// comparing what stands before and after it with the last event's: a few
// nanoseconds in place of a walk through twenty keys. What is the same bytes
// means the same, so that nothing is guessed.
type mould struct {
	before, after []byte // before ends, and after begins, with the text's quote
	index         int    // of the choice
	reasoning     bool   // else it is content
}

// learn takes the shape of an event that the scanner has just read.
func (m *mould) learn(s *scanner) {
	if c := s.c; s.texts != 1 || c.choices != 1 || c.finish != "" || c.usage != (llm.Usage{}) || c.hasIDs {
		return
	}
	m.before = append(m.before[:0], s.b[:s.open+1]...)
	m.after = append(m.after[:0], s.b[s.shut:]...)
	m.index, m.reasoning = s.c.index, s.reasoning
}

// plain returns the text of an event of the known shape as it stands there, if
// nothing in it is escaped.
func (m *mould) plain(data []byte) (text []byte, ok bool) {
	from, to := len(m.before), len(data)-len(m.after)
	if from == 0 || from > to || string(data[:from]) != string(m.before) || string(data[to:]) != string(m.after) {
		return nil, false
	}
	text = data[from:to]
	return text, plainEnd(text, 0) == len(text) && utf8.Valid(text)
}

// read reads an event of the known shape. On false c is to be reset.
func (m *mould) read(data []byte, c *chunk) bool {
	if len(m.before) == 0 || !bytes.HasPrefix(data, m.before) || !bytes.HasSuffix(data, m.after) {
		return false
	}
	s := scanner{b: data, i: len(m.before) - 1, c: c}
	to := &c.content
	if m.reasoning {
		to = &c.reasoning
	}
	c.choices, c.index = 1, m.index
	return s.text(to) && s.shut == len(data)-len(m.after)
}
