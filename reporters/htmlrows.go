package reporters

import (
	"cmp"
	"slices"

	"loadgate/engine"
	"loadgate/internal/llm"
)

// requestRow is one request of the timeline of requests.
type requestRow struct {
	sched      int64 // ns
	queued     int64 // µs from sched to start
	first      int64 // µs from start to the first content; -1 = none
	last       int64 // µs from start to the last content; -1 = none
	done       int64 // µs from start
	index      int
	input, out int    // tokens; -1 = unknown
	class      string // of a failure
	outcome    llm.Outcome
	warmup     bool
	place      int // among those that the thinner saw
}

// thinner keeps an even choice of a stream of unknown length: every request up
// to most, then every second, every fourth …
type thinner struct {
	most, seen, stride int
	rows               []requestRow
}

// wants reports whether the next request is to be kept.
func (t *thinner) wants() bool {
	t.stride = max(t.stride, 1)
	t.seen++
	return t.most > 0 && (t.seen-1)%t.stride == 0
}

func (t *thinner) keep(r requestRow) {
	r.place = t.seen - 1
	t.rows = append(t.rows, r)
	if len(t.rows) > t.most {
		t.halve()
	}
}

// halve leaves every second one out.
func (t *thinner) halve() {
	t.stride *= 2
	t.rows = slices.DeleteFunc(t.rows, func(r requestRow) bool { return r.place%t.stride != 0 })
}

// choice keeps the requests that are drawn one by one, evenly chosen. Those that
// did not complete are rare and are looked for: they are thinned apart, and have
// a tenth of the room for themselves.
type choice struct {
	most          int
	usual, others thinner
}

func newChoice(most int) *choice {
	return &choice{most: most, usual: thinner{most: most}, others: thinner{most: most / 10}}
}

// of returns the thinner that takes a sample.
func (c *choice) of(s *engine.Sample) *thinner {
	if s.Outcome != llm.Completed && c.others.most > 0 {
		return &c.others
	}
	return &c.usual
}

// sorted returns the rows, at most most, in the order in which they were due.
func (c *choice) sorted() []requestRow {
	for len(c.usual.rows)+len(c.others.rows) > c.most {
		c.usual.halve()
	}
	all := slices.Concat(c.usual.rows, c.others.rows)
	slices.SortFunc(all, func(a, b requestRow) int {
		return cmp.Or(cmp.Compare(a.sched, b.sched), cmp.Compare(a.index, b.index))
	})
	return all
}

// newRow reads the stamps of a request that was sent.
func newRow(s *engine.Sample, input, out int) requestRow {
	since := func(at int64) int64 {
		if at == 0 || s.Start == 0 {
			return -1
		}
		return micros(at - s.Start)
	}
	begin := s.Sched
	if begin == 0 {
		begin = s.Start
	}
	first, last := contentStamps(s)
	return requestRow{
		sched: begin, queued: micros(s.Start - begin), first: since(first), last: since(last), done: max(since(s.Done), 0),
		index: s.Index, input: input, out: out, class: string(s.Class), outcome: s.Outcome, warmup: s.Warmup,
	}
}

// contentStamps are the receive times of the first and the last content, the
// kernel's where there are such.
func contentStamps(s *engine.Sample) (first, last int64) {
	first, last = s.Tok1, s.TokN
	if n := len(s.Events); n > 0 {
		first, last = cmp.Or(s.Events[0].Kernel, first), cmp.Or(s.Events[n-1].Kernel, last)
	}
	return first, last
}

func micros(ns int64) int64 { return max(ns, 0) / 1000 }

// shareOut divides total among cells that have wants requests: none gets more
// than it wants, what one leaves goes to the others, and each gets at least
// least.
func shareOut(total, least int, wants []int) []int {
	order := make([]int, len(wants))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(wants[a], wants[b]) })
	out := make([]int, len(wants))
	for i, at := range order {
		fair := total / (len(order) - i)
		out[at] = max(least, min(fair, wants[at]))
		total = max(0, total-out[at])
	}
	return out
}
