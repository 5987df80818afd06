package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
	"loadgate/scenario"
)

func perSecond(rate float64, change func(*scenario.Load)) scenario.Load {
	l := scenario.Load{Rate: rate, Arrivals: scenario.Arrivals{Process: "constant", Burstiness: 1}}
	change(&l)
	return l
}

// A server that never answers delays nobody.
func TestArrivalsDoNotWaitForAnswers(t *testing.T) {
	t.Parallel()
	out := bubble(t, trial{load: perSecond(10, func(l *scenario.Load) { l.Requests = 50 }), answer: never, cancel: time.Minute})
	out.check(t)
	for i, s := range out.samples {
		if want := time.Duration(i) * 100 * ms; out.at(s.Sched) != want || s.Start != s.Sched || s.Ready != s.Sched {
			t.Errorf("request %d: due %v, ready %v, sent %v, want %v", i, out.at(s.Sched), out.at(s.Ready), out.at(s.Start), want)
		}
	}
	if out.Sent != 50 || out.server.peak != 50 || out.count(llm.Cancelled) != 50 || !out.Truncated || out.server.warmed != 0 {
		t.Errorf("%+v, %d in flight at the most", out.Totals, out.server.peak)
	}
}

func TestCap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		load   scenario.Load
		takes  time.Duration
		starts []int64
		unsent int
		end    time.Duration
	}{
		{
			"queues", perSecond(10, func(l *scenario.Load) { l.Requests, l.MaxConcurrency = 5, 1 }),
			250 * ms,
			[]int64{0, 250, 500, 750, 1000},
			0, 1250 * ms,
		},
		{
			"is not reached", perSecond(10, func(l *scenario.Load) { l.Requests, l.MaxConcurrency = 3, 5 }),
			250 * ms,
			[]int64{0, 100, 200},
			0, 450 * ms,
		},
		{
			"drops the queue when the window is over", perSecond(10, func(l *scenario.Load) { l.Duration, l.MaxConcurrency = time.Second, 1 }),
			300 * ms,
			[]int64{0, 300, 600, 900},
			6, 1200 * ms,
		},
		{
			"drops it after a timed warm-up too", perSecond(10, func(l *scenario.Load) {
				l.Duration, l.MaxConcurrency, l.Warmup.Duration = 500*ms, 1, 500*ms
			}),
			300 * ms,
			[]int64{0, 300, 600, 900},
			6, 1200 * ms,
		},
		{
			"ends with its queue, long before the window", perSecond(10, func(l *scenario.Load) { l.Requests, l.Duration, l.MaxConcurrency = 3, time.Hour, 1 }),
			300 * ms,
			[]int64{0, 300, 600},
			0, 900 * ms,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, trial{load: c.load, answer: takes(c.takes)})
			out.check(t)
			if diff := cmp.Diff(c.starts, out.starts()); diff != "" {
				t.Errorf("starts in ms (-want +got):\n%s", diff)
			}
			for i, s := range out.samples {
				if want := time.Duration(i) * 100 * ms; out.at(s.Sched) != want || s.Start != s.Ready {
					t.Errorf("request %d: due %v, want %v; ready %v, sent %v", i, out.at(s.Sched), want, out.at(s.Ready), out.at(s.Start))
				}
			}
			if out.Unsent != c.unsent || out.Truncated || out.took != c.end || out.server.peak > c.load.MaxConcurrency {
				t.Errorf("unsent %d, truncated %t, took %v, %d in flight at the most", out.Unsent, out.Truncated, out.took, out.server.peak)
			}
		})
	}
}

func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	load := perSecond(math.Inf(1), func(l *scenario.Load) { l.Requests, l.Warmup = 20, requests(5) })
	out := bubble(t, trial{load: load, answer: takes(100 * ms)})
	out.check(t)
	if out.server.peak != 25 || out.took != 100*ms || out.PlannedMeasured != 20 {
		t.Errorf("%d in flight at the most, took %v, %+v", out.server.peak, out.took, out.Totals)
	}
}

func TestOpenLoopWithoutArrivals(t *testing.T) {
	t.Parallel()
	drawn := 0
	load := scenario.Load{Rate: 0.001, Arrivals: scenario.Arrivals{Process: "poisson"}, Duration: ms}
	out := bubble(t, trial{load: load, answer: takes(ms), dataset: func(seed uint64, i int) (llm.Session, error) {
		drawn++
		return numbered(seed, i)
	}})
	out.check(t)
	if out.err != nil || out.Planned != 0 || drawn != 0 || out.took != 0 {
		t.Errorf("%+v, err %v, %d sessions drawn, took %v", out.Totals, out.err, drawn, out.took)
	}
}

