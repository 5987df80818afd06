package engine

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loadgate/scenario"
)

func requests(n int) scenario.Warmup { return scenario.Warmup{Requests: n} }

// Two slots, 100 ms a request.
func TestClosedLoop(t *testing.T) {
	t.Parallel()
	two := func(change func(*scenario.Load)) scenario.Load {
		l := scenario.Load{Concurrency: 2}
		change(&l)
		return l
	}
	for _, c := range []struct {
		name     string
		load     scenario.Load
		starts   []int64 // ms
		warm     int
		measured time.Duration // the window begins
		peak     int
	}{
		{
			"requests", two(func(l *scenario.Load) { l.Requests = 5 }),
			[]int64{0, 0, 100, 100, 200},
			0, 0, 2,
		},
		{
			"fewer than slots",
			scenario.Load{Concurrency: 8, Requests: 3},
			[]int64{0, 0, 0},
			0, 0, 3,
		},
		{
			"counted warm-up", two(func(l *scenario.Load) { l.Requests, l.Warmup = 3, requests(4) }),
			[]int64{0, 0, 100, 100, 200, 200, 300},
			4, 200 * ms, 2,
		},
		{
			"timed warm-up", two(func(l *scenario.Load) { l.Requests, l.Warmup.Duration = 4, 150*ms }),
			[]int64{0, 0, 100, 100, 200, 200, 300, 300},
			4, 150 * ms, 2,
		},
		{
			"both warm-ups, the number first", two(func(l *scenario.Load) { l.Requests, l.Warmup = 2, scenario.Warmup{Requests: 2, Duration: time.Hour} }),
			[]int64{0, 0, 100, 100},
			2, 100 * ms, 2,
		},
		{
			"both warm-ups, the time first", two(func(l *scenario.Load) { l.Requests, l.Warmup = 2, scenario.Warmup{Requests: 50, Duration: 50 * ms} }),
			[]int64{0, 0, 100, 100},
			2, 50 * ms, 2,
		},
		{
			"duration", two(func(l *scenario.Load) { l.Duration = 250 * ms }),
			[]int64{0, 0, 100, 100, 200, 200},
			0, 0, 2,
		},
		{
			"duration first", two(func(l *scenario.Load) { l.Duration, l.Requests = 150*ms, 50 }),
			[]int64{0, 0, 100, 100},
			0, 0, 2,
		},
		{
			"requests first", two(func(l *scenario.Load) { l.Duration, l.Requests = time.Hour, 3 }),
			[]int64{0, 0, 100},
			0, 0, 2,
		},
		{
			"counted warm-up, then a duration", two(func(l *scenario.Load) { l.Duration, l.Warmup = 150*ms, requests(2) }),
			[]int64{0, 0, 100, 100, 200, 200},
			2, 100 * ms, 2,
		},
		{
			"timed warm-up, then a duration", two(func(l *scenario.Load) { l.Duration, l.Warmup.Duration = 100*ms, 150*ms }),
			[]int64{0, 0, 100, 100, 200, 200},
			4, 150 * ms, 2,
		},
		{
			"a window that no request falls into", two(func(l *scenario.Load) { l.Duration, l.Warmup.Duration = 10*ms, 20*ms }),
			[]int64{0, 0},
			2, 20 * ms, 2,
		},
		{
			"rate inf under a cap",
			scenario.Load{Rate: math.Inf(1), MaxConcurrency: 2, Requests: 3},
			[]int64{0, 0, 100},
			0, 0, 2,
		},
		{
			"ramp",
			scenario.Load{Concurrency: 3, Requests: 6, Ramp: 90 * ms},
			[]int64{0, 30, 60, 100, 130, 160},
			0, 0, 3,
		},
		{
			"ramp longer than the load",
			scenario.Load{Concurrency: 2, Requests: 2, Ramp: time.Hour},
			[]int64{0, 100},
			0, 0, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := bubble(t, trial{load: c.load, answer: takes(100 * ms)})
			out.check(t)
			if out.err != nil || out.Unsent != 0 || out.Truncated {
				t.Errorf("err %v, unsent %d, truncated %t", out.err, out.Unsent, out.Truncated)
			}
			if diff := cmp.Diff(c.starts, out.starts()); diff != "" {
				t.Errorf("starts in ms (-want +got):\n%s", diff)
			}
			if warm := out.Planned - out.PlannedMeasured; warm != c.warm || out.at(out.Measured) != c.measured {
				t.Errorf("%d warm-up requests, then measured from %v; want %d, %v", warm, out.at(out.Measured), c.warm, c.measured)
			}
			if out.server.peak != c.peak || out.server.warmed != slotsOf(&c.load) {
				t.Errorf("%d in flight at the most, want %d; %d connections opened before", out.server.peak, c.peak, out.server.warmed)
			}
			last := time.Duration(c.starts[len(c.starts)-1])*ms + 100*ms
			if out.at(out.End) != last || out.took != last || out.at(out.RampEnd) != c.load.Ramp {
				t.Errorf("ended at %v, returned after %v, want %v; ramp until %v", out.at(out.End), out.took, last, out.at(out.RampEnd))
			}
			for _, s := range out.samples {
				if s.Ready != s.Sched || s.Start != s.Sched {
					t.Errorf("request %d: due %v, ready %v, sent %v", s.Index, out.at(s.Sched), out.at(s.Ready), out.at(s.Start))
				}
			}
		})
	}
}

func TestNewConnectionsAreNotOpenedBefore(t *testing.T) {
	t.Parallel()
	out := bubble(t, trial{load: scenario.Load{Concurrency: 2, Requests: 2, NewConnections: true}, answer: takes(ms)})
	if out.server.warmed != 0 {
		t.Errorf("%d connections were opened", out.server.warmed)
	}
}
