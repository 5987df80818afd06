package wire

import "bytes"

// ndjson cuts a body into lines, one JSON value each. Blank lines are dropped;
// a last line needs no line end.
type ndjson struct {
	window
	lf finder
}

func newNDJSON() *ndjson { return &ndjson{window: newWindow(maxEventBytes)} }

func (s *ndjson) next(f *Frame) bool {
	for {
		b := s.unread()
		end, ok := s.lf.next(b, 0, '\n')
		if !ok {
			return false
		}
		s.r += end + 1
		s.lf.shift(end + 1)
		if line := bytes.TrimSpace(b[:end]); len(line) > 0 {
			f.Name, f.Data = nil, line
			return true
		}
	}
}

func (s *ndjson) last(f *Frame) bool {
	line := bytes.TrimSpace(s.unread())
	s.r = s.w
	f.Name, f.Data = nil, line
	return len(line) > 0
}

// whole takes a body as one frame.
type whole struct{ window }

func newWhole() *whole { return &whole{newWindow(maxWholeBytes)} }

func (s *whole) next(*Frame) bool { return false }

func (s *whole) last(f *Frame) bool {
	f.Name, f.Data = nil, s.unread()
	s.r = s.w
	return len(f.Data) > 0
}
