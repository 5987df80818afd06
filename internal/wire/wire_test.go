package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// recorder keeps the frames of an answer as text. Its answers follow the data:
// "[DONE]" ends, "stop" gives up, "ping" is nothing, the rest is content.
type recorder struct {
	frames []string
	at     []int64
	kernel []int64
}

func (r *recorder) Receive(f *wire.Frame) wire.Progress {
	text := string(f.Data)
	if len(f.Name) > 0 {
		text = string(f.Name) + "|" + text
	}
	r.frames = append(r.frames, text)
	r.at = append(r.at, f.At)
	r.kernel = append(r.kernel, f.Kernel)
	switch string(f.Data) {
	case "[DONE]":
		return wire.Done
	case "stop":
		return wire.Stop
	case "ping":
		return wire.Nothing
	default:
		return wire.Token
	}
}

// tcpServer runs handle for each connection, in order of arrival. It gets the
// connection's number from 0, and a reader of requests.
func tcpServer(t *testing.T, handle func(n int, c net.Conn, requests *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, l, handle)
	return "http://" + l.Addr().String() + "/v1/chat/completions"
}

func serveOn(t *testing.T, l net.Listener, handle func(n int, c net.Conn, requests *bufio.Reader)) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	wg.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				handle(n, c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
}

// readRequest takes one request off a connection, its body included.
func readRequest(r *bufio.Reader) (*http.Request, error) {
	req, err := http.ReadRequest(r)
	if err == nil {
		_, err = io.Copy(io.Discard, req.Body)
	}
	return req, err
}

func streamCall(url string) *llm.Call {
	return &llm.Call{Method: "POST", URL: url, Body: []byte(`{"stream":true}`), Stream: true}
}

// newClient is a client that does not ask the environment for a proxy.
func newClient(t *testing.T, opt wire.Options) *wire.Client {
	t.Helper()
	opt.Clock = llm.NewClock()
	c := wire.New(opt)
	c.Through("")
	t.Cleanup(c.Close)
	return c
}

const (
	sseHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	lastly  = "0\r\n\r\n"
)

// chunk frames one HTTP chunk.
func chunk(s string) string {
	const hex = "0123456789abcdef"
	n, size := len(s), ""
	for ; n > 0; n /= 16 {
		size = string(hex[n%16]) + size
	}
	return size + "\r\n" + s + "\r\n"
}

func TestStreamIsSplitAndStamped(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		step := make(chan struct{})
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			if _, err := readRequest(r); err != nil {
				return
			}
			io.WriteString(c, sseHead+chunk("data: ping\n\n"))
			<-step
			io.WriteString(c, chunk("data: one\n\n"))
			<-step
			io.WriteString(c, chunk("data: two\n\ndata: three\n\n")+chunk("data: [DONE]\n\n")+lastly)
		})
		client := newClient(t, wire.Options{})
		rec := &stepper{step: step}
		res := client.Do(t.Context(), streamCall(url), "id-1", rec)
		if res.Class != "" || res.Err != nil || res.Status != 200 || res.EOF {
			t.Fatalf("unclean: %+v", res)
		}
		if got := strings.Join(rec.frames, ","); got != "ping,one,two,three,[DONE]" {
			t.Errorf("frames %s", got)
		}
		order := []int64{0, res.Conn, res.Header, rec.at[0], rec.at[1], rec.at[2]}
		for i := 1; i < len(order); i++ {
			if order[i] < order[i-1] {
				t.Errorf("stamps out of order: %v", order)
			}
		}
		if res.Wrote < res.Conn { // it may be later than the answer: its writer was interrupted
			t.Errorf("wrote at %d, connected at %d", res.Wrote, res.Conn)
		}
		if rec.at[0] == rec.at[1] || rec.at[1] == rec.at[2] {
			t.Errorf("events of different reads share a stamp: %v", rec.at)
		}
		if last := rec.at[len(rec.at)-1]; res.End != last {
			t.Errorf("End = %d, the terminator came at %d", res.End, last)
		}
	})
}

// stepper lets the server go on after each of the first two frames.
type stepper struct {
	recorder
	step chan struct{}
}

func (s *stepper) Receive(f *wire.Frame) wire.Progress {
	p := s.recorder.Receive(f)
	if len(s.frames) <= 2 {
		s.step <- struct{}{}
	}
	return p
}

