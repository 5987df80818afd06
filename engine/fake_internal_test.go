package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

const ms = time.Millisecond

// text is a protocol of words: "c x" is content, "r x" reasoning, "t x" a tool
// call, each perhaps with "*n" for n tokens; "usage", "finish", "audit",
// "error x", "done" and "role" say what they mean, with "+" between the facts of
// one event; anything else is malformed.
type textBackend struct{ whole bool }

func (b textBackend) Encode(r llm.Request) (*llm.Call, error) {
	if r.Prompt == "bad" {
		return nil, errors.New("cannot be encoded")
	}
	body := r.Prompt
	for _, m := range r.Messages {
		body += m.Role[:1] + ":" + m.Text + " "
	}
	return &llm.Call{Method: "POST", URL: "http://h/v1", Body: []byte(body), Stream: !b.whole}, nil
}

func (textBackend) Decoder() llm.Decoder { return textDecoder{} }

type textDecoder struct{}

func (textDecoder) Decode(_, data []byte, ev *llm.Event) error {
	for fact := range bytes.SplitSeq(data, []byte("+")) {
		word, rest, _ := bytes.Cut(fact, []byte(" "))
		switch string(word) {
		case "c":
			ev.Content = rest
		case "r":
			ev.Reasoning = rest
		case "t":
			ev.Tool = rest
		case "tokens":
			ev.Tokens, _ = strconv.Atoi(string(rest))
		case "usage":
			ev.Usage = llm.Usage{Set: true, Input: 5, Output: 7, Reasoning: -1, Cached: -1}
		case "finish":
			ev.Finish = "stop"
		case "audit":
			ev.Audit = true
		case "quota":
			ev.Error, ev.Class = "all used up", llm.ErrQuota
		case "error":
			ev.Error = string(rest)
		case "done":
			ev.Done = true
		case "role":
		default:
			return fmt.Errorf("what is %q", word)
		}
	}
	return nil
}

// dataset gives session i of a seed.
type dataset func(seed uint64, i int) (llm.Session, error)

func (d dataset) Session(seed uint64, i int) (llm.Session, error) { return d(seed, i) }
func (dataset) Rows() int                                         { return 0 }
func (dataset) Digest() string                                    { return "00" }

func numbered(seed uint64, i int) (llm.Session, error) {
	return llm.SingleTurn(fmt.Sprint("s", i), llm.Request{Prompt: fmt.Sprintf("%d/%d", seed, i), InputTokens: 3, MaxTokens: 4}), nil
}

// server is a Transport in the memory. It counts what is in flight.
type server struct {
	clock  llm.Clock
	answer func(ctx context.Context, i int, r wire.Receiver) wire.Result

	mu         sync.Mutex
	now, peak  int
	bodies     map[int]string
	warmed     int
	warmBlocks bool
}

func (s *server) Do(ctx context.Context, call *llm.Call, id string, r wire.Receiver) wire.Result {
	i, err := strconv.Atoi(strings.TrimPrefix(id, "id-"))
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	s.now++
	s.peak = max(s.peak, s.now)
	s.bodies[i] = string(call.Body)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	res := s.answer(ctx, i, r)
	res.End = s.clock.Now()
	return res
}

func (s *server) Warm(ctx context.Context, _ string, n int) error {
	s.warmed = n
	if s.warmBlocks {
		<-ctx.Done()
	}
	return ctx.Err()
}

// pause waits and reports false when cancelled before the end.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func cancelled(ctx context.Context) wire.Result { return wire.Result{Err: context.Cause(ctx)} }

// takes answers every request after a time.
func takes(d time.Duration) func(clock llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
	return func(clock llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
		return func(ctx context.Context, _ int, r wire.Receiver) wire.Result {
			if !pause(ctx, d) {
				return cancelled(ctx)
			}
			r.Receive(&wire.Frame{At: clock.Now(), Data: []byte("c hello+finish+done")})
			return wire.Result{Status: 200}
		}
	}
}

// never answers no request.
func never(llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
	return func(ctx context.Context, _ int, _ wire.Receiver) wire.Result {
		<-ctx.Done()
		return cancelled(ctx)
	}
}

// outcome is all that a run gave.
type outcome struct {
	Totals
	samples []*Sample // by index
	err     error
	server  *server
	took    time.Duration
}

