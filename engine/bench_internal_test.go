package engine

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// lateness reports the p50 and p99 of delays.
func lateness(b *testing.B, delays []time.Duration) {
	slices.Sort(delays)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(delays[(len(delays)-1)*p/100])/1e3, fmt.Sprintf("p%d-µs", p))
	}
}

// BenchmarkPacer is how late the pacer alone wakes. On two busy cores, p50 of
// five runs each: 59 µs at 200/s and 61 at 1,000/s; with the kernel's usual
// timer slack 108 and 105. The p99 there is that of the other processes.
func BenchmarkPacer(b *testing.B) {
	for _, rate := range []int{200, 1000} {
		b.Run(fmt.Sprintf("%d per second", rate), func(b *testing.B) {
			clock := llm.NewClock()
			p := newPacer(newSleeper(clock, stopper{}, nil))
			defer p.close()
			next, gap := clock.Now(), int64(time.Second)/int64(rate)
			var delays []time.Duration
			for b.Loop() {
				next += gap
				p.wait(next)
				delays = append(delays, time.Duration(clock.Now()-next))
			}
			lateness(b, delays)
		})
	}
}

// BenchmarkSends is how late an open loop's requests start: the pacer, the hand
// over to a goroutine, and what the requests in flight (50 ms each) cost. As
// above: 108 and 89 µs; with the slack 163 and 144.
func BenchmarkSends(b *testing.B) {
	for _, rate := range []int{200, 1000} {
		b.Run(fmt.Sprintf("%d per second", rate), func(b *testing.B) {
			clock := llm.NewClock()
			s := &server{clock: clock, answer: takes(50 * ms)(clock), bodies: map[int]string{}}
			var delays []time.Duration
			for b.Loop() {
				_, err := Run(context.Background(), nil, Config{
					Clock: clock, Backend: textBackend{}, Dataset: dataset(numbered), Transport: s, IDPrefix: "id-",
					Load: scenario.Load{Rate: float64(rate), Requests: rate},
				}, func(s *Sample) error {
					delays = append(delays, time.Duration(s.Start-s.Ready))
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			lateness(b, delays)
		})
	}
}

// BenchmarkClosed is what a request costs that is answered at once: the most
// that the engine alone can send.
func BenchmarkClosed(b *testing.B) {
	clock := llm.NewClock()
	frame := []byte("c hello+finish+done")
	s := &instant{clock: clock, frame: frame}
	b.ReportAllocs()
	_, err := Run(context.Background(), nil, Config{
		Clock: clock, Backend: textBackend{}, Dataset: dataset(numbered), Transport: s,
		Load: scenario.Load{Concurrency: 64, Requests: b.N},
	}, func(*Sample) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
}

type instant struct {
	clock llm.Clock
	frame []byte
}

func (s *instant) Do(_ context.Context, _ *llm.Call, _ string, r wire.Receiver) wire.Result {
	r.Receive(&wire.Frame{At: s.clock.Now(), Data: s.frame})
	return wire.Result{Status: 200, End: s.clock.Now()}
}
