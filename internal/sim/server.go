package sim

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxBody is the largest request body in bytes.
const maxBody = 64 << 20

// Server is the simulated server: an http.Handler for
//
//	POST /v1/chat/completions, /v1/completions, /v1/messages, /v1/responses
//	POST /api/chat, /api/generate
//	GET  /v1/models, /api/tags, /health, /metrics
//	POST /reset_prefix_cache
//
// Any number of requests may run at once.
type Server struct {
	cfg      Config
	count    func(string) int
	started  time.Time
	stats    *stats
	engine   *engine
	truth    *truthLog
	arrivals atomic.Uint64
	prefixes prefixCache

	mu     sync.Mutex
	closed bool
	live   map[*call]struct{}
	calls  sync.WaitGroup
	once   sync.Once
}

// New starts a server. count says how many tokens a text has; it is called from
// many goroutines at once; nil takes about four bytes for a token. truth, if
// not nil, gets one JSON line per request to an endpoint that generates
// (see the package comment), written when the request ends; the server
// serialises its writes and does not close it.
//
// cfg must be valid, as ParseConfig returns it and Validate checks it: New
// panics otherwise, since a model with, say, no batch would never answer.
func New(cfg Config, count func(text string) int, truth io.Writer) *Server {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	if count == nil {
		count = roughCount
	}
	st := newStats()
	return &Server{
		cfg:     cfg,
		count:   count,
		started: time.Now(),
		stats:   st,
		engine:  newEngine(cfg, st),
		truth:   newTruthLog(truth),
		live:    map[*call]struct{}{},
	}
}

// Close ends the scheduler, cuts the answers that are still running (their
// truth says cancelled), waits for their handlers and flushes the truth. Later
// requests get a 503. The error is the truth's first write error. Close before
// http.Server.Close or after; more than once does no harm.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		for c := range s.live {
			c.interrupt()
		}
		s.mu.Unlock()
		s.engine.stop()
		s.calls.Wait()
	})
	return s.truth.close()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if d := dialects[r.URL.Path]; d != "" {
		s.generate(w, r, d)
		return
	}
	switch r.URL.Path {
	case "/v1/models", "/api/tags":
		if allow(w, r, http.MethodGet) && s.authorized(w, r) {
			s.models(w)
		}
	case "/health":
		if allow(w, r, http.MethodGet) {
			w.WriteHeader(http.StatusOK)
		}
	case "/metrics":
		if allow(w, r, http.MethodGet) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			// A scraper that has gone is no concern of ours.
			_ = s.stats.write(w, s.cfg.Model[0])
		}
	case "/reset_prefix_cache":
		if allow(w, r, http.MethodPost) {
			w.WriteHeader(http.StatusOK) // there is no cache: it is always fresh
		}
	default:
		reject(w, http.StatusNotFound, "no such path: "+r.URL.Path)
	}
}

func (s *Server) models(w http.ResponseWriter) {
	type model struct {
		ID          string `json:"id"`
		Object      string `json:"object"`
		Created     int64  `json:"created"`
		OwnedBy     string `json:"owned_by"`
		MaxModelLen int    `json:"max_model_len"`
	}
	type tag struct {
		Name  string `json:"name"`
		Model string `json:"model"`
	}
	list := struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
		Models []tag   `json:"models"` // ollama's list
	}{Object: "list"}
	for _, name := range s.cfg.Model {
		list.Data = append(list.Data, model{name, "model", s.started.Unix(), "simulator", s.cfg.MaxModelLen})
		list.Models = append(list.Models, tag{name, name})
	}
	sendJSON(w, http.StatusOK, list)
}

// generate answers one completion request and records the truth about it.
func (s *Server) generate(w http.ResponseWriter, r *http.Request, d dialect) {
	c := &call{srv: s, w: w, ctl: http.NewResponseController(w)}
	c.rec = record{arrived: time.Now(), id: r.Header.Get("X-Request-Id"), index: s.arrivals.Add(1)}
	c.hash = hashID(withinRun(c.rec.id))
	if c.rec.id == "" {
		c.hash = hashID("#" + strconv.FormatUint(c.rec.index, 10))
	} else {
		w.Header().Set("X-Request-Id", c.rec.id)
	}
	if !s.enter(c) {
		reject(w, http.StatusServiceUnavailable, "the server is shutting down")
		return
	}
	defer s.leave(c)
	status, message := c.accept(r, d)
	if status != http.StatusOK {
		c.refuse(status, message)
		return
	}
	c.answer(r.Context())
}

func (s *Server) enter(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.live[c] = struct{}{}
	s.calls.Add(1)
	return true
}

func (s *Server) leave(c *call) {
	s.mu.Lock()
	delete(s.live, c)
	s.mu.Unlock()
	s.truth.add(&c.rec)
	s.calls.Done()
}

func (s *Server) authorized(w http.ResponseWriter, r *http.Request) bool {
	if s.keyOK(r) {
		return true
	}
	reject(w, http.StatusUnauthorized, "the API key is missing or wrong")
	return false
}

func (s *Server) keyOK(r *http.Request) bool {
	if s.cfg.APIKey == "" {
		return true
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if own := r.Header.Get("X-Api-Key"); own != "" { // Anthropic's
		scheme, key = "bearer", own
	}
	return strings.EqualFold(scheme, "bearer") && subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.APIKey)) == 1
}

// readBody reads a whole request body; the status says what was wrong.
func readBody(w http.ResponseWriter, r *http.Request) (data []byte, status int, message string) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge, "the body is larger than " + strconv.Itoa(maxBody) + " bytes"
	case err != nil:
		return nil, http.StatusBadRequest, "the body could not be read"
	default:
		return data, http.StatusOK, ""
	}
}
