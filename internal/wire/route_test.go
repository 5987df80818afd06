package wire_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// tunnel is a proxy that connects to whom it is asked for.
func tunnel(t *testing.T) string {
	return tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if req, err := http.ReadRequest(r); err == nil && req.Method == http.MethodConnect {
			relay(c, r, req.Host, func(net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") })
		}
	})
}

// forward is a proxy that sends on what it is asked for.
func forward(t *testing.T) string {
	return tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if req, err := http.ReadRequest(r); err == nil && req.URL.IsAbs() {
			relay(c, r, req.URL.Host, func(up net.Conn) { req.Write(up) })
		}
	})
}

// relay joins a client's connection with one to the target, resets included.
func relay(c net.Conn, r *bufio.Reader, target string, begin func(up net.Conn)) {
	up, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer up.Close()
	begin(up)
	out := &resetWriter{Writer: up}
	go func() { // ends when the client closes
		io.Copy(out, r)
		up.Close()
	}()
	if _, err := io.Copy(c, up); errors.Is(err, syscall.ECONNRESET) || out.wasReset() {
		c.(*net.TCPConn).SetLinger(0)
	}
}

// resetWriter remembers that a write failed by a reset: the kernel tells of it
// once, and a read then finds an ordinary end.
type resetWriter struct {
	io.Writer
	mu    sync.Mutex
	reset bool
}

func (w *resetWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.Writer.Write(p)
	w.reset = w.reset || errors.Is(err, syscall.ECONNRESET)
	return n, err
}

func (w *resetWriter) wasReset() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reset
}

// A tunnel carries TLS to the target, whichever HTTP is spoken in it, and is
// opened beforehand with all its layers.
func TestTunnel(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(http.HandlerFunc(threeEvents))
	t.Cleanup(srv.Close)
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client := newClient(t, wire.Options{})
	client.Through(tunnel(t))
	if res := client.Do(t.Context(), streamCall(srv.URL), "", &recorder{}); res.Class != llm.ErrTLS {
		t.Errorf("untrusted certificate behind a proxy: %+v", res)
	}
	h2, h2c := newHTTP2Server(t, true, threeEvents), newHTTP2Server(t, false, threeEvents)
	for name, tc := range map[string]struct {
		url    string
		client *wire.Client
	}{
		"HTTP/1.1 under TLS": {srv.URL, newClient(t, wire.Options{})},
		"HTTP/2 under TLS":   {h2.URL, h2.client(t, wire.Options{})},
		"HTTP/2":             {h2c.URL, h2c.client(t, wire.Options{})},
	} {
		tc.client.Through(tunnel(t))
		if name == "HTTP/1.1 under TLS" {
			tc.client.Trust(roots)
		}
		if err := tc.client.Warm(t.Context(), tc.url, 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		rec := &recorder{}
		if res := tc.client.Do(t.Context(), streamCall(tc.url), "", rec); res.Err != nil || !res.Reused || len(rec.frames) != 3 {
			t.Errorf("%s: %q, %+v", name, rec.frames, res)
		}
	}
}

// A proxy that fails is named, with what it said and without what the URL of the
// proxy holds; it is not the target that failed.
func TestProxyFaults(t *testing.T) {
	t.Parallel()
	answers := func(text string) string {
		return tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			if _, err := http.ReadRequest(r); err == nil {
				io.WriteString(c, text)
			}
		})
	}
	silent := tcpServer(t, func(_ int, _ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
	limits := wire.Timeouts{Connect: 200 * time.Millisecond}
	for _, tc := range []struct {
		name, proxy, url string
		opt              wire.Options
		class            llm.ErrorClass
		text             string
	}{
		{"not there", "http://u:secret@127.0.0.1:1", "http://192.0.2.1/", wire.Options{}, llm.ErrProxy, "the proxy 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused"},
		{"not there, TLS", "http://u:secret@127.0.0.1:1", "https://192.0.2.1/", wire.Options{}, llm.ErrProxy, "the proxy 127.0.0.1:1: dial"},
		{"no such name", "http://nowhere.invalid:3128", "https://192.0.2.1/", wire.Options{}, llm.ErrProxy, "the proxy nowhere.invalid:3128: "},
		{"wants to know who", answers("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), "https://192.0.2.1/", wire.Options{}, llm.ErrProxy, "CONNECT 192.0.2.1:443 was answered with HTTP 407 Proxy Authentication Required"},
		{"wants to know who, without TLS", answers("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"), "http://192.0.2.1/", wire.Options{}, llm.ErrProxy, "HTTP 407"},
		{"cannot reach the target", answers("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), "https://192.0.2.1/", wire.Options{}, llm.ErrProxy, "HTTP 502"},
		{"is none", answers("SSH-2.0-OpenSSH\r\n"), "https://192.0.2.1/", wire.Options{}, llm.ErrProxy, "the proxy 127.0.0.1"},
		{"hangs up", answers(""), "https://192.0.2.1/", wire.Options{}, llm.ErrProxy, "the proxy 127.0.0.1"},
		{"says nothing", silent, "https://192.0.2.1/", wire.Options{Timeouts: limits}, llm.ErrTimeoutConnect, "the proxy took too long"},
		{"speaks no TLS", strings.Replace(answers("?"), "http:", "https:", 1), "http://192.0.2.1/", wire.Options{}, llm.ErrProxy, "the proxy 127.0.0.1"},
		{"SOCKS and HTTP/2", "socks5://127.0.0.1:1", "http://192.0.2.1/", wire.Options{Protocol: wire.H2C}, llm.ErrProxy, "SOCKS"},
		{"SOCKS that is not there", "socks5://127.0.0.1:1", "http://192.0.2.1/", wire.Options{}, llm.ErrProxy, "the proxy 127.0.0.1:1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, tc.opt)
			client.Through(tc.proxy)
			res := client.Do(t.Context(), streamCall(tc.url), "", &recorder{})
			if res.Class != tc.class || res.Err == nil || !strings.Contains(res.Err.Error(), tc.text) {
				t.Errorf("class %q, want %q; %v, want %q", res.Class, tc.class, res.Err, tc.text)
			}
			if strings.Contains(fmt.Sprint(res.Err), "secret") {
				t.Errorf("the error shows a secret: %v", res.Err)
			}
		})
	}
}

// A proxy that asks for it learns who we are, and from a plain request sees the
// whole address.
func TestProxyIsToldWhat(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 2)
	proxy := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		io.Copy(io.Discard, req.Body)
		seen <- req
		io.WriteString(c, sseHead+chunk("data: [DONE]\n\n")+lastly)
	})
	proxy = strings.Replace(proxy, "http://", "http://me:pw@", 1)
	for _, scheme := range []string{"http", "https"} {
		client := newClient(t, wire.Options{})
		client.Through(proxy)
		client.Do(t.Context(), streamCall(scheme+"://target.invalid/v1/x"), "", &recorder{})
		req := <-seen
		if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:pw")); req.Header.Get("Proxy-Authorization") != want {
			t.Errorf("%s: %v", scheme, req.Header)
		}
		if want := map[string]string{"http": "http://target.invalid/v1/x", "https": "target.invalid:443"}[scheme]; req.RequestURI != want {
			t.Errorf("%s: %s was asked for, want %s", scheme, req.RequestURI, want)
		}
	}
}

