package hf

import (
	"fmt"

	"loadgate/internal/tokens/split"
)

// behavior says what becomes of what a pattern matches.
type behavior string

const (
	isolated           behavior = "Isolated"   // a piece
	removed            behavior = "Removed"    // nothing
	contiguous         behavior = "Contiguous" // a piece, with the matches right after it
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
)

func (b behavior) check() error {
	switch b {
	case isolated, removed, contiguous, mergedWithPrevious, mergedWithNext:
		return nil
	default:
		return fmt.Errorf("the behavior %q is not supported", b)
	}
}

// splitter splits at what a pattern matches, or, inverted, at what it does not.
type splitter struct {
	find     split.Pattern
	behavior behavior
	invert   bool
}

// span is a part of a text that matches or stands between matches.
type span struct {
	split.Match
	matched bool
}

func (x splitter) split(out []piece, p piece, s *state) []piece {
	s.matches = x.find.Append(s.matches[:0], p.text)
	part := func(start, end int) {
		if start < end {
			out = append(out, piece{p.text[start:end], p.first && start == 0})
		}
	}
	if x.behavior == isolated {
		done := 0
		for _, m := range s.matches {
			part(done, m.Start)
			part(m.Start, m.End)
			done = m.End
		}
		part(done, len(p.text))
		return out
	}
	for _, joined := range x.behavior.join(x.spans(s, len(p.text))) {
		part(joined.Start, joined.End)
	}
	return out
}

// spans lists matches and what stands between them.
func (x splitter) spans(s *state, length int) []span {
	list := s.spans[:0]
	done := 0
	for _, m := range s.matches {
		if done < m.Start {
			list = append(list, span{split.Match{Start: done, End: m.Start}, x.invert})
		}
		list = append(list, span{m, !x.invert})
		done = m.End
	}
	if done < length {
		list = append(list, span{split.Match{Start: done, End: length}, x.invert})
	}
	s.spans = list
	return list
}

// join makes pieces of spans, in the same memory.
func (b behavior) join(spans []span) []span {
	out := spans[:0]
	before := false // whether the last span matched
	switch b {
	case removed:
		for _, x := range spans {
			if !x.matched {
				out = append(out, x)
			}
		}
	case contiguous:
		for _, x := range spans {
			if n := len(out); n > 0 && x.matched == before {
				out[n-1].End = x.End
			} else {
				out = append(out, x)
			}
			before = x.matched
		}
	case mergedWithPrevious:
		for _, x := range spans {
			if n := len(out); n > 0 && x.matched && !before {
				out[n-1].End = x.End
			} else {
				out = append(out, x)
			}
			before = x.matched
		}
	case mergedWithNext:
		pending := -1 // where a match begins that goes with the next
		for _, x := range spans {
			if x.matched {
				if pending >= 0 { // only the last of several matches does
					out = append(out, span{Match: split.Match{Start: pending, End: x.Start}})
				}
				pending = x.Start
				continue
			}
			if pending >= 0 {
				x.Start = pending
				pending = -1
			}
			out = append(out, x)
		}
		if pending >= 0 {
			out = append(out, span{Match: split.Match{Start: pending, End: spans[len(spans)-1].End}})
		}
	}
	return out
}
