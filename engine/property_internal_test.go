package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// whim draws a number of ms up to n, or nothing.
func whim(rng *rand.Rand, n int) time.Duration {
	if rng.IntN(2) == 0 {
		return 0
	}
	return time.Duration(1+rng.IntN(n)) * ms
}

// anyLoad draws a load that ends.
func anyLoad(rng *rand.Rand) scenario.Load {
	l := scenario.Load{Duration: whim(rng, 2000), Warmup: scenario.Warmup{Duration: whim(rng, 500)}, Requests: rng.IntN(60)}
	if rng.IntN(2) == 0 {
		l.Warmup.Requests = rng.IntN(20)
	}
	if l.Duration == 0 {
		l.Requests++
	}
	if rng.IntN(2) == 0 {
		l.Concurrency, l.Ramp = 1+rng.IntN(12), whim(rng, 1000)
		return l
	}
	l.Rate = 1 + 200*rng.Float64()
	l.Arrivals = scenario.Arrivals{Process: []string{"poisson", "constant", "gamma"}[rng.IntN(3)], Burstiness: 1}
	l.MaxConcurrency = rng.IntN(8)
	if rng.IntN(4) == 0 {
		l.Rate, l.Requests, l.Warmup.Duration = math.Inf(1), max(1, l.Requests), 0
	}
	return l
}

// moody answers each request after some time in one of several ways.
func moody(seed uint64) func(llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
	return func(clock llm.Clock) func(context.Context, int, wire.Receiver) wire.Result {
		return func(ctx context.Context, i int, r wire.Receiver) wire.Result {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			if !pause(ctx, time.Duration(rng.IntN(300))*ms) {
				return cancelled(ctx)
			}
			frame := func(s string) { r.Receive(&wire.Frame{At: clock.Now(), Data: []byte(s)}) }
			switch rng.IntN(8) {
			case 0:
				return wire.Result{Class: llm.ErrHTTP429, Err: errors.New("busy"), Status: 429}
			case 1:
				frame("c a")
				return wire.Result{Class: llm.ErrReset, Err: errors.New("reset")}
			case 2:
				frame("audit+done")
			default:
				frame("c a")
				if !pause(ctx, time.Duration(rng.IntN(100))*ms) {
					return cancelled(ctx)
				}
				frame("c b+done")
			}
			return wire.Result{Status: 200}
		}
	}
}

// anyTrial draws a load, the answers, and perhaps a stop, a cancellation, or a
// failure of the dataset or of yield.
func anyTrial(seed uint64) (tr trial, interrupted, void bool) {
	rng := rand.New(rand.NewPCG(seed, 0))
	tr = trial{load: anyLoad(rng), answer: moody(seed)}
	switch rng.IntN(6) {
	case 0:
		tr.stop = 1 + whim(rng, 1500)
		interrupted = true
	case 1:
		tr.cancel = 1 + whim(rng, 1500)
		interrupted = true
	case 2:
		bad := rng.IntN(40)
		tr.dataset = func(s uint64, i int) (llm.Session, error) {
			time.Sleep(ms)
			if i == bad {
				return llm.Session{}, errors.New("boom")
			}
			return numbered(s, i)
		}
		void = true
	case 3:
		left := rng.IntN(10)
		tr.yield = func(*Sample) error {
			if left--; left < 0 {
				return errors.New("disk full")
			}
			return nil
		}
		void = true
	}
	return tr, interrupted, void
}

// checkAnyRun runs the trial of a seed and checks what must hold of each.
func checkAnyRun(t *testing.T, seed uint64) {
	t.Helper()
	tr, interrupted, void := anyTrial(seed)
	out := bubble(t, tr)
	if tr.yield == nil { // else it has not seen all
		out.check(t)
	}
	l := &tr.load
	switch {
	case out.Planned != out.Sent+out.Unsent || out.PlannedMeasured < out.UnsentMeasured:
		t.Errorf("planned %d, sent %d, unsent %d", out.Planned, out.Sent, out.Unsent)
	case out.err != nil && !void:
		t.Errorf("error %v", out.err)
	case interrupted || void:
	case out.Truncated || out.count(llm.Cancelled) > 0:
		t.Errorf("truncated %t, %d cancelled", out.Truncated, out.count(llm.Cancelled))
	case l.Requests > 0 && l.Duration == 0 && (out.PlannedMeasured != l.Requests || out.Unsent != 0):
		t.Errorf("%d measured requests, %d unsent", out.PlannedMeasured, out.Unsent)
	case l.Requests > 0 && out.PlannedMeasured > l.Requests:
		t.Errorf("%d measured requests", out.PlannedMeasured)
	case out.Unsent > 0 && (l.MaxConcurrency == 0 || l.Duration == 0):
		t.Errorf("%d unsent", out.Unsent)
	}
	if slots := l.Slots(); slots > 0 && out.server.peak > slots {
		t.Errorf("%d in flight of %d", out.server.peak, slots)
	}
	if l.Duration > 0 {
		for _, s := range out.samples {
			if !s.Warmup && s.Ready >= out.Measured+int64(l.Duration) {
				t.Errorf("request %d was let go %v after the window began", s.Index, time.Duration(s.Ready-out.Measured))
			}
		}
	}
	for _, s := range out.samples {
		if want := fmt.Sprintf("1/%d", s.Index); out.server.bodies[s.Index] != want {
			t.Errorf("request %d sent %q", s.Index, out.server.bodies[s.Index])
		}
	}
	if t.Failed() {
		t.Errorf("seed %d: %+v, stop %v, cancel %v, void %t\n%+v", seed, *l, tr.stop, tr.cancel, void, out.Totals)
	}
}

func TestAnyRun(t *testing.T) {
	t.Parallel()
	n := uint64(150)
	if testing.Short() {
		n = 50
	}
	for seed := range n {
		if checkAnyRun(t, seed); t.Failed() {
			return
		}
	}
}

// FuzzRun: whatever the load, the answers and the moment at which it is cut
// short, nothing is lost, counted twice or left running.
func FuzzRun(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(checkAnyRun)
}

// A closed loop under a load of its own making: at every moment between the
// first and the last send, exactly N are in flight.
func TestExactlyNInFlight(t *testing.T) {
	t.Parallel()
	const n = 7
	synctest.Test(t, func(t *testing.T) {
		out := trial{load: scenario.Load{Concurrency: n, Requests: 200}, answer: moody(3)}.run()
		change := map[int64]int{}
		for _, s := range out.samples {
			change[s.Start]++
			change[s.Done]--
		}
		flying := 0
		for at := out.Begin; at <= out.LastSend; at++ {
			if flying += change[at]; flying != n {
				t.Fatalf("%v after the beginning %d are in flight", out.at(at), flying)
			}
			if change[at+1] == 0 { // on to the next event
				at = nextChange(change, at) - 1
			}
		}
	})
}

func nextChange(change map[int64]int, after int64) int64 {
	next := int64(math.MaxInt64)
	for at := range change {
		if at > after {
			next = min(next, at)
		}
	}
	return next
}
