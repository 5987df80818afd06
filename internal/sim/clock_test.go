package sim

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stamped is a response writer that notes when each event with text came.
type stamped struct {
	*httptest.ResponseRecorder
	tokens []time.Time
}

func (s *stamped) Write(p []byte) (int, error) {
	if strings.Contains(string(p), `"content":" `) {
		s.tokens = append(s.tokens, time.Now())
	}
	return s.ResponseRecorder.Write(p)
}

// ask runs one streaming request of a prompt of n tokens in the bubble's time.
func ask(s *Server, id string, prompt, output int) (ttft time.Duration, gaps []time.Duration) {
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":%q}],"max_tokens":%d,"stream":true}`, strings.Repeat("a", 4*prompt), output)
	r := httptest.NewRequest("POST", chatPath, strings.NewReader(body))
	r.Header.Set("X-Request-Id", id)
	w := &stamped{ResponseRecorder: httptest.NewRecorder()}
	start := time.Now()
	s.ServeHTTP(w, r)
	for i, at := range w.tokens {
		if i == 0 {
			ttft = at.Sub(start)
		} else {
			gaps = append(gaps, at.Sub(w.tokens[i-1]))
		}
	}
	return ttft, gaps
}

// The promise of the defaults: about 30 ms to the first token of a prompt of
// 1,000, about 10 ms between tokens.
func TestDefaultsInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(DefaultConfig(), nil, nil)
		defer s.Close()
		ttft, gaps := ask(s, "a", 1000, 200)
		if ttft < 25*time.Millisecond || ttft > 35*time.Millisecond {
			t.Errorf("ttft %v", ttft)
		}
		var sum time.Duration
		for _, g := range gaps {
			sum += g
		}
		if mean := sum / time.Duration(len(gaps)); mean < 9900*time.Microsecond || mean > 10200*time.Microsecond {
			t.Errorf("mean gap %v", mean)
		}
		time.Sleep(time.Hour) // idle, then the same again
		if again, _ := ask(s, "b", 1000, 1); again < 25*time.Millisecond || again > 35*time.Millisecond {
			t.Errorf("ttft after an idle hour: %v", again)
		}
	})
}

func TestStallInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := exact()
		cfg.StallRate = 1
		s := New(cfg, nil, nil)
		defer s.Close()
		_, gaps := ask(s, "a", 10, 20)
		paused := 0
		for _, g := range gaps {
			switch {
			case g == 5*time.Second+10050*time.Microsecond:
				paused++
			case g != 10050*time.Microsecond:
				t.Errorf("gap %v", g)
			}
		}
		if paused != 1 || len(gaps) != 19 {
			t.Errorf("%d pauses in %d gaps", paused, len(gaps))
		}
	})
}

// An idle server waits for nothing but requests: in a bubble, a timer that
// fires again and again would keep the hour from passing in one step.
func TestIdleServerSleeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(DefaultConfig(), nil, nil)
		defer s.Close()
		ask(s, "a", 10, 5)
		synctest.Wait()
		if wake, ok := s.engine.model.advance(time.Since(s.engine.epoch), nil); ok {
			t.Errorf("idle, but due at %v", wake)
		}
	})
}
