package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// http2Server serves h over HTTP/2, under TLS or not, and counts connections.
type http2Server struct {
	*httptest.Server
	mu    sync.Mutex
	conns map[string]bool
	seen  []string // protocols of the requests
}

func newHTTP2Server(t *testing.T, secure bool, h http.HandlerFunc, set ...func(*http.HTTP2Config)) *http2Server {
	t.Helper()
	s := &http2Server{conns: map[string]bool{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.conns[r.RemoteAddr] = true
		s.seen = append(s.seen, r.Proto)
		s.mu.Unlock()
		io.Copy(io.Discard, r.Body)
		h(w, r)
	}))
	s.Config.Protocols, s.Config.HTTP2 = new(http.Protocols), &http.HTTP2Config{}
	for _, f := range set {
		f(s.Config.HTTP2)
	}
	if secure {
		s.EnableHTTP2 = true
		s.Config.Protocols.SetHTTP2(true)
		s.StartTLS()
	} else {
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *http2Server) client(t *testing.T, opt wire.Options) *wire.Client {
	opt.Protocol = wire.H2C
	if s.Certificate() != nil {
		opt.Protocol = wire.HTTP2
	}
	c := newClient(t, opt)
	if s.Certificate() != nil {
		c.Trust(s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs)
	}
	return c
}

func (s *http2Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func threeEvents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, text := range []string{"one", "two", "[DONE]"} {
		fmt.Fprintf(w, "data: %s\n\n", text)
		w.(http.Flusher).Flush()
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		t.Run(fmt.Sprintf("tls=%v", secure), func(t *testing.T) {
			t.Parallel()
			s := newHTTP2Server(t, secure, threeEvents)
			client := s.client(t, wire.Options{})
			for i := range 3 {
				rec := &recorder{}
				res := client.Do(t.Context(), streamCall(s.URL), "", rec)
				if res.Err != nil || strings.Join(rec.frames, ",") != "one,two,[DONE]" || res.Reused != (i > 0) {
					t.Fatalf("request %d: %q, %+v", i, rec.frames, res)
				}
				order := []int64{0, res.Conn, res.Header, rec.at[0], rec.at[1], rec.at[2]}
				for k := 1; k < len(order); k++ {
					if order[k] < order[k-1] {
						t.Errorf("stamps out of order: %v", order)
					}
				}
				if res.Wrote < res.Conn || res.End != rec.at[2] {
					t.Errorf("wrote at %d, connected at %d, ended at %d with the last event at %d", res.Wrote, res.Conn, res.End, rec.at[2])
				}
			}
			if s.connections() != 1 || s.seen[0] != "HTTP/2.0" {
				t.Errorf("%d connections, %v", s.connections(), s.seen)
			}
		})
	}
}

// The kernel's stamps reach events through the frames, under TLS too.
func TestHTTP2KernelStamps(t *testing.T) {
	t.Parallel()
	needStamps(t)
	for _, secure := range []bool{true, false} {
		for _, proxy := range []string{"", tunnel(t)} {
			s := newHTTP2Server(t, secure, threeEvents)
			client := s.client(t, wire.Options{})
			if proxy != "" {
				client.Through(proxy)
			}
			if err := client.Warm(t.Context(), s.URL, 1); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				rec := &recorder{}
				checkStamps(t, client.Do(t.Context(), streamCall(s.URL), "", rec), rec)
			}
		}
	}
}

