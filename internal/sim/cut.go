package sim

import (
	"crypto/tls"
	"net"
	"net/http"
)

// cut ends the connection in the middle of an answer: with a TCP reset, or by
// closing it before the body is complete. Where the connection cannot be had
// (HTTP/2, a recorder) the answer is aborted in net/http's own way, which
// panics and so ends the handler.
func (c *call) cut(reset bool) {
	conn, _, err := c.ctl.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if reset {
		raw := conn
		if t, ok := conn.(*tls.Conn); ok {
			raw = t.NetConn()
		}
		if tcp, ok := raw.(*net.TCPConn); ok {
			// Without linger, close discards what is unsent and sends RST. An
			// error means that the peer was faster.
			_ = tcp.SetLinger(0)
			_ = tcp.Close()
			return
		}
	}
	_ = conn.Close()
}
