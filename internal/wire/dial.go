package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"loadgate/internal/llm"
)

// dialer opens connections with a time limit for each phase, counts them, and
// hands out those that were opened beforehand.
type dialer struct {
	clock     llm.Clock
	real      *realtime // nil: stamps are taken in user space only
	timeouts  Timeouts
	tls       *tls.Config
	protocol  Protocol
	userAgent string

	mu   sync.Mutex
	warm map[endpoint][]*conn // opened and not yet handed out
	open map[endpoint]int     // all that are open
}

func newDialer(opt Options) *dialer {
	d := &dialer{
		clock: opt.Clock, timeouts: opt.Timeouts, tls: tlsConfig(opt.TLS), protocol: opt.Protocol, userAgent: opt.UserAgent,
		warm: map[endpoint][]*conn{}, open: map[endpoint]int{},
	}
	if !opt.UserStamps {
		d.real = newRealtime(opt.Clock)
	}
	return d
}

// phaseError is a failure whose class is known where it happens.
type phaseError struct {
	class llm.ErrorClass
	err   error
}

func (e *phaseError) Error() string { return e.err.Error() }
func (e *phaseError) Unwrap() error { return e.err }

// forTransport is both the transport's DialContext and its DialTLSContext: where
// the connection leads, and whether under TLS, is the request's own business.
func (d *dialer) forTransport(ctx context.Context, _, _ string) (net.Conn, error) {
	return d.take(ctx, routeOf(ctx).to)
}

// take hands out a spare connection that the server has not closed meanwhile, or
// a new one.
func (d *dialer) take(ctx context.Context, to endpoint) (net.Conn, error) {
	for c := d.spare(to); c != nil; c = d.spare(to) {
		if c.alive() {
			return c.outer(), nil
		}
		c.Close()
	}
	c, err := d.dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return c.outer(), nil
}

// spare takes out one of the connections opened beforehand; nil: there is none.
func (d *dialer) spare(to endpoint) *conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	spares := d.warm[to]
	if len(spares) == 0 {
		return nil
	}
	c := spares[len(spares)-1]
	d.warm[to] = spares[:len(spares)-1]
	return c
}

// dial opens a connection, with TLS and through proxies as its endpoint wants.
func (d *dialer) dial(ctx context.Context, to endpoint) (*conn, error) {
	nd := net.Dialer{Timeout: d.timeouts.Connect}
	network := "tcp"
	if to.unix {
		network = "unix"
	}
	nc, err := nd.DialContext(ctx, network, to.addr)
	if err != nil {
		return nil, to.blame(&phaseError{dialClass(err), err})
	}
	d.count(to, 1)
	c := &conn{Conn: nc, clock: d.clock, opened: d.clock.Now(), closed: func() { d.count(to, -1) }}
	if d.real != nil {
		c.real, c.rx = d.real, newReceiver(nc)
	}
	if err := d.layers(ctx, c, to); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func dialClass(err error) llm.ErrorClass {
	var dns *net.DNSError
	var ne net.Error
	switch {
	case isClientSockets(err):
		return llm.ErrClient
	case errors.As(err, &dns):
		return llm.ErrDNS
	case errors.As(err, &ne) && ne.Timeout():
		return llm.ErrTimeoutConnect
	default:
		return llm.ErrDial
	}
}

func (d *dialer) count(to endpoint, by int) {
	d.mu.Lock()
	d.open[to] += by
	d.mu.Unlock()
}

// missing says how many connections are wanting to n open ones.
func (d *dialer) missing(to endpoint, n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(0, n-d.open[to])
}

// keep puts a connection aside for the requests to come.
func (d *dialer) keep(to endpoint, c *conn) {
	c.spare.Store(true)
	c.SetDeadline(time.Time{})
	d.mu.Lock()
	d.warm[to] = append(d.warm[to], c)
	d.mu.Unlock()
}

// dropWarm closes the connections that were put aside and not used.
func (d *dialer) dropWarm() {
	d.mu.Lock()
	warm := d.warm
	d.warm = map[endpoint][]*conn{}
	d.mu.Unlock()
	for _, spares := range warm {
		for _, c := range spares {
			c.outer().Close()
		}
	}
}
