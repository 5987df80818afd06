package validity

import (
	"math"
	"slices"

	"loadgate/engine"
	"loadgate/internal/llm"
)

// receipt is what the receive stamps of a repeat's events say about the client.
type receipt struct {
	events  int // with content, warm-up included
	stamped int // of them by the kernel

	streamed int    // measured events of streams
	singles  levels // lags of their reads that took one, ms
	takes    []take // the other reads
	timeline timeline

	chunks   view  // the gaps between events of completed requests, without takes: these are among those above
	perToken *view // the same a token, where events have several; else nil
}

// take is one read that took events of a stream. All have the last one's stamp:
// how the time since the event before divides among them is not known.
type take struct {
	at, kernel int32   // when it returned, and the stamp: ms of the run's clock
	lag        float32 // between them, ms
	events     int32

	gap          float32 // from the stamp before it, ms; of a first take the latency
	empty        float32 // of that, for how long its first event had certainly not come
	tokens, head int32   // values in it, and in its first event; 0 = in no metric
	opens        bool    // a stream: its one value is that of the first event
}

// lateRead is the lag, in ms, from which a read can have taken together what
// came apart.
const lateRead = 1.0

// byKernel reports whether receive stamps are the kernel's. A few may be the
// client's own: the kernel needs a moment to begin, and none is left where the
// wall clock was set.
func (r *receipt) byKernel() bool { return r.stamped > 0 && 100*r.stamped >= 99*r.events }

// add takes one sample and returns the take of its first event, whose gap the
// caller knows.
func (r *receipt) add(s *engine.Sample) (first take) {
	r.events += len(s.Events)
	for i := range s.Events {
		if s.Events[i].Kernel != 0 {
			r.stamped++
		}
	}
	if !s.Streamed {
		return take{}
	}
	counted := newCounter(r, s)
	for i := 0; i < len(s.Events); {
		e, n := &s.Events[i], 1
		for i+n < len(s.Events) && s.Events[i+n].At == e.At && s.Events[i+n].Kernel == e.Kernel {
			n++
		}
		t := counted.take(i, n)
		if i == 0 {
			first = t
		}
		i += n
	}
	return first
}

// counter goes through the reads of one stream.
type counter struct {
	r         *receipt
	s         *engine.Sample
	measured  bool
	completed bool
	several   bool // tokens are known, and some event holds several
}

func newCounter(r *receipt, s *engine.Sample) *counter {
	c := &counter{r: r, s: s, measured: !s.Warmup, completed: !s.Warmup && s.Outcome == llm.Completed}
	known := true
	for i := range s.Events {
		known = known && s.Events[i].Tokens > 0
		c.several = c.several || s.Events[i].Tokens > 1
	}
	c.several = c.several && known
	if c.several && c.completed && r.perToken == nil {
		r.perToken = r.byToken()
	}
	if c.measured {
		r.streamed += len(s.Events)
	}
	return c
}

// take notes the read that took n events from the i-th on.
func (c *counter) take(i, n int) take {
	e := &c.s.Events[i]
	t := take{at: inMS(e.At), kernel: inMS(received(e)), lag: float32(float64(e.At-received(e)) / 1e6), events: int32(n)}
	c.r.timeline.reads(t.at)
	if !c.measured {
		return t
	}
	if n == 1 {
		c.r.singles.add(float64(t.lag), 1)
	}
	if i > 0 {
		c.gap(&t, i, n)
	}
	if n > 1 {
		c.r.takes = append(c.r.takes, t)
	}
	return t
}

// gap notes the time since the event before.
func (c *counter) gap(t *take, i, n int) {
	if !c.completed {
		return
	}
	before, e := &c.s.Events[i-1], &c.s.Events[i]
	gap := float64(received(e)-received(before)) / 1e6
	if n == 1 {
		c.r.timeline.tookOne(t.kernel)
		c.r.chunks.add(gap, 1)
		if c.r.perToken != nil {
			k := c.count(i)
			c.r.perToken.add(gap/float64(k), k)
		}
		return
	}
	// The event behind had not come when the read before returned.
	empty := max(0, float64(before.At-received(before))/1e6)
	t.gap, t.empty, t.tokens, t.head = float32(gap), float32(empty), int32(n), 1
	c.r.chunks.n += n
	if c.r.perToken != nil {
		in := *t
		in.head, in.tokens = int32(c.count(i)), 0
		for k := range n {
			in.tokens += int32(c.count(i + k))
		}
		c.r.perToken.n += int(in.tokens)
		c.r.perToken.takes = append(c.r.perToken.takes, in)
	}
}

// count is the number of tokens that an event counts for.
func (c *counter) count(i int) int {
	if c.several {
		return int(c.s.Events[i].Tokens)
	}
	return 1
}

// byToken is what the chunks' view is while each event held one token.
func (r *receipt) byToken() *view {
	v := r.byChunk()
	v.exact = levels{slices.Clone(v.exact.counts)}
	return &v
}

// byChunk is the chunks' view with its takes.
func (r *receipt) byChunk() view {
	v := r.chunks
	for _, t := range r.takes {
		if t.tokens > 0 {
			v.takes = append(v.takes, t)
		}
	}
	return v
}

// inMS never is negative, however strange the stamp.
func inMS(ns int64) int32 { return int32(ns / 1e6 & math.MaxInt32) }

// received is the kernel's stamp, where there is one.
func received(e *engine.Event) int64 {
	if e.Kernel != 0 {
		return e.Kernel
	}
	return e.At
}
