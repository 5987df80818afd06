package wire

import (
	"errors"
	"fmt"
	"io"

	"loadgate/internal/llm"
)

// frames reads a body to its end and hands its events on.
func (x *exchange) frames(body io.Reader, s splitter) error {
	var total, events int64
	for {
		room, err := s.space()
		if err != nil {
			return &phaseError{llm.ErrMalformedStream, err}
		}
		n, err := body.Read(room)
		total += int64(n)
		at, kernel, p := x.split(s, n, &events)
		switch p {
		case Done:
			x.drain(body, err)
			return nil
		case Stop:
			return nil
		case Nothing, Token:
		}
		switch {
		case err == io.EOF:
			return x.ended(s, at, kernel)
		case err != nil:
			return err
		}
		if err := endless(total, events); err != nil {
			return err
		}
	}
}

// ended hands on what a body that came to its end without a terminator still
// holds. The stamps are those of its last bytes. The error says that the body
// itself does not end there.
func (x *exchange) ended(s splitter, at, kernel int64) error {
	if s.last(&x.frame) {
		if p := x.deliver(at, kernel); p == Done || p == Stop {
			return nil
		}
	}
	x.res.EOF, x.res.End = true, x.endStamp()
	if a, ok := s.(*jsonArray); ok && a.torn() {
		return &phaseError{llm.ErrTruncated, errors.New("the array has no end")}
	}
	return nil
}

// endless is the error of an answer that is larger than any.
func endless(bytes, events int64) error {
	if bytes > maxBodyBytes || events > maxEvents {
		return &phaseError{llm.ErrMalformedStream, fmt.Errorf("the answer does not end: %d bytes, %d events", bytes, events)}
	}
	return nil
}

// split hands on the events that n more bytes complete. The stamps are those of
// the last bytes; p is Done or Stop where the receiver wants no more.
func (x *exchange) split(s splitter, n int, events *int64) (at, kernel int64, p Progress) {
	for {
		var together int
		together, at, kernel = x.arrived(n)
		if together > 0 && !x.call.Stream {
			x.dog.touch(at)
		}
		s.filled(together)
		for s.next(&x.frame) {
			*events++
			if p = x.deliver(at, kernel); p == Done || p == Stop {
				return at, kernel, p
			}
		}
		if n -= together; n == 0 {
			return at, kernel, Nothing
		}
	}
}

// deliver hands the frame on.
func (x *exchange) deliver(at, kernel int64) Progress {
	x.frame.At, x.frame.Kernel = at, kernel
	p := x.r.Receive(&x.frame)
	switch p {
	case Token:
		x.dog.touch(at)
	case Done, Stop:
		x.res.End = at
	case Nothing:
	}
	return p
}

// drain reads what follows a terminator, which is the end of the body in nearly
// every case and already here, so that the connection can serve again.
func (x *exchange) drain(body io.Reader, err error) {
	if err != nil {
		return
	}
	x.dog.allow(drainTime)
	_, _ = io.CopyN(io.Discard, body, 64<<10)
}
