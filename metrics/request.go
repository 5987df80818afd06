package metrics

import (
	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/scenario"
)

// request is one sample as metrics see it: its stamps on the best clock there
// is, and its tokens with where they come from.
type request struct {
	s      *engine.Sample
	load   *scenario.Load
	origin int64 // latencies count from here; 0 = unknown

	first, answer, last int64 // receive stamps of the first, first answer and last content event; 0 = none
	input, output       tokenCount
	reasoning, cached   tokenCount

	chunkGaps []float64 // between content events, ms; nil until asked for
}

// tokenCount is a number of tokens and its source.
type tokenCount struct {
	n      int
	source string // usage | dataset | tokenizer; "" = unknown
}

func (c tokenCount) known() bool { return c.source != "" }

func (c tokenCount) value() (float64, bool) { return float64(c.n), c.known() }

// Sources of token counts.
const (
	fromUsage     = "usage"
	fromDataset   = "dataset"
	fromTokenizer = "tokenizer"
	fromSeveral   = "mixed"
	fromNone      = "none"
)

func newRequest(s *engine.Sample, load *scenario.Load) *request {
	r := &request{s: s, load: load, origin: s.Start}
	if load.OpenLoopOrigin() {
		r.origin = s.Sched
	}
	r.stamp()
	r.countTokens()
	return r
}

// stamp takes the receive times: the kernel's of the event where there is one,
// else the sample's own.
func (r *request) stamp() {
	r.first, r.answer, r.last = r.s.Tok1, r.s.Ans1, r.s.TokN
	events := r.s.Events
	if len(events) == 0 {
		return
	}
	if at := events[0].Kernel; at != 0 {
		r.first = at
	}
	if at := events[len(events)-1].Kernel; at != 0 {
		r.last = at
	}
	for i := range events {
		if events[i].Kind == llm.Reasoning {
			continue
		}
		if at := events[i].Kernel; at != 0 {
			r.answer = at
		}
		return
	}
}

// received is the time at which an event arrived: the kernel's stamp where
// there is one.
func received(e *engine.Event) int64 {
	if e.Kernel != 0 {
		return e.Kernel
	}
	return e.At
}

func (r *request) countTokens() {
	usage := llm.Usage{Input: -1, Output: -1, Reasoning: -1, Cached: -1}
	if r.s.Usage != nil {
		usage = *r.s.Usage
	}
	known := func(n int, source string) tokenCount { return tokenCount{n, source} }
	switch c := r.s.Counted; {
	case usage.Output >= 0:
		r.output = known(usage.Output, fromUsage)
	case c != nil:
		r.output = known(c.Output, fromTokenizer)
	}
	switch c := r.s.Counted; {
	case usage.Input >= 0:
		r.input = known(usage.Input, fromUsage)
	case r.s.PromptKnown > 0:
		r.input = known(r.s.PromptKnown, fromDataset)
	case c != nil:
		r.input = known(c.Input, fromTokenizer)
	}
	switch c := r.s.Counted; {
	case usage.Reasoning >= 0:
		r.reasoning = known(usage.Reasoning, fromUsage)
	case c != nil:
		r.reasoning = known(c.Reasoning, fromTokenizer)
	}
	if usage.Cached >= 0 {
		r.cached = known(usage.Cached, fromUsage)
	}
}

const nsPerMS = 1e6

// since is the time from a to b in ms; ok is false where one of them did not
// happen.
func since(a, b int64) (float64, bool) {
	if a == 0 || b == 0 {
		return 0, false
	}
	return float64(b-a) / nsPerMS, true
}

// streamed is since for what only a stream has.
func (r *request) streamed(a, b int64) (float64, bool) {
	if !r.s.Streamed {
		return 0, false
	}
	return since(a, b)
}

// end is the last token of a stream, and the last byte of a whole answer: the
// kernel's stamp of it where there is one, which stands on the answer's one
// event.
func (r *request) end() int64 {
	if r.s.Streamed {
		return r.last
	}
	if n := len(r.s.Events); n > 0 && r.s.Events[n-1].Kernel != 0 {
		return r.s.Events[n-1].Kernel
	}
	return r.s.Done
}
