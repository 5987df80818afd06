package wire

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"loadgate/internal/llm"
)

// Limits on what an answer may make the client hold or read.
const (
	maxHeaderBytes = 1 << 20
	maxEventBytes  = 16 << 20
	maxWholeBytes  = 64 << 20 // an answer that is not streamed
	maxBodyBytes   = 1 << 30
	maxEvents      = 20_000_000
	maxErrorBytes  = 4 << 10
	maxFetchBytes  = 1 << 20
)

const (
	drainTime   = 100 * time.Millisecond // wait for the end of a body after its terminator, so that the connection can serve again
	errorTime   = 2 * time.Second        // wait for the body of an error answer
	idleTimeout = 90 * time.Second
	socketBytes = 16 << 10 // read at once from the socket
)

// Client sends calls. It is safe for concurrent use. Close it when done.
type Client struct {
	opt       Options
	dialer    *dialer
	transport *http.Transport // of HTTP/1.1
	h2        *h2pool         // nil: HTTP/1.1 is spoken
	proxy     func(*http.Request) (*url.URL, error)
	loops     *loops
	route     atomic.Pointer[route] // of the last call
	release   func()                // ends the kernel's stamping
}

// New makes a client. Nothing is dialled yet.
func New(opt Options) *Client {
	opt.UserAgent = cmp.Or(opt.UserAgent, "loadgate")
	c := &Client{opt: opt, dialer: newDialer(opt), proxy: http.ProxyFromEnvironment, release: func() {}}
	if !opt.UserStamps {
		c.release = holdStamps()
	}
	keep := opt.MaxConnections
	if keep <= 0 {
		keep = math.MaxInt
	}
	h1 := new(http.Protocols)
	h1.SetHTTP1(true)
	c.transport = &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return routeOf(r.Context()).proxy, nil },
		DialContext:            c.dialer.forTransport,
		DialTLSContext:         c.dialer.forTransport,
		TLSClientConfig:        c.dialer.tls, // behind SOCKS, where the transport itself does the handshake
		TLSHandshakeTimeout:    opt.Timeouts.TLS,
		DisableKeepAlives:      opt.NewConnections,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    keep,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ReadBufferSize:         socketBytes,
		Protocols:              h1,
	}
	if opt.Protocol != HTTP1 {
		c.h2 = newH2pool(opt, c.dialer)
	}
	c.loops = newLoops(c)
	return c
}

// Close closes the connections that no request is using.
func (c *Client) Close() {
	c.dialer.dropWarm()
	c.transport.CloseIdleConnections()
	c.loops.close()
	if c.h2 != nil {
		c.h2.closeIdle()
	}
	c.release()
}

// What carries calls.
const (
	CarrierLoop    = "event_loop" // loops of our own
	CarrierNetHTTP = "net_http"
	CarrierHTTP2   = "http2"
)

// Carrier names what carries ordinary calls to a URL; "" where none does.
func (c *Client) Carrier(rawURL string) string {
	r, err := c.routeTo(rawURL)
	switch {
	case err != nil:
		return ""
	case c.h2 != nil:
		return CarrierHTTP2
	case c.loops.serves(r):
		return CarrierLoop
	default:
		return CarrierNetHTTP
	}
}

// Do sends one call and hands its events to r until the answer ends. It
// returns when the exchange is over; nothing of it runs on. Cancelling ctx ends
// it at once.
//
// A kept connection that the server turns out to have closed before any byte of
// the answer is replaced by another: servers do that, and it is no error of
// theirs. Nothing else is ever repeated.
func (c *Client) Do(ctx context.Context, call *llm.Call, requestID string, r Receiver) Result {
	return c.exchange(ctx, ask{call: call, id: requestID, r: r})
}

// Fetch sends one call and gives the whole body, up to 1 MiB, whatever its
// status and content type: for the questions asked beside the load (models,
// cache reset).
func (c *Client) Fetch(ctx context.Context, call *llm.Call) Result {
	return c.exchange(ctx, ask{call: call, fetch: true})
}

func (c *Client) exchange(ctx context.Context, what ask) Result {
	start := c.opt.Clock.Now()
	for { // each round uses up a kept connection; a new one is never stale
		x := &exchange{c: c, start: start, ask: what}
		if res := x.run(ctx); !x.stale() || ctx.Err() != nil {
			return res
		}
	}
}
