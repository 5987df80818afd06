package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// talks is a dataset of sessions of several turns, with times.
type talks struct {
	turns   func(i int) int
	think   time.Duration
	after   []time.Duration // of the turns, in a replay
	grows   bool
	arrived []time.Duration
	bad     int // this session's second turn cannot be encoded; 0 = none
}

func (d *talks) Turns(_ uint64, i int) int   { return d.turns(i) }
func (d *talks) Rows() int                   { return len(d.arrived) }
func (*talks) Digest() string                { return "00" }
func (d *talks) Arrival(i int) time.Duration { return d.arrived[i] }
func (d *talks) Session(_ uint64, i int) (llm.Session, error) {
	s := llm.Session{Grows: d.grows}
	for k := range d.turns(i) {
		r := llm.Request{Prompt: fmt.Sprintf("q%d.%d", i, k+1), Think: d.think}
		if k == 1 && d.bad > 0 && i == d.bad {
			r.Prompt = "bad"
		}
		if k < len(d.after) {
			r.After = d.after[k]
		}
		s.Turns = append(s.Turns, r)
	}
	return s, nil
}

func fixed(n int) func(int) int { return func(int) int { return n } }

// schedule lists session, turn and time of the sends in their order.
func (o *outcome) schedule() []string {
	list := slices.Clone(o.samples)
	slices.SortStableFunc(list, func(a, b *Sample) int { return int(a.Start - b.Start) })
	var out []string
	for _, s := range list {
		out = append(out, fmt.Sprintf("%s.%d@%d", s.Session, s.Turn, o.at(s.Start).Milliseconds()))
	}
	return out
}

// Answers take 100 ms.
func TestTurns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		load   scenario.Load
		talks  talks
		want   []string
		warm   int
		unsent int
	}{
		{
			"closed: a slot keeps its session",
			scenario.Load{Concurrency: 2, Requests: 7},
			talks{turns: fixed(3), think: 50 * ms},
			[]string{"0.1@0", "1.1@0", "0.2@150", "1.2@150", "0.3@300", "1.3@300", "2.1@400"},
			0, 0,
		},
		{
			"closed: the window ends between turns",
			scenario.Load{Concurrency: 1, Duration: 250 * ms},
			talks{turns: fixed(3), think: 50 * ms},
			[]string{"0.1@0", "0.2@150"},
			0, 0,
		},
		{
			"closed: a counted warm-up takes what is due first",
			scenario.Load{Concurrency: 2, Requests: 3, Warmup: requests(2)},
			talks{turns: fixed(2)},
			[]string{"0.1@0", "1.1@0", "0.2@100", "1.2@100", "2.1@200"},
			2, 0,
		},
		{
			"closed: a timed warm-up, then a number",
			scenario.Load{Concurrency: 1, Requests: 2, Warmup: scenario.Warmup{Duration: 150 * ms}},
			talks{turns: fixed(3)},
			[]string{"0.1@0", "0.2@100", "0.3@200", "1.1@300"},
			2, 0,
		},
		{
			"open: sessions arrive, turns wait", perSecond(10, func(l *scenario.Load) { l.Requests = 5 }),
			talks{turns: fixed(2), think: 30 * ms},
			[]string{"0.1@0", "1.1@100", "0.2@130", "2.1@200", "1.2@230"},
			0, 0,
		},
		{
			"open: a counted warm-up", perSecond(10, func(l *scenario.Load) { l.Requests, l.Warmup = 2, requests(3) }),
			talks{turns: fixed(2), think: 30 * ms},
			[]string{"0.1@0", "1.1@100", "0.2@130", "2.1@200", "1.2@230"},
			3, 0,
		},
		{
			"open: a window behind a timed warm-up", perSecond(10, func(l *scenario.Load) { l.Duration, l.Warmup.Duration = 120*ms, 120*ms }),
			talks{turns: fixed(2), think: 30 * ms},
			[]string{"0.1@0", "1.1@100", "0.2@130", "2.1@200", "1.2@230"},
			2, 0,
		},
		{
			"open: the cap holds turns back too", perSecond(20, func(l *scenario.Load) { l.Requests, l.MaxConcurrency = 4, 1 }),
			talks{turns: fixed(2)},
			[]string{"0.1@0", "1.1@100", "0.2@200", "1.2@300"},
			0, 0,
		},
		{
			"replay",
			scenario.Load{Replay: &scenario.Replay{Speed: 2, From: 200 * ms, Shift: 10 * ms}},
			talks{turns: fixed(2), after: []time.Duration{0, 600 * ms}, arrived: []time.Duration{0, 200 * ms, 300 * ms, 1200 * ms}},
			[]string{"1.1@10", "2.1@60", "1.2@310", "2.2@360", "3.1@510", "3.2@810"},
			0, 0,
		},
		{
			"replay: an answer that comes later than the next turn did",
			scenario.Load{Replay: &scenario.Replay{Speed: 1, Length: 200 * ms}},
			talks{turns: fixed(2), after: []time.Duration{0, 50 * ms}, arrived: []time.Duration{0, 200 * ms}},
			[]string{"0.1@0", "0.2@100"},
			0, 0,
		},
		{
			"replay: a number",
			scenario.Load{Replay: &scenario.Replay{Speed: 1}, Requests: 3},
			talks{turns: fixed(2), arrived: []time.Duration{0, 20 * ms, 30 * ms}},
			[]string{"0.1@0", "1.1@20", "0.2@100"},
			0, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, trial{load: c.load, answer: takes(100 * ms), talks: &c.talks})
			if out.err != nil {
				t.Fatal(out.err)
			}
			out.checkTurns(t)
			if diff := cmp.Diff(c.want, out.schedule()); diff != "" {
				t.Errorf("sends (-want +got):\n%s", diff)
			}
			warm := 0
			for _, s := range out.samples {
				if s.Warmup {
					warm++
				}
			}
			if warm != c.warm || out.Unsent != c.unsent || out.Truncated || out.Abandoned != 0 {
				t.Errorf("%d warm, %+v", warm, out.Totals)
			}
		})
	}
}

