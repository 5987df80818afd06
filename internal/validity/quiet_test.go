package validity_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

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
