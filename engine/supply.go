package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"

	"loadgate/internal/llm"
)

// Ahead of the load, bodies are rendered until they take this much memory; the
// rest is rendered while it runs, on a goroutine of its own.
const (
	aheadBytes = 64 << 20
	aheadJobs  = 1 << 14
)

// job is a request ready to be sent.
type job struct {
	index   int
	call    *llm.Call
	session string
	request llm.Request
	hash    string // of the body
	prompt  string // kept only where it may have to be counted or stored
}

// supply renders the jobs of one repeat in order and hands them out in order.
type supply struct {
	cfg   *Config
	want  int // 0: no end
	jobs  chan *job
	quit  chan struct{}
	ready chan struct{} // closed when enough is rendered to begin
	ended sync.WaitGroup

	mu     sync.Mutex
	room   sync.Cond
	bytes  int
	closed bool
	first  *job
	failed error
}

func newSupply(cfg *Config, want int) *supply {
	s := &supply{cfg: cfg, want: want, jobs: make(chan *job, aheadJobs), quit: make(chan struct{}), ready: make(chan struct{})}
	s.room.L = &s.mu
	s.ended.Go(s.render) // ends with close, at the latest
	return s
}

// fill waits until the load can begin: all jobs are rendered, or as many as fit.
func (s *supply) fill(ctx context.Context, stop <-chan struct{}) error {
	select {
	case <-s.ready:
	case <-stop:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return s.err()
}

// render makes jobs until there are enough, one cannot be made, or close.
func (s *supply) render() {
	defer close(s.jobs)
	begin := sync.OnceFunc(func() { close(s.ready) })
	defer begin()
	for i := 0; s.want == 0 || i < s.want; i++ {
		j, err := s.make(i)
		s.mu.Lock()
		if err != nil {
			s.failed = err
			s.mu.Unlock()
			return
		}
		if i == 0 {
			s.first = j
		}
		for s.bytes > 0 && s.bytes+len(j.call.Body) > aheadBytes && !s.closed {
			begin()
			s.room.Wait()
		}
		s.bytes += len(j.call.Body)
		closed := s.closed
		s.mu.Unlock()
		if closed {
			return
		}
		select {
		case s.jobs <- j:
			continue
		default:
			begin() // full
		}
		select {
		case s.jobs <- j:
		case <-s.quit:
			return
		}
	}
}

// make renders job i: a function of the seed and i alone.
func (s *supply) make(i int) (*job, error) {
	session, err := s.cfg.Dataset.Session(s.cfg.PromptSeed, i)
	if err != nil {
		return nil, fmt.Errorf("request %d: %w", i, err)
	}
	if len(session.Turns) != 1 {
		return nil, fmt.Errorf("request %d: a session of %d turns cannot be sent: one turn each is supported", i, len(session.Turns))
	}
	j := &job{index: i, session: session.ID, request: session.Turns[0]}
	if j.call, err = s.cfg.Backend.Encode(j.request); err != nil {
		return nil, fmt.Errorf("request %d: %w", i, err)
	}
	sum := sha256.Sum256(j.call.Body)
	j.hash = hex.EncodeToString(sum[:8])
	if s.cfg.KeepPrompts || j.request.InputTokens == 0 {
		j.prompt = promptText(&j.request)
	}
	j.request.Messages, j.request.Prompt, j.request.Body = nil, "", nil // the body holds them now
	return j, nil
}

// promptText is the text of a request, for counting. A verbatim body has none
// that is known here.
func promptText(r *llm.Request) string {
	text := r.Prompt
	for _, m := range r.Messages {
		if text != "" {
			text += "\n"
		}
		text += m.Text
	}
	return text
}

// next hands out the next job; it waits while none is rendered. Not ok: there
// are no more.
func (s *supply) next() (*job, bool) {
	j, ok := <-s.jobs
	if !ok {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= len(j.call.Body)
	s.room.Signal()
	return j, true
}

// firstURL is where the load goes to, "" when there is nothing to send.
func (s *supply) firstURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil {
		return ""
	}
	return s.first.call.URL
}

// err is why rendering ended early.
func (s *supply) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// close ends the rendering and waits for it.
func (s *supply) close() {
	s.mu.Lock()
	s.closed = true
	s.room.Signal()
	s.mu.Unlock()
	close(s.quit)
	s.ended.Wait()
}
