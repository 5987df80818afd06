package wire

import "bytes"

// jsonArray cuts a body that is one JSON array into its elements, as they come.
// A body that is none is one frame, whole: most likely an error document. What
// is torn, or does not belong between elements, is a frame too, so that the
// receiver can say that it is malformed.
type jsonArray struct {
	window
	pos      int  // how far the unread bytes have been looked at
	begun    bool // the bracket has been seen
	closed   bool // and the one that ends the array
	bare     bool // the body is no array
	element  bool // inside an element
	depth    int  // of the element's brackets
	inString bool
	escaped  bool
}

func newJSONArray() *jsonArray { return &jsonArray{window: newWindow(maxEventBytes)} }

func (s *jsonArray) next(f *Frame) bool {
	b := s.unread()
	for s.pos < len(b) && !s.bare {
		c := b[s.pos]
		switch {
		case s.element:
			if to, ended := s.inside(c); ended {
				f.Name, f.Data = nil, b[:to]
				s.consume(to)
				return true
			}
		case !s.begun && c == '[':
			s.begun = true
			s.consume(s.pos + 1)
			b = s.unread()
		case isSpace(c) || (s.begun && (c == ',' || c == ']')):
			s.closed = s.closed || c == ']'
			s.consume(s.pos + 1)
			b = s.unread()
		case !s.begun:
			s.bare = true
		default:
			s.element = true
		}
	}
	return false
}

// inside looks at one byte of an element, which begins where the unread bytes
// do. Its end lies behind a closing bracket, or before what follows a scalar.
func (s *jsonArray) inside(c byte) (to int, ended bool) {
	at := s.pos
	s.pos++
	switch {
	case s.escaped:
		s.escaped = false
	case s.inString:
		s.escaped, s.inString = c == '\\', c != '"'
	case c == '"':
		s.inString = true
	case c == '{' || c == '[':
		s.depth++
	case s.depth > 0 && (c == '}' || c == ']'):
		s.depth--
		return s.pos, s.depth == 0
	case s.depth == 0 && (c == ',' || c == ']' || isSpace(c)):
		return at, true
	}
	return 0, false
}

func (s *jsonArray) consume(n int) {
	s.r += n
	s.pos, s.element = 0, false
}

// torn says that the array has no end.
func (s *jsonArray) torn() bool { return s.begun && !s.closed }

func (s *jsonArray) last(f *Frame) bool {
	f.Name, f.Data = nil, bytes.TrimSpace(s.unread())
	s.r = s.w
	return len(f.Data) > 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