// A turn is sent with what was said before, in the server's words; its latency
// counts from when it was due.
func TestHistoryGrows(t *testing.T) {
	t.Parallel()
	out := bubble(t, trial{
		load: perSecond(10, func(l *scenario.Load) { l.Requests = 3 }), answer: takes(100 * ms),
		talks: &talks{turns: fixed(3), think: 40 * ms, grows: true},
	})
	out.checkTurns(t)
	want := map[int]string{0: "u:q0.1 ", 1: "u:q0.1 a:hello u:q0.2 ", 2: "u:q0.1 a:hello u:q0.2 a:hello u:q0.3 "}
	if diff := cmp.Diff(want, out.server.bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
	for i, s := range out.samples[1:] {
		if before := out.samples[i]; s.Sched != before.Done+int64(40*ms) || s.Think != int64(40*ms) || s.PromptHash == before.PromptHash {
			t.Errorf("turn %d: due %v after the answer before, think %v", s.Turn, time.Duration(s.Sched-before.Done), time.Duration(s.Think))
		}
	}
}

// What a turn shares with the one before is its prompt, and its answer where that is
// carried on as it stands: behind reasoning or a call of a tool it is not.
func TestHistoryIsShared(t *testing.T) {
	t.Parallel()
	says := func(parts string) func(llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
		return func(clock llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
			return func(_ context.Context, _ int, r wire.Receiver) wire.Result {
				r.Receive(&wire.Frame{At: clock.Now(), Data: []byte(parts + "+usage+finish+done")})
				return wire.Result{Status: 200}
			}
		}
	}
	for parts, want := range map[string]int{"c hello": 5 + 7, "r well+c hello": 5, "c hello+t call": 5} {
		out := bubble(t, trial{
			load: perSecond(10, func(l *scenario.Load) { l.Requests = 2 }), answer: says(parts),
			talks: &talks{turns: fixed(2), grows: true},
		})
		if first, second := out.samples[0].Shared, out.samples[1].Shared; first != 0 || second != want {
			t.Errorf("%s: turns share %d and %d tokens, want 0 and %d", parts, first, second, want)
		}
	}
}

// A session ends with a failed turn. What it still had to ask is planned, not
// sent, and known as abandoned.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]scenario.Load{
		"closed": {Concurrency: 1, Requests: 6},
		"open":   perSecond(10, func(l *scenario.Load) { l.Requests = 6 }),
		"timed":  {Concurrency: 1, Duration: 350 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, trial{load: load, talks: &talks{turns: fixed(3)}, answer: func(clock llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
				good := takes(100 * ms)(clock)
				return func(ctx context.Context, i int, r wire.Receiver) wire.Result {
					if i == 0 {
						return wire.Result{Class: llm.ErrHTTP5xx, Status: 500, Err: errors.New("busy")}
					}
					return good(ctx, i, r)
				}
			}})
			out.checkTurns(t)
			if out.Abandoned != 2 || out.AbandonedMeasured != 2 || out.Unsent != 2 || out.Truncated {
				t.Errorf("%+v", out.Totals)
			}
			if load.Requests > 0 && (out.Planned != 6 || out.Sent != 4) {
				t.Errorf("%+v", out.Totals)
			}
		})
	}
}

