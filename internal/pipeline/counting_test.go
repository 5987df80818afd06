package pipeline

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"loadgate/engine"
	"loadgate/internal/llm"
)

// watched counts tokens and the requests that have ended, and how often the first
// happened before the last of the second.
type watched struct {
	llm.Counter
	requests, ended, counted, early atomic.Int32
}

func (w *watched) Count(text string) int {
	w.counted.Add(1)
	if w.ended.Load() < w.requests.Load() {
		w.early.Add(1)
	}
	return w.Counter.Count(text)
}

func (w *watched) Sent()                   {}
func (w *watched) First(time.Duration)     {}
func (w *watched) Token(gap time.Duration) {}
func (w *watched) Done(llm.Outcome)        { w.ended.Add(1) }

// Answers whose tokens the server does not count are counted when the load is over.
func TestTokensAreCountedAfterTheLoad(t *testing.T) {
	t.Parallel()
	text := strings.Replace(quick, "{ttft: 1ms,", "{usage: none, ttft: 1ms,", 1)
	o := open(t, text)
	w := &watched{Counter: o.Cells[0].Counter}
	o.Cells[0].Counter = w
	opt := Options{Start: simulated(t), Preflight: true, Observe: func(p Progress) engine.Observer {
		w.requests.Store(int32(p.Planned))
		w.counted.Store(0)
		return w
	}}
	s, err := NewSession(o, filepath.Join(t.TempDir(), "run"), false, Origin{Text: text, Version: "test"}, noEnv, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Store.Close() })
	if err := s.Run(t.Context(), make(chan struct{}), func() RunEnd { return RunEnd{} }); err != nil {
		t.Fatal(err)
	}
	if w.counted.Load() < 20 || w.early.Load() > 0 {
		t.Errorf("%d texts counted, %d of them while requests were under way", w.counted.Load(), w.early.Load())
	}
}
