package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// frames makes one frame of each text, at 100, 110, 120, …
func frames(texts ...string) (list []wire.Frame) {
	for i, s := range texts {
		list = append(list, wire.Frame{At: int64(100 + 10*i), Data: []byte(s)})
	}
	return list
}

func newTestRecorder(whole bool, o Observer) *recorder {
	cfg := &Config{Clock: llm.NewClock(), Backend: textBackend{whole: whole}, Observer: o}
	return newRecorder(cfg, &job{index: 7, session: "s", call: &llm.Call{Stream: !whole}, request: llm.Request{InputTokens: 3, MaxTokens: 4}, hash: "ab", prompt: "p"})
}

// record plays an exchange and gives the last progress.
func record(ctx context.Context, r *recorder, list []wire.Frame, res wire.Result) (*Sample, wire.Progress) {
	p := wire.Nothing
	for i := range list {
		p = r.Receive(&list[i])
	}
	r.finish(ctx, &res)
	return r.sample, p
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	ok := wire.Result{Status: 200, EOF: true, End: 900}
	with := func(class llm.ErrorClass, text string) wire.Result {
		return wire.Result{Class: class, Err: errors.New(text), End: 900}
	}
	gone := wire.Result{Err: context.Canceled, End: 900}
	for _, c := range []struct {
		name      string
		frames    []wire.Frame
		res       wire.Result
		whole     bool // not streamed
		cancelled bool
		progress  wire.Progress
		outcome   llm.Outcome
		class     llm.ErrorClass
		text      string
	}{
		{name: "terminator", frames: frames("c a", "done"), res: ok, progress: wire.Done, outcome: llm.Completed},
		{name: "finish reason, then the end of the body", frames: frames("c a", "c b+finish"), res: ok, progress: wire.Token, outcome: llm.Completed},
		{name: "tool call only", frames: frames("t f", "done"), res: ok, progress: wire.Done, outcome: llm.Completed},
		{name: "reasoning only", frames: frames("r f", "done"), res: ok, progress: wire.Done, outcome: llm.Completed},
		{name: "ends without either", frames: frames("role", "c a", "c b"), res: ok, progress: wire.Token, outcome: llm.Failed, class: llm.ErrTruncated, text: "finish reason"},
		{name: "ends after its role", frames: frames("role"), res: ok, outcome: llm.Failed, class: llm.ErrTruncated, text: "finish reason"},
		{name: "no content", frames: frames("role", "finish", "done"), res: ok, progress: wire.Done, outcome: llm.Failed, class: llm.ErrEmpty, text: "without any content"},
		{name: "no event", res: ok, outcome: llm.Failed, class: llm.ErrEmpty, text: "without any content"},
		{name: "malformed", frames: frames("c a", "what"), res: ok, progress: wire.Stop, outcome: llm.Failed, class: llm.ErrMalformedStream, text: `what is "what"`},
		{name: "in-band error", frames: frames("c a", "error overloaded"), res: ok, progress: wire.Stop, outcome: llm.Failed, class: llm.ErrInBand, text: "overloaded"},
		{name: "in-band error beside content", frames: frames("c a+error overloaded+finish"), res: ok, progress: wire.Stop, outcome: llm.Failed, class: llm.ErrInBand, text: "overloaded"},
		{name: "audit", frames: frames("c a", "audit+finish", "done"), res: ok, progress: wire.Done, outcome: llm.Audited},
		{name: "audit without an end", frames: frames("c a", "audit"), res: ok, outcome: llm.Audited},
		{name: "audit, then a reset", frames: frames("c a", "audit"), res: with(llm.ErrReset, "reset"), outcome: llm.Audited},
		{name: "audit, then an error", frames: frames("audit", "error stopped"), res: ok, progress: wire.Stop, outcome: llm.Audited},

		{name: "document", frames: frames("c a"), res: ok, whole: true, progress: wire.Token, outcome: llm.Completed},
		{name: "document without content", frames: frames("finish"), res: ok, whole: true, outcome: llm.Failed, class: llm.ErrEmpty},
		{name: "document with an error", frames: frames("error no"), res: ok, whole: true, progress: wire.Stop, outcome: llm.Failed, class: llm.ErrInBand, text: "no"},
		{name: "document that is none", frames: frames("<html>"), res: ok, whole: true, progress: wire.Stop, outcome: llm.Failed, class: llm.ErrMalformedStream},

		{name: "refused", res: wire.Result{Class: llm.ErrHTTP4xx, Err: errors.New("HTTP 400 Bad Request"), Body: []byte(" no such model\n"), Status: 400, End: 900}, outcome: llm.Failed, class: llm.ErrHTTP4xx, text: "HTTP 400 Bad Request: no such model"},
		{name: "a class without words", res: wire.Result{Class: llm.ErrHTTP5xx, End: 900}, outcome: llm.Failed, class: llm.ErrHTTP5xx, text: "http_5xx"},
		{name: "words without a class", res: wire.Result{Err: errors.New("odd"), End: 900}, outcome: llm.Failed, class: llm.ErrReset, text: "odd"},

		{name: "an error with a class of its own", frames: frames("c a", "quota"), res: ok, progress: wire.Stop, outcome: llm.Failed, class: llm.ErrQuota, text: "used up"},
		{name: "cancelled", frames: frames("c a"), res: gone, cancelled: true, progress: wire.Token, outcome: llm.Cancelled, text: "context canceled"},
		{name: "cancelled before anything", res: gone, cancelled: true, outcome: llm.Cancelled, text: "context canceled"},
		{name: "cancelled after the terminator", frames: frames("c a", "done"), res: gone, cancelled: true, progress: wire.Done, outcome: llm.Completed},
		{name: "ended well, then cancelled", frames: frames("c a+finish"), res: ok, cancelled: true, progress: wire.Token, outcome: llm.Completed},
		{name: "failed, then cancelled", frames: frames("c a"), res: with(llm.ErrTimeoutIdle, "idle"), cancelled: true, progress: wire.Token, outcome: llm.Failed, class: llm.ErrTimeoutIdle, text: "idle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if c.cancelled {
				cancel()
			}
			s, p := record(ctx, newTestRecorder(c.whole, nil), c.frames, c.res)
			if p != c.progress {
				t.Errorf("progress %d, want %d", p, c.progress)
			}
			if s.Outcome != c.outcome || s.Class != c.class || (c.text == "") != (s.Error == "") && c.class == "" || !strings.Contains(s.Error, c.text) {
				t.Errorf("%s, class %q, %q; want %s, %q, %q", s.Outcome, s.Class, s.Error, c.outcome, c.class, c.text)
			}
			if s.Done != 900 {
				t.Errorf("done at %d", s.Done)
			}
		})
	}
}