func TestStopWhileThinking(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]scenario.Load{
		"closed": {Concurrency: 1, Requests: 6},
		"open":   perSecond(10, func(l *scenario.Load) { l.Requests = 6 }),
		"replay": {Replay: &scenario.Replay{Speed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, trial{
				load: load, answer: takes(100 * ms), stop: time.Minute,
				talks: &talks{turns: fixed(3), think: time.Hour, arrived: []time.Duration{0, 100 * ms}},
			})
			out.checkTurns(t)
			if !out.Truncated || out.Planned != 6 || out.PlannedMeasured != 6 || out.Abandoned != 0 || out.took != time.Minute {
				t.Errorf("%+v, took %v", out.Totals, out.took)
			}
		})
	}
}

func TestTurnThatCannotBeMade(t *testing.T) {
	t.Parallel()
	out := bubble(t, trial{load: scenario.Load{Concurrency: 2, Requests: 60}, answer: takes(100 * ms), talks: &talks{turns: fixed(2), bad: 3}})
	if out.err == nil || out.err.Error() != "request 7 (turn 2 of session 3): cannot be encoded" {
		t.Errorf("error %v", out.err)
	}
}

func TestReplayErrors(t *testing.T) {
	t.Parallel()
	out := bubble(t, trial{load: scenario.Load{Replay: &scenario.Replay{Speed: 1}}, answer: never})
	if out.err == nil || out.err.Error() != "load.replay: the dataset does not know when its requests arrived" {
		t.Errorf("error %v", out.err)
	}
	out = bubble(t, trial{load: scenario.Load{Replay: &scenario.Replay{Speed: 1, From: time.Hour}}, answer: never, talks: &talks{turns: fixed(1), arrived: []time.Duration{0}}})
	if out.err == nil || out.err.Error() != "load.replay: no request of the trace lies in the window" {
		t.Errorf("error %v", out.err)
	}
}

