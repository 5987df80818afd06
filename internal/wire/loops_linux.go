package wire

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"unicode"
)

// loops carry the calls of a client that are plain HTTP/1.1 over TCP, where the
// kernel stamps what comes. Anything else, net/http carries.
type loops struct {
	c     *Client
	off   bool // net/http carries everything
	start sync.Once
	all   []*loop
	next  atomic.Uint32

	mu   sync.Mutex
	idle map[endpoint][]*loopConn // the one used last is the last
}

// mostLoops is how many cores reading may take.
const mostLoops = 8

func newLoops(c *Client) *loops {
	return &loops{c: c, idle: map[endpoint][]*loopConn{}}
}

// carry says whether a loop carries a call.
func (ls *loops) carry(x *exchange) bool {
	return !x.fetch && ls.serves(x.route) && plainHeader(x.call.Header)
}

// serves says whether a loop carries ordinary calls on a route: plain HTTP/1.1
// over TCP, where the kernel stamps.
func (ls *loops) serves(r *route) bool {
	plain := ls.c.h2 == nil && r.to == endpoint{addr: r.to.addr} && ls.c.dialer.real != nil
	return plain && !ls.off && ls.ready()
}

// plainHeader reports whether a header can be written as it is. What cannot is
// left to net/http, which says what is wrong; so is what changes the framing.
func plainHeader(h http.Header) bool {
	for name, values := range h {
		switch http.CanonicalHeaderKey(name) {
		case "Connection", "Transfer-Encoding", "Content-Length", "Trailer", "Expect", "Upgrade":
			return false
		}
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !fieldRune(r) }) ||
			slices.ContainsFunc(values, func(v string) bool { return strings.ContainsFunc(v, unicode.IsControl) }) {
			return false
		}
	}
	return true
}

// fieldRune reports whether a rune can stand in the name of every field.
func fieldRune(r rune) bool {
	return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// ready starts the loops; false: they cannot be had.
func (ls *loops) ready() bool {
	ls.start.Do(func() {
		for range min(max(1, runtime.GOMAXPROCS(0)/2), mostLoops) {
			l, err := newLoop(ls.c.opt.Clock.Now)
			if err != nil {
				return // out of descriptors: net/http, and its errors
			}
			ls.all = append(ls.all, l)
		}
	})
	return len(ls.all) > 0
}

// close ends the loops and closes the connections that no request is using.
func (ls *loops) close() {
	ls.start.Do(func() {})
	ls.mu.Lock()
	idle := ls.idle
	ls.idle = map[endpoint][]*loopConn{}
	ls.mu.Unlock()
	for _, conns := range idle {
		for _, c := range conns {
			c.discard()
		}
	}
	for _, l := range ls.all {
		l.close()
	}
	ls.all = nil
}

// take gives an idle connection that is still open, or a new one.
func (ls *loops) take(ctx context.Context, to endpoint) (*loopConn, error) {
	now := ls.c.opt.Clock.Now()
	for c := ls.pop(to); c != nil; c = ls.pop(to) {
		c.mu.Lock()
		if now-c.since < int64(idleTimeout) && c.usable() {
			c.mu.Unlock()
			return c, nil
		}
		c.close()
		c.mu.Unlock()
	}
	return ls.dial(ctx, to)
}

func (ls *loops) pop(to endpoint) *loopConn {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	conns := ls.idle[to]
	if len(conns) == 0 {
		return nil
	}
	c := conns[len(conns)-1]
	conns[len(conns)-1] = nil
	ls.idle[to] = conns[:len(conns)-1]
	return c
}

// put keeps a connection for the requests to come, or closes it when there are
// enough.
func (ls *loops) put(to endpoint, c *loopConn) {
	c.mu.Lock()
	c.since = ls.c.opt.Clock.Now()
	c.mu.Unlock()
	ls.mu.Lock()
	keep := ls.c.opt.MaxConnections <= 0 || len(ls.idle[to]) < ls.c.opt.MaxConnections
	if keep {
		ls.idle[to] = append(ls.idle[to], c)
	}
	ls.mu.Unlock()
	if !keep {
		c.discard()
	}
}

// open opens a connection beforehand.
func (ls *loops) open(ctx context.Context, to endpoint) error {
	c, err := ls.dial(ctx, to)
	if err == nil {
		ls.put(to, c)
	}
	return err
}

func (ls *loops) dial(ctx context.Context, to endpoint) (*loopConn, error) {
	c, err := ls.c.dialer.dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return adopt(ls.all[int(ls.next.Add(1))%len(ls.all)], c)
}

// run carries one exchange. The error is a failure of the transport.
func (ls *loops) run(ctx context.Context, x *exchange, to endpoint) error {
	req, err := x.request(ctx)
	if err != nil {
		return err
	}
	req.Close = ls.c.opt.NewConnections
	c, err := ls.take(ctx, to)
	if err != nil {
		return err
	}
	now := ls.c.opt.Clock.Now()
	x.conn.Store(&c.conn)
	x.reused.Store(c.since != 0)
	x.idle.Store(now - max(c.opened, c.lastRead.Load()))
	x.dog.connected(now)

	s := &stream{x: x, c: c, req: req, turn: make(chan struct{}, 1)}
	err = s.converse(ctx, req)
	if s.reusable(err) {
		ls.put(to, c)
	} else {
		c.discard()
	}
	return err
}

// converse sends the request and awaits the end of the answer.
func (s *stream) converse(ctx context.Context, req *http.Request) error {
	s.c.attach(s)
	defer s.c.attach(nil)
	var err error
	if s.sent, err = s.send(ctx, req); s.sent {
		s.x.wrote.Store(s.x.c.opt.Clock.Now())
	}
	if err != nil && !s.answered() {
		return err
	}
	select {
	case <-s.turn:
	case <-ctx.Done():
		if !s.abort() {
			<-s.turn
		} else if s.done {
			return nil // the answer was whole; only its framing was not
		} else {
			return ctx.Err()
		}
	}
	if s.pulled {
		body := &pulledBody{s: s, ctx: ctx}
		s.resp.Body = body
		err := s.x.answer(s.resp)
		body.Close()
		return err
	}
	return s.err
}

// answered reports whether the exchange has an answer in spite of a request
// that could not be written to its end: servers refuse early.
func (s *stream) answered() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.resp != nil || s.begun
}

// abort ends the exchange from its own goroutine; false: it has just ended, or
// been handed over.
func (s *stream) abort() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.over || s.pulled {
		return false
	}
	s.over = true
	if s.split != nil {
		s.split.release()
	}
	s.c.close()
	return true
}

// reusable reports whether the connection can serve again.
func (s *stream) reusable(err error) bool {
	return err == nil && s.sent && s.clean && !s.last
}

// send writes the request, head and body together.
func (s *stream) send(ctx context.Context, req *http.Request) (all bool, err error) {
	buf := outputs.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= keptWindow {
			outputs.Put(buf)
		}
	}()
	buf.Reset()
	if err := req.Write(buf); err != nil {
		return false, err
	}
	begun := false
	for p := buf.Bytes(); len(p) > 0; {
		n, err := s.c.write(p)
		switch {
		case err == nil:
			begun, p = true, p[n:]
		case err == syscall.EAGAIN:
			select {
			case <-s.c.room:
			case <-s.turn:
				s.turn <- struct{}{}
				return false, nil
			case <-ctx.Done():
				return false, nil // converse deals with it
			}
		default:
			s.x.closed = !begun
			return false, s.c.failed("write", "write", err)
		}
	}
	return true, nil
}

var outputs = sync.Pool{New: func() any { return new(bytes.Buffer) }}
