package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"loadgate/internal/llm"
)

var (
	errBadURL     = errors.New("the URL cannot be read")
	errBadProxy   = errors.New("the proxy's URL cannot be read")
	errSocksHTTP2 = errors.New("HTTP/2 through a SOCKS proxy is not supported: use an HTTP proxy, or protocol http1")
)

// fail notes why the exchange failed.
func (x *exchange) fail(ctx, parent context.Context, err error) {
	x.noteStamps()
	x.res.End = x.c.opt.Clock.Now()
	var late *timeoutError
	switch cause := context.Cause(ctx); {
	case parent.Err() != nil:
		x.res.Class, x.res.Err = "", context.Cause(parent)
	case errors.As(cause, &late):
		x.res.Class, x.res.Err = late.class, late
	default:
		x.res.Class, x.res.Err = x.classify(err), errors.New(x.plainText(err))
		x.closed = errors.Is(err, net.ErrClosed)
	}
}

// classify names a failure of the transport.
func (x *exchange) classify(err error) llm.ErrorClass {
	var phase *phaseError
	var op *net.OpError
	var stream h2StreamError
	h2Class, _ := h2Failure(err.Error())
	switch {
	case isClientSockets(err):
		return llm.ErrClient
	case errors.As(err, &phase):
		return phase.class
	case errors.As(err, &stream):
		return llm.ErrReset
	case h2Class != "":
		return h2Class
	case strings.Contains(err.Error(), "TLS handshake timeout"): // the transport's own type has no name
		return llm.ErrTimeoutTLS
	case x.tls.Load() || isTLS(err):
		return llm.ErrTLS
	case isReset(err):
		return llm.ErrReset
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), strings.Contains(err.Error(), "server closed idle connection"),
		strings.Contains(err.Error(), "unexpected EOF reading trailer"):
		return llm.ErrTruncated
	case errors.As(err, &op) && (op.Op == "proxyconnect" || op.Op == "socks connect"):
		return llm.ErrProxy
	case errors.As(err, &op):
		return llm.ErrReset
	case x.res.Conn == 0 && x.route != nil && x.route.to.proxy:
		return llm.ErrProxy
	case x.res.Conn == 0:
		return llm.ErrDial // an address that cannot be used
	default:
		return llm.ErrMalformedStream // what came is no HTTP
	}
}

// isClientSockets tells this machine's own want of sockets from faults of the
// target. Package net keeps only the words of what stopped it from asking for a
// name.
func isClientSockets(err error) bool {
	dns, _ := errors.AsType[*net.DNSError](err)
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS} {
		if errors.Is(err, e) || (dns != nil && strings.HasSuffix(dns.Err, e.Error())) {
			return true
		}
	}
	return false
}

func isReset(err error) bool {
	for _, e := range []error{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, net.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// isTLS knows crypto/tls' own errors. An alert comes as an OpError whose Op says
// who raised it: with TLS 1.3 a server that wants a certificate does so after
// the handshake.
func isTLS(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	var (
		alert  tls.AlertError
		record tls.RecordHeaderError
		verify *tls.CertificateVerificationError
		issuer x509.UnknownAuthorityError
	)
	return errors.As(err, &alert) || errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &issuer)
}

// plainText words a failure for people.
func (x *exchange) plainText(err error) string {
	text := strings.TrimPrefix(err.Error(), "net/http: ")
	if phase, ok := errors.AsType[*phaseError](err); ok {
		text = phase.Error() // what net/http puts around it says nothing new
		if phase.class == llm.ErrProxy {
			return clip(text, 400)
		}
	}
	if stream, ok := errors.AsType[h2StreamError](err); ok {
		return stream.Error()
	}
	if _, words := h2Failure(text); words != "" {
		return clip(words, 400)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && x.res.Header != 0:
		return "the connection was closed in the middle of the answer"
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(text, "server closed idle connection"), strings.HasSuffix(text, ": EOF"):
		return "the connection was closed before an answer"
	default:
		return clip(text, 400)
	}
}