// trial is a run in virtual time.
type trial struct {
	load    scenario.Load
	answer  func(llm.Clock) func(context.Context, int, wire.Receiver) wire.Result
	dataset dataset // nil = numbered
	talks   *talks  // in place of dataset
	stop    time.Duration
	cancel  time.Duration
	change  func(cfg *Config, s *server)
	yield   func(s *Sample) error
}

// run must be called in a bubble of synctest, which also finds goroutines that
// are left behind.
func (tr trial) run() outcome {
	clock := llm.NewClock()
	s := &server{clock: clock, answer: tr.answer(clock), bodies: map[int]string{}}
	cfg := Config{
		Clock: clock, Load: tr.load, Backend: textBackend{}, Dataset: tr.dataset, Transport: s, IDPrefix: "id-", sleep: time.Sleep,
		PromptSeed: 1, ScheduleSeed: 1,
	}
	if tr.dataset == nil {
		cfg.Dataset = dataset(numbered)
	}
	if tr.talks != nil {
		cfg.Dataset = tr.talks
	}
	if tr.change != nil {
		tr.change(&cfg, s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := make(chan struct{})
	if tr.stop != 0 {
		defer time.AfterFunc(tr.stop, func() { close(stop) }).Stop()
	}
	if tr.cancel != 0 {
		defer time.AfterFunc(tr.cancel, cancel).Stop()
	}
	out := outcome{server: s}
	began := time.Now()
	out.Totals, out.err = Run(ctx, stop, cfg, func(s *Sample) error {
		out.samples = append(out.samples, s)
		if tr.yield != nil {
			return tr.yield(s)
		}
		return nil
	})
	out.took = time.Since(began)
	slices.SortFunc(out.samples, func(a, b *Sample) int { return a.Index - b.Index })
	return out
}

// bubble runs a trial in virtual time.
func bubble(t *testing.T, tr trial) (out outcome) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { out = tr.run() })
	return out
}

// at is a stamp as the time since the load began.
func (o *outcome) at(stamp int64) time.Duration { return time.Duration(stamp - o.Begin) }

// starts lists when the requests were sent, in ms since the load began, in the
// order of their indices.
func (o *outcome) starts() []int64 {
	list := make([]int64, len(o.samples))
	for i, s := range o.samples {
		list[i] = o.at(s.Start).Milliseconds()
	}
	return list
}

func (o *outcome) count(of llm.Outcome) (n int) {
	for _, s := range o.samples {
		if s.Outcome == of {
			n++
		}
	}
	return n
}

// check asserts what holds for every run.
func (o *outcome) check(t *testing.T) {
	t.Helper()
	measured := 0
	warm := true
	var before *Sample
	for i, s := range o.samples {
		if s.Index != i {
			t.Fatalf("sample %d has index %d", i, s.Index)
		}
		if !s.Warmup {
			measured, warm = measured+1, false
		}
		if s.Warmup && !warm {
			t.Errorf("request %d: warm-up after a measured one", i)
		}
		if (!s.Warmup && s.Sched < o.Measured) || (s.Warmup && o.PlannedMeasured > o.UnsentMeasured && s.Sched > o.Measured) {
			t.Errorf("request %d: warm-up %t, due %v, the window begins at %v", i, s.Warmup, o.at(s.Sched), o.at(o.Measured))
		}
		if s.Sched < o.Begin || s.Ready < s.Sched || s.Start < s.Ready || s.Done < s.Start || s.Done > o.End || s.Start > o.LastSend {
			t.Errorf("request %d: begin %d sched %d ready %d start %d last send %d done %d end %d", i, o.Begin, s.Sched, s.Ready, s.Start, o.LastSend, s.Done, o.End)
		}
		if before != nil && s.Sched < before.Sched {
			t.Errorf("request %d is due before the one before", i)
		}
		before = s
	}
	if o.Sent != len(o.samples) || o.Planned != o.Sent+o.Unsent || o.Unsent < 0 {
		t.Errorf("planned %d, sent %d (%d samples), unsent %d", o.Planned, o.Sent, len(o.samples), o.Unsent)
	}
	if o.PlannedMeasured != measured+o.UnsentMeasured || o.UnsentMeasured < 0 || o.UnsentMeasured > o.Unsent {
		t.Errorf("measured: planned %d, sent %d, unsent %d of %d", o.PlannedMeasured, measured, o.UnsentMeasured, o.Unsent)
	}
}
