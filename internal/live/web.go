package live

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

//go:embed page
var page embed.FS

// Limits of what the web page may cost a run.
const (
	maxBrowsers   = 100              // at a time
	maxNotes      = 50               // the newest that the page shows
	writeTimeout  = 10 * time.Second // a browser that takes longer is dropped, and may come back
	farewell      = time.Second      // to hand the verdict to browsers
	headerTimeout = 5 * time.Second
	maxHeaderSize = 16 << 10
)

// Web shows a run to browsers: one page, updated by server-sent events. Every
// event holds the whole state, so that a browser may miss any number of them. A
// browser that does not keep up misses some; nothing waits for it but End, for a
// second at most.
type Web struct {
	server   *http.Server
	listener net.Listener
	local    bool // only this machine can reach it
	serving  sync.WaitGroup
	over     chan struct{}
	once     sync.Once

	mu       sync.Mutex
	closed   bool // no browser is let in any more
	state    state
	browsers map[chan []byte]struct{} // each holds the newest state not yet sent
}

// Serve listens on an address, host:port, and begins to show the run of that
// name. Without a host it is the loopback; port 0 takes a free one. It ends with
// End.
func Serve(addr, name string) (*Web, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%q is no address: write 127.0.0.1:0 or another host:port", addr)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	w := &Web{
		listener: l, local: loopback(l.Addr().String()), over: make(chan struct{}),
		browsers: map[chan []byte]struct{}{}, state: state{Name: name, Phase: "starting", Notes: []string{}, Trend: []float64{}},
	}
	w.server = &http.Server{
		Handler: w.guard(w.routes()), ReadHeaderTimeout: headerTimeout, IdleTimeout: time.Minute,
		MaxHeaderBytes: maxHeaderSize, ErrorLog: log.New(io.Discard, "", 0),
	}
	w.serving.Go(func() { _ = w.server.Serve(l) }) // ends with End
	return w, nil
}

// loopback reports whether an address, ip:port or host:port, is this machine's
// own.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = strings.Trim(addr, "[]")
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Local reports whether only this machine can reach the page.
func (w *Web) Local() bool { return w.local }

// URL is where the page is. A page on all addresses is given on the loopback.
func (w *Web) URL() string {
	addr := w.listener.Addr().(*net.TCPAddr) // a TCP listener has no other
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d/", addr.Port)
	}
	return "http://" + addr.String() + "/"
}

// guard refuses requests that a foreign site has sent through a browser of this
// machine under a name of its own, and forbids the page everything but its own
// files.
func (w *Web) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, req *http.Request) {
		if w.local && !loopback(req.Host) {
			http.Error(out, "this page is for this machine's own addresses", http.StatusMisdirectedRequest)
			return
		}
		h := out.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(out, req)
	})
}

func (w *Web) routes() http.Handler {
	mux := http.NewServeMux()
	for _, f := range []struct{ path, file, kind string }{
		{"/{$}", "index.html", "text/html"}, {"/page.js", "page.js", "text/javascript"}, {"/page.css", "page.css", "text/css"},
	} {
		mux.HandleFunc("GET "+f.path, func(out http.ResponseWriter, req *http.Request) {
			out.Header().Set("Content-Type", f.kind+"; charset=utf-8") // not the machine's own idea of the suffix
			http.ServeFileFS(out, req, page, "page/"+f.file)
		})
	}
	mux.HandleFunc("GET /events", w.events)
	return mux
}

// events streams states to a browser until one of them, or the run, ends.
func (w *Web) events(out http.ResponseWriter, req *http.Request) {
	inbox, ok := w.enter()
	if !ok {
		http.Error(out, "too many browsers watch this run", http.StatusServiceUnavailable)
		return
	}
	defer w.leave(inbox)
	out.Header().Set("Content-Type", "text/event-stream")
	to := http.NewResponseController(out)
	for {
		select {
		case message := <-inbox:
			if send(out, to, message) != nil {
				return
			}
		case <-w.over:
			select {
			case last := <-inbox:
				_ = send(out, to, last)
			default: // it has been sent
			}
			return
		case <-req.Context().Done():
			return
		}
	}
}

func send(out io.Writer, to *http.ResponseController, message []byte) error {
	if err := to.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "data: %s\n\n", message); err != nil {
		return err
	}
	return to.Flush()
}

// enter adds a browser, whose inbox holds the state of now.
func (w *Web) enter() (inbox chan []byte, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.browsers) >= maxBrowsers {
		return nil, false
	}
	w.serving.Add(1)
	inbox = make(chan []byte, 1)
	inbox <- w.state.encode()
	w.browsers[inbox] = struct{}{}
	return inbox, true
}

func (w *Web) leave(inbox chan []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.browsers, inbox)
	w.serving.Done()
}

// publish changes the state and puts it into every inbox, in the place of one
// that was not fetched.
func (w *Web) publish(change func(*state)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.state)
	if len(w.browsers) == 0 {
		return // a page that nobody looks at costs nothing
	}
	message := w.state.encode()
	for inbox := range w.browsers {
		select {
		case <-inbox:
		default:
		}
		inbox <- message
	}
}

func (w *Web) show(s Snapshot) { w.publish(func(st *state) { st.take(&s) }) }

func (w *Web) note(line string) {
	w.publish(func(st *state) { st.Notes = lastOf(append(st.Notes, line), maxNotes) })
}

// close is the end of the load.
func (w *Web) close() {
	w.publish(func(st *state) { st.Phase, st.Measured = "writing the reports", true })
}

// Ending is how a run ended.
type Ending struct {
	Verdict   string // in a line; "" = not known
	Good, Bad bool   // neither = not decided
	Cells     int    // how many were measured
}

// End tells the browsers how the run ended, and stops serving; a browser that
// does not listen holds it up for a second. Further calls do nothing.
func (w *Web) End(e Ending) {
	w.once.Do(func() {
		w.publish(func(st *state) { st.end(e) })
		close(w.over)
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		if w.server.Shutdown(ctx) != nil {
			_ = w.server.Close() // some browser does not take its last event
		}
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		w.serving.Wait()
	})
}

// encode writes the state as one line. It cannot fail: numbers that JSON does
// not know are null in it.
func (st *state) encode() []byte {
	message, err := json.Marshal(st)
	if err != nil {
		panic(fmt.Sprintf("live: a state that is no JSON: %v", err))
	}
	return message
}
