package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"loadgate/internal/llm"
)

var (
	errTLSTime    = errors.New("the TLS handshake took too long")
	errProxyTime  = errors.New("the proxy took too long to connect")
	errNoSettings = errors.New("no settings of HTTP/2 came from the server: does it speak HTTP/2?")
	errShortLived = errors.New("the server closed the connection as soon as it was open")
	errNotHTTP2   = errors.New("the server does not speak HTTP/2 under TLS (no h2 in ALPN): use protocol http1")
)

// layers puts on a connection what its endpoint wants above the socket.
func (d *dialer) layers(ctx context.Context, c *conn, to endpoint) error {
	last := to.tunnel == ""
	if to.tls {
		if err := d.handshake(ctx, c, to.addr, last && !to.proxy); err != nil {
			return to.blame(err)
		}
	}
	if last {
		return nil
	}
	if err := d.connect(ctx, c, to); err != nil {
		return to.blame(err)
	}
	if to.inner {
		return d.handshake(ctx, c, to.tunnel, true)
	}
	return nil
}

// handshake adds a layer of TLS. The target's own is the one over which the
// protocol is agreed on.
func (d *dialer) handshake(ctx context.Context, c *conn, addr string, target bool) error {
	cfg := d.tls.Clone()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		cfg.ServerName = host
	}
	wantsHTTP2 := target && d.protocol == HTTP2
	if wantsHTTP2 {
		cfg.NextProtos = []string{"h2", "http/1.1"}
	}
	if d.timeouts.TLS > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.timeouts.TLS, errTLSTime)
		defer cancel()
	}
	t := tls.Client(c.outer(), cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		if errors.Is(context.Cause(ctx), errTLSTime) {
			return &phaseError{llm.ErrTimeoutTLS, errTLSTime}
		}
		return &phaseError{llm.ErrTLS, err}
	}
	c.top = t
	if wantsHTTP2 && t.ConnectionState().NegotiatedProtocol != "h2" {
		return &phaseError{llm.ErrTLS, errNotHTTP2}
	}
	return nil
}

// connect asks the proxy at the other end for a tunnel.
func (d *dialer) connect(ctx context.Context, c *conn, to endpoint) error {
	if d.timeouts.Connect > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.timeouts.Connect, errProxyTime)
		defer cancel()
	}
	nc := c.outer()
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	resp, err := d.askForTunnel(nc, to)
	if !stop() {
		if errors.Is(context.Cause(ctx), errProxyTime) {
			return &phaseError{llm.ErrTimeoutConnect, errProxyTime}
		}
		return context.Cause(ctx)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &phaseError{llm.ErrProxy, errors.New("it closed the connection when asked for a tunnel")}
	case err != nil:
		return &phaseError{llm.ErrProxy, err}
	case resp.StatusCode/100 != 2:
		return &phaseError{llm.ErrProxy, fmt.Errorf("CONNECT %s was answered with HTTP %d %s", to.tunnel, resp.StatusCode, http.StatusText(resp.StatusCode))}
	}
	return nil
}

// askForTunnel writes the request and reads the answer's header. Nothing can
// follow it at once: in TLS and in HTTP/2 the client speaks first.
func (d *dialer) askForTunnel(nc net.Conn, to endpoint) (*http.Response, error) {
	req := "CONNECT " + to.tunnel + " HTTP/1.1\r\nHost: " + to.tunnel + "\r\nUser-Agent: " + d.userAgent + "\r\n"
	if to.auth != "" {
		req += "Proxy-Authorization: " + to.auth + "\r\n"
	}
	if _, err := io.WriteString(nc, req+"\r\n"); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(io.LimitReader(nc, maxHeaderBytes)), &http.Request{Method: http.MethodConnect})
}

// blame says of a failure that it was the proxy's. Time limits and this machine's
// own want of sockets keep their class.
func (to endpoint) blame(err error) error {
	phase, ok := errors.AsType[*phaseError](err)
	if !to.proxy || !ok {
		return err
	}
	class := phase.class
	switch class {
	case llm.ErrDial, llm.ErrDNS, llm.ErrTLS, llm.ErrProxy:
		class = llm.ErrProxy
	}
	return &phaseError{class, fmt.Errorf("the proxy %s: %w", to.addr, phase.err)}
}
