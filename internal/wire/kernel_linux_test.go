package wire_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"loadgate/internal/wire"
)

func TestKernelStamps(t *testing.T) {
	t.Parallel()
	needStamps(t)
	answer := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 3 {
			io.WriteString(w, "data: a\n\n")
			w.(http.Flusher).Flush()
		}
		io.WriteString(w, "data: [DONE]\n\n")
	}
	plain := httptest.NewServer(http.HandlerFunc(answer))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.HandlerFunc(answer))
	t.Cleanup(secure.Close)
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for name, tc := range map[string]struct{ url, proxy string }{
		"plain":            {plain.URL, ""},
		"TLS":              {secure.URL, ""},
		"TLS behind proxy": {secure.URL, tunnel(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, wire.Options{})
			client.Trust(roots)
			if tc.proxy != "" {
				client.Through(tc.proxy)
			}
			if err := client.Warm(t.Context(), tc.url, 1); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				rec := &recorder{}
				checkStamps(t, client.Do(t.Context(), streamCall(tc.url), "", rec), rec)
			}
		})
	}
}

func TestUserStamps(t *testing.T) {
	t.Parallel()
	url := after(t, sseHead+chunk("data: a\n\n")+lastly, hang)
	rec := &recorder{}
	res := newClient(t, wire.Options{UserStamps: true}).Do(t.Context(), streamCall(url), "", rec)
	if res.Err != nil || res.KernelHeader != 0 || len(rec.kernel) != 1 || rec.kernel[0] != 0 {
		t.Errorf("%+v %v", res, rec.kernel)
	}
}

// A document, and a last event that only the end of the connection ends, have
// the stamps of their last bytes; the exchange ends with the connection.
func TestStampsOfTheLastBytes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, newClient func(*testing.T, wire.Options) *wire.Client) {
		needStamps(t)
		gate := make(chan struct{})
		url := tcpServer(t, func(_ int, c net.Conn, r *bufio.Reader) {
			if _, err := readRequest(r); err == nil {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\ndata: b")
				<-gate
			}
		})
		rec := &closer{gate: gate}
		res := newClient(t, wire.Options{}).Do(t.Context(), streamCall(url), "", rec)
		checkStamps(t, res, &rec.recorder)
		if len(rec.frames) != 2 || !res.EOF || rec.at[1] >= rec.ended || res.End <= rec.ended {
			t.Errorf("stamps %v; the server closed after %d, the exchange ended at %d", rec.at, rec.ended, res.End)
		}
	})
}

// closer lets the server close when the first frame is there.
type closer struct {
	recorder
	gate  chan struct{}
	ended int64
}

func (c *closer) Receive(f *wire.Frame) wire.Progress {
	if c.ended == 0 {
		c.ended = f.At + 1
		close(c.gate)
	}
	return c.recorder.Receive(f)
}
