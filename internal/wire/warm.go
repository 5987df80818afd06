package wire

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// parallelDials bounds how many connections are opened at once, so that the
// listen queue of a small server is not overrun before the test has begun.
const parallelDials = 32

// Warm opens connections to the host of rawURL, TLS included, until n are open
// in all, so that the first requests need not dial. It sends the target no
// request. The error is the first of those met; connections that were opened
// stay. With NewConnections it does nothing.
func (c *Client) Warm(ctx context.Context, rawURL string, n int) error {
	if c.opt.NewConnections {
		return nil
	}
	to, err := c.endpoint(rawURL)
	if err != nil {
		return err
	}
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
		slots = make(chan struct{}, parallelDials)
	)
	for range c.dialer.missing(to, n) {
		slots <- struct{}{}
		wg.Go(func() { // ends with its one dial, which ctx and the limits bound
			defer func() { <-slots }()
			if err := c.open(ctx, rawURL, to); err != nil {
				once.Do(func() { first = fmt.Errorf("open a connection to %s: %w", to.addr, err) })
			}
		})
	}
	wg.Wait()
	return first
}

// open opens a connection and puts it aside where requests to the URL will look
// for it.
func (c *Client) open(ctx context.Context, rawURL string, to endpoint) error {
	if c.loops.serves(rawURL) {
		return c.loops.open(ctx, to)
	}
	conn, err := c.dialer.dial(ctx, to)
	if err == nil {
		c.dialer.keep(to, conn)
	}
	return err
}

// endpoint is where the connections for a URL lead: the target, or the proxy.
func (c *Client) endpoint(rawURL string) (endpoint, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return endpoint{}, fmt.Errorf("the URL cannot be read")
	}
	proxy, err := c.proxy(&http.Request{URL: u})
	if err != nil {
		return endpoint{}, fmt.Errorf("the proxy's URL cannot be read")
	}
	if proxy != nil {
		u = proxy
	}
	return endpoint{addr: hostPort(u), tls: u.Scheme == "https"}, nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
