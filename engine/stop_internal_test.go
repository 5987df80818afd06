package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// slowly draws sessions that take a second each.
func slowly(seed uint64, i int) (llm.Session, error) {
	time.Sleep(time.Second)
	return numbered(seed, i)
}

func TestStop(t *testing.T) {
	t.Parallel()
	closedLoad := func(n int) scenario.Load { return scenario.Load{Concurrency: 2, Requests: n} }
	for _, c := range []struct {
		name           string
		trial          trial
		sent, planned  int
		unsentMeasured int
		truncated      bool
		took           time.Duration
	}{
		{
			"while bodies are rendered",
			trial{load: closedLoad(10), answer: takes(100 * ms), dataset: slowly, stop: 2500 * ms},
			0, 10, 10, true, 3 * time.Second,
		},
		{
			"while connections are opened",
			trial{load: closedLoad(10), answer: takes(100 * ms), stop: time.Second, change: func(_ *Config, s *server) { s.warmBlocks = true }},
			0, 10, 10, true, time.Second,
		},
		{
			"between answers",
			trial{load: closedLoad(10), answer: takes(100 * ms), stop: 250 * ms},
			6, 10, 4, true, 300 * ms,
		},
		{
			"in a counted warm-up",
			trial{load: scenario.Load{Concurrency: 2, Requests: 10, Warmup: requests(8)}, answer: takes(100 * ms), stop: 150 * ms},
			4, 18, 10, true, 200 * ms,
		},
		{
			"in a timed warm-up",
			trial{load: scenario.Load{Concurrency: 2, Requests: 10, Warmup: scenario.Warmup{Duration: time.Hour}}, answer: takes(100 * ms), stop: 150 * ms},
			4, 14, 10, true, 200 * ms,
		},
		{
			"after a warm-up that its time ended",
			trial{
				load:   scenario.Load{Concurrency: 2, Requests: 10, Warmup: scenario.Warmup{Requests: 50, Duration: 50 * ms}},
				answer: takes(100 * ms), stop: 150 * ms,
			},
			4, 12, 8, true, 200 * ms,
		},
		{
			"within a window",
			trial{load: scenario.Load{Concurrency: 2, Duration: time.Hour}, answer: takes(100 * ms), stop: 250 * ms},
			6, 6, 0, true, 300 * ms,
		},
		{
			"in the ramp",
			trial{load: scenario.Load{Concurrency: 2, Requests: 10, Ramp: time.Hour}, answer: takes(100 * ms), stop: 250 * ms},
			3, 10, 7, true, 300 * ms,
		},
		{
			"after the last send",
			trial{load: closedLoad(2), answer: takes(100 * ms), stop: 50 * ms},
			2, 2, 0, false, 100 * ms,
		},
		{
			"after the window, which no answer outlives",
			trial{load: scenario.Load{Concurrency: 2, Duration: 150 * ms}, answer: takes(100 * ms), stop: 160 * ms},
			4, 4, 0, false, 200 * ms,
		},
		{
			"long before the next arrival",
			trial{load: perSecond(0.001, func(l *scenario.Load) { l.Requests = 3 }), answer: takes(ms), stop: time.Minute},
			1, 3, 2, true, time.Minute,
		},
		{
			"with a queue at the cap",
			trial{load: perSecond(10, func(l *scenario.Load) { l.Requests, l.MaxConcurrency, l.Warmup = 8, 1, requests(2) }), answer: takes(300 * ms), stop: 2 * time.Second},
			7, 10, 3, true, 2100 * ms,
		},
		{
			"after the window dropped the queue",
			trial{load: perSecond(10, func(l *scenario.Load) { l.Duration, l.MaxConcurrency = time.Second, 1 }), answer: takes(300 * ms), stop: 1100 * ms},
			4, 10, 6, false, 1200 * ms,
		},
		{
			"after the last of an open loop",
			trial{load: perSecond(10, func(l *scenario.Load) { l.Requests = 3 }), answer: takes(300 * ms), stop: 250 * ms},
			3, 3, 0, false, 500 * ms,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, c.trial)
			out.check(t)
			if out.err != nil || out.count(llm.Completed) != c.sent {
				t.Errorf("err %v, %d completed", out.err, out.count(llm.Completed))
			}
			if out.Sent != c.sent || out.Planned != c.planned || out.UnsentMeasured != c.unsentMeasured || out.Truncated != c.truncated || out.took != c.took {
				t.Errorf("got %+v, took %v", out.Totals, out.took)
			}
		})
	}
}

