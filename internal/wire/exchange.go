package wire

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"loadgate/internal/llm"
)

// ask is what a caller wants of one exchange.
type ask struct {
	call  *llm.Call
	id    string // x-request-id; may be empty
	r     Receiver
	fetch bool // keep the body, whatever it is, instead of splitting it
}

// exchange is one request and its answer.
type exchange struct {
	ask
	c     *Client
	start int64 // the time limits count from here

	route   *route
	claimed *h2conn // of HTTP/2; nil otherwise
	dog     watchdog
	res     Result
	closed  bool // the connection was closed on this side before the request was out
	frame   Frame

	// What the transport's goroutines report.
	conn         atomic.Pointer[conn]
	wrote        atomic.Int64
	kernelHeader atomic.Int64
	reused       atomic.Bool
	idle         atomic.Int64             // ns for which the connection had lain unused
	tls          atomic.Bool              // a handshake failed
	stream       atomic.Pointer[h2stream] // of HTTP/2
}

// run does it all. The result's stamps are those of the last connection used:
// the transport itself replaces kept connections that turn out to be closed.
func (x *exchange) run(parent context.Context) Result {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	x.dog.clock, x.dog.limits, x.dog.stream = x.c.opt.Clock, x.c.opt.Timeouts, x.call.Stream
	x.dog.start, x.dog.cancel = x.start, cancel
	x.dog.arm()
	defer x.dog.stop()

	err := x.carry(ctx)
	x.noteStamps()
	if err != nil {
		x.fail(ctx, parent, err)
	}
	if c := x.conn.Load(); c != nil && x.res.Header != 0 {
		c.spare.Store(false)
	}
	if x.res.End == 0 {
		x.res.End = x.c.opt.Clock.Now()
	}
	return x.res
}

// carry sends the request and reads its answer.
func (x *exchange) carry(ctx context.Context) error {
	r, err := x.c.routeTo(x.call.URL)
	if err != nil {
		return err
	}
	x.route = r
	if x.c.loops.carry(x) {
		return x.c.loops.run(ctx, x, r.to)
	}
	req, err := x.request(withRoute(ctx, r))
	if err != nil {
		return err
	}
	if x.c.h2 != nil {
		return x.overHTTP2(ctx, req)
	}
	return x.over(x.c.transport, req)
}

func (x *exchange) over(t http.RoundTripper, req *http.Request) error {
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return x.answer(resp)
}

// overHTTP2 uses a place on one of the pool's connections.
func (x *exchange) overHTTP2(ctx context.Context, req *http.Request) error {
	e, reused, err := x.c.h2.get(withRoute(ctx, x.route), x.route)
	if err != nil {
		return err
	}
	defer x.c.h2.put(e)
	defer func() {
		if s := x.stream.Load(); s != nil {
			s.forget()
		}
	}()
	x.claimed = e.conn
	x.connected(e.conn.below, reused, 0)
	return x.over(e.client, req)
}

func (x *exchange) noteStamps() {
	x.res.Conn = x.dog.conn.Load()
	x.res.Wrote = x.wrote.Load()
	x.res.Header, x.res.KernelHeader = x.dog.header.Load(), x.kernelHeader.Load()
	x.res.Reused = x.reused.Load()
}

// idleEnough is how long a kept connection must have lain unused before a reset
// is put down to the server's keep-alive limit, which is some seconds.
const idleEnough = int64(2 * time.Second)

// stale says that a kept connection was already being closed when the request
// went out on it. Servers end connections in good order, without a word before,
// after so many answers (llama.cpp) or so many idle seconds; the client sees an
// end where an answer should begin. A reset is another thing: on a connection
// that was in use a moment ago it is an answer to the request, and sending that
// again would hide it, and offer the server more load than was asked for.
func (x *exchange) stale() bool {
	if !x.res.Reused || x.res.Header != 0 {
		return false
	}
	switch {
	case x.closed, x.res.Class == llm.ErrTruncated:
		return true
	default:
		return x.res.Class == llm.ErrReset && x.idle.Load() >= idleEnough
	}
}

// request makes the HTTP request. GetBody lets net/http take another connection
// when nothing could be written to a kept one.
func (x *exchange) request(ctx context.Context) (*http.Request, error) {
	body := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.call.Body)), nil }
	rc, _ := body()
	if len(x.call.Body) == 0 {
		rc = http.NoBody
	}
	target := x.route.url // net/http may keep it
	req := (&http.Request{
		Method: x.call.Method, URL: &target, Host: cmp.Or(x.route.host, target.Host), Body: rc,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(httptrace.WithClientTrace(ctx, x.trace()))
	req.ContentLength = int64(len(x.call.Body))
	if req.ContentLength > 0 {
		req.GetBody = body
	}
	req.Header = x.header()
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	return req, nil
}

func (x *exchange) header() http.Header {
	h := make(http.Header, len(x.call.Header)+6)
	for k, v := range x.call.Header {
		h[k] = v
	}
	h["Accept-Encoding"] = []string{"identity"}
	set := func(key, value string) {
		if _, ok := h[key]; !ok && value != "" {
			h[key] = []string{value}
		}
	}
	set("User-Agent", x.c.opt.UserAgent)
	set("Accept", x.expected())
	if len(x.call.Body) > 0 {
		set("Content-Type", "application/json")
	}
	if x.id != "" {
		h["X-Request-Id"] = []string{x.id}
		set("Traceparent", llm.TraceParent(x.id))
	}
	return h
}

// trace takes the stamps that net/http offers.
func (x *exchange) trace() *httptrace.ClientTrace {
	t := &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			x.connected(base(info.Conn), info.Reused, info.IdleTime)
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				x.wrote.Store(x.c.opt.Clock.Now())
			}
		},
		GotFirstResponseByte: func() {
			at, kernel := x.stamps()
			x.kernelHeader.Store(kernel)
			x.dog.answered(at)
		},
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil {
				x.tls.Store(true)
			}
		},
	}
	if x.c.h2 != nil {
		t.WroteHeaderField = func(string, []string) { x.claimed.claim(x) }
	}
	return t
}

// connected notes the connection that the request goes out on; c is nil where it
// is none of ours, and then idle says how long it had lain unused.
func (x *exchange) connected(c *conn, reused bool, idle time.Duration) {
	x.conn.Store(c)
	x.reused.Store(reused || (c != nil && c.spare.Load()))
	x.wrote.Store(0)
	now := x.c.opt.Clock.Now()
	x.idle.Store(int64(idle))
	if c != nil {
		x.idle.Store(now - max(c.opened, c.lastRead.Load()))
	}
	x.dog.connected(now)
}

// arrived says of the next n bytes of the body how many came together, and when.
func (x *exchange) arrived(n int) (together int, at, kernel int64) {
	if s := x.stream.Load(); s != nil {
		together, m := s.arrived(n)
		return together, m.at, m.kernel
	}
	at, kernel = x.stamps()
	return n, at, kernel
}

// stamps say when the last bytes that came were read, and when the kernel
// received them (0 = unknown).
func (x *exchange) stamps() (at, kernel int64) {
	if c := x.conn.Load(); c != nil {
		if at := c.lastRead.Load(); at != 0 {
			return at, c.lastKernel.Load()
		}
	}
	return x.c.opt.Clock.Now(), 0
}

// endStamp is when the body ended: with its last bytes, or with the connection.
func (x *exchange) endStamp() int64 {
	if s := x.stream.Load(); s != nil {
		if at := s.endedAt(); at != 0 {
			return at
		}
	}
	at, _ := x.stamps()
	if c := x.conn.Load(); c != nil {
		at = max(at, c.ended.Load())
	}
	return at
}
