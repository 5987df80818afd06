package validity

import (
	"math"

	"loadgate/engine"
	"loadgate/internal/stat"
)

const mostEvents = 16 // of a read; larger ones count as that

// sizes are numbers of reads by how many events they took.
type sizes [mostEvents + 1]int

func (s *sizes) add(events, reads int) { s[min(events, mostEvents)] += reads }

// atLeast is the number of reads that took so many events or more.
func (s *sizes) atLeast(events int) (sum int) {
	for _, n := range s[min(events, mostEvents):] {
		sum += n
	}
	return sum
}

// mean is how many events a read takes, to the nearest number, at least 1.
func (s *sizes) mean() int {
	events := 0
	for n, reads := range s {
		events += n * reads
	}
	return max(1, int(math.Round(float64(events)/float64(max(1, s.atLeast(1))))))
}

// weights say, by the events of a read, how probable it is that it took together
// what came apart.
type weights [mostEvents + 1]float64

func (w *weights) of(t *take) float64 { return w[min(int(t.events), mostEvents)] }

// apartFrom weighs the reads by what would be found of their size if only the
// server brought events together, as it does in others.
func (s *sizes) apartFrom(others *sizes) (w weights) {
	for n := 2; n <= mostEvents; n++ {
		all, usual := s.atLeast(n), 0.0
		if total := others.atLeast(1); total > 0 {
			usual = stat.BinomialUpper(others.atLeast(n), total, warnConfidence)
		}
		if all > 0 {
			w[n] = max(0, 1-usual*float64(s.atLeast(1))/float64(all))
		}
	}
	return w
}

// enoughReads are those from which one can tell what comes together.
const enoughReads = 300

// census counts reads by what they say of how many events come together.
type census struct {
	all    sizes
	steady sizes // while the client read on and on
	prompt sizes // soon after their last event
	late   int
}

func (c *census) add(t *take, limit float64, steady bool) {
	c.all.add(int(t.events), 1)
	if steady {
		c.steady.add(int(t.events), 1)
	}
	if float64(t.lag) > limit {
		c.late++
	} else {
		c.prompt.add(int(t.events), 1)
	}
}

// usual are the reads that show what comes together by itself; none, where most
// reads are late.
func (c *census) usual() *sizes {
	switch {
	case c.steady.atLeast(1) >= enoughReads:
		return &c.steady
	case c.prompt.atLeast(1) >= c.late:
		return &c.prompt
	default:
		return &sizes{}
	}
}

// gapsOpen weighs the reads of gaps, and says how many events usually come together.
func (f *facts) gapsOpen() (open weights, burst int) {
	var c census
	limit, singles := f.lateRead(), f.singles.sums()
	c.late = singles[min(levelOf(limit)+1, allLevels-1)]
	c.all.add(1, singles[0])
	c.prompt.add(1, singles[0]-c.late)
	c.steady.add(1, f.timeline.settle(f.steadiness()))
	for i := range f.takes {
		t := &f.takes[i]
		c.add(t, limit, t.tokens > 0 && f.wasSteady(t))
	}
	return c.all.apartFrom(c.usual()), c.usual().mean()
}

// firstsOpen weighs the reads of first tokens.
func (f *facts) firstsOpen() weights {
	var c census
	limit := f.lateRead()
	for _, t := range f.firstTakes() {
		c.add(&t, limit, f.wasSteady(&t))
	}
	return c.all.apartFrom(c.usual())
}

// wasSteady reports whether the client read on and on until the last event came.
func (f *facts) wasSteady(t *take) bool { return f.timeline.steady(max(0, t.kernel-1)) }

// steadiness is the pause that the client must not make, over a span, to be called
// steady; ms.
func (f *facts) steadiness() (pause, span int) {
	const longest = 1000
	gap := f.stat("icl", "avg")
	if !(gap > 0) {
		return 2, 4
	}
	pause = int(min(max(2, gap/4), longest/2))
	return pause, max(2*pause, int(min(gap, longest)))
}

// firstOf makes a first take's gap the latency: it cannot have been shorter than
// by the time since something else of the answer was read, or the request left.
func (t *take) firstOf(s *engine.Sample, latency float64) {
	at, before := received(&s.Events[0]), s.Start
	for _, stamp := range []int64{s.Wrote, s.Hdr, s.Ev1} {
		if stamp < at {
			before = max(before, stamp)
		}
	}
	t.gap, t.tokens, t.head, t.opens = float32(latency), 1, 1, true
	t.empty = float32(max(0, latency-float64(at-before)/1e6))
}

// open are the metrics that are judged.
func (f *facts) open() []*openView {
	gaps, burst := f.gapsOpen()
	chunks := f.byChunk().inBursts(burst)
	values := chunks // of itl
	if f.perToken != nil && f.Repeat.Metrics["itl"].Note == "" {
		values = f.perToken.inBursts(burst)
	}
	out := []*openView{
		{view: f.firsts(), metric: "ttft", open: f.firstsOpen()},
		{view: values, metric: "itl", open: gaps},
		{view: chunks, metric: "icl", open: gaps},
	}
	for _, v := range out {
		v.above = v.exact.sums()
	}
	return out
}

// firstTakes are the reads of first tokens that are in ttft.
func (f *facts) firstTakes() []take {
	var out []take
	for i := range f.rows {
		if r := &f.rows[i]; r.completed && !r.warmup && r.first.events > 0 && !math.IsNaN(r.latency) {
			out = append(out, r.first)
		}
	}
	return out
}

// firsts is the view of ttft.
func (f *facts) firsts() view {
	var v view
	pause, _ := f.steadiness()
	for _, t := range f.firstTakes() {
		if t.events == 1 {
			v.add(float64(t.gap), 1)
			continue
		}
		since := int32(math.Ceil(float64(t.gap - t.empty)))
		awake := t.kernel - f.timeline.readBefore(t.kernel, t.kernel-since) + int32(pause)
		t.empty = max(t.empty, t.gap-float32(awake))
		v.n++
		v.takes = append(v.takes, t)
	}
	return v
}