// Cancelling ends what is in flight and sends nothing more, in either loop.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                     string
		trial                    trial
		sent, cancelled, planned int
		took                     time.Duration
	}{
		{
			"while bodies are rendered",
			trial{load: scenario.Load{Concurrency: 2, Requests: 10}, answer: takes(100 * ms), dataset: slowly, cancel: 2500 * ms},
			0, 0, 10, 3 * time.Second,
		},
		{
			"closed loop",
			trial{load: scenario.Load{Concurrency: 2, Requests: 10}, answer: takes(100 * ms), cancel: 250 * ms},
			6, 2, 10, 250 * ms,
		},
		{
			"window",
			trial{load: scenario.Load{Concurrency: 2, Duration: time.Hour}, answer: never, cancel: 250 * ms},
			2, 2, 2, 250 * ms,
		},
		{
			"ramp",
			trial{load: scenario.Load{Concurrency: 2, Requests: 10, Ramp: time.Hour}, answer: never, cancel: 250 * ms},
			1, 1, 10, 250 * ms,
		},
		{
			"open loop",
			trial{load: perSecond(10, func(l *scenario.Load) { l.Requests = 10 }), answer: never, cancel: 250 * ms},
			3, 3, 10, 250 * ms,
		},
		{
			"queue at the cap",
			trial{load: perSecond(10, func(l *scenario.Load) { l.Requests, l.MaxConcurrency = 10, 2 }), answer: never, cancel: 950 * ms},
			2, 2, 10, 950 * ms,
		},
		{
			"stopped before",
			trial{load: scenario.Load{Concurrency: 2, Requests: 10}, answer: never, stop: 100 * ms, cancel: 250 * ms},
			2, 2, 10, 250 * ms,
		},
		{
			"nothing was left to send",
			trial{load: scenario.Load{Concurrency: 2, Requests: 2}, answer: never, cancel: 250 * ms},
			2, 2, 2, 250 * ms,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, c.trial)
			out.check(t)
			if out.err != nil || !out.Truncated {
				t.Errorf("err %v, truncated %t", out.err, out.Truncated)
			}
			if out.Sent != c.sent || out.count(llm.Cancelled) != c.cancelled || out.Planned != c.planned || out.took != c.took {
				t.Errorf("%d cancelled, %+v, took %v", out.count(llm.Cancelled), out.Totals, out.took)
			}
		})
	}
}

