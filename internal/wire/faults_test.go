package wire_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

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

func hangUp(net.Conn, *bufio.Reader) {}

func hang(_ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) }

func reset(c net.Conn, _ *bufio.Reader) { c.(*net.TCPConn).SetLinger(0) }

// comments writes pings until the client goes away.
func comments(c net.Conn, _ *bufio.Reader) {
	for {
		if _, err := io.WriteString(c, chunk(": ping\n\ndata: ping\n\n")); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const short = 60 * time.Millisecond
	page := "<html>hello</html>"
	for _, tc := range []struct {
		name   string
		answer string
		then   func(net.Conn, *bufio.Reader)
		limits wire.Timeouts
		class  llm.ErrorClass
		text   string // part of the error
		frames int
		body   string
		eof    bool
	}{
		{name: "clean end without terminator", answer: sseHead + chunk("data: a\n\n") + lastly, then: hang, frames: 1, eof: true},
		{name: "body ended by the close", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: a\n\ndata: b", then: hangUp, frames: 2, eof: true},
		{name: "no content type", answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: a\n\n", then: hang, frames: 1, eof: true},
		{name: "ndjson", answer: "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 7\r\n\r\n{}\n[1]\n", then: hang, frames: 2, eof: true},
		{name: "nothing after the terminator but an open body", answer: sseHead + chunk("data: [DONE]\n\n"), then: hang, frames: 1},
		{name: "no content", answer: "HTTP/1.1 204 No Content\r\n\r\n", then: hang, eof: true},

		{name: "closed before the answer", then: hangUp, class: llm.ErrTruncated, text: "closed before an answer"},
		{name: "reset before the answer", then: reset, class: llm.ErrReset, text: "reset"},
		{name: "reset within the stream", answer: sseHead + chunk("data: a\n\n"), then: reset, class: llm.ErrReset, frames: -1},
		{name: "cut within the stream", answer: sseHead + chunk("data: a\n\n"), then: hangUp, class: llm.ErrTruncated, text: "middle of the answer", frames: 1},
		{name: "cut within a chunk", answer: sseHead + "ff\r\ndata: a\n\ndata: b", then: hangUp, class: llm.ErrTruncated, frames: 1},
		{name: "shorter than promised", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\ndata: a\n\n", then: hangUp, class: llm.ErrTruncated, frames: 1},
		{name: "no HTTP", answer: "SSH-2.0-OpenSSH_9.2\r\n\r\n", then: hangUp, class: llm.ErrMalformedStream},
		{name: "bad chunk size", answer: sseHead + "zz\r\ndata", then: hang, class: llm.ErrMalformedStream},
		{name: "endless header", answer: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", 2<<20), then: hang, class: llm.ErrMalformedStream, text: "header"},

		{name: "silent", then: hang, limits: wire.Timeouts{FirstByte: short}, class: llm.ErrTimeoutFirstByte, text: "no byte of the answer within 60ms"},
		{name: "header only", answer: sseHead, then: hang, limits: wire.Timeouts{FirstByte: time.Hour, FirstToken: short}, class: llm.ErrTimeoutFirstToken, text: "no content within 60ms"},
		{name: "pings before content", answer: sseHead, then: comments, limits: wire.Timeouts{FirstToken: short, Idle: time.Hour}, class: llm.ErrTimeoutFirstToken, frames: -1},
		{name: "stall", answer: sseHead + chunk("data: a\n\n"), then: hang, limits: wire.Timeouts{FirstToken: time.Hour, Idle: short}, class: llm.ErrTimeoutIdle, text: "no further content within 60ms", frames: 1},
		{name: "pings in place of content", answer: sseHead + chunk("data: a\n\n"), then: comments, limits: wire.Timeouts{Idle: short}, class: llm.ErrTimeoutIdle, frames: -1},
		{name: "too long", answer: sseHead + chunk("data: a\n\n"), then: hang, limits: wire.Timeouts{Idle: time.Hour, Total: short}, class: llm.ErrTimeoutTotal, text: "no end of the answer within 60ms", frames: 1},

		{name: "bad request", answer: "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nwhat", then: hang, class: llm.ErrHTTP4xx, text: "HTTP 400 Bad Request", body: "what"},
		{name: "internal error, stalled body", answer: "HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nwhat", then: hangUp, class: llm.ErrHTTP5xx, text: "HTTP 500", body: "what"},
		{name: "redirect", answer: "HTTP/1.1 307 T\r\nLocation: https://u:p@example.com/x?key=secret#s\r\nContent-Length: 0\r\n\r\n", then: hang, class: llm.ErrRedirect, text: "HTTP 307 Temporary Redirect to https://example.com/x"},
		{name: "a page", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\n" + page, then: hang, class: llm.ErrBadContentType, text: `content type "text/html"`, body: page},
		{name: "a document in place of a stream", answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"choices\":[]}", then: hang, class: llm.ErrBadContentType, text: "switched off", body: `{"choices":[]}`},
		{name: "an error document", answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"error\":\"bad\"}", then: hang, frames: 1, eof: true},
		{name: "compressed", answer: "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", then: hang, class: llm.ErrBadContentType, text: "content encoding"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{}
			res := newClient(t, wire.Options{Timeouts: tc.limits}).Do(t.Context(), streamCall(after(t, tc.answer, tc.then)), "", rec)
			if res.Class != tc.class || res.EOF != tc.eof || res.End == 0 || (tc.class == "") != (res.Err == nil) {
				t.Errorf("class %q, want %q; eof %v: %+v", res.Class, tc.class, res.EOF, res)
			}
			if tc.text != "" && (res.Err == nil || !strings.Contains(res.Err.Error(), tc.text)) {
				t.Errorf("error %v, want one with %q", res.Err, tc.text)
			}
			if res.Err != nil && strings.Contains(res.Err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", res.Err)
			}
			if tc.frames >= 0 && len(rec.frames) != tc.frames {
				t.Errorf("frames %q, want %d", rec.frames, tc.frames)
			}
			if string(res.Body) != tc.body {
				t.Errorf("body %q, want %q", res.Body, tc.body)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String() + "/?key=secret"
	l.Close()
	client := newClient(t, wire.Options{})
	res := client.Do(t.Context(), streamCall(url), "", &recorder{})
	if res.Class != llm.ErrDial || res.Conn != 0 || strings.Contains(res.Err.Error(), "secret") {
		t.Errorf("%+v", res)
	}
	if err := client.Warm(t.Context(), url, 2); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("Warm: %v", err)
	}
}

func TestUnknownHost(t *testing.T) {
	t.Parallel()
	res := newClient(t, wire.Options{}).Do(t.Context(), streamCall("http://nowhere.invalid/v1"), "", &recorder{})
	if res.Class != llm.ErrDNS {
		t.Errorf("%+v", res)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	url := after(t, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n", hang)
	res := newClient(t, wire.Options{}).Do(t.Context(), streamCall(url), "", &recorder{})
	if res.Class != llm.ErrHTTP429 || res.RetryAfter != "17" || res.Status != 429 {
		t.Errorf("%+v", res)
	}
}

func TestTLSFaults(t *testing.T) {
	t.Parallel()
	self := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(self.Close)
	self.Config.ErrorLog = nil
	plain := after(t, "HTTP/1.1 200 OK\r\n\r\n", hangUp)
	stalled := tcpServer(t, func(_ int, _ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
	for name, tc := range map[string]struct {
		url   string
		class llm.ErrorClass
	}{
		"unknown authority": {self.URL, llm.ErrTLS},
		"plain text":        {strings.Replace(plain, "http:", "https:", 1), llm.ErrTLS},
		"stall":             {strings.Replace(stalled, "http:", "https:", 1), llm.ErrTimeoutTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := newClient(t, wire.Options{Timeouts: wire.Timeouts{TLS: 500 * time.Millisecond}}).Do(t.Context(), streamCall(tc.url), "", &recorder{})
			if res.Class != tc.class || res.Conn != 0 {
				t.Errorf("class %q, want %q: %+v", res.Class, tc.class, res)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: a\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(srv.Close)
	client := newClient(t, wire.Options{})
	client.Trust(srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs)
	if err := client.Warm(t.Context(), srv.URL, 1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		rec := &recorder{}
		if res := client.Do(t.Context(), streamCall(srv.URL), "", rec); res.Err != nil || !res.Reused || len(rec.frames) != 2 {
			t.Errorf("%+v %q", res, rec.frames)
		}
	}
}

// A proxy sees the target's address and the transport does the handshake.
func TestProxy(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	proxy := tunnel(t)
	client := newClient(t, wire.Options{})
	client.Through(proxy)
	if res := client.Do(t.Context(), streamCall(srv.URL), "", &recorder{}); res.Class != llm.ErrTLS {
		t.Errorf("untrusted certificate behind a proxy: %+v", res)
	}
	client = newClient(t, wire.Options{})
	client.Through(proxy)
	client.Trust(srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs)
	if res := client.Do(t.Context(), streamCall(srv.URL), "", &recorder{}); res.Status != 404 {
		t.Errorf("%+v", res)
	}
	client.Through("http://127.0.0.1:1")
	if res := client.Do(t.Context(), streamCall("http://192.0.2.1/"), "", &recorder{}); res.Class != llm.ErrDial {
		t.Errorf("proxy refused: %+v", res)
	}
}

// tunnel is a proxy that connects to whom it is asked for.
func tunnel(t *testing.T) string {
	return tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		req, err := readRequest(r)
		if err != nil || req.Method != http.MethodConnect {
			return
		}
		up, err := net.Dial("tcp", req.Host)
		if err != nil {
			return
		}
		defer up.Close()
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { // ends when the client closes
			io.Copy(up, r)
			up.Close()
		}()
		io.Copy(c, up)
	})
}
