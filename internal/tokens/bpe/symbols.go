package bpe

import "unicode/utf8"

func (s *State) clear() { s.ids, s.starts = s.ids[:0], s.starts[:0] }

func (s *State) add(id int32, start int) {
	s.ids = append(s.ids, id)
	s.starts = append(s.starts, int32(start))
}

// unknown is a token for unknown symbols that waits to be added: more of them
// may become part of it.
type unknown struct {
	waits bool
	start int
}

// meet notes an unknown symbol.
func (u *unknown) meet(m *Model, s *State, start int) {
	if m.Unknown == Absent || u.waits && m.FuseUnknown {
		return
	}
	u.flush(m, s)
	*u = unknown{true, start}
}

func (u *unknown) flush(m *Model, s *State) {
	if u.waits {
		s.add(m.Unknown, u.start)
		u.waits = false
	}
}

// bytes makes the first symbols of a piece from its bytes.
func (s *State) bytes(m *Model, piece string) {
	s.clear()
	var u unknown
	for i := range len(piece) {
		id := m.Bytes[piece[i]]
		if id == Absent {
			u.meet(m, s, i)
			continue
		}
		u.flush(m, s)
		s.add(id, i)
	}
	u.flush(m, s)
	s.starts = append(s.starts, int32(len(piece)))
}

// runes makes the first symbols of a piece from its runes.
func (s *State) runes(m *Model, piece string) {
	s.clear()
	var u unknown
	for i := 0; i < len(piece); {
		_, size := utf8.DecodeRuneInString(piece[i:])
		end := i + size
		symbol := piece[i:end]
		if i > 0 && m.Continuation != "" {
			symbol = m.Continuation + symbol
		}
		if end == len(piece) && m.End != "" {
			symbol += m.End
		}
		if id, ok := m.Runes[symbol]; ok {
			u.flush(m, s)
			s.add(id, i)
		} else if !s.fallback(m, symbol, i) {
			u.meet(m, s, i)
		}
		i = end
	}
	u.flush(m, s)
	s.starts = append(s.starts, int32(len(piece)))
}

// fallback adds the tokens of an unknown symbol's bytes, if each has one. An
// unknown token that waits goes on waiting: Hugging Face's library adds it
// after them.
func (s *State) fallback(m *Model, symbol string, start int) bool {
	if m.Fallback == nil {
		return false
	}
	for i := range len(symbol) {
		if m.Fallback[symbol[i]] == Absent {
			return false
		}
	}
	for i := range len(symbol) {
		s.add(m.Fallback[symbol[i]], start)
	}
	return true
}