// What makes a repeat void ends it at once, whatever is in flight.
func TestVoid(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	failAt := func(k int, bad func() (llm.Session, error)) dataset {
		return func(seed uint64, i int) (llm.Session, error) {
			if i == k {
				return bad()
			}
			return numbered(seed, i)
		}
	}
	noSession := func() (llm.Session, error) { return llm.Session{}, boom }
	noEncoding := func() (llm.Session, error) { return llm.SingleTurn("", llm.Request{Prompt: "bad"}), nil }
	twoTurns := func() (llm.Session, error) { return llm.Session{Turns: make([]llm.Request, 2)}, nil }
	forever := scenario.Load{Concurrency: 2, Duration: time.Hour}
	for _, c := range []struct {
		name  string
		trial trial
		want  string
		sent  int
	}{
		{"no session", trial{load: forever, dataset: failAt(0, noSession)}, "request 0: boom", 0},
		{"no session later, before the load", trial{load: forever, dataset: failAt(7, noSession)}, "request 7: boom", 0},
		{"no encoding", trial{load: forever, dataset: failAt(3, noEncoding)}, "request 3: cannot be encoded", 0},
		{"two turns", trial{load: forever, dataset: failAt(3, twoTurns)}, "session of 2 turns", 0},
		{"no turn", trial{load: forever, dataset: failAt(3, func() (llm.Session, error) { return llm.Session{}, nil })}, "session of 0 turns", 0},
		{"open loop", trial{load: perSecond(10, func(l *scenario.Load) { l.Requests = 9 }), dataset: failAt(8, noSession)}, "request 8: boom", 0},
		{"yield", trial{load: forever, yield: func(*Sample) error { return boom }}, "boom", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.trial.answer = takes(100 * ms)
			out := bubble(t, c.trial)
			if out.err == nil || !strings.Contains(out.err.Error(), c.want) {
				t.Errorf("error %v, want %q", out.err, c.want)
			}
			if out.Sent > c.sent || out.took > 100*ms {
				t.Errorf("sent %d, want at most %d; took %v", out.Sent, c.sent, out.took)
			}
			if out.Planned != out.Sent+out.Unsent {
				t.Errorf("%+v", out.Totals)
			}
		})
	}
}

// A body that cannot be made while the load runs voids it just as well.
func TestVoidWhileRunning(t *testing.T) {
	t.Parallel()
	const bad = aheadEndless + 10
	out := bubble(t, trial{
		load: scenario.Load{Concurrency: 2, Duration: time.Hour}, answer: takes(100 * ms),
		dataset: func(seed uint64, i int) (llm.Session, error) {
			if i == bad {
				return llm.Session{}, errors.New("boom")
			}
			return numbered(seed, i)
		},
	})
	out.check(t)
	if out.err == nil || !strings.Contains(out.err.Error(), "boom") || out.Sent == 0 || out.took > time.Second {
		t.Errorf("err %v, %+v, took %v", out.err, out.Totals, out.took)
	}
}

// After yield failed, it is not called again, and the rest is still counted.
func TestYieldFailsOnce(t *testing.T) {
	t.Parallel()
	calls := 0
	out := bubble(t, trial{
		load: perSecond(100, func(l *scenario.Load) { l.Requests = 100 }),
		answer: func(clock llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
			quick, slow := takes(100*ms)(clock), never(clock)
			return func(ctx context.Context, i int, r wire.Receiver) wire.Result {
				if i == 0 {
					return quick(ctx, i, r)
				}
				return slow(ctx, i, r)
			}
		},
		yield: func(*Sample) error { calls++; return errors.New("disk full") },
	})
	if calls != 1 || out.err == nil || out.Sent < 10 || out.Sent > 12 || out.Planned != out.Sent+out.Unsent || !out.Truncated {
		t.Errorf("%d calls, err %v, %+v", calls, out.err, out.Totals)
	}
}

// Bodies that do not fit into memory at once are rendered while the load runs,
// and a load that waits for them is late, not wrong.
func TestRenderingBehindTheLoad(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", aheadBytes/4)
	for name, load := range map[string]scenario.Load{
		"closed": {Concurrency: 1, Requests: 6},
		"open":   perSecond(1000, func(l *scenario.Load) { l.Requests = 6 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, trial{load: load, answer: takes(10 * ms), dataset: func(_ uint64, i int) (llm.Session, error) {
				time.Sleep(time.Second)
				return llm.SingleTurn("", llm.Request{Prompt: big, InputTokens: 1}), nil
			}})
			out.check(t)
			if out.err != nil || out.Sent != 6 || out.took < 6*time.Second {
				t.Errorf("err %v, %+v, took %v", out.err, out.Totals, out.took)
			}
		})
	}
}
