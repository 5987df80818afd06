package wire_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// oneExchange is an answer that a server gives, byte for byte, and what a client
// must make of it, whatever carries it.
type oneExchange struct {
	name      string
	answer    string
	then      func(net.Conn, *bufio.Reader) // what the server does behind the answer
	limits    wire.Timeouts
	class     llm.ErrorClass
	text      string // part of the error
	frames    []string
	anyFrames bool // it is a matter of timing how many come
	body      string
	eof       bool
}

const (
	short = 60 * time.Millisecond
	page  = "<html>hello</html>"
)

var longText = strings.Repeat("0123456789abcdef", 12_500) // 200 kB

// corpus is good and faulty answers.
var corpus = []oneExchange{
	{name: "clean end without terminator", answer: sseHead + chunk("data: a\n\n") + lastly, then: hang, frames: []string{"a"}, eof: true},
	{name: "body ended by the close", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: a\n\ndata: b", then: hangUp, frames: []string{"a", "b"}, eof: true},
	{name: "no content type", answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: a\n\n", then: hang, frames: []string{"a"}, eof: true},
	{name: "ndjson", answer: "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 7\r\n\r\n{}\n[1]\n", then: hang, frames: []string{"{}", "[1]"}, eof: true},
	{name: "nothing after the terminator but an open body", answer: sseHead + chunk("data: [DONE]\n\n"), then: hang, frames: []string{"[DONE]"}},
	{name: "no content", answer: "HTTP/1.1 204 No Content\r\n\r\n", then: hang, eof: true},
	{name: "closed before the answer", then: hangUp, class: llm.ErrTruncated, text: "closed before an answer"},
	{name: "reset before the answer", then: reset, class: llm.ErrReset, text: "reset"},
	{name: "reset within the stream", answer: sseHead + chunk("data: a\n\n"), then: reset, class: llm.ErrReset, anyFrames: true},
	{name: "cut within the stream", answer: sseHead + chunk("data: a\n\n"), then: hangUp, class: llm.ErrTruncated, text: "middle of the answer", frames: []string{"a"}},
	{name: "cut within a chunk", answer: sseHead + "ff\r\ndata: a\n\ndata: b", then: hangUp, class: llm.ErrTruncated, frames: []string{"a"}},
	{name: "shorter than promised", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\ndata: a\n\n", then: hangUp, class: llm.ErrTruncated, frames: []string{"a"}},
	{name: "no HTTP", answer: "SSH-2.0-OpenSSH_9.2\r\n\r\n", then: hangUp, class: llm.ErrMalformedStream},
	{name: "bad chunk size", answer: sseHead + "zz\r\ndata", then: hang, class: llm.ErrMalformedStream},
	{name: "endless header", answer: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 2<<20), then: hang, class: llm.ErrMalformedStream, text: "header"},
	{name: "silent", then: hang, limits: wire.Timeouts{FirstByte: short}, class: llm.ErrTimeoutFirstByte, text: "no byte of the answer within 60ms"},
	{name: "header only", answer: sseHead, then: hang, limits: wire.Timeouts{FirstByte: time.Hour, FirstToken: short}, class: llm.ErrTimeoutFirstToken, text: "no content within 60ms"},
	{name: "pings before content", answer: sseHead, then: comments, limits: wire.Timeouts{FirstToken: short, Idle: time.Hour}, class: llm.ErrTimeoutFirstToken, anyFrames: true},
	{name: "stall", answer: sseHead + chunk("data: a\n\n"), then: hang, limits: wire.Timeouts{FirstToken: time.Hour, Idle: short}, class: llm.ErrTimeoutIdle, text: "no further content within 60ms", frames: []string{"a"}},
	{name: "pings in place of content", answer: sseHead + chunk("data: a\n\n"), then: comments, limits: wire.Timeouts{Idle: short}, class: llm.ErrTimeoutIdle, anyFrames: true},
	{name: "too long", answer: sseHead + chunk("data: a\n\n"), then: hang, limits: wire.Timeouts{Idle: time.Hour, Total: short}, class: llm.ErrTimeoutTotal, text: "no end of the answer within 60ms", anyFrames: true},
	{name: "bad request", answer: "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nwhat", then: hang, class: llm.ErrHTTP4xx, text: "HTTP 400 Bad Request", body: "what"},
	{name: "internal error, stalled body", answer: "HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nwhat", then: hangUp, class: llm.ErrHTTP5xx, text: "HTTP 500", body: "what"},
	{name: "redirect", answer: "HTTP/1.1 307 T\r\nLocation: https://u:p@example.com/x?key=secret#s\r\nContent-Length: 0\r\n\r\n", then: hang, class: llm.ErrRedirect, text: "HTTP 307 Temporary Redirect to https://example.com/x"},
	{name: "a page", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\n" + page, then: hang, class: llm.ErrBadContentType, text: `content type "text/html"`, body: page},
	{name: "a document in place of a stream", answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"choices\":[]}", then: hang, class: llm.ErrBadContentType, text: "switched off", body: `{"choices":[]}`},
	{name: "an error document", answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"error\":\"bad\"}", then: hang, frames: []string{`{"error":"bad"}`}, eof: true},
	{name: "compressed", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", then: hang, class: llm.ErrBadContentType, text: "content encoding"},
	{name: "events cut over chunks", answer: sseHead + chunk("da") + chunk("ta: a\n") + chunk("\ndata: b\n\nd") + chunk("ata: c\n\n") + lastly, then: hang, frames: []string{"a", "b", "c"}, eof: true},
	{name: "chunk extensions and upper case", answer: sseHead + "00B;name=\"v\" \r\ndata: aaa\n\n\r\n0;last\r\n\r\n", then: hang, frames: []string{"aaa"}, eof: true},
	{name: "trailer", answer: sseHead + chunk("data: a\n\n") + "0\r\nServer-Timing: x\r\nX-Y: z\r\n\r\n", then: hang, frames: []string{"a"}, eof: true},
	{name: "early hints", answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + sseHead + chunk("data: a\n\n") + lastly, then: hang, frames: []string{"a"}, eof: true},
	{name: "HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n", then: hangUp, frames: []string{"a"}, eof: true},
	{name: "a large header", answer: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 500<<10) + "\r\nContent-Length: 9\r\n\r\ndata: a\n\n", then: hang, frames: []string{"a"}, eof: true},
	{name: "an event larger than any buffer", answer: sseHead + chunk("data: a\n\n") + chunk("data: "+longText+"\n\n") + chunk("data: b\n\n") + lastly, then: hang, frames: []string{"a", longText, "b"}, eof: true},
	{name: "an event in small chunks", answer: sseHead + strings.Repeat(chunk("data: "+longText[:1000]+"\n"), 300) + chunk("\n") + lastly, then: hang, frames: []string{strings.Repeat(longText[:1000]+"\n", 299) + longText[:1000]}, eof: true},
	{name: "an event without end", answer: sseHead, then: endless, class: llm.ErrMalformedStream, text: "more than 16 MiB"},
	{name: "a second terminator", answer: sseHead + chunk("data: a\n\n") + chunk("data: [DONE]\n\ndata: late\n\n") + lastly, then: hang, frames: []string{"a", "[DONE]"}},
	{name: "switching protocols", answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", then: hangUp, class: llm.ErrMalformedStream},
	{name: "half a header", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n", then: hangUp, class: llm.ErrTruncated},
	{name: "a chunk longer than it says", answer: sseHead + "9\r\ndata: a\n\nmore\r\n", then: hang, class: llm.ErrMalformedStream, frames: []string{"a"}},
	{name: "the header comes late", answer: "HTTP/1.1 200 OK\r\n", then: slowly("Content-Type: text/event-stream\r\n", "Transfer-Encoding: chunked\r\n\r\n", chunk("data: a\n\n"), lastly), limits: wire.Timeouts{FirstByte: time.Hour}, frames: []string{"a"}, eof: true},
	{name: "a document that comes late", answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"err", then: slowly("or\":\"", "bad\"}"), frames: []string{`{"error":"bad"}`}, eof: true},
}

// after makes a server that reads a request, writes answer, and then does then.
func after(t *testing.T, answer string, then func(c net.Conn, r *bufio.Reader)) string {
	return tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if _, err := readRequest(r); err != nil {
			return
		}
		io.WriteString(c, answer)
		then(c, r)
	})
}

// slowly writes pieces, each a moment after the one before, and waits.
func slowly(pieces ...string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, r *bufio.Reader) {
		for _, p := range pieces {
			time.Sleep(5 * time.Millisecond)
			if _, err := io.WriteString(c, p); err != nil {
				return
			}
		}
		hang(c, r)
	}
}

// endless writes one event until the client goes away.
func endless(c net.Conn, _ *bufio.Reader) {
	piece := "data: " + longText
	for {
		if _, err := io.WriteString(c, chunk(piece)); err != nil {
			return
		}
		piece = longText
	}
}

// hangUp says that no more comes and reads what the client still sends: to close a
// connection with something unread on it is to reset it.
func hangUp(c net.Conn, _ *bufio.Reader) {
	if t, ok := c.(*tls.Conn); ok {
		t.CloseWrite()
		c = t.NetConn()
	}
	if t, ok := c.(interface{ CloseWrite() error }); ok {
		t.CloseWrite()
	}
	io.Copy(io.Discard, c)
}

func hang(_ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) }

func reset(c net.Conn, _ *bufio.Reader) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if t, ok := c.(*stream2); ok {
		reset(t.Conn, nil)
		return
	}
	if t, ok := c.(*net.TCPConn); ok {
		t.SetLinger(0)
	}
	c.Close()
}

