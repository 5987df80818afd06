package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/sim"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// chat is a small client of the OpenAI dialect, written here so that the tests
// need no backend.
type chat struct {
	url    string
	stream bool
}

func (c chat) Encode(r llm.Request) (*llm.Call, error) {
	fields := map[string]any{
		"model": "sim", "stream": c.stream, "max_tokens": r.MaxTokens, "ignore_eos": true,
		"messages": []map[string]string{{"role": "user", "content": r.Prompt}},
	}
	if c.stream {
		fields["stream_options"] = map[string]bool{"include_usage": true}
	}
	body, err := json.Marshal(fields)
	return &llm.Call{Method: http.MethodPost, URL: c.url + "/v1/chat/completions", Body: body, Stream: c.stream}, err
}

func (chat) Decoder() llm.Decoder { return decoder{} }

type decoder struct{}

type message struct {
	Content   string `json:"content"`
	Reasoning string `json:"reasoning_content"`
}

func (decoder) Decode(_, data []byte, ev *llm.Event) error {
	if string(data) == "[DONE]" {
		ev.Done = true
		return nil
	}
	var doc struct {
		Choices []struct {
			Delta, Message message
			FinishReason   string `json:"finish_reason"`
			Blocked        bool
		}
		Blocked bool
		Error   *struct{ Message string }
		Usage   *struct {
			PromptTokens     int `json:"prompt_tokens"`
			CompletionTokens int `json:"completion_tokens"`
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	if doc.Error != nil {
		ev.Error = "in-band: " + doc.Error.Message
	}
	ev.Audit = doc.Blocked
	for _, c := range doc.Choices {
		ev.Content = []byte(c.Delta.Content + c.Message.Content)
		ev.Reasoning = []byte(c.Delta.Reasoning + c.Message.Reasoning)
		ev.Finish, ev.Audit = c.FinishReason, ev.Audit || c.Blocked
	}
	if u := doc.Usage; u != nil {
		ev.Usage = llm.Usage{Set: true, Input: u.PromptTokens, Output: u.CompletionTokens, Reasoning: -1, Cached: -1}
	}
	return nil
}

// prompts asks questions of 5 to 20 words and wants 1 to 12 tokens.
type prompts struct{}

func (prompts) Session(seed uint64, i int) (llm.Session, error) {
	rng := rand.New(rand.NewPCG(seed, uint64(i)))
	text := fmt.Sprint(i, strings.Repeat(" word", 4+rng.IntN(16)))
	return llm.SingleTurn(fmt.Sprint(i), llm.Request{Prompt: text, MaxTokens: 1 + rng.IntN(12)}), nil
}
func (prompts) Rows() int      { return 0 }
func (prompts) Digest() string { return "00" }

// truth is what the simulator says of a request.
type truth struct {
	ID      string  `json:"request_id"`
	Arrived int64   `json:"arrived_ns"`
	Tokens  []int64 `json:"tokens_ns"`
	Chunks  int     `json:"chunks"`
	Outcome string  `json:"outcome"`
	Output  int     `json:"output_tokens"`
}

// rig is a simulator behind a real socket and a client of it.
type rig struct {
	sim   *sim.Server
	web   *httptest.Server
	cfg   engine.Config
	log   bytes.Buffer
	close func()
}

func newRig(t testing.TB, c sim.Config, load scenario.Load) *rig {
	t.Helper()
	r := &rig{}
	r.sim = sim.New(c, func(s string) int { return len(strings.Fields(s)) }, &r.log)
	r.web = httptest.NewServer(r.sim)
	clock := llm.NewClock()
	client := wire.New(wire.Options{Clock: clock, MaxConnections: load.Slots()})
	r.cfg = engine.Config{
		Clock: clock, Load: load, Backend: chat{r.web.URL, true}, Dataset: prompts{}, Transport: client,
		PromptSeed: 1, ScheduleSeed: 2, IDPrefix: "run/cell-",
	}
	r.close = sync.OnceFunc(func() {
		client.Close()
		if err := r.sim.Close(); err != nil {
			t.Error(err)
		}
		r.web.Close()
	})
	t.Cleanup(r.close)
	return r
}

// truths closes the simulator and gives what it knows, by request id.
func (r *rig) truths(t *testing.T) map[string]truth {
	t.Helper()
	r.close()
	all := map[string]truth{}
	for line := range bytes.Lines(r.log.Bytes()) {
		var l truth
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		if _, twice := all[l.ID]; twice {
			t.Errorf("the server saw %s twice", l.ID)
		}
		all[l.ID] = l
	}
	return all
}

// ours says how each outcome of the simulator's must look from here.
var ours = map[string]struct {
	outcome llm.Outcome
	class   llm.ErrorClass
}{
	"completed":     {llm.Completed, ""},
	"stalled":       {llm.Completed, ""},
	"audit":         {llm.Audited, ""},
	"in_band_error": {llm.Failed, llm.ErrInBand},
	"reset":         {llm.Failed, llm.ErrReset},
	"truncated":     {llm.Failed, llm.ErrTruncated},
	"empty":         {llm.Failed, llm.ErrEmpty},
	"http_500":      {llm.Failed, llm.ErrHTTP5xx},
	"http_429":      {llm.Failed, llm.ErrHTTP429},
}

// agree checks one of our samples against the truth. early is how much sooner
// than written something may seem to have come: a step of the wall clock.
func agree(t *testing.T, s *engine.Sample, want truth, clock llm.Clock, early int64) {
	t.Helper()
	if w := ours[want.Outcome]; s.Outcome != w.outcome || s.Class != w.class {
		t.Errorf("%s: %s %s %q, the server says %s", s.ID, s.Outcome, s.Class, s.Error, want.Outcome)
	}
	if len(s.Events) != want.Chunks && !(want.Outcome == "reset" && len(s.Events) < want.Chunks) {
		t.Errorf("%s (%s): %d content events, the server wrote %d", s.ID, want.Outcome, len(s.Events), want.Chunks)
	}
	if s.Outcome == llm.Completed && (s.Usage == nil || s.Usage.Output != want.Output || s.Asked != want.Output) {
		t.Errorf("%s: asked for %d tokens, usage %+v, the server wrote %d", s.ID, s.Asked, s.Usage, want.Output)
	}
	epoch := clock.EpochNS()
	if d := want.Arrived - (s.Start + epoch); d < -early {
		t.Errorf("%s: arrived %v before it was sent", s.ID, time.Duration(-d))
	}
	written := slices.Compact(slices.Clone(want.Tokens)) // one stamp a chunk
	for i := range min(len(s.Events), len(written)) {
		if d := s.Events[i].At + epoch - written[i]; d < -early {
			t.Errorf("%s: event %d came %v before it was written", s.ID, i, time.Duration(-d))
		}
	}
}

// A thousand requests of all fates, 64 at a time: nothing is lost, and the
// server and we agree on every one.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	c := sim.DefaultConfig()
	c.TTFT, c.ITL, c.ITLPerSequence, c.Stall = sim.Duration(2*time.Millisecond), sim.Duration(time.Millisecond), 0, sim.Duration(20*time.Millisecond)
	c.ReasoningShare = 0.3
	c.AuditRate, c.ErrorRate, c.Rate429, c.InBandErrorRate = 0.04, 0.04, 0.04, 0.04
	c.StallRate, c.ResetRate, c.TruncateRate, c.EmptyRate = 0.04, 0.04, 0.04, 0.04
	for _, run := range []struct {
		name   string
		load   scenario.Load
		chunk  int
		stream bool
	}{
		{"closed loop", scenario.Load{Concurrency: 64, Requests: 900, Warmup: scenario.Warmup{Requests: 100}}, 1, true},
		{"several tokens a chunk", scenario.Load{Concurrency: 64, Requests: 300}, 4, true},
		{"not streamed", scenario.Load{Concurrency: 64, Requests: 300}, 1, false},
		{"open loop", scenario.Load{Rate: 600, Requests: 300, MaxConcurrency: 64}, 1, true},
	} {
		t.Run(run.name, func(t *testing.T) {
			t.Parallel()
			c := c
			c.TokensPerChunk = run.chunk
			r := newRig(t, c, run.load)
			r.cfg.Backend = chat{r.web.URL, run.stream}
			var samples []*engine.Sample
			totals, err := engine.Run(t.Context(), nil, r.cfg, func(s *engine.Sample) error {
				samples = append(samples, s)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := run.load.Requests + run.load.Warmup.Requests
			if totals.Planned != want || totals.Sent != want || totals.Unsent != 0 || totals.PlannedMeasured != run.load.Requests || totals.Truncated || len(samples) != want {
				t.Errorf("%d samples, %+v", len(samples), totals)
			}
			truths := r.truths(t)
			if len(truths) != want {
				t.Errorf("the server saw %d requests", len(truths))
			}
			seen := map[string]int{}
			for _, s := range samples {
				l, ok := truths[s.ID]
				if !ok {
					t.Errorf("the server never saw %s", s.ID)
					continue
				}
				seen[l.Outcome]++
				agree(t, s, l, r.cfg.Clock, totals.WallSteps)
				if s.Streamed != run.stream || (s.Tok1 != 0) != (run.stream && len(s.Events) > 0) {
					t.Errorf("%s: streamed %t, first token at %d", s.ID, s.Streamed, s.Tok1)
				}
				if s.Conn > s.Wrote || (s.Hdr != 0 && s.Hdr < s.Conn) || (s.Ev1 != 0 && s.Ev1 < s.Hdr) || s.TokN < s.Tok1 || s.Done < s.TokN || s.Done < s.Start {
					t.Errorf("%s: stamps out of order: %+v", s.ID, *s)
				}
			}
			if run.load.Requests == 900 && len(seen) != len(ours) {
				t.Errorf("only these came about: %v", seen)
			}
		})
	}
}

// A stop with answers under way: they are awaited, the rest is unsent, and the
// server saw just what was sent.
func TestStopAwaitsAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, sim.DefaultConfig(), scenario.Load{Concurrency: 16, Requests: 10_000})
	stop := make(chan struct{})
	seen := 0
	totals, err := engine.Run(t.Context(), stop, r.cfg, func(s *engine.Sample) error {
		if seen++; seen == 40 {
			close(stop)
		}
		if s.Outcome != llm.Completed {
			t.Errorf("%s: %s %s", s.ID, s.Outcome, s.Error)
		}
		return nil
	})
	if err != nil || !totals.Truncated || totals.Planned != 10_000 || totals.Sent != seen || totals.Unsent != 10_000-seen || seen >= 10_000 {
		t.Errorf("%d samples, %+v, err %v", seen, totals, err)
	}
	if n := len(r.truths(t)); n != seen {
		t.Errorf("the server saw %d requests, %d were sent", n, seen)
	}
}

// A cancellation ends answers that would have taken hours.
func TestCancelEndsAnswers(t *testing.T) {
	t.Parallel()
	c := sim.DefaultConfig()
	c.ITL = sim.Duration(time.Hour)
	r := newRig(t, c, scenario.Load{Rate: 1000, Requests: 50})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	sent := 0
	r.cfg.Observer = observer{sent: func() {
		mu.Lock()
		defer mu.Unlock()
		if sent++; sent == 50 {
			cancel()
		}
	}}
	cancelled := 0
	totals, err := engine.Run(ctx, nil, r.cfg, func(s *engine.Sample) error {
		if s.Outcome == llm.Cancelled && s.Class == "" && s.Done != 0 {
			cancelled++
		}
		return nil
	})
	if err != nil || totals.Sent != 50 || cancelled != 50 || !totals.Truncated {
		t.Errorf("%d cancelled, %+v, err %v", cancelled, totals, err)
	}
}

// A server that takes requests and never says a word delays no other send: all go
// out on the wire, and each sample says when it was due and when it went.
func TestSilentServerDelaysNoSend(t *testing.T) {
	t.Parallel()
	const requests = 100
	r := newRig(t, sim.DefaultConfig(), scenario.Load{Rate: 1000, Requests: requests})
	arrived := make(chan struct{}, requests)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	r.cfg.Backend = chat{url: silent.URL, stream: true}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends when the server has all requests, or with the test
		defer cancel()
		for range requests {
			select {
			case <-arrived:
			case <-t.Context().Done():
				return
			}
		}
	}()
	var due []int64
	totals, err := engine.Run(ctx, nil, r.cfg, func(s *engine.Sample) error {
		due = append(due, s.Sched)
		if s.Start < s.Sched || s.Wrote < s.Start || s.Outcome != llm.Cancelled || s.Hdr != 0 {
			t.Errorf("%+v", s)
		}
		return nil
	})
	if slices.Sort(due); err != nil || totals.Sent != requests || len(slices.Compact(due)) != requests {
		t.Errorf("%d due at %d different times, %+v, err %v", len(due), len(slices.Compact(due)), totals, err)
	}
}

type observer struct{ sent func() }

func (o observer) Sent()             { o.sent() }
func (observer) First(time.Duration) {}
func (observer) Token(time.Duration) {}
func (observer) Done(llm.Outcome)    {}
