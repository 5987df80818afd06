package wire

import (
	"net/http"

	"loadgate/internal/llm"
)

// stream is one exchange on a loop's connection. The loop reads the head of the
// answer and, of a stream that can be split, all the rest. Any other answer, such
// as a document or a refusal, is pulled: the goroutine of the exchange reads it
// as it would read from net/http. All of it is guarded by the connection's mutex,
// but the result, which belongs to the goroutine again once turn has a token.
type stream struct {
	x   *exchange
	c   *loopConn
	req *http.Request

	heads heads
	body  unframer
	split splitter
	bytes int64 // of the body, without its framing
	count int64 // events

	begun  bool           // the head was whole, and the loop reads the body
	last   bool           // the connection serves no other request
	resp   *http.Response // the head of a pulled answer
	rest   []byte         // of a pulled answer: what came with the head
	pulled bool
	sent   bool // the request is out; the goroutine's own
	done   bool // the receiver has had the terminator, or gave up
	clean  bool // the body ended where it should: the connection can serve again
	over   bool
	err    error         // once over
	turn   chan struct{} // a token: over, or pulled
}

// end ends the exchange and hands it to its goroutine.
func (s *stream) end(err error) {
	if s.over {
		return
	}
	s.over, s.err = true, err
	if s.split != nil {
		s.split.release()
	}
	if !s.clean {
		s.c.close()
	}
	s.turn <- struct{}{}
}

// take reads what the loop has in its buffer: n bytes behind the room.
func (s *stream) take(l *loop, n int) {
	p := l.buf[loopRoom : loopRoom+n]
	if !s.begun {
		used, ok := s.head(l, p)
		if !ok {
			return
		}
		p = p[used:]
		if s.pulled {
			s.rest = append([]byte(nil), p...)
			s.turn <- struct{}{}
			return
		}
	}
	s.content(l, n-len(p), p)
}

// head reads the head; false: it is not whole, or ended the exchange.
func (s *stream) head(l *loop, p []byte) (used int, ok bool) {
	if s.x.dog.header.Load() == 0 {
		at, kernel := s.x.stamps()
		s.x.kernelHeader.Store(kernel)
		s.x.dog.answered(at)
	}
	resp, used, err := l.heads.take(&s.heads, p, s.req)
	switch {
	case err != nil:
		s.end(err)
		return 0, false
	case resp == nil:
		return 0, false
	}
	s.body, s.resp = framingOf(resp), resp
	s.last = resp.Close || s.req.Close
	if s.split = s.x.quickSplitter(resp); s.split == nil {
		s.pulled = true
	} else { // from here on nothing of the head is needed: it would lie there as long as the stream lasts
		s.x.opened(resp)
		s.resp, s.req, s.begun = nil, nil, true
	}
	return used, true
}

// quickSplitter is the reader for an answer that is the stream asked for, else
// nil.
func (x *exchange) quickSplitter(resp *http.Response) splitter {
	if x.fetch || !x.call.Stream || resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil
	}
	if isJSON(mediaType(resp.Header.Get("Content-Type"))) {
		return nil
	}
	s, err := x.splitter(resp)
	if err != nil {
		return nil
	}
	return s
}

// content reads a piece of the body, which begins skip bytes behind the room of
// the loop's buffer.
func (s *stream) content(l *loop, skip int, p []byte) {
	n, used, end, err := s.body.strip(p)
	if s.done { // what follows the terminator is only counted
		s.bytes += int64(n)
		s.afterDone(end && used == len(p), end || err != nil)
		return
	}
	s.bytes += int64(n)
	if n > 0 {
		at, kernel := s.x.stamps()
		if tooLong := s.split.lend(l.buf, loopRoom+skip, loopRoom+skip+n); tooLong != nil {
			s.end(&phaseError{llm.ErrMalformedStream, tooLong})
			return
		}
		if s.frames(at, kernel) {
			s.afterDone(end && used == len(p), end || err != nil)
			return
		}
	}
	switch {
	case end:
		s.clean = used == len(p)
		s.finish()
	case err != nil:
		s.end(err)
	default:
		if err := endless(s.bytes, s.count); err != nil {
			s.end(err)
			return
		}
		s.split.keep()
	}
}

// frames hands on the events that are whole; true means that the receiver wants
// no more.
func (s *stream) frames(at, kernel int64) bool {
	x := s.x
	for s.split.next(&x.frame) {
		s.count++
		switch x.deliver(at, kernel) {
		case Done:
			s.done, s.bytes = true, 0
			return true
		case Stop:
			s.end(nil)
			return true
		case Nothing, Token:
		}
	}
	return false
}

// afterDone waits, behind the terminator, for the end of the body, which is here
// in nearly every case, so that the connection can serve again.
func (s *stream) afterDone(clean, end bool) {
	const most = 64 << 10
	switch {
	case s.over:
	case end || s.bytes > most:
		s.clean = clean
		s.end(nil)
	case s.split != nil:
		s.split.release()
		s.split = nil
		s.x.dog.allow(drainTime)
	}
}

// finish ends a body that came to its end without a terminator.
func (s *stream) finish() {
	at, kernel := s.x.stamps()
	s.end(s.x.ended(s.split, at, kernel))
}

// closed deals with the end of the connection.
func (s *stream) closed() {
	switch {
	case s.done:
		s.end(nil)
	case !s.begun:
		s.end(s.heads.closed(s.req))
	default:
		end, err := s.body.closed()
		if end {
			s.finish()
		} else {
			s.end(err)
		}
	}
}