func TestHeadersSent(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		seen := make(chan http.Header, 1)
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			req, err := readRequest(r)
			if err != nil {
				return
			}
			seen <- req.Header
			io.WriteString(c, sseHead+chunk("data: [DONE]\n\n")+lastly)
		})
		call := streamCall(url)
		call.Header = http.Header{"Authorization": {"Bearer k"}, "X-Env": {"6"}}
		newClient(t, wire.Options{UserAgent: "loadgate/1.2"}).Do(t.Context(), call, "id-7", &recorder{})
		h := <-seen
		for key, want := range map[string]string{
			"Authorization": "Bearer k", "X-Env": "6", "X-Request-Id": "id-7", "User-Agent": "loadgate/1.2",
			"Accept": "text/event-stream", "Accept-Encoding": "identity", "Content-Type": "application/json",
			"Traceparent": llm.TraceParent("id-7"),
		} {
			if got := h.Get(key); got != want {
				t.Errorf("%s: %q, want %q", key, got, want)
			}
		}
		if len(call.Header) != 2 {
			t.Errorf("the call's own header was changed: %v", call.Header)
		}
	})
}

func TestConnectionIsReusedAfterDone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			for {
				if _, err := readRequest(r); err != nil {
					return
				}
				io.WriteString(c, sseHead+chunk("data: a\n\ndata: [DONE]\n\n"))
				io.WriteString(c, lastly)
			}
		})
		client := newClient(t, wire.Options{})
		for i := range 3 {
			res := client.Do(t.Context(), streamCall(url), "", &recorder{})
			if res.Err != nil || res.Reused != (i > 0) {
				t.Errorf("request %d: reused %v, %+v", i, res.Reused, res)
			}
		}
		fresh := newClient(t, wire.Options{NewConnections: true})
		for range 2 {
			if res := fresh.Do(t.Context(), streamCall(url), "", &recorder{}); res.Err != nil || res.Reused {
				t.Errorf("a new connection for each request was asked for: %+v", res)
			}
		}
	})
}

// closesAtTheSecond answers the first request of a connection and closes it when
// the next one begins. It counts the requests that it has read.
func closesAtTheSecond(t *testing.T, requests *atomic.Int64) string {
	return tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if _, err := readRequest(r); err != nil {
			return
		}
		requests.Add(1)
		io.WriteString(c, sseHead+chunk("data: a\n\ndata: [DONE]\n\n")+lastly)
		r.Peek(1)
	})
}

// A server may close a connection that it has kept open, between two requests or
// after a while: the client dials again, and the request does not count as
// failed. Of a large request, part is unread by then, and the close is a reset.
func TestClosedKeptConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		for size, pause := range map[int]time.Duration{1: 0, 2: 2100 * time.Millisecond, 4 << 20: 2100 * time.Millisecond} {
			var requests atomic.Int64
			client := newClient(t, wire.Options{})
			call := streamCall(closesAtTheSecond(t, &requests))
			call.Body = []byte(`"` + strings.Repeat("x", size) + `"`)
			for i := range 2 {
				if i > 0 {
					time.Sleep(pause) // what makes it an idle connection
				}
				rec := &recorder{}
				if res := client.Do(t.Context(), call, "", rec); res.Err != nil || len(rec.frames) != 2 {
					t.Errorf("%d bytes, request %d: %+v", size, i, res)
				}
			}
			if n := requests.Load(); n != 2 {
				t.Errorf("the server read %d requests", n)
			}
		}
	})
}

// A connection that was in use a moment ago and breaks was broken by the
// request: that is a failure, and nothing is sent twice.
func TestBrokenConnectionIsAFailure(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		var requests atomic.Int64
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			for first := true; ; first = false {
				if _, err := readRequest(r); err != nil {
					return
				}
				requests.Add(1)
				if !first {
					c.(*net.TCPConn).SetLinger(0)
					return
				}
				io.WriteString(c, sseHead+chunk("data: a\n\ndata: [DONE]\n\n")+lastly)
			}
		})
		client := newClient(t, wire.Options{})
		for i := range 6 {
			res := client.Do(t.Context(), streamCall(url), "", &recorder{})
			if want := []llm.ErrorClass{"", llm.ErrReset}[i%2]; res.Class != want {
				t.Errorf("request %d: class %q, want %q: %+v", i, res.Class, want, res)
			}
		}
		if n := requests.Load(); n != 6 {
			t.Errorf("the server read %d requests, 6 were sent", n)
		}
	})
}

