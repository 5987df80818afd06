package wire

import (
	"context"
	"errors"
	"io"
	"syscall"
)

// pulledBody is the body of an answer that the exchange's goroutine reads by
// itself. The loop only says when there is something.
type pulledBody struct {
	s   *stream
	ctx context.Context
	msg message
	err error // once there is no more
}

func (b *pulledBody) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, b.err
	}
	for b.err == nil {
		if n := b.step(p); n > 0 {
			return n, nil
		}
	}
	return 0, b.err
}

// step reads what is there, or waits for something. It sets err at the end.
func (b *pulledBody) step(p []byte) int {
	s := b.s
	n, err := b.fill(p)
	switch {
	case errors.Is(err, syscall.EAGAIN):
		select {
		case <-s.c.input:
		case <-b.ctx.Done():
			b.err = b.ctx.Err()
		}
		return 0
	case err == io.EOF:
		if end, err := s.body.closed(); end {
			b.err = io.EOF
		} else {
			b.err = err
		}
		return 0
	case err != nil:
		b.err = err
		return 0
	}
	content, used, end, err := s.body.strip(p[:n])
	switch {
	case end:
		s.clean = used == n && len(s.rest) == 0
		b.err = io.EOF
	case err != nil:
		b.err = err
	}
	return content
}

// fill takes what came with the head, and then what the socket has.
func (b *pulledBody) fill(p []byte) (int, error) {
	s := b.s
	if len(s.rest) > 0 || s.body.kind == noBody {
		n := copy(p, s.rest)
		s.rest = s.rest[n:]
		return n, nil
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.c.shut {
		return 0, io.EOF
	}
	return s.c.pull(&b.msg, p)
}

// Close gives up what has not been read. An empty body need not be read to be
// complete.
func (b *pulledBody) Close() error {
	s := b.s
	if b.err == nil && s.body.kind == noBody {
		s.clean = len(s.rest) == 0
	}
	return nil
}