// A connection carries as many requests as the user says, or as many as the
// server allows.
func TestStreamsPerConnection(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		opt         wire.Options
		allowed     int // by the server
		connections int // for six requests at once
	}{
		{"one by default", wire.Options{}, 0, 6},
		{"three", wire.Options{StreamsPerConnection: 3}, 0, 2},
		{"all", wire.Options{StreamsPerConnection: 100}, 0, 1},
		{"more than the server allows", wire.Options{StreamsPerConnection: 100}, 2, 3},
		{"a connection each", wire.Options{StreamsPerConnection: 100, NewConnections: true}, 0, 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var arrived sync.WaitGroup
			arrived.Add(6)
			s := newHTTP2Server(t, false, func(w http.ResponseWriter, r *http.Request) {
				arrived.Done()
				arrived.Wait() // all are in flight at once
				threeEvents(w, r)
			}, func(c *http.HTTP2Config) { c.MaxConcurrentStreams = tc.allowed })
			client := s.client(t, tc.opt)
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					rec := &recorder{}
					if res := client.Do(t.Context(), streamCall(s.URL), fmt.Sprint(i), rec); res.Err != nil || len(rec.frames) != 3 {
						t.Errorf("%q, %+v", rec.frames, res)
					}
				})
			}
			wg.Wait()
			if n := s.connections(); n != tc.connections {
				t.Errorf("%d connections, want %d", n, tc.connections)
			}
		})
	}
}

func TestWarmHTTP2(t *testing.T) {
	t.Parallel()
	s := newHTTP2Server(t, true, threeEvents)
	client := s.client(t, wire.Options{StreamsPerConnection: 2})
	for range 2 { // the second call finds them open
		if err := client.Warm(t.Context(), s.URL, 5); err != nil {
			t.Fatal(err)
		}
	}
	for range 6 {
		if res := client.Do(t.Context(), streamCall(s.URL), "", &recorder{}); res.Err != nil || !res.Reused {
			t.Errorf("a request dialled: %+v", res)
		}
	}
}

// frame2 is one frame of HTTP/2.
func frame2(kind, flags byte, stream byte, payload string) string {
	return string([]byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, stream}) + payload
}

const (
	settings2 = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	// :status 200 and a content type, as HPACK has them.
	head2 = "\x88\x0f\x10\x11text/event-stream"
)

// rawHTTP2 is a server that waits for the header of the first request of a
// connection and then says what it is told, byte for byte.
func rawHTTP2(t *testing.T, say func(n int) string, then func(net.Conn, *bufio.Reader)) string {
	return tcpServer(t, func(n int, c net.Conn, r *bufio.Reader) {
		io.WriteString(c, settings2)
		io.CopyN(io.Discard, r, 24)
		for kind := byte(0); kind != 1; {
			head := make([]byte, 9)
			if _, err := io.ReadFull(r, head); err != nil {
				return
			}
			kind = head[3]
			io.CopyN(io.Discard, r, int64(head[0])<<16|int64(head[1])<<8|int64(head[2]))
		}
		io.WriteString(c, say(n))
		then(c, r)
	})
}

