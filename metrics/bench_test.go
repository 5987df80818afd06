package metrics_test

import (
	"math/rand/v2"
	"testing"

	"loadgate/engine"
	"loadgate/metrics"
)

// BenchmarkSummarize summarises 10,000 requests of 100 events each.
func BenchmarkSummarize(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var samples []engine.Sample
	times := make([]float64, 100)
	for i := range 10_000 {
		start := float64(i) * 5
		now := start + 50
		for k := range times {
			times[k] = now
			now += 8 + 4*rng.ExpFloat64()
		}
		samples = append(samples, streamed(i, start, times...))
	}
	for _, bm := range []struct {
		name string
		ci   bool
	}{{"points", false}, {"intervals", true}} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			in := metrics.Input{Load: closed, CI: bm.ci, Goodput: map[string]float64{"ttft": 60, "tpot": 12}}
			for b.Loop() {
				summarize(b, in, samples...)
			}
		})
	}
}