// comments writes pings until the client goes away.
func comments(c net.Conn, _ *bufio.Reader) {
	for {
		if _, err := io.WriteString(c, chunk(": ping\n\ndata: ping\n\n")); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// transport is one way to carry a call.
type transport struct {
	name   string
	client func(t *testing.T, opt wire.Options) *wire.Client
	serve  func(t *testing.T, handle func(n int, c net.Conn, requests *bufio.Reader)) (url string)
}

// transports are all of them. What a client must do, it must do on each.
var transports = []transport{
	{"event loop", newClient, tcpServer},
	{"net/http", withoutLoop, tcpServer},
	{"TLS", trusting, tlsServer},
	{"TLS in a proxy's tunnel", through(trusting, tunnel), tlsServer},
	{"proxy", through(newClient, forward), tcpServer},
	{"unix socket", newClient, unixServer},
	{"HTTP/2", speaking2(newClient, wire.H2C), http2Of(false)},
	{"HTTP/2 under TLS", speaking2(trusting, wire.HTTP2), http2Of(true)},
	{"HTTP/2 in a proxy's tunnel", speaking2(through(trusting, tunnel), wire.HTTP2), http2Of(true)},
}

func through(client func(*testing.T, wire.Options) *wire.Client, proxy func(*testing.T) string) func(*testing.T, wire.Options) *wire.Client {
	return func(t *testing.T, opt wire.Options) *wire.Client {
		c := client(t, opt)
		c.Through(proxy(t))
		return c
	}
}

func unixServer(t *testing.T, handle func(n int, c net.Conn, requests *bufio.Reader)) string {
	l, socket := unixListener(t)
	serveOn(t, l, handle)
	return wire.JoinUnix(socket, "/v1/chat/completions")
}

// unixListener listens on a socket whose path is short enough for one, which
// t.TempDir is not where tests or folders have long names.
func unixListener(t *testing.T) (l net.Listener, socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	if l, err = net.Listen("unix", socket); err != nil {
		t.Fatal(err)
	}
	return l, socket
}

func withoutLoop(t *testing.T, opt wire.Options) *wire.Client {
	c := newClient(t, opt)
	c.WithoutLoop()
	return c
}

func trusting(t *testing.T, opt wire.Options) *wire.Client {
	opt.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
	opt.TLS.RootCAs.AddCert(certified().Certificate())
	return newClient(t, opt)
}

// certified has the certificate of a server that no longer serves.
var certified = sync.OnceValue(func() *httptest.Server {
	s := httptest.NewTLSServer(nil)
	s.Close()
	return s
})

func tlsServer(t *testing.T, handle func(n int, c net.Conn, requests *bufio.Reader)) string {
	cfg := certified().TLS.Clone()
	cfg.NextProtos = []string{"http/1.1"}
	url := tcpServer(t, func(n int, c net.Conn, _ *bufio.Reader) {
		tc := tls.Server(c, cfg)
		defer tc.Close()
		handle(n, tc, bufio.NewReader(tc))
	})
	return strings.Replace(url, "http:", "https:", 1)
}

// onEach runs a test on each transport that speaks plain text.
func onEach(t *testing.T, test func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client)) {
	for _, tr := range transports[:2] {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			test(t, tr.client)
		})
	}
}