func TestHTTP2Faults(t *testing.T) {
	t.Parallel()
	const short = 100 * time.Millisecond
	ok, event := frame2(1, 4, 1, head2), frame2(0, 0, 1, "data: a\n\n")
	for _, tc := range []struct {
		name   string
		say    string
		then   func(net.Conn, *bufio.Reader)
		limits wire.Timeouts
		class  llm.ErrorClass
		text   string
		frames int // -1: it is a matter of timing how many come
	}{
		{name: "clean", say: ok + event + frame2(0, 1, 1, "data: b"), then: hang, frames: 2},
		{name: "padding, pings and an unknown frame", say: ok + frame2(0, 8, 1, "\x03data: a\n\n...") + frame2(6, 0, 0, "12345678") + frame2(0xee, 0, 0, "?") + frame2(0, 1, 1, ""), then: hang, frames: 1},
		{name: "trailers", say: ok + event + frame2(1, 5, 1, "\x00\x01a\x01b"), then: hang, frames: 1},
		{name: "refused stream", say: frame2(3, 0, 1, "\x00\x00\x00\x07"), then: hang, class: llm.ErrReset, text: "REFUSED_STREAM"},
		{name: "reset within the stream", say: ok + event + frame2(3, 0, 1, "\x00\x00\x00\x02"), then: hang, class: llm.ErrReset, text: "INTERNAL_ERROR", frames: -1},
		{name: "goodbye before the answer", say: frame2(7, 0, 0, "\x00\x00\x00\x00\x00\x00\x00\x00"), then: hangUp, class: llm.ErrTruncated, text: "GOAWAY"},
		{name: "goodbye within the stream", say: ok + event + frame2(7, 0, 0, "\x00\x00\x00\x01\x00\x00\x00\x00"), then: hangUp, class: llm.ErrTruncated, text: "GOAWAY", frames: 1},
		{name: "too many calls", say: ok + event + frame2(7, 0, 0, "\x00\x00\x00\x01\x00\x00\x00\x0bcalm down"), then: hangUp, class: llm.ErrReset, text: "ENHANCE_YOUR_CALM", frames: 1},
		{name: "closed before the answer", then: hangUp, class: llm.ErrTruncated, text: "closed before an answer"},
		{name: "cut within the stream", say: ok + event, then: hangUp, class: llm.ErrTruncated, text: "middle of the answer", frames: 1},
		{name: "reset", say: ok + event, then: reset, class: llm.ErrReset, text: "reset", frames: -1},
		{name: "HTTP/1.1", say: "HTTP/1.1 400 Bad Request\r\n\r\n", then: hangUp, class: llm.ErrMalformedStream, text: "http1"},
		{name: "a header that cannot be read", say: frame2(1, 4, 1, "\xff\xff\xff"), then: hang, class: llm.ErrMalformedStream},
		{name: "no content", say: frame2(1, 5, 1, "\x89"), then: hang},
		{name: "an error", say: frame2(1, 4, 1, "\x8e") + frame2(0, 1, 1, "oh"), then: hang, class: llm.ErrHTTP5xx, text: "HTTP 500"},
		{name: "silent", then: hang, limits: wire.Timeouts{FirstByte: short}, class: llm.ErrTimeoutFirstByte},
		{name: "header only", say: ok, then: hang, limits: wire.Timeouts{FirstToken: short}, class: llm.ErrTimeoutFirstToken},
		{name: "stall", say: ok + event, then: hang, limits: wire.Timeouts{Idle: short}, class: llm.ErrTimeoutIdle, frames: 1},
		{name: "too long", say: ok + event, then: hang, limits: wire.Timeouts{Total: short}, class: llm.ErrTimeoutTotal, frames: -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{}
			client := newClient(t, wire.Options{Timeouts: tc.limits, Protocol: wire.H2C})
			res := client.Do(t.Context(), streamCall(rawHTTP2(t, func(int) string { return tc.say }, tc.then)), "", rec)
			if res.Class != tc.class || res.End == 0 || (tc.class == "") != (res.Err == nil) {
				t.Errorf("class %q, want %q: %+v", res.Class, tc.class, res)
			}
			if tc.text != "" && (res.Err == nil || !strings.Contains(res.Err.Error(), tc.text)) {
				t.Errorf("error %v, want one with %q", res.Err, tc.text)
			}
			if tc.frames >= 0 && len(rec.frames) != tc.frames {
				t.Errorf("frames %q, want %d", rec.frames, tc.frames)
			}
		})
	}
}

// A server may say goodbye to a connection that it has kept open: the request is
// sent on another one, and does not count as failed.
func TestHTTP2GoodbyeOnAKeptConnection(t *testing.T) {
	t.Parallel()
	url := rawHTTP2(t, func(int) string { return frame2(1, 4, 1, head2) + frame2(0, 1, 1, "data: [DONE]\n\n") },
		func(c net.Conn, r *bufio.Reader) {
			for kind := byte(0); kind != 1; { // the next request
				head := make([]byte, 9)
				if _, err := io.ReadFull(r, head); err != nil {
					return
				}
				kind = head[3]
				io.CopyN(io.Discard, r, int64(head[0])<<16|int64(head[1])<<8|int64(head[2]))
			}
			io.WriteString(c, frame2(7, 0, 0, "\x00\x00\x00\x01\x00\x00\x00\x00"))
		})
	client := newClient(t, wire.Options{Protocol: wire.H2C})
	for i := range 3 {
		rec := &recorder{}
		if res := client.Do(t.Context(), streamCall(url), "", rec); res.Err != nil || len(rec.frames) != 1 || res.Reused {
			t.Errorf("request %d: %+v", i, res)
		}
	}
}

