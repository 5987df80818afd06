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

// discard is a connection into which one can write.
type discard struct{ net.Conn }

func (discard) Write(p []byte) (int, error) { return len(p), nil }
