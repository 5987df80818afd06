package wire

import (
	"bytes"
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

	dog    watchdog
	res    Result
	closed bool // the connection was closed on this side before the request was out
	frame  Frame

	// What the transport's goroutines report.
	conn         atomic.Pointer[conn]
	wrote        atomic.Int64
	kernelHeader atomic.Int64
	reused       atomic.Bool
	idle         atomic.Int64 // ns for which the connection had lain unused
	tls          atomic.Bool  // a handshake failed
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

// carry has a loop or net/http do it.
func (x *exchange) carry(ctx context.Context) error {
	if to, ok := x.c.loops.carry(x); ok {
		return x.c.loops.run(ctx, x, to)
	}
	req, err := x.request(httptrace.WithClientTrace(ctx, x.trace()))
	if err != nil {
		return err
	}
	resp, err := x.c.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return x.answer(resp)
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
	req, err := http.NewRequestWithContext(ctx, x.call.Method, x.call.URL, rc)
	if err != nil {
		return nil, &phaseError{llm.ErrDial, errBadURL}
	}
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
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			c := base(info.Conn)
			x.conn.Store(c)
			x.reused.Store(info.Reused || (c != nil && c.spare.Load()))
			x.wrote.Store(0)
			now := x.c.opt.Clock.Now()
			x.idle.Store(int64(info.IdleTime))
			if c != nil {
				x.idle.Store(now - max(c.opened, c.lastRead.Load()))
			}
			x.dog.connected(now)
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
	at, _ := x.stamps()
	if c := x.conn.Load(); c != nil {
		at = max(at, c.ended.Load())
	}
	return at
}
