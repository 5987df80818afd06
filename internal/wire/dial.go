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
	clock    llm.Clock
	real     *realtime // nil: stamps are taken in user space only
	timeouts Timeouts
	tls      *tls.Config

	mu   sync.Mutex
	warm map[endpoint][]*conn // opened and not yet handed out
	open map[endpoint]int     // all that are open
}

// endpoint is where a connection leads.
type endpoint struct {
	addr string // host:port
	tls  bool
}

func newDialer(opt Options) *dialer {
	d := &dialer{
		clock: opt.Clock, timeouts: opt.Timeouts, tls: tlsConfig(opt.TLS),
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

// plain is the transport's DialContext.
func (d *dialer) plain(ctx context.Context, _, addr string) (net.Conn, error) {
	return d.take(ctx, endpoint{addr, false})
}

// secure is the transport's DialTLSContext.
func (d *dialer) secure(ctx context.Context, _, addr string) (net.Conn, error) {
	return d.take(ctx, endpoint{addr, true})
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

func (d *dialer) dial(ctx context.Context, to endpoint) (*conn, error) {
	nd := net.Dialer{Timeout: d.timeouts.Connect}
	nc, err := nd.DialContext(ctx, "tcp", to.addr)
	if err != nil {
		return nil, &phaseError{dialClass(err), err}
	}
	d.count(to, 1)
	c := &conn{Conn: nc, clock: d.clock, opened: d.clock.Now(), closed: func() { d.count(to, -1) }}
	if d.real != nil {
		c.real, c.rx = d.real, newReceiver(nc)
	}
	if !to.tls {
		return c, nil
	}
	if err := d.handshake(ctx, c, to.addr); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (d *dialer) handshake(ctx context.Context, c *conn, addr string) error {
	cfg := d.tls.Clone()
	if host, _, err := net.SplitHostPort(addr); err == nil {
		cfg.ServerName = host
	}
	if d.timeouts.TLS > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.timeouts.TLS, errTLSTime)
		defer cancel()
	}
	t := tls.Client(c, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		if errors.Is(context.Cause(ctx), errTLSTime) {
			return &phaseError{llm.ErrTimeoutTLS, errTLSTime}
		}
		return &phaseError{llm.ErrTLS, err}
	}
	c.secured = t
	return nil
}

var errTLSTime = errors.New("the TLS handshake took too long")

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