// Every transport makes the same of every answer.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, tr := range transports {
		for _, tc := range corpus {
			if tr.name == "unix socket" && strings.HasPrefix(tc.name, "reset") {
				continue // there is no such thing
			}
			if strings.HasPrefix(tr.name, "HTTP/2") && onlyHTTP1[tc.name] != "" {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", tr.name, tc.name), func(t *testing.T) {
				t.Parallel()
				url := tr.serve(t, func(_ int, c net.Conn, r *bufio.Reader) {
					if _, err := readRequest(r); err != nil {
						return
					}
					io.WriteString(c, tc.answer)
					tc.then(c, r)
				})
				rec := &recorder{}
				res := tr.client(t, wire.Options{Timeouts: tc.limits}).Do(t.Context(), streamCall(url), "", rec)
				tc.check(t, &res, rec)
			})
		}
	}
}

func (tc *oneExchange) check(t *testing.T, res *wire.Result, rec *recorder) {
	t.Helper()
	if res.Class != tc.class || res.EOF != tc.eof || res.End == 0 || (tc.class == "") != (res.Err == nil) {
		t.Errorf("class %q, want %q; eof %v: %+v", res.Class, tc.class, res.EOF, res)
	}
	if tc.text != "" && (res.Err == nil || !strings.Contains(res.Err.Error(), tc.text)) {
		t.Errorf("error %v, want one with %q", res.Err, tc.text)
	}
	if res.Err != nil && strings.Contains(res.Err.Error(), "secret") {
		t.Errorf("the error shows a secret: %v", res.Err)
	}
	if !tc.anyFrames && !slices.Equal(rec.frames, tc.frames) {
		t.Errorf("%d frames %.200q, want %.200q", len(rec.frames), rec.frames, tc.frames)
	}
	if string(res.Body) != tc.body {
		t.Errorf("body %q, want %q", res.Body, tc.body)
	}
}

// An array that is not closed is no whole answer, whoever reads it.
func TestTornArray(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			if _, err := readRequest(r); err == nil {
				io.WriteString(c, strings.Replace(sseHead, "text/event-stream", "text/plain", 1)+chunk(`[{"a":1},{"a":2}`)+lastly)
			}
		})
		call := streamCall(url)
		call.Framing = llm.FramingJSONArray
		rec := &recorder{}
		res := newClient(t, wire.Options{}).Do(t.Context(), call, "", rec)
		if res.Class != llm.ErrTruncated || !res.EOF {
			t.Errorf("class %q (%v), end of the body seen: %v", res.Class, res.Err, res.EOF)
		}
	})
}
