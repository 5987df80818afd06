package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"loadgate/internal/compare"
	"loadgate/internal/result"
	"loadgate/internal/stat"
)

// design is one experiment. A run has cells × 4 gated metrics (ttft.p95,
// tpot.p50, output_throughput, success_rate) in repeats.
type design struct {
	repeats int
	spread  float64 // standard deviation of a repeat's own effect, on the log scale
	between float64 // standard deviation of a whole run's effect, on top
	history int     // A/A runs that are known beforehand
}

const (
	cells    = 6
	requests = 500
	poolSize = 4000
)

// drawn is one statistic of one repeat without any repeat's effect: its
// logarithm and the estimated variance of that.
type drawn struct{ y, variance float64 }

// pools hold the statistics of many simulated repeats: what a repeat of so many
// requests measures, and believes of its own accuracy. Trials draw from them.
type pools struct {
	ttft, tpot, e2el []drawn
	failed           []int
}

// newPools simulates requests: log-normal latencies of which one in fifty is
// four times as long, and one failure in a thousand.
func newPools(seed uint64, size int) *pools {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := &pools{}
	latency := func(sigma float64) float64 {
		v := math.Exp(sigma * rng.NormFloat64())
		if rng.Float64() < 0.02 {
			v *= 4
		}
		return v
	}
	draw := func(sigma, q float64) drawn {
		values := make([]float64, requests)
		for i := range values {
			values[i] = latency(sigma)
		}
		slices.Sort(values)
		return drawn{math.Log(stat.Quantile(values, q)), stat.QuantileVariance(values, q, 500, rng.Uint64())}
	}
	for range size {
		p.ttft = append(p.ttft, draw(0.5, 0.95))
		p.tpot = append(p.tpot, draw(0.15, 0.5))
		p.e2el = append(p.e2el, draw(0.3, 0.5))
		failed := 0
		for range requests {
			if rng.Float64() < 0.001 {
				failed++
			}
		}
		p.failed = append(p.failed, failed)
	}
	return p
}

// run simulates a run.
func (p *pools) run(rng *rand.Rand, d design, id string) *compare.Side {
	s := &compare.Side{RunID: id, Form: compare.FormRun, Environment: result.Environment{OS: "linux"}}
	for i := range cells {
		s.Cells = append(s.Cells, p.cell(rng, d, i))
	}
	return s
}

func (p *pools) cell(rng *rand.Rand, d design, index int) *compare.Cell {
	name := fmt.Sprint("cell ", index)
	c := &compare.Cell{
		ID: name, Key: name, Title: name, DatasetDigest: "d", Validity: result.Valid, Load: map[string]any{"concurrency": 8.0},
		Series: map[string]*compare.Series{},
	}
	from := func(pool []drawn) drawn { return pool[rng.IntN(len(pool))] }
	for _, m := range []struct {
		name string
		draw func() drawn
	}{
		{"ttft.p95", func() drawn { return from(p.ttft) }},
		{"tpot.p50", func() drawn { return from(p.tpot) }},
		{"output_throughput", func() drawn { return drawn{0, math.NaN()} }},
		{"e2el.p50", func() drawn { return from(p.e2el) }},
	} {
		series := &compare.Series{}
		level := d.between * rng.NormFloat64()
		for range d.repeats {
			v := m.draw()
			series.Values = append(series.Values, result.Number(100*math.Exp(v.y+level+d.spread*rng.NormFloat64())))
			series.Variances = append(series.Variances, result.Number(v.variance))
		}
		c.Series[m.name] = series
	}
	p.failures(rng, d, c)
	return c
}

// failures adds the success rate, with the variance that the real code gives it.
func (p *pools) failures(rng *rand.Rand, d design, c *compare.Cell) {
	doc := &result.Document{Cells: []*result.Cell{{ID: c.ID}}}
	for range d.repeats {
		failed := p.failed[rng.IntN(len(p.failed))]
		counts := result.Counts{Sent: requests, Completed: requests - failed, Failed: failed}
		doc.Cells[0].Repeats = append(doc.Cells[0].Repeats, &result.Repeat{Counts: counts, Metrics: map[string]result.Metric{
			"success_rate": {Value: result.Number(float64(counts.Completed) / requests)},
		}})
		c.Repeats = append(c.Repeats, compare.Repeat{Sent: counts.Sent, Completed: counts.Completed, Input: 512, Output: 64})
	}
	c.Series["success_rate"] = compare.FromDocument(doc, "", "", nil).Cells[0].Series["success_rate"]
}

// slowed is the run of a server whose iterations take longer by a factor, in the
// first n cells.
func slowed(s *compare.Side, factor float64, n int) *compare.Side {
	out := *s
	out.Cells = slices.Clone(s.Cells)
	for i := range n {
		c := *s.Cells[i]
		c.Series = map[string]*compare.Series{}
		for name, series := range s.Cells[i].Series {
			scaled := *series
			scaled.Values = slices.Clone(series.Values)
			for r := range scaled.Values {
				switch name {
				case "output_throughput":
					scaled.Values[r] /= result.Number(factor)
				case "success_rate":
				default:
					scaled.Values[r] *= result.Number(factor)
				}
			}
			c.Series[name] = &scaled
		}
		out.Cells[i] = &c
	}
	return &out
}