// A server that closes whatever is opened is no reason to go on for ever.
func TestHTTP2ClosedAtOnce(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	url := tcpServer(t, func(int, net.Conn, *bufio.Reader) { opened.Add(1) })
	for _, streams := range []int{1, 8} {
		client := newClient(t, wire.Options{Protocol: wire.H2C, StreamsPerConnection: streams})
		res := client.Do(t.Context(), streamCall(url), "", &recorder{})
		if res.Class != llm.ErrTruncated && res.Class != llm.ErrReset {
			t.Errorf("%+v", res)
		}
	}
	if n := opened.Load(); n > 4 {
		t.Errorf("%d connections were opened for two requests", n)
	}
}

func TestServerWithoutHTTP2(t *testing.T) {
	t.Parallel()
	plain := httptest.NewUnstartedServer(http.HandlerFunc(threeEvents))
	plain.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	plain.StartTLS()
	t.Cleanup(plain.Close)
	client := newClient(t, wire.Options{Protocol: wire.HTTP2})
	client.Trust(plain.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs)
	res := client.Do(t.Context(), streamCall(plain.URL), "", &recorder{})
	if res.Class != llm.ErrTLS || !strings.Contains(res.Err.Error(), "does not speak HTTP/2") {
		t.Errorf("%+v", res)
	}
	only2 := newHTTP2Server(t, false, threeEvents)
	res = newClient(t, wire.Options{}).Do(t.Context(), streamCall(only2.URL), "", &recorder{})
	if res.Class == "" {
		t.Errorf("HTTP/1.1 to a server of HTTP/2 alone: %+v", res)
	}
}

// A request that is given up leaves its connection to the others.
func TestHTTP2Cancel(t *testing.T) {
	t.Parallel()
	s := newHTTP2Server(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: a\n\n")
		w.(http.Flusher).Flush()
		if r.Header.Get("X-Request-Id") == "1" {
			<-r.Context().Done()
			return
		}
		io.WriteString(w, "data: [DONE]\n\n")
	})
	client := s.client(t, wire.Options{})
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	res := client.Do(ctx, streamCall(s.URL), "1", &canceller{cancel: func() { cancel(why) }})
	if res.Class != "" || !errors.Is(res.Err, why) || res.End == 0 {
		t.Errorf("%+v", res)
	}
	if res := client.Do(t.Context(), streamCall(s.URL), "2", &recorder{}); res.Err != nil || !res.Reused {
		t.Errorf("%+v", res)
	}
	if n := s.connections(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A request that gives up while its connection is being opened takes nobody with
// it who waits for the same connection.
func TestHTTP2OpenerGivesUp(t *testing.T) {
	t.Parallel()
	var conns atomic.Int32
	first := make(chan struct{})
	url := tcpServer(t, func(n int, c net.Conn, r *bufio.Reader) {
		conns.Add(1)
		if n == 0 { // says nothing
			close(first)
			hang(c, r)
			return
		}
		io.WriteString(c, settings2)
		hang(c, r)
	})
	client := newClient(t, wire.Options{Protocol: wire.H2C, StreamsPerConnection: 8})
	opener, giveUp := context.WithCancelCause(t.Context())
	waiter, end := context.WithCancelCause(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { client.Do(opener, streamCall(url), "", &recorder{}) })
	<-first
	waiting := make(chan wire.Result, 1)
	wg.Go(func() { waiting <- client.Do(waiter, streamCall(url), "", &recorder{}) })
	for client.HTTP2Places() < 2 {
		time.Sleep(time.Millisecond)
	}
	giveUp(errors.New("enough"))
	for conns.Load() < 2 { // until the waiter has a connection of its own
		select {
		case res := <-waiting:
			t.Fatalf("the waiter failed with the opener: %+v", res)
		case <-time.After(time.Millisecond):
		}
	}
	end(errors.New("the end"))
	if res := <-waiting; res.Class != "" || res.Err == nil || res.Err.Error() != "the end" {
		t.Errorf("%+v", res)
	}
	wg.Wait()
}
