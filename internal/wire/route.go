package wire

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"

	"loadgate/internal/llm"
)

// route says how a URL is reached: where its connections lead and what HTTP sees
// of it.
type route struct {
	raw   string  // the URL as it was given
	url   url.URL // as HTTP has it
	host  string  // the Host header, "" = the URL's
	to    endpoint
	proxy *url.URL // which net/http itself talks to: SOCKS, and any for plain HTTP
}

// endpoint is where a connection leads. Equal endpoints share connections.
type endpoint struct {
	addr string // host:port, or the path of a unix socket: the first hop
	unix bool
	tls  bool // to the first hop

	proxy  bool   // the first hop is a proxy
	tunnel string // host:port that the proxy is asked to connect to; "" = none
	inner  bool   // TLS within the tunnel
	auth   string // Proxy-Authorization of the tunnel; a secret
}

// unixScheme begins the URL of a unix socket: unix:///run/vllm.sock, and behind
// a colon the path that HTTP asks for, unix:///run/vllm.sock:/v1/models.
const unixScheme = "unix://"

// SplitUnix takes the URL of a unix socket apart. The target is the path that
// HTTP asks for, with its query; "" where the URL names none. ok is false for
// other URLs.
func SplitUnix(rawURL string) (socket, target string, ok bool) {
	rest, ok := strings.CutPrefix(rawURL, unixScheme)
	if !ok {
		return "", "", false
	}
	socket, target, _ = strings.Cut(rest, ":")
	return socket, target, true
}

// JoinUnix is the URL that SplitUnix takes apart.
func JoinUnix(socket, target string) string { return unixScheme + socket + ":" + target }

// routeTo finds the way to a URL. Every request of a client usually goes to the
// same one, so that the last is remembered.
func (c *Client) routeTo(rawURL string) (*route, error) {
	if r := c.route.Load(); r != nil && r.raw == rawURL {
		return r, nil
	}
	r := &route{raw: rawURL}
	if err := c.find(r); err != nil {
		return nil, err
	}
	c.route.Store(r)
	return r, nil
}

func (c *Client) find(r *route) error {
	if socket, target, ok := SplitUnix(r.raw); ok {
		return r.toSocket(socket, target)
	}
	u, err := url.Parse(r.raw)
	if err != nil || u.Hostname() == "" {
		return &phaseError{llm.ErrDial, errBadURL}
	}
	r.url, r.to = *u, endpoint{addr: hostPort(u), tls: u.Scheme == "https"}
	proxy, err := c.proxy(&http.Request{URL: u})
	if err != nil {
		return &phaseError{llm.ErrProxy, errBadProxy}
	}
	if proxy == nil {
		return nil
	}
	direct := r.to
	r.to = endpoint{addr: hostPort(proxy), tls: proxy.Scheme == "https", proxy: true}
	switch {
	case strings.HasPrefix(proxy.Scheme, "socks"):
		if c.opt.Protocol != HTTP1 {
			return &phaseError{llm.ErrProxy, errSocksHTTP2}
		}
		r.proxy = proxy
	case direct.tls || c.opt.Protocol != HTTP1:
		r.to.tunnel, r.to.inner, r.to.auth = direct.addr, direct.tls, basicAuth(proxy.User)
	default:
		r.proxy = proxy
	}
	return nil
}

// toSocket gives a socket a host of its own, by which net/http tells its
// connections from others; the server is told localhost.
func (r *route) toSocket(socket, target string) error {
	u, err := url.Parse("http://" + hex.EncodeToString([]byte(socket)) + ".unix/")
	path, perr := url.Parse(target)
	if err != nil || perr != nil || socket == "" || path.Host != "" {
		return &phaseError{llm.ErrDial, errBadURL}
	}
	u.Path, u.RawPath, u.RawQuery = path.Path, path.RawPath, path.RawQuery
	r.url, r.host, r.to = *u, "localhost", endpoint{addr: socket, unix: true}
	return nil
}

func basicAuth(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}

// routeKey is the key under which a request's context holds its route, which the
// functions that dial need and net/http does not hand them.
type routeKey struct{}

func withRoute(ctx context.Context, r *route) context.Context {
	return context.WithValue(ctx, routeKey{}, r)
}

func routeOf(ctx context.Context) *route {
	r, _ := ctx.Value(routeKey{}).(*route)
	return r
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
