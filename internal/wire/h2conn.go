package wire

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// h2conn is a connection that HTTP/2 works on. It follows the frames that pass,
// in both directions, and notes for each stream when its bytes came: the
// transport reads ahead on a goroutine of its own, so that the connection's last
// read says nothing about the bytes that a stream hands on.
type h2conn struct {
	net.Conn // the outermost layer
	below    *conn
	in, out  frameScan // each belongs to whoever reads, or writes

	broken  atomic.Bool   // a write was told of a reset, which the next read then is not
	settled chan struct{} // closed when the server's settings hold, or nothing more will come
	settle  func()

	mu      sync.Mutex
	streams map[uint32]*h2stream
	next    *exchange // whose header is about to be written
}

// h2stream is what came on one stream.
type h2stream struct {
	conn  *h2conn
	id    uint32
	marks []mark // data that came and was not yet handed on
	came  int64  // bytes of data
	given int64  // of them, those that were handed on
	last  mark   // of what was handed on last
	ended int64  // stamp of its end, or of a reset; 0 = none
}

// mark says when data came, up to a place in the stream.
type mark struct{ upTo, at, kernel int64 }

func newH2conn(c *conn) *h2conn {
	h := &h2conn{
		Conn: c.outer(), below: c, out: frameScan{left: len(clientPreface)},
		streams: map[uint32]*h2stream{}, settled: make(chan struct{}),
	}
	h.settle = sync.OnceFunc(func() { close(h.settled) })
	return h
}

// Read reads and notes whose bytes came.
func (h *h2conn) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	if n > 0 {
		h.follow(p[:n], h.below.lastRead.Load(), h.below.lastKernel.Load())
	}
	if err != nil {
		h.settle()
	}
	if err == io.EOF && h.broken.Load() {
		err = &net.OpError{Op: "read", Net: "tcp", Addr: h.RemoteAddr(), Err: syscall.ECONNRESET}
	}
	return n, err
}

func (h *h2conn) follow(p []byte, at, kernel int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(p) > 0 {
		n, data, ends := h.in.step(p)
		p = p[n:]
		s := h.streams[h.in.stream()]
		if s == nil {
			continue
		}
		if data {
			s.received(n, at, kernel)
		}
		if ends {
			s.ended = at
		}
	}
}

// received notes n bytes of data.
func (s *h2stream) received(n int, at, kernel int64) {
	s.came += int64(n)
	if last := len(s.marks) - 1; last >= 0 && s.marks[last].at == at && s.marks[last].kernel == kernel {
		s.marks[last].upTo = s.came
		return
	}
	s.marks = append(s.marks, mark{s.came, at, kernel})
}

// claim says whose header is written next. The transport encodes and writes a
// header under one lock.
func (h *h2conn) claim(x *exchange) {
	h.mu.Lock()
	h.next = x
	h.mu.Unlock()
}

// Write finds out which stream a request got, before its first byte leaves.
func (h *h2conn) Write(p []byte) (int, error) {
	h.mu.Lock()
	for rest := p; len(rest) > 0; {
		n, _, _ := h.out.step(rest)
		rest = rest[n:]
		if !h.out.atHead() {
			continue
		}
		switch id := h.out.stream(); h.out.kind() {
		case frameHeaders:
			if h.next != nil {
				s := &h2stream{conn: h, id: id}
				h.streams[id] = s
				h.next.stream.Store(s)
				h.next = nil
			}
		case frameReset:
			delete(h.streams, id)
		case frameSettings:
			if h.out.flags()&flagAck != 0 { // the server's have been taken in
				h.settle()
			}
		}
	}
	h.mu.Unlock()
	n, err := h.Conn.Write(p)
	if errors.Is(err, syscall.ECONNRESET) {
		h.broken.Store(true)
	}
	return n, err
}

// arrived says of the next n bytes that a body hands on how many came together,
// and when.
func (s *h2stream) arrived(n int) (int, mark) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if n == 0 || len(s.marks) == 0 {
		return n, s.last
	}
	s.last = s.marks[0]
	n = int(min(int64(n), s.last.upTo-s.given))
	s.given += int64(n)
	if s.given == s.last.upTo {
		s.marks = s.marks[1:]
	}
	return n, s.last
}

// endedAt is the stamp of the stream's end, 0 if it has none.
func (s *h2stream) endedAt() int64 {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.ended
}

// forget ends the following of the stream.
func (s *h2stream) forget() {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	delete(s.conn.streams, s.id)
}
