package backends

import "loadgate/internal/wire"

// spoken is which HTTP a section wants.
type spoken struct {
	Protocol string `yaml:"protocol"` // http1 | http2 | h2c
	Streams  int    `yaml:"streams_per_connection"`
}

// http1 is what a scenario calls wire.HTTP1.
const http1 = "http1"

// Speaks implements Speaker.
func (v spoken) Speaks() (p wire.Protocol, streams int) {
	if v.Protocol == http1 {
		return wire.HTTP1, v.Streams
	}
	return wire.Protocol(v.Protocol), v.Streams
}

// checkSpoken looks at it beside the scheme of what is called.
func (s *section) checkSpoken(v spoken, scheme string) {
	s.oneOf("protocol", http1, string(wire.HTTP2), string(wire.H2C))
	p, streams := v.Speaks()
	switch {
	case p == wire.HTTP1 && streams > 1:
		s.errorAt("streams_per_connection", "add protocol: http2 (or h2c)", "a connection of HTTP/1.1 carries one request at a time")
	case p == wire.HTTP2 && scheme == "http":
		s.errorAt("protocol", "use protocol: h2c, or begin the url with https://", "http2 is agreed on under TLS, and the url begins with http://")
	case p == wire.HTTP2 && scheme == "unix":
		s.errorAt("protocol", "use protocol: h2c", "http2 is agreed on under TLS, which a unix socket has not")
	case p == wire.HTTP2 && scheme == simulated:
		s.errorAt("protocol", "use protocol: h2c", "http2 is agreed on under TLS, which the simulator has not")
	case p == wire.H2C && scheme == "https":
		s.errorAt("protocol", "use protocol: http2", "h2c has no TLS, and the url begins with https://")
	}
}

// simulated stands for the scheme of a server that loadgate starts itself.
const simulated = "simulated"