// Every class of the transport's arrives as it is, content or not.
func TestTransportClasses(t *testing.T) {
	t.Parallel()
	for _, class := range llm.ErrorClasses() {
		for _, list := range [][]wire.Frame{nil, frames("role", "c a+finish")} {
			s, _ := record(t.Context(), newTestRecorder(false, nil), list, wire.Result{Class: class, Err: errors.New("why"), End: 900})
			if s.Outcome != llm.Failed || s.Class != class || s.Error != "why" {
				t.Errorf("%s after %d frames: %s, class %q, %q", class, len(list), s.Outcome, s.Class, s.Error)
			}
		}
	}
}

func TestStamps(t *testing.T) {
	t.Parallel()
	kernel := func(list []wire.Frame) []wire.Frame {
		for i := range list {
			list[i].Kernel = list[i].At - 5
		}
		return list
	}
	for _, c := range []struct {
		name                  string
		frames                []wire.Frame
		whole                 bool
		ev1, tok1, ans1, tokN int64
	}{
		{"content at once", frames("c a", "c b", "done"), false, 100, 100, 100, 110},
		{"role first", frames("role", "c a", "c b", "usage", "done"), false, 100, 110, 110, 120},
		{"reasoning first", frames("role", "r a", "r b", "c c", "c d", "done"), false, 100, 110, 130, 140},
		{"reasoning after the answer", frames("c a", "r b", "done"), false, 100, 100, 100, 110},
		{"tool call", frames("r a", "t b", "done"), false, 100, 100, 110, 110},
		{"reasoning only", frames("r a", "r b", "done"), false, 100, 100, 0, 110},
		{"no content", frames("role", "done"), false, 100, 0, 0, 0},
		{"no event", nil, false, 0, 0, 0, 0},
		{"the kernel's stamps", kernel(frames("role", "r a", "c b", "done")), false, 95, 105, 115, 115},
		{"malformed at once", frames("what"), false, 100, 0, 0, 0},
		{"a document", frames("c a+r b+usage"), true, 100, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := record(t.Context(), newTestRecorder(c.whole, nil), c.frames, wire.Result{End: 900})
			got, want := [4]int64{s.Ev1, s.Tok1, s.Ans1, s.TokN}, [4]int64{c.ev1, c.tok1, c.ans1, c.tokN}
			if got != want {
				t.Errorf("ev1, tok1, ans1, tokN: %v, want %v", got, want)
			}
			if s.Streamed == c.whole {
				t.Errorf("streamed: %t", s.Streamed)
			}
		})
	}
}

