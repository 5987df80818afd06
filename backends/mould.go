package backends

import (
	"bytes"
	"unicode/utf8"
)

// mould is the shape of an event that holds one text, perhaps a usage, and
// nothing else of note. The events of a stream differ in little but that text and
// those counts, so most are read by comparing what stands around them with the
// last event's: some nanoseconds in place of a walk through twenty keys. What is
// the same bytes means the same, so that nothing is guessed.
type mould struct {
	before    []byte // up to the text, its quote included
	after     []byte // from the text's other quote on
	index     int    // of the choice
	reasoning bool   // else it is content
	usage     bool
	numbers   numbers // of the usage, by their places in after
}

// numbers are the places of an event's token counts, in order.
type numbers struct {
	at [6]number
	n  int // more than there is room for: unknown
}

// number is the place of one count, and what it counts.
type number struct {
	from, to int
	of       counted
}

// counted says what a number of an event's usage counts.
type counted uint8

const (
	countsOther counted = iota
	countsInput
	countsOutput
	countsReasoning
	countsCached
	countKinds
)

func (l *numbers) add(from, to int, of counted) {
	if l.n < len(l.at) {
		l.at[l.n] = number{from, to, of}
	}
	l.n++
}

// learn takes the shape of an event that the scanner has just read.
func (m *mould) learn(s *scanner) {
	if c := s.c; s.texts != 1 || c.choices != 1 || c.finish != "" || c.hasIDs || s.numbers.n > len(s.numbers.at) {
		return
	}
	if s.numbers.n > 0 && s.numbers.at[0].from < s.shut {
		return // counts before the text: no server is known to write so
	}
	m.before = append(m.before[:0], s.b[:s.open+1]...)
	m.after = append(m.after[:0], s.b[s.shut:]...)
	m.index, m.reasoning, m.usage, m.numbers = s.c.index, s.reasoning, s.usageSeen, s.numbers
	for i := range m.numbers.n {
		m.numbers.at[i].from -= s.shut
		m.numbers.at[i].to -= s.shut
	}
}

// plain returns the text of an event of the known shape as it stands there, if
// nothing in it is escaped and there is no usage.
func (m *mould) plain(data []byte) (text []byte, ok bool) {
	from, to := len(m.before), len(data)-len(m.after)
	if m.usage || from == 0 || from > to || string(data[:from]) != string(m.before) || string(data[to:]) != string(m.after) {
		return nil, false
	}
	text = data[from:to]
	return text, plainEnd(text, 0) == len(text) && utf8.Valid(text)
}

// read reads an event of the known shape. On false c is to be reset.
func (m *mould) read(data []byte, c *chunk) bool {
	if len(m.before) == 0 || !bytes.HasPrefix(data, m.before) {
		return false
	}
	s := scanner{b: data, i: len(m.before) - 1, c: c}
	to := &c.content
	if m.reasoning {
		to = &c.reasoning
	}
	c.choices, c.index = 1, m.index
	if !s.text(to) {
		return false
	}
	s.i = s.shut
	rest, counts := m.after, noCounts
	for _, n := range m.numbers.at[:m.numbers.n] {
		between := rest[:n.from-(len(m.after)-len(rest))]
		if !bytes.HasPrefix(data[s.i:], between) {
			return false
		}
		s.i += len(between)
		var ok bool
		if counts[n.of], ok = s.here(); !ok {
			return false
		}
		rest = m.after[n.to:]
	}
	if m.usage {
		c.usage = counts.usage()
	}
	return bytes.Equal(data[s.i:], rest)
}
