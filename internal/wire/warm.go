package wire

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// parallelDials bounds how many connections are opened at once, so that the
// listen queue of a small server is not overrun before the test has begun.
const parallelDials = 32

// Warm opens connections to the host of rawURL, TLS and tunnels included, until n
// requests find one open, so that the first requests need not dial. It sends the
// target no request. The error is the first of those met; connections that were
// opened stay. With NewConnections it does nothing.
func (c *Client) Warm(ctx context.Context, rawURL string, n int) error {
	if c.opt.NewConnections {
		return nil
	}
	r, err := c.routeTo(rawURL)
	if err != nil {
		return err
	}
	if c.h2 != nil {
		err = c.h2.warm(ctx, r, n)
	} else {
		err = inParallel(c.dialer.missing(r.to, n), func() error {
			return c.open(ctx, r)
		})
	}
	if err != nil {
		return fmt.Errorf("open a connection to %s: %w", r.to.addr, err)
	}
	return nil
}

// Dial opens a connection to the host of rawURL, closes it, and says what its
// parts took: to the open socket, and what is above it (TLS, a proxy's tunnel).
func (c *Client) Dial(ctx context.Context, rawURL string) (socket, above time.Duration, err error) {
	r, err := c.routeTo(rawURL)
	if err != nil {
		return 0, 0, err
	}
	begin := c.opt.Clock.Now()
	conn, err := c.dialer.dial(ctx, r.to)
	if err != nil {
		return 0, 0, err
	}
	ready := c.opt.Clock.Now()
	return time.Duration(conn.opened - begin), time.Duration(ready - conn.opened), conn.outer().Close()
}

// inParallel calls f n times, some at once, and returns the first error met.
func inParallel(n int, f func() error) error {
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		slots = make(chan struct{}, parallelDials)
	)
	for range n {
		slots <- struct{}{}
		wg.Go(func() { // ends with its one dial, which a context and the limits bound
			defer func() { <-slots }()
			if err := f(); err != nil {
				once.Do(func() { first = err })
			}
		})
	}
	wg.Wait()
	return first
}

// open opens a connection and puts it aside where requests on this route will
// look for it.
func (c *Client) open(ctx context.Context, r *route) error {
	if c.loops.serves(r) {
		return c.loops.open(ctx, r.to)
	}
	conn, err := c.dialer.dial(ctx, r.to)
	if err == nil {
		c.dialer.keep(r.to, conn)
	}
	return err
}
