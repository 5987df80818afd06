package metrics

import (
	"loadgate/engine"
	"loadgate/internal/result"
)

// tally is what single values are computed from. All of it adds up over
// repeats.
type tally struct {
	counts  result.Counts
	tokens  tokenSums
	seconds float64 // of the measured window
	steady  steadyWindow
	level   level
	good    shareCount // of goodput
}

// steadyWindow is the time without filling and draining, and the work done in
// it, each completed request weighted by the share of its time that lies there.
type steadyWindow struct{ seconds, requests, input, output float64 }

// tally computes the tally of one repeat. Records are in order of index.
func (c *Collector) tally(totals engine.Totals) tally {
	t := tally{counts: c.counts, tokens: c.tokens}
	t.counts.Planned, t.counts.Unsent = totals.PlannedMeasured, totals.UnsentMeasured
	t.counts.Abandoned = totals.AbandonedMeasured
	var measured []record
	var first, last int64
	for _, r := range c.records {
		if r.warmup || r.start == 0 || r.done == 0 {
			continue
		}
		if len(measured) == 0 {
			first, last = r.start, r.done
		}
		first, last = min(first, r.start), max(last, r.done)
		measured = append(measured, r)
	}
	t.seconds = seconds(last - first)
	t.level = levelOf(measured)
	t.steady = steadyOf(measured, max(first, c.filled(totals)))
	return t
}

// filled is the moment from which only measured requests were in flight and
// every slot was open.
func (c *Collector) filled(totals engine.Totals) int64 {
	at := max(totals.Measured, totals.RampEnd)
	for _, r := range c.records {
		if r.warmup {
			at = max(at, r.done)
		}
	}
	return at
}

func steadyOf(measured []record, from int64) steadyWindow {
	to := from
	for _, r := range measured {
		to = max(to, r.start)
	}
	w := steadyWindow{seconds: seconds(to - from)}
	var busy float64
	var n int
	for _, r := range measured {
		took := seconds(r.done - r.start)
		if !r.completed || took <= 0 {
			continue
		}
		busy += took
		n++
		inside := max(0, seconds(min(r.done, to)-max(r.start, from)))
		share := inside / took
		w.requests += share
		w.input += share * float64(r.input)
		w.output += share * float64(r.output)
	}
	if n == 0 || w.seconds < busy/float64(n) {
		return steadyWindow{}
	}
	return w
}

// perSecond is v over the measured window; NaN where v is not known or there
// was no window.
func (t *tally) perSecond(v float64, known bool) float64 {
	return orNaN(v/t.seconds, known && t.seconds > 0)
}

// steadily is v over the steady window.
func (t *tally) steadily(v float64, known bool) float64 {
	return orNaN(v/t.steady.seconds, known && t.steady.seconds > 0)
}

func (t *tally) inputKnown() bool  { return t.tokens.input.n == t.counts.Completed }
func (t *tally) outputKnown() bool { return t.tokens.output.n == t.counts.Completed }

// plus adds the tally of another repeat.
func (t tally) plus(o tally) tally {
	return tally{
		counts:  addCounts(t.counts, o.counts),
		tokens:  t.tokens.plus(o.tokens),
		seconds: t.seconds + o.seconds,
		steady: steadyWindow{
			seconds:  t.steady.seconds + o.steady.seconds,
			requests: t.steady.requests + o.steady.requests,
			input:    t.steady.input + o.steady.input,
			output:   t.steady.output + o.steady.output,
		},
		level: t.level.plus(o.level),
	}
}

// tokenSums adds up the tokens of completed requests.
type tokenSums struct{ input, output, reasoning, cached tokenSum }

type tokenSum struct {
	sum    int
	n      int    // requests whose count is known
	source string // "" until there is one
}

func (s *tokenSum) add(c tokenCount) {
	if c.known() {
		*s = s.plus(tokenSum{c.n, 1, c.source})
	}
}

func (s tokenSum) plus(o tokenSum) tokenSum {
	return tokenSum{s.sum + o.sum, s.n + o.n, joinSources(s.source, o.source)}
}

func (t *tokenSums) add(r *request) {
	t.input.add(r.input)
	t.output.add(r.output)
	t.reasoning.add(r.reasoning)
	t.cached.add(r.cached)
}

func (t tokenSums) plus(o tokenSums) tokenSums {
	return tokenSums{
		t.input.plus(o.input), t.output.plus(o.output),
		t.reasoning.plus(o.reasoning), t.cached.plus(o.cached),
	}
}

func (t tokenSums) result(completed int) result.Tokens {
	source := func(s tokenSum) string {
		switch {
		case s.n == 0:
			return fromNone
		case s.n < completed:
			return fromSeveral
		}
		return s.source
	}
	in, out := source(t.input), source(t.output)
	return result.Tokens{
		Input: t.input.sum, Output: t.output.sum, Reasoning: t.reasoning.sum, Cached: t.cached.sum,
		Source: joinSources(in, out), InputSource: in, OutputSource: out,
	}
}

// joinSources is the label of what comes from a and from b.
func joinSources(a, b string) string {
	switch {
	case a == "" || a == b:
		return b
	case b == "":
		return a
	default:
		return fromSeveral
	}
}

// addCounts adds two counts and keeps an example of each error class.
func addCounts(a, b result.Counts) result.Counts {
	sum := result.Counts{
		Planned: a.Planned + b.Planned, Sent: a.Sent + b.Sent, Unsent: a.Unsent + b.Unsent, Abandoned: a.Abandoned + b.Abandoned,
		Completed: a.Completed + b.Completed, Failed: a.Failed + b.Failed,
		AuditHits: a.AuditHits + b.AuditHits, Cancelled: a.Cancelled + b.Cancelled,
		Warmup: a.Warmup + b.Warmup, Errors: map[string]int{},
	}
	for _, c := range []result.Counts{b, a} { // a's examples come last and stay
		for class, n := range c.Errors {
			sum.Errors[class] += n
		}
		for class, text := range c.Examples {
			if sum.Examples == nil {
				sum.Examples = map[string]string{}
			}
			sum.Examples[class] = text
		}
	}
	return sum
}
