package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"

	"loadgate/internal/compare"
	"loadgate/internal/result"
)

// outcome is what a design comes to, in shares of its pairs of runs (coverage:
// of its intervals).
type outcome struct {
	design
	alarms   float64 // unchanged pairs with any gated metric regressed
	suspects float64 // unchanged pairs with any gated metric regressed or suspect
	coverage float64 // of the 95 % intervals of e2el.p50, which is not gated
	one      [2]found
	all      [2]found
}

// found is how often a slow-down was found, in the cells that were slowed: as
// regressed, and as regressed or suspect.
type found struct{ regressed, any float64 }

// slowdowns are the factors that are tried.
var slowdowns = [2]float64{1.1, 1.2}

func designs() []design {
	var out []design
	for _, spread := range []float64{0.02, 0.05} {
		for _, repeats := range []int{3, 5, 7} {
			out = append(out, design{repeats: repeats, spread: spread})
		}
	}
	return append(out,
		design{repeats: 1, spread: 0.02, history: 20},
		design{repeats: 3, spread: 0.02, history: 20},
		design{repeats: 3, spread: 0.05, history: 20},
		design{repeats: 5, spread: 0.02, between: 0.03},
		design{repeats: 5, spread: 0.02, between: 0.03, history: 20},
	)
}

func measureAll(designs []design, pairs int, seed uint64, poolSize int) []outcome {
	p := newPools(seed, poolSize)
	out := make([]outcome, len(designs))
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, d := range designs {
		wg.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			out[i] = measure(p, d, pairs, seed+uint64(i))
		})
	}
	wg.Wait()
	return out
}

func measure(p *pools, d design, pairs int, seed uint64) outcome {
	rng := rand.New(rand.NewPCG(seed, 2))
	out := outcome{design: d}
	share := 1 / float64(pairs)
	for range pairs {
		base, head := p.run(rng, d, "base"), p.run(rng, d, "head")
		var histories compare.Histories
		if d.history > 0 {
			histories = p.learn(rng, d, head)
		}
		same := compare.Compare(base, head, compare.Policy{}, histories)
		alarm, suspect := changed(same, cells)
		out.alarms += share * alarm
		out.suspects += share * suspect
		out.coverage += share * covered(same)
		for i, factor := range slowdowns {
			out.one[i].add(compare.Compare(base, slowed(head, factor, 1), compare.Policy{}, histories), 1, share)
			out.all[i].add(compare.Compare(base, slowed(head, factor, cells), compare.Policy{}, histories), cells, share)
		}
	}
	return out
}

// learn makes the history of runs of unchanged code.
func (p *pools) learn(rng *rand.Rand, d design, like *compare.Side) compare.Histories {
	var runs []*compare.Side
	for i := range d.history {
		runs = append(runs, p.run(rng, d, fmt.Sprint("history ", i)))
	}
	h, _ := compare.LearnHistory(runs, like)
	return h
}

func (f *found) add(c *result.Comparison, slow int, share float64) {
	regressed, either := changed(c, slow)
	f.regressed += share * regressed
	f.any += share * either
}

// changed reports, as 0 or 1, whether any gated metric of the first n cells
// regressed, and whether any is suspect at least.
func changed(c *result.Comparison, n int) (regressed, either float64) {
	for i := range c.Deltas {
		d := &c.Deltas[i]
		var cell int
		if _, err := fmt.Sscanf(d.Cell, "cell %d", &cell); err != nil || cell >= n || !d.Gated {
			continue
		}
		switch d.Change {
		case result.Regressed:
			regressed, either = 1, 1
		case result.Suspect:
			either = 1
		}
	}
	return regressed, either
}

// covered is the share of 95 % intervals that hold no change.
func covered(c *result.Comparison) float64 {
	n, hold := 0.0, 0.0
	for i := range c.Deltas {
		d := &c.Deltas[i]
		if d.Metric != "e2el.p50" {
			continue
		}
		n++
		if d.Interval != nil && d.Interval[0] <= 0 && 0 <= d.Interval[1] {
			hold++
		}
	}
	return hold / n
}

// render writes the table in Markdown.
func render(all []outcome, pairs int, seed uint64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| repeats a side | spread of repeats | of runs | A/A runs known | false `regressed` | false `suspect` | coverage | +10 %% in one cell | +20 %% in one cell | +10 %% in all cells | +20 %% in all cells |\n")
	b.WriteString("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, o := range all {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", o.repeats, percent(o.spread), orNone(percent(o.between)), orNone(fmt.Sprint(o.history)),
			percent(o.alarms), percent(o.suspects-o.alarms), percent(o.coverage), o.one[0], o.one[1], o.all[0], o.all[1])
	}
	fmt.Fprintf(&b, "\n%d simulated pairs of runs a row, seed %d.\n", pairs, seed)
	return b.String()
}

func orNone(s string) string {
	if s == "0" || s == "0 %" {
		return "none"
	}
	return s
}

// String is "97 % (12 %)": found at all, and of that as regressed.
func (f found) String() string { return fmt.Sprintf("%s (%s)", percent(f.any), percent(f.regressed)) }

func percent(share float64) string {
	v := 100 * share
	if v < 10 || v > 99 {
		return fmt.Sprintf("%g %%", math.Round(v*10)/10)
	}
	return fmt.Sprintf("%.0f %%", v)
}
