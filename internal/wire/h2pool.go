package wire

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"loadgate/internal/llm"
)

// h2pool keeps a client's HTTP/2 connections. Each carries a number of requests
// at a time that the user chose, one by default. net/http's own pool would put
// as many on one connection as the server allows, and whoever waits there for
// another's bytes waits in the client.
type h2pool struct {
	dialer    *dialer
	transport *http.Transport
	streams   int  // on a connection at a time
	once      bool // a connection for each request

	mu    sync.Mutex
	conns map[endpoint]*h2conns
}

// h2conns are the connections to one endpoint.
type h2conns struct {
	all   map[*h2entry]bool
	roomy []*h2entry // of them, those that take a further request; the last is filled first
}

// h2entry is one connection, or one that is being opened.
type h2entry struct {
	to     endpoint
	ready  chan struct{} // closed when it is open, or cannot be opened
	err    error
	left   bool // err is only that whoever opened it gave up
	client *http.ClientConn
	conn   *h2conn
	used   int  // requests that have it or wait for it
	served bool // it has carried a request, or was opened beforehand
	gone   bool // it takes no further request
}

// dialledKey is the key under which the context of an opening connection holds
// it: it is dialled before net/http is asked to speak HTTP/2 on it.
type dialledKey struct{}

func newH2pool(opt Options, d *dialer) *h2pool {
	dialled := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return ctx.Value(dialledKey{}).(*h2conn), nil
	}
	only := new(http.Protocols)
	only.SetUnencryptedHTTP2(true) // TLS, where there is any, is the dialer's
	return &h2pool{
		dialer: d, streams: max(1, opt.StreamsPerConnection), once: opt.NewConnections, conns: map[endpoint]*h2conns{},
		transport: &http.Transport{
			DialContext: dialled, DialTLSContext: dialled, DisableCompression: true, IdleConnTimeout: idleTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes, Protocols: only,
		},
	}
}

// get hands out a connection with room for one request. reused says that it was
// open before.
func (p *h2pool) get(ctx context.Context, r *route) (e *h2entry, reused bool, err error) {
	for {
		e, mine := p.find(r.to)
		if mine {
			p.open(ctx, e, r)
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			p.leave(e)
			return nil, false, context.Cause(ctx)
		}
		switch {
		case e.left && !mine:
			continue
		case e.err != nil:
			return nil, false, e.err
		case e.client.Reserve() == nil:
			p.mu.Lock()
			reused, e.served = e.served || !mine, true
			p.mu.Unlock()
			return e, reused, nil
		}
		p.retire(e) // closed meanwhile, or the server allows fewer streams
		p.leave(e)
		if mine {
			return nil, false, &phaseError{llm.ErrTruncated, errShortLived}
		}
	}
}

// find takes a place on a connection; mine says that it is a new one, which the
// caller has to open. However many are open, it looks at one.
func (p *h2pool) find(to endpoint) (e *h2entry, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.at(to)
	if n := len(c.roomy); n > 0 && !p.once {
		e = c.roomy[n-1]
	} else {
		e, mine = &h2entry{to: to, ready: make(chan struct{})}, true
		p.add(e)
	}
	if e.used++; e.used == p.streams || p.once {
		c.roomy = c.roomy[:len(c.roomy)-1]
	}
	return e, mine
}

// at are the connections to an endpoint, with mu held.
func (p *h2pool) at(to endpoint) *h2conns {
	c := p.conns[to]
	if c == nil {
		c = &h2conns{all: map[*h2entry]bool{}}
		p.conns[to] = c
	}
	return c
}

// add takes a connection in that has room, with mu held.
func (p *h2pool) add(e *h2entry) {
	c := p.at(e.to)
	c.all[e] = true
	c.roomy = append(c.roomy, e)
}

func (p *h2pool) open(ctx context.Context, e *h2entry, r *route) {
	defer close(e.ready)
	given := ctx
	c, err := p.dialer.dial(ctx, e.to)
	if err == nil {
		e.conn = newH2conn(c)
		ctx = context.WithValue(ctx, dialledKey{}, e.conn)
		e.client, err = p.transport.NewClientConn(ctx, r.url.Scheme, hostPort(&r.url))
	}
	if err == nil && p.streams > 1 { // how many the server allows, it says first
		err = e.settle(ctx, p.dialer.timeouts.Connect)
	}
	if err != nil {
		e.err, e.left = err, given.Err() != nil
		p.retire(e)
	}
}

// settle waits for the server's settings. A connection that was closed before is
// found out by the request.
func (e *h2entry) settle(ctx context.Context, limit time.Duration) error {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errNoSettings)
		defer cancel()
	}
	select {
	case <-e.conn.settled:
		return nil
	case <-ctx.Done():
		_ = e.client.Close()
		if cause := context.Cause(ctx); cause != errNoSettings {
			return cause
		}
		return &phaseError{llm.ErrTimeoutConnect, errNoSettings}
	}
}

// warm opens n connections beforehand, or as many as so many requests need.
func (p *h2pool) warm(ctx context.Context, r *route, n int) error {
	p.mu.Lock()
	n = (n+p.streams-1)/p.streams - len(p.at(r.to).all)
	p.mu.Unlock()
	return inParallel(n, func() error {
		e := &h2entry{to: r.to, ready: make(chan struct{}), served: true}
		if p.open(ctx, e, r); e.err != nil {
			return e.err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.add(e)
		return nil
	})
}

// put gives a place back.
func (p *h2pool) put(e *h2entry) {
	if p.once || e.client.Err() != nil {
		p.retire(e)
	}
	p.leave(e)
}

// retire takes a connection out of the pool. It is closed when its last request
// has left.
func (p *h2pool) retire(e *h2entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e.gone = true
	c := p.at(e.to)
	delete(c.all, e)
	if e.used < p.streams {
		c.roomy = slices.DeleteFunc(c.roomy, func(other *h2entry) bool { return other == e })
	}
}

func (p *h2pool) leave(e *h2entry) {
	p.mu.Lock()
	if e.used == p.streams && !e.gone {
		c := p.at(e.to)
		c.roomy = append(c.roomy, e)
	}
	e.used--
	close := e.gone && e.used == 0 && e.client != nil
	p.mu.Unlock()
	if close {
		_ = e.client.Close()
	}
}

// closeIdle closes the connections that no request is using.
func (p *h2pool) closeIdle() {
	p.mu.Lock()
	var idle []*h2entry
	for _, c := range p.conns {
		for e := range c.all {
			if e.used == 0 {
				idle = append(idle, e)
			}
		}
	}
	p.mu.Unlock()
	for _, e := range idle {
		p.retire(e)
		_ = e.client.Close()
	}
}
