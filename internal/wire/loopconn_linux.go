package wire

import (
	"cmp"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// loopConn is a connection that a loop reads.
type loopConn struct {
	conn
	loop *loop
	fd   int
	slot int32
	addr net.Addr // of the other side, for errors

	hangup bool          // the loop's: the other side has closed, or the connection broke
	room   chan struct{} // holds one token when there is room to write again
	input  chan struct{} // holds one token when there is something to read, for an answer that is pulled

	mu     sync.Mutex // what follows, and reading
	shut   bool       // closed on this side
	stream *stream    // the exchange under way; nil between exchanges
	since  int64      // stamp from which it has been idle
}

// adopt hands the socket of a connection that was just dialled to a loop. The
// runtime's own poller gives it up: it would wake up for whatever comes.
func adopt(l *loop, c *conn) (*loopConn, error) {
	fd, err := c.detach()
	if err != nil {
		return nil, err
	}
	lc := &loopConn{loop: l, fd: fd, room: make(chan struct{}, 1), input: make(chan struct{}, 1), addr: c.RemoteAddr()}
	lc.clock, lc.opened, lc.real, lc.closed = c.clock, c.opened, c.real, c.closed
	if err := l.add(lc); err != nil {
		l.forget(lc)
		lc.closed()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: lc.addr, Err: joinClose(err, fd)}
	}
	return lc, nil
}

func joinClose(err error, fd int) error {
	_ = unix.Close(fd)
	return err
}

// detach takes the socket out of the hands of package net.
func (c *conn) detach() (fd int, err error) {
	raw, err := c.Conn.(syscall.Conn).SyscallConn()
	if err == nil {
		var dup error
		err = raw.Control(func(old uintptr) {
			fd, dup = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
		})
		if err == nil {
			err = os.NewSyscallError("fcntl", dup)
		}
	}
	_ = c.Conn.Close()
	if err != nil {
		c.closed()
		return -1, &net.OpError{Op: "dial", Net: "tcp", Addr: c.Conn.RemoteAddr(), Err: err}
	}
	return fd, nil
}

// close closes the connection. Called with mu held; the second call does nothing.
func (c *loopConn) close() {
	if c.shut {
		return
	}
	c.shut = true
	c.loop.forget(c) // before another can have the descriptor
	_ = unix.Close(c.fd)
	c.closed()
}

// usable reports whether an idle connection can serve: it is open, and nothing
// waits to be read. Called with mu held.
func (c *loopConn) usable() bool {
	if c.shut {
		return false
	}
	var b [1]byte
	for {
		switch _, _, err := syscall.Recvfrom(c.fd, b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT); err {
		case syscall.EAGAIN:
			return true
		case syscall.EINTR:
		default:
			return false
		}
	}
}

// signal puts a token where none is.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// ready reads once, on the loop's goroutine; true means that there may be more.
func (c *loopConn) ready(l *loop) (more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s := c.stream; {
	case c.shut:
		return false
	case s == nil || s.over:
		c.close() // nobody asked: it was closed, or it is not to be trusted
		return false
	case s.pulled:
		signal(c.input)
		return false
	default:
		return c.read(l, s)
	}
}

func (c *loopConn) read(l *loop, s *stream) (more bool) {
	n, errno := l.msg.receive(c.fd, l.buf[loopRoom:], 0)
	switch {
	case errno == unix.EAGAIN:
		return false
	case errno != 0:
		s.end(c.failed("read", "recvmsg", errno))
		return false
	case n == 0:
		c.came(0, 0)
		s.closed()
		return false
	}
	before, last := s.count, c.received.Load()
	c.came(n, l.msg.stamp())
	s.take(l, n)
	l.nap.read(s.count-before, c.received.Load(), last)
	// A read that did not fill the buffer has taken all there was. The end of the
	// stream is told of once, and is found by the next read.
	return !s.over && !s.pulled && (n == loopRead || c.hangup)
}

// pull reads for an answer whose reader is not the loop. It does not wait.
func (c *loopConn) pull(m *message, p []byte) (n int, err error) {
	n, errno := m.receive(c.fd, p, 0)
	switch {
	case errno == unix.EAGAIN:
		return 0, errno
	case errno != 0:
		return 0, c.failed("read", "recvmsg", errno)
	case n == 0:
		c.came(0, 0)
		return 0, io.EOF
	default:
		c.came(n, m.stamp())
		return n, nil
	}
}

// failed words an error as package net does.
func (c *loopConn) failed(op, call string, errno error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: c.addr, Err: os.NewSyscallError(call, errno)}
}

// attach makes s the exchange that the connection serves; nil: none.
func (c *loopConn) attach(s *stream) {
	c.mu.Lock()
	c.stream = s
	c.mu.Unlock()
}

// discard closes the connection.
func (c *loopConn) discard() {
	c.mu.Lock()
	c.close()
	c.mu.Unlock()
}

// write writes what the socket takes, and sees to it that room says when it takes
// more: then the error is EAGAIN.
func (c *loopConn) write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shut {
		return 0, syscall.EPIPE // the other side has closed
	}
	for {
		n, err := syscall.Write(c.fd, p)
		switch err {
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, cmp.Or(c.loop.awaitRoom(c), error(syscall.EAGAIN))
		default:
			return n, err
		}
	}
}