func TestSameSeedsSameLoad(t *testing.T) {
	t.Parallel()
	type sent struct {
		At   time.Duration
		Body string
	}
	load := scenario.Load{Rate: 50, Arrivals: scenario.Arrivals{Process: "gamma", Burstiness: 0.5}, Requests: 200}
	run := func(prompts, schedule uint64) (list []sent) {
		out := bubble(t, trial{load: load, answer: takes(30 * ms), change: func(cfg *Config, _ *server) {
			cfg.PromptSeed, cfg.ScheduleSeed = prompts, schedule
		}})
		for _, s := range out.samples {
			list = append(list, sent{out.at(s.Sched), out.server.bodies[s.Index]})
		}
		return list
	}
	first := run(3, 4)
	if diff := cmp.Diff(first, run(3, 4)); diff != "" {
		t.Errorf("equal seeds (-first +second):\n%s", diff)
	}
	if other := run(5, 4); other[0].Body == first[0].Body || other[100].At != first[100].At {
		t.Errorf("another prompt seed: %v, first %v", other[100], first[100])
	}
	if other := run(3, 5); other[0].Body != first[0].Body || other[100].At == first[100].At {
		t.Errorf("another schedule seed: %v, first %v", other[100], first[100])
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		change    func(*scenario.Load)
		all, warm int
		from      time.Duration
	}{
		{"requests", func(l *scenario.Load) { l.Requests = 7 }, 7, 0, 0},
		{"duration", func(l *scenario.Load) { l.Duration = time.Second }, 10, 0, 0},
		{"requests first", func(l *scenario.Load) { l.Requests, l.Duration = 7, time.Second }, 7, 0, 0},
		{"duration first", func(l *scenario.Load) { l.Requests, l.Duration = 70, time.Second }, 10, 0, 0},
		{"counted warm-up", func(l *scenario.Load) { l.Requests, l.Warmup = 7, requests(3) }, 10, 3, 200*ms + 1},
		{"counted warm-up, then a duration", func(l *scenario.Load) { l.Duration, l.Warmup = time.Second, requests(3) }, 13, 3, 200*ms + 1},
		{"timed warm-up", func(l *scenario.Load) { l.Requests, l.Warmup.Duration = 7, 250*ms }, 10, 3, 250 * ms},
		{"timed warm-up, then a duration", func(l *scenario.Load) { l.Duration, l.Warmup.Duration = time.Second, 300*ms }, 13, 3, 300 * ms},
		{"both warm-ups, the number first", func(l *scenario.Load) { l.Requests, l.Warmup = 7, scenario.Warmup{Requests: 3, Duration: time.Hour} }, 10, 3, 200*ms + 1},
		{"both warm-ups, the time first", func(l *scenario.Load) {
			l.Requests, l.Warmup = 7, scenario.Warmup{Requests: 300, Duration: 250 * ms}
		}, 10, 3, 250 * ms},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := perSecond(10, c.change)
			p, err := newPlan(&Config{Load: l, ScheduleSeed: 1, Dataset: dataset(numbered)})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.offsets) != c.all || p.warm != c.warm || p.from != c.from {
				t.Errorf("%d arrivals, %d of them warm-up, measured from %v; want %d, %d, %v", len(p.offsets), p.warm, p.from, c.all, c.warm, c.from)
			}
		})
	}
}

func TestPlanErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		load scenario.Load
		want string
	}{
		{scenario.Load{Rate: math.Inf(1), Duration: time.Second}, "as numbers"},
		{scenario.Load{Rate: math.Inf(1), Requests: 5, Warmup: scenario.Warmup{Duration: time.Second}}, "as numbers"},
		{scenario.Load{Rate: 1, Requests: 5, Arrivals: scenario.Arrivals{Process: "daily"}}, "daily"},
		{scenario.Load{Rate: 1e12, Duration: time.Hour, Arrivals: scenario.Arrivals{Process: "constant"}}, "lower the rate"},
	} {
		_, err := Run(t.Context(), nil, Config{Load: c.load}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.load, err, c.want)
		}
	}
}

// A time beyond what a stamp can hold is far away, not in the past.
func TestArrivalsInTheFarFuture(t *testing.T) {
	t.Parallel()
	load := perSecond(1e-12, func(l *scenario.Load) { l.Requests = 3 })
	out := bubble(t, trial{load: load, answer: takes(ms), stop: time.Hour})
	out.check(t)
	if fmt.Sprint(out.starts()) != "[0]" || out.Unsent != 2 || !out.Truncated || out.took != time.Hour {
		t.Errorf("sent at %v, %+v, took %v", out.starts(), out.Totals, out.took)
	}
}
