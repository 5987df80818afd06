package wire

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"

	"loadgate/internal/llm"
)

// conn is a connection that remembers when the bytes of its last read came,
// which is before they are decrypted or parsed.
type conn struct {
	net.Conn
	clock llm.Clock
	// opened is when it was dialled.
	opened int64
	rx     *receiver // nil: the kernel does not say when bytes came
	real   *realtime

	lastRead   atomic.Int64 // the last read that brought bytes returned
	lastKernel atomic.Int64 // the kernel received those bytes; 0 = unknown
	ended      atomic.Int64 // a read returned without bytes
	received   atomic.Int64 // the better of lastKernel and lastRead

	spare  atomic.Bool // opened beforehand and not yet proven by an answer
	top    net.Conn    // the outermost layer of TLS, where the dialer made one
	closed func()
	once   sync.Once
}

// Read reads and stamps. Bytes that piled up before a read share its stamp, as
// the kernel tells of the last of them only.
func (c *conn) Read(p []byte) (n int, err error) {
	var wall int64
	if c.rx != nil && len(p) > 0 {
		n, wall, err = c.rx.read(p)
	} else {
		n, err = c.Conn.Read(p)
	}
	c.came(n, wall)
	return n, err
}

// came stamps a read of n bytes. wall is what the kernel said of it, 0 for
// nothing.
func (c *conn) came(n int, wall int64) {
	at := c.clock.Now()
	if n == 0 {
		c.ended.Store(at)
		return
	}
	kernel, best := int64(0), at
	if wall != 0 {
		kernel = c.real.stamp(wall, at, c.received.Load())
	}
	if kernel != 0 {
		best = kernel
	}
	c.received.Store(best)
	c.lastKernel.Store(kernel)
	c.lastRead.Store(at)
}

func (c *conn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}

// outer is what an HTTP transport works on.
func (c *conn) outer() net.Conn {
	if c.top != nil {
		return c.top
	}
	return c
}

// base finds the conn below what a transport works on, or nil.
func base(nc net.Conn) *conn {
	for {
		switch t := nc.(type) {
		case *conn:
			return t
		case *tls.Conn:
			nc = t.NetConn()
		default:
			return nil
		}
	}
}