func TestSampleOfAnExchange(t *testing.T) {
	t.Parallel()
	list := []wire.Frame{
		{At: 100, Data: []byte("role")},
		{At: 110, Kernel: 108, Data: []byte("r hm+tokens 2")},
		{At: 120, Data: []byte("c yes+tokens 1")},
		{At: 130, Kernel: 129, Data: []byte("t f(x)+c !+finish")},
		{At: 140, Data: []byte("usage")},
		{At: 150, Data: []byte("done")},
	}
	s, _ := record(t.Context(), newTestRecorder(false, nil), list, wire.Result{
		Conn: 10, Wrote: 20, Header: 90, KernelHeader: 88, End: 150, Reused: true, Status: 200, RetryAfter: "3",
	})
	want := &Sample{
		Index: 7, Session: "s", Conn: 10, Wrote: 20, Hdr: 88, Ev1: 100, Tok1: 108, Ans1: 120, TokN: 129, Done: 150,
		Streamed: true, Reused: true, Status: 200, Retry: "3", Outcome: llm.Completed, Finish: "stop",
		Events: []Event{
			{At: 110, Kernel: 108, Bytes: 2, Tokens: 2, Kind: llm.Reasoning},
			{At: 120, Bytes: 3, Tokens: 1, Kind: llm.Content},
			{At: 130, Kernel: 129, Bytes: 5, Kind: llm.Content},
		},
		Usage:       &llm.Usage{Set: true, Input: 5, Output: 7, Reasoning: -1, Cached: -1},
		PromptKnown: 3, Asked: 4, PromptHash: "ab",
		Texts: &Texts{Prompt: "p", Content: "yes!", Reasoning: "hm", Tool: "f(x)"},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("sample (-want +got):\n%s", diff)
	}
}

func TestLongErrorsAreCut(t *testing.T) {
	t.Parallel()
	s, _ := record(t.Context(), newTestRecorder(false, nil), nil, wire.Result{
		Class: llm.ErrHTTP5xx, Err: errors.New("HTTP 502"), Body: []byte("\xff" + strings.Repeat("é", 3000)), End: 1,
	})
	if len(s.Error) > 510 || !utf8.ValidString(s.Error) || !strings.HasPrefix(s.Error, "HTTP 502: \uFFFDé") {
		t.Errorf("%d bytes, valid %t: %q", len(s.Error), utf8.ValidString(s.Error), s.Error)
	}
}