func TestWarm(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		var mu sync.Mutex
		conns, requests := 0, 0
		url := tcpServer(t, func(n int, c net.Conn, r *bufio.Reader) {
			mu.Lock()
			conns++
			mu.Unlock()
			for {
				if _, err := readRequest(r); err != nil {
					return
				}
				mu.Lock()
				requests++
				mu.Unlock()
				io.WriteString(c, sseHead+chunk("data: [DONE]\n\n")+lastly)
			}
		})
		client := newClient(t, wire.Options{})
		for range 2 { // the second call finds them open
			if err := client.Warm(t.Context(), url, 5); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		results := make([]wire.Result, 5)
		for i := range results {
			wg.Go(func() { results[i] = client.Do(context.Background(), streamCall(url), "", &recorder{}) })
		}
		wg.Wait()
		for _, res := range results {
			if !res.Reused || res.Err != nil {
				t.Errorf("a request dialled: %+v", res)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if conns != 5 || requests != 5 {
			t.Errorf("%d connections and %d requests, want 5 and 5", conns, requests)
		}
	})
}

// Connections opened beforehand may be closed by the server before their use.
func TestWarmConnectionsThatWereClosed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		closed := make(chan struct{}, 3)
		url := tcpServer(t, func(n int, c net.Conn, r *bufio.Reader) {
			if n < 3 {
				c.Close()
				closed <- struct{}{}
				return
			}
			if _, err := readRequest(r); err == nil {
				io.WriteString(c, sseHead+chunk("data: [DONE]\n\n")+lastly)
			}
		})
		client := newClient(t, wire.Options{})
		if err := client.Warm(t.Context(), url, 3); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			<-closed
		}
		if res := client.Do(t.Context(), streamCall(url), "", &recorder{}); res.Err != nil || res.Reused {
			t.Errorf("want a clean answer on a new connection: %+v", res)
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			if _, err := readRequest(r); err == nil {
				io.WriteString(c, sseHead+chunk("data: a\n\n"))
				io.Copy(io.Discard, r)
			}
		})
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		rec := &canceller{cancel: func() { cancel(why) }}
		res := newClient(t, wire.Options{}).Do(ctx, streamCall(url), "", rec)
		if res.Class != "" || !errors.Is(res.Err, why) || res.End == 0 || res.EOF {
			t.Errorf("%+v", res)
		}
	})
}

type canceller struct {
	recorder
	cancel func()
}

func (c *canceller) Receive(f *wire.Frame) wire.Progress {
	c.cancel()
	return c.recorder.Receive(f)
}

func TestStopGivesUp(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			if _, err := readRequest(r); err == nil {
				io.WriteString(c, sseHead+chunk("data: stop\n\ndata: more\n\n"))
				io.Copy(io.Discard, r) // until the client closes
			}
		})
		rec := &recorder{}
		res := newClient(t, wire.Options{}).Do(t.Context(), streamCall(url), "", rec)
		if res.Class != "" || res.Err != nil || res.EOF || len(rec.frames) != 1 {
			t.Errorf("%+v, frames %q", res, rec.frames)
		}
	})
}

func TestFetch(t *testing.T) {
	t.Parallel()
	url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
		req, err := readRequest(r)
		if err != nil {
			return
		}
		if req.Method == "GET" {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
			return
		}
		io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
	})
	client := newClient(t, wire.Options{NewConnections: true})
	res := client.Fetch(t.Context(), &llm.Call{Method: "GET", URL: url})
	if res.Status != 200 || string(res.Body) != "hello" || res.Class != "" {
		t.Errorf("%+v", res)
	}
	res = client.Fetch(t.Context(), &llm.Call{Method: "POST", URL: url})
	if res.Status != 401 || string(res.Body) != "no" || res.Class != llm.ErrHTTP4xx {
		t.Errorf("%+v", res)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]string{
		"text/event-stream; charset=utf-8": "x|[1],[DONE]",
		"application/x-ndjson":             "event: x,data: [1],data: [DONE],data: late",
		"application/json":                 "event: x\ndata: [1]\n\ndata: [DONE]\n\ndata: late\n\n",
	} {
		rec := &recorder{}
		body := iotest.OneByteReader(strings.NewReader("event: x\ndata: [1]\n\ndata: [DONE]\n\ndata: late\n\n"))
		if err := wire.Replay(contentType, body, rec); err != nil || strings.Join(rec.frames, ",") != want {
			t.Errorf("%s: %q, want %q (%v)", contentType, rec.frames, want, err)
		}
	}
	if err := wire.Replay("text/html", strings.NewReader("x"), &recorder{}); err == nil {
		t.Error("a page was replayed")
	}
}

// needStamps skips a test, loudly, where the kernel gives no stamps.
func needStamps(t *testing.T) {
	t.Helper()
	on, release := wire.KernelStamps()
	if !on {
		t.Skip("SKIPPED: this kernel gives no receive stamps, so nothing was tested")
	}
	t.Cleanup(release)
}

// checkStamps wants every frame and the header stamped, in order, and no stamp
// later than the client's own.
func checkStamps(t *testing.T, res wire.Result, rec *recorder) {
	t.Helper()
	if res.Err != nil || len(rec.frames) == 0 {
		t.Fatalf("%+v %q", res, rec.frames)
	}
	if res.KernelHeader <= res.Conn || res.KernelHeader > res.Header {
		t.Errorf("header: the kernel says %d, the client %d, connected at %d", res.KernelHeader, res.Header, res.Conn)
	}
	last := res.KernelHeader
	for i, k := range rec.kernel {
		if k < last || k > rec.at[i] {
			t.Errorf("frame %d: the kernel says %d, the client %d, the kernel of the one before %d", i, k, rec.at[i], last)
		}
		last = k
	}
}
