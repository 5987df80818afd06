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
		limit time.Duration // short only where it is to pass
		class llm.ErrorClass
	}{
		"unknown authority": {self.URL, time.Minute, llm.ErrTLS},
		"plain text":        {strings.Replace(plain, "http:", "https:", 1), time.Minute, llm.ErrTLS},
		"stall":             {strings.Replace(stalled, "http:", "https:", 1), short, llm.ErrTimeoutTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := newClient(t, wire.Options{Timeouts: wire.Timeouts{TLS: tc.limit}}).Do(t.Context(), streamCall(tc.url), "", &recorder{})
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