// A server may listen on a unix socket, for HTTP/1.1 and HTTP/2. It gets an
// ordinary request.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	for _, protocol := range []wire.Protocol{wire.HTTP1, wire.H2C} {
		l, socket := unixListener(t)
		seen := make(chan *http.Request, 4)
		srv := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen <- r
			threeEvents(w, r)
		})}
		srv.Protocols.SetHTTP1(true)
		srv.Protocols.SetUnencryptedHTTP2(true)
		go srv.Serve(l)
		t.Cleanup(func() { srv.Close() })

		client := newClient(t, wire.Options{Protocol: protocol})
		client.Through("http://127.0.0.1:1") // which a socket does not need
		url := wire.JoinUnix(socket, "/v1/x?y=1")
		if err := client.Warm(t.Context(), url, 1); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			rec := &recorder{}
			if res := client.Do(t.Context(), streamCall(url), "", rec); res.Err != nil || len(rec.frames) != 3 || !res.Reused || rec.kernel[0] != 0 {
				t.Errorf("%q, %+v", rec.frames, res)
			}
			if r := <-seen; r.Host != "localhost" || r.URL.RequestURI() != "/v1/x?y=1" {
				t.Errorf("%s of %s was asked for", r.URL, r.Host)
			}
		}
	}
	res := newClient(t, wire.Options{}).Do(t.Context(), streamCall(wire.JoinUnix("/nowhere/s", "/")), "", &recorder{})
	if res.Class != llm.ErrDial || !strings.Contains(res.Err.Error(), "/nowhere/s") {
		t.Errorf("%+v", res)
	}
}
