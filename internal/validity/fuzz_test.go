package validity_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/validity"
	"loadgate/metrics"
	"loadgate/scenario"
)

// FuzzCheck judges repeats that no engine would leave: a check may complain of
// them, and must not fall over.
func FuzzCheck(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint16(seed*31))
	}
	loads := []scenario.Load{closed8, open20, {Rate: math.Inf(1)}, {Rate: math.Inf(1), MaxConcurrency: 3}, {Rate: 9, MaxConcurrency: 2}}
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		rng := rand.New(rand.NewPCG(seed, 3))
		stamp := func() int64 {
			switch rng.IntN(12) {
			case 0:
				return 0
			case 1:
				return rng.Int64() - math.MaxInt64/2
			default:
				return at(rng.Float64() * 20_000)
			}
		}
		r := run{load: loads[rng.IntN(len(loads))], requests: int(n % 600), warmup: rng.IntN(9)}
		r.after = func(samples []engine.Sample, totals *engine.Totals) {
			for i := range samples {
				if s := &samples[i]; rng.IntN(3) == 0 {
					s.Sched, s.Start, s.Tok1, s.TokN, s.Done = stamp(), stamp(), stamp(), stamp(), stamp()
					s.Outcome = []llm.Outcome{llm.Completed, llm.Failed, llm.Cancelled, ""}[rng.IntN(4)]
				}
			}
			totals.UnsentMeasured, totals.RampEnd, totals.WallSteps = rng.IntN(99)-9, stamp(), stamp()
			totals.Client = engine.Usage{CPUSeconds: rng.Float64() * 9, Cores: float64(rng.IntN(3)), WallSeconds: rng.Float64() * 4}
		}
		r.input = func(in *validity.Input, _ *result.Repeat) {
			in.Percentiles = []metrics.Quantile{{Metric: "ttft", Q: rng.Float64()}, {Metric: "nonsense", Q: 0.5}}
		}
		found := r.check(t)
		for _, finding := range found {
			if finding.Message == "" || (finding.Level == validity.Invalid && finding.Cause != validity.Client) {
				t.Errorf("%+v", finding)
			}
		}
		if _, err := json.Marshal(found); err != nil {
			t.Error(err)
		}
	})
}
