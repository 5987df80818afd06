package wire

import "bytes"

// sse cuts an event stream as the HTML standard says: lines end in LF, CR or
// CRLF, one byte order mark at the beginning is dropped, `data:` lines of one
// event are joined by LF, comments and unknown fields are skipped.
//
// It differs in two points, both for servers as they are. What stands at the
// end of the body without the blank line is still an event, since some servers
// leave that line out. An event whose data is empty is dropped, since it is
// used as a ping.
type sse struct {
	window
	pos      int // where the next line begins, relative to the window
	lf, cr   finder
	begun    bool // the byte order mark has been dealt with
	afterCR  bool // the last line ended in CR: an LF that follows belongs to it
	hasData  bool
	from, to int    // the event's data, relative to the window
	name     []byte // the event's name
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func newSSE() *sse { return &sse{window: newWindow(maxEventBytes)} }

func (s *sse) next(f *Frame) bool {
	if !s.begun && !s.begin() {
		return false
	}
	for {
		from, to, ok := s.line()
		switch {
		case !ok:
			return false
		case to > from:
			s.field(from, to)
			if !s.hasData && len(s.name) == 0 {
				s.consume() // a comment: nothing of it is kept
			}
		case s.dispatch(f):
			return true
		}
	}
}

func (s *sse) last(f *Frame) bool {
	if rest := s.unread(); s.pos < len(rest) {
		s.field(s.pos, len(rest))
		s.pos = len(rest)
	}
	return s.dispatch(f)
}

// begin drops the byte order mark; false while it cannot be told yet.
func (s *sse) begin() bool {
	b := s.unread()
	if len(b) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, b) {
		return false
	}
	if bytes.HasPrefix(b, byteOrderMark) {
		s.r += len(byteOrderMark)
	}
	s.begun = true
	return true
}

// line finds the next whole line without its end.
func (s *sse) line() (from, to int, ok bool) {
	b := s.unread()
	if s.afterCR && s.pos < len(b) {
		if b[s.pos] == '\n' {
			s.pos++
		}
		s.afterCR = false
	}
	from = s.pos
	lf, hasLF := s.lf.next(b, from, '\n')
	cr, hasCR := s.cr.next(b, from, '\r')
	switch {
	case hasCR && (!hasLF || cr < lf):
		s.pos, s.afterCR = cr+1, true
		return from, cr, true
	case hasLF:
		s.pos = lf + 1
		return from, lf, true
	default:
		return 0, 0, false
	}
}

// field takes one line that is not blank.
func (s *sse) field(from, to int) {
	line := s.unread()[from:to]
	switch {
	case len(line) >= 5 && string(line[:5]) == "data:":
		s.data(valueFrom(line, from, 5), to)
	case string(line) == "data":
		s.data(to, to)
	case len(line) >= 6 && string(line[:6]) == "event:":
		s.name = append(s.name[:0], line[valueFrom(line, 0, 6):]...)
	}
}

// valueFrom is where a field's value begins: behind the colon and one space.
func valueFrom(line []byte, base, colon int) int {
	if len(line) > colon && line[colon] == ' ' {
		colon++
	}
	return base + colon
}

// data adds a line of data. A second one is moved next to the first: there is
// room, since a field name and a line end stood between them.
func (s *sse) data(from, to int) {
	if !s.hasData {
		s.hasData, s.from, s.to = true, from, to
		return
	}
	b := s.unread()
	b[s.to] = '\n'
	s.to += 1 + copy(b[s.to+1:], b[from:to])
}

// dispatch ends an event at a blank line and reports whether it had data.
func (s *sse) dispatch(f *Frame) bool {
	ok := s.hasData && s.to > s.from
	if ok {
		f.Data, f.Name = s.unread()[s.from:s.to], s.name
	}
	s.hasData, s.name = false, s.name[:0]
	s.consume()
	return ok
}

// consume gives up what has been read. The bytes stay where they are until the
// next space.
func (s *sse) consume() {
	s.r += s.pos
	s.lf.shift(s.pos)
	s.cr.shift(s.pos)
	s.pos = 0
}
