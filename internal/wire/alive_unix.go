//go:build unix

package wire

import (
	"syscall"
)

// alive reports whether a connection that is not in use has not been closed by
// the other side: it looks at what waits to be read and takes nothing of it.
func (c *conn) alive() bool {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	n, peeked := 0, error(nil)
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, peeked = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	if err != nil {
		return false
	}
	return n > 0 || peeked == syscall.EAGAIN || peeked == syscall.EINTR
}
