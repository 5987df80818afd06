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

// weights say, by the events of a read and whether it came late, how probable it is
// that it took together what came apart.
type weights struct {
	limit        float64 // from which lag on it is late, ms
	late, prompt [mostEvents + 1]float64
}

func (w *weights) of(t *take) float64 {
	n := min(int(t.events), mostEvents)
	if float64(t.lag) > w.limit {
		return w.late[n]
	}
	return w.prompt[n]
}

// whole counts every read fully that may have taken together what came apart.
func (w *weights) whole() weights {
	out := *w
	for n := range out.late {
		out.late[n], out.prompt[n] = math.Ceil(w.late[n]), math.Ceil(w.prompt[n])
	}
	return out
}

// enoughReads are those from which one can tell what comes together.
const enoughReads = 300

// census counts reads by what they say of how many events come together.
type census struct {
	limit  float64 // from which lag on a read is late, ms
	chance float64 // of a read that merged to be prompt, as against late
	steady sizes   // while the client read on and on
	prompt sizes   // soon after their last event
	late   sizes
}

// census makes an empty one. A client that naps comes round within 2 ms; one that
// stood still comes at any time between two events.
func (f *facts) census() census {
	const nap = 2
	limit := max(nap, f.lateRead())
	gap := f.stat("icl", "avg")
	if !(gap > 2*limit) {
		gap = 2 * limit
	}
	return census{limit: limit, chance: limit / (gap - limit)}
}

func (c *census) add(t *take, steady bool) {
	if steady {
		c.steady.add(int(t.events), 1)
	}
	if float64(t.lag) > c.limit {
		c.late.add(int(t.events), 1)
	} else {
		c.prompt.add(int(t.events), 1)
	}
}

// usual is the number of reads of n events or more among those that show what
// comes together by itself, and the number of those; 0 where most reads are late.
func (c *census) usual(n int) (events, reads int) {
	prompt, late := c.prompt.atLeast(1), c.late.atLeast(1)
	switch {
	case c.steady.atLeast(1) >= enoughReads:
		return c.steady.atLeast(n), c.steady.atLeast(1)
	case prompt >= late:
		merged := c.chance * float64(c.late.atLeast(n)) // at the most
		return max(0, c.prompt.atLeast(n)-int(merged)), prompt
	default:
		return 0, 0
	}
}

// open weighs late reads by what would be found of their size if only the server
// brought events together, and prompt ones by how many of the late ones' kind would
// be prompt by chance.
func (c *census) open() weights {
	w := weights{limit: c.limit}
	for n := 2; n <= mostEvents; n++ {
		share := 0.0
		if found, reads := c.usual(n); reads > 0 {
			share = stat.BinomialUpper(found, reads, warnConfidence)
		}
		late, prompt := float64(c.late.atLeast(n)), float64(c.prompt.atLeast(n))
		if late > 0 {
			w.late[n] = max(0, 1-share*float64(c.late.atLeast(1))/late)
		}
		if prompt > 0 {
			w.prompt[n] = min(1, c.chance*w.late[n]*late/prompt)
		}
	}
	return w
}

// burst is how many events usually come together, to the nearest number.
func (c *census) burst() int {
	events := 0
	for n := 1; n <= mostEvents; n++ {
		found, reads := c.usual(n)
		if reads == 0 {
			return 1
		}
		events += found
		if n == mostEvents {
			return max(1, int(math.Round(float64(events)/float64(reads))))
		}
	}
	return 1
}

// gapsOpen weighs the reads of gaps, and says how many events usually come together.
func (f *facts) gapsOpen() (open weights, burst int) {
	c, singles := f.census(), f.singles.sums()
	late := singles[min(levelOf(c.limit)+1, allLevels-1)]
	c.late.add(1, late)
	c.prompt.add(1, singles[0]-late)
	c.steady.add(1, f.timeline.settle(f.steadiness()))
	for i := range f.takes {
		t := &f.takes[i]
		c.add(t, t.tokens > 0 && f.wasSteady(t))
	}
	return c.open(), c.burst()
}

// firstsOpen weighs the reads of first tokens.
func (f *facts) firstsOpen() weights {
	c := f.census()
	for _, t := range f.firstTakes() {
		c.add(&t, f.wasSteady(&t))
	}
	return c.open()
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
