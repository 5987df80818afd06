package wire

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
)

// Trust makes the client accept certificates of a test's own authority.
func (c *Client) Trust(roots *x509.CertPool) { c.dialer.tls.RootCAs = roots }

// Through sends everything through a proxy; "" through none.
func (c *Client) Through(proxy string) {
	c.proxy = func(*http.Request) (*url.URL, error) {
		if proxy == "" {
			return nil, nil
		}
		return url.Parse(proxy)
	}
}

// WithoutLoop has net/http carry everything.
func (c *Client) WithoutLoop() { c.loops.off = true }

// HTTP2Places is how many requests have a place on an HTTP/2 connection, or wait
// for one that is being opened.
func (c *Client) HTTP2Places() (n int) {
	c.h2.mu.Lock()
	defer c.h2.mu.Unlock()
	for _, conns := range c.h2.conns {
		for e := range conns.all {
			n += e.used
		}
	}
	return n
}

// discard is a connection into which one can write.
type discard struct{ net.Conn }

func (discard) Write(p []byte) (int, error) { return len(p), nil }