// checkTurns asserts what holds for every run of sessions.
func (o *outcome) checkTurns(t *testing.T) {
	t.Helper()
	measured := 0
	indices := map[int]bool{}
	last := map[string]*Sample{}
	byStart := slices.Clone(o.samples)
	slices.SortStableFunc(byStart, func(a, b *Sample) int { return int(a.Start - b.Start) })
	for _, s := range byStart {
		if !s.Warmup {
			measured++
		}
		if indices[s.Index] {
			t.Errorf("index %d twice", s.Index)
		}
		indices[s.Index] = true
		if before := last[s.Session]; s.Turn > 1 {
			if before == nil || before.Turn != s.Turn-1 || s.Sched < before.Done || before.Outcome != llm.Completed || s.Think != s.Sched-before.Done {
				t.Errorf("turn %d of session %s does not follow the one before", s.Turn, s.Session)
			}
		}
		last[s.Session] = s
		if s.Sched < o.Begin || s.Ready < s.Sched || s.Start < s.Ready || s.Done < s.Start || s.Done > o.End || s.Start > o.LastSend {
			t.Errorf("request %d: begin %d sched %d ready %d start %d last send %d done %d end %d", s.Index, o.Begin, s.Sched, s.Ready, s.Start, o.LastSend, s.Done, o.End)
		}
	}
	if o.Sent != len(o.samples) || o.Planned != o.Sent+o.Unsent || o.Unsent < o.Abandoned || o.Abandoned < 0 {
		t.Errorf("%d samples, %+v", len(o.samples), o.Totals)
	}
	if o.PlannedMeasured != measured+o.UnsentMeasured || o.UnsentMeasured < o.AbandonedMeasured || o.UnsentMeasured > o.Unsent {
		t.Errorf("%d measured, %+v", measured, o.Totals)
	}
}

// checkAnyTalk runs sessions of any length under any load, answers and
// interruption.
func checkAnyTalk(t *testing.T, seed uint64) {
	t.Helper()
	tr, interrupted, _ := anyTrial(seed)
	tr.dataset, tr.yield = nil, nil
	rng := rand.New(rand.NewPCG(seed, 7))
	most := 1 + rng.IntN(5)
	tr.talks = &talks{think: whim(rng, 200), grows: rng.IntN(2) == 0, turns: func(i int) int {
		return 1 + rand.New(rand.NewPCG(seed, uint64(i))).IntN(most)
	}}
	if tr.load.Open() && rng.IntN(3) == 0 && !tr.load.Unlimited() {
		tr.load.Rate, tr.load.Replay = 0, &scenario.Replay{Speed: 0.5 + rng.Float64(), From: whim(rng, 50), Length: 50*ms + whim(rng, 500), Shift: whim(rng, 100)}
		for at := time.Duration(0); at < time.Second; at += whim(rng, 60) {
			tr.talks.arrived = append(tr.talks.arrived, at)
		}
	}
	out := bubble(t, tr)
	out.checkTurns(t)
	l := &tr.load
	switch {
	case out.err != nil:
		if l.Replay == nil || !strings.Contains(out.err.Error(), "no request of the trace") {
			t.Errorf("error %v", out.err)
		}
	case interrupted:
	case out.Truncated || out.count(llm.Cancelled) > 0:
		t.Errorf("truncated")
	case l.Requests > 0 && l.Duration == 0 && l.Replay == nil && out.PlannedMeasured != l.Requests:
		t.Errorf("%d measured requests", out.PlannedMeasured)
	case l.Requests > 0 && out.PlannedMeasured > l.Requests:
		t.Errorf("%d measured requests", out.PlannedMeasured)
	case out.Unsent > out.Abandoned && (l.MaxConcurrency == 0 || l.Duration == 0):
		t.Errorf("%d unsent, %d abandoned", out.Unsent, out.Abandoned)
	}
	if slots := l.Slots(); slots > 0 && out.server.peak > slots {
		t.Errorf("%d in flight of %d", out.server.peak, slots)
	}
	if t.Failed() {
		t.Errorf("seed %d: %+v, stop %v, cancel %v\n%+v", seed, *l, tr.stop, tr.cancel, out.Totals)
	}
}

func TestAnyTalk(t *testing.T) {
	t.Parallel()
	n := uint64(200)
	if testing.Short() {
		n = 50
	}
	for seed := range n {
		if checkAnyTalk(t, seed); t.Failed() {
			return
		}
	}
}

// FuzzTalk: whatever the load, the sessions, the answers and the moment at which
// it is cut short, nothing is lost, counted twice or left running.
func FuzzTalk(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(checkAnyTalk)
}