// told notes what an observer hears.
type told struct{ said []string }

func (o *told) Sent()                 { o.said = append(o.said, "sent") }
func (o *told) First(d time.Duration) { o.said = append(o.said, "first "+d.String()) }
func (o *told) Token(d time.Duration) { o.said = append(o.said, "token "+d.String()) }
func (o *told) Done(out llm.Outcome)  { o.said = append(o.said, string(out)) }

func TestObserver(t *testing.T) {
	t.Parallel()
	o := &told{}
	r := newTestRecorder(false, o)
	r.sample.Sched = 40
	record(t.Context(), r, frames("role", "r a", "c b", "usage", "done"), wire.Result{End: 900})
	if diff := cmp.Diff([]string{"first 70ns", "token 10ns"}, o.said); diff != "" {
		t.Errorf("a stream (-want +got):\n%s", diff)
	}
	o = &told{}
	record(t.Context(), newTestRecorder(true, o), frames("c a"), wire.Result{End: 900})
	if len(o.said) != 0 {
		t.Errorf("of a document: %q", o.said)
	}
	o = &told{}
	bubble(t, trial{
		load: perSecond(1, func(l *scenario.Load) { l.Requests = 1 }), answer: takes(30 * ms),
		change: func(cfg *Config, _ *server) { cfg.Observer = o },
	})
	if diff := cmp.Diff([]string{"sent", "first 30ms", "completed"}, o.said); diff != "" {
		t.Errorf("of a run (-want +got):\n%s", diff)
	}
}

// plainDecoder makes no allocation of its own.
type plainDecoder struct{}

func (plainDecoder) Decode(_, data []byte, ev *llm.Event) error {
	ev.Content = data
	return nil
}

// BenchmarkReceive is one content event of a long stream: what it allocates is
// the growth of the lists.
func BenchmarkReceive(b *testing.B) {
	r := newTestRecorder(false, nil)
	r.decoder = plainDecoder{}
	f := wire.Frame{At: 100, Kernel: 99, Data: []byte(" token")}
	b.ReportAllocs()
	for b.Loop() {
		f.At++
		if r.Receive(&f) != wire.Token {
			b.Fatal("no token")
		}
		if len(r.sample.Events) == 1<<16 { // as long as streams get
			r.sample.Events, r.content = r.sample.Events[:0], r.content[:0]
		}
	}
}

func TestReceiveDoesNotAllocate(t *testing.T) {
	r := newTestRecorder(false, nil)
	r.decoder = plainDecoder{}
	r.sample.Events, r.content = make([]Event, 0, 2000), make([]byte, 0, 20000)
	f := wire.Frame{At: 100, Data: []byte(" token")}
	if n := testing.AllocsPerRun(1000, func() { r.Receive(&f) }); n != 0 {
		t.Errorf("%v allocations an event", n)
	}
}

// Texts that nobody asks for are not kept, save those that the next turn holds.
func TestDropTexts(t *testing.T) {
	t.Parallel()
	cfg := &Config{Clock: llm.NewClock(), Backend: textBackend{}, DropTexts: true}
	for _, c := range []struct {
		rest *rest
		want *Texts
	}{
		{nil, nil},
		{&rest{grows: false}, nil},
		{&rest{grows: true}, &Texts{Content: "ab"}},
	} {
		r := newRecorder(cfg, &job{call: &llm.Call{Stream: true}, rest: c.rest})
		s, _ := record(context.Background(), r, frames("c a", "c b+finish", "done"), wire.Result{Status: 200})
		if s.Outcome != llm.Completed || len(s.Events) != 2 || !cmp.Equal(s.Texts, c.want) {
			t.Errorf("rest %+v: texts %+v, want %+v; %s, %d events", c.rest, s.Texts, c.want, s.Outcome, len(s.Events))
		}
	}
}
