package validity_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"loadgate/engine"
	"loadgate/internal/validity"
	"loadgate/scenario"
)

// busy is a laptop with other things to do: most delays are small, and every
// few hundred milliseconds the machine stalls for up to 40 ms, which holds back
// sends and stamps alike.
type busy struct{ rng *rand.Rand }

func (b busy) delay(int) float64 {
	d := 0.05 + 0.3*b.rng.ExpFloat64()
	if b.rng.Float64() < 0.04 {
		d += 40 * b.rng.Float64()
	}
	return d
}

func (b busy) jitter() float64 {
	if b.rng.Float64() < 0.03 {
		return 15 * b.rng.Float64()
	}
	return 0.5 * b.rng.ExpFloat64()
}

// reads gives samples the stamps of a busy client: each of its reads takes what
// came until then. The server writes burst events at once.
func (b busy) reads(burst int) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range s {
			events := s[i].Events
			for k := range events {
				events[k].Kernel = events[min(k-k%burst+burst-1, len(events)-1)].At
			}
			for k := 0; k < len(events); {
				read, n := events[k].Kernel+int64(1e6*(0.02+b.jitter())), k
				for n < len(events) && events[n].Kernel <= read {
					n++
				}
				for last := events[n-1].Kernel; k < n; k++ {
					events[k].At, events[k].Kernel = read, last
				}
			}
		}
	}
}

// A busy laptop in front of servers of all kinds must not be told that it reads
// badly.
func TestOrdinaryReadsAreQuiet(t *testing.T) {
	t.Parallel()
	warned, runs := map[string]int{}, 0
	for seed := range uint64(8) {
		for _, gap := range []float64{1, 5, 20, 60} {
			for _, burst := range []int{1, 2, 8} {
				b := busy{rand.New(rand.NewPCG(seed, 11))}
				r := run{load: scenario.Load{Concurrency: 8, Seed: seed}, requests: 50, tokens: 64, gap: gap, after: b.reads(burst), ci: true}
				findings := r.check(t)
				for _, check := range []string{"shared_stamps", "blurred_times"} {
					f, found := of(findings, check)
					if f.Level == validity.Invalid {
						t.Errorf("seed %d, gaps of %g ms, %d events at once: %s", seed, gap, burst, f.Message)
					}
					if found && gap >= 5 {
						warned[check]++
					}
				}
				runs++
			}
		}
	}
	for check, n := range warned {
		if n > runs/100 {
			t.Errorf("%d of %d runs have a warning of %s", n, runs, check)
		}
	}
}

// A matrix of 36 cells of 50 requests, run 20 times on a busy machine, must not
// have one cell that is invalid.
func TestOrdinaryRunsAreNotInvalid(t *testing.T) {
	t.Parallel()
	loads := []scenario.Load{
		{Concurrency: 1},
		{Concurrency: 2},
		{Concurrency: 4},
		{Concurrency: 8},
		{Concurrency: 16},
		{Concurrency: 32},
		{Concurrency: 48},
		{Concurrency: 64},
		{Rate: 2},
		{Rate: 5},
		{Rate: 20},
		{Rate: 100},
	}
	warned := map[string]int{}
	cells, times := 0, 20
	if testing.Short() {
		times = 4
	}
	for again := range times {
		for _, load := range loads {
			for shape := range 3 {
				seed := uint64(cells)
				b := busy{rand.New(rand.NewPCG(seed, 9))}
				load.Seed = seed
				r := run{
					load: load, requests: 50, tokens: []int{8, 32, 64}[shape], delay: b.delay, jitter: b.jitter,
					ttft: func(int, float64) float64 { return 30*float64(shape+1) + 10*b.rng.ExpFloat64() },
				}
				for _, f := range r.check(t) {
					if f.Level == validity.Invalid {
						t.Errorf("run %d, load %s, shape %d: %s: %s", again, describe(load), shape, f.Check, f.Message)
					}
					warned[f.Check]++
				}
				cells++
			}
		}
	}
	for check, n := range warned {
		if n > cells/100 {
			t.Errorf("%s warns in %d of %d ordinary cells", check, n, cells)
		}
	}
}

func describe(l scenario.Load) string {
	if l.Open() {
		return fmt.Sprintf("%g/s", l.Rate)
	}
	return fmt.Sprintf("concurrency %d", l.Concurrency)
}
