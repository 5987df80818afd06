package validity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/metrics"
	"loadgate/scenario"
)

// Evidence is what checks need of the samples of one repeat. It serves one
// goroutine.
type Evidence struct {
	load *scenario.Load
	rows []row
	receipt

	sockets    int // requests that the client's own want of sockets broke
	strange    int // requests with an outcome that is none
	backwards  int // requests with a stamp before one that must precede it
	backwardAt string
	tokens     tokenEvidence
	prompts    map[string]struct{}
	hashed     int // requests whose prompt's hash is known
}

// row is one sample.
type row struct {
	index              int
	sched, start, done int64
	delay              float64 // schedule_delay, ms; NaN = unknown
	queue              float64 // wait at the cap, ms
	latency            float64 // of a completed request: ttft, without streaming e2el; NaN = unknown
	warmup, completed  bool
	turn               int   // from 1 where sessions may have several
	held               int64 // its session held a slot from here on
	first              take  // of a completed stream: the read that took its first event; its gap is the latency
}

// tokenEvidence is about completed measured requests.
type tokenEvidence struct {
	completed int
	noUsage   int // without output tokens from the server
	uncounted int // and not counted by a tokenizer either
	absurd    int // reasoning > output, cached > input, or negative
	absurdAt  string

	input, output, reasoning, cached int // sums
	cachedOf, shared                 int // of the requests whose cached tokens are known: input tokens, and of them what earlier requests had by design
	asked, answered                  int // output tokens, of requests with a length asked for
	sized                            int // such requests
}

// NewEvidence makes empty evidence for a repeat under this load.
func NewEvidence(load *scenario.Load) *Evidence {
	return &Evidence{load: load, prompts: map[string]struct{}{}}
}

// Add takes one sample, warm-up included. It keeps nothing of it.
func (e *Evidence) Add(s *engine.Sample) {
	get := metrics.PerRequest(s, e.load)
	r := row{
		index: s.Index, sched: s.Sched, start: s.Start, done: s.Done, warmup: s.Warmup,
		completed: s.Outcome == llm.Completed, delay: orNaN(get("schedule_delay")), latency: math.NaN(),
	}
	r.turn, r.held = s.Turn, s.Start
	if s.Turn > 1 {
		r.held = s.Sched - s.Think
	}
	if s.Ready > s.Sched {
		r.queue = float64(s.Ready-s.Sched) / 1e6
	}
	if r.completed {
		name := "ttft"
		if !s.Streamed {
			name = "e2el"
		}
		r.latency = orNaN(get(name))
	}
	if r.first = e.receipt.add(s); r.completed && r.first.events > 0 {
		r.first.firstOf(s, r.latency)
	}
	e.rows = append(e.rows, r)
	if s.Class == llm.ErrClient {
		e.sockets++
	}
	switch s.Outcome {
	case llm.Completed, llm.Failed, llm.Audited, llm.Cancelled:
	default:
		e.strange++
	}
	if what := backwards(s); what != "" {
		e.backwards++
		e.backwardAt = what
	}
	declared := s.PromptKnown > 0 && s.Shared >= s.PromptKnown // the dataset repeats it on purpose
	if s.PromptHash != "" && !declared {
		e.hashed++
		e.prompts[s.PromptHash] = struct{}{}
	}
	if r.completed && !s.Warmup {
		e.tokens.add(s, get)
	}
}

func (t *tokenEvidence) add(s *engine.Sample, get func(string) (float64, bool)) {
	t.completed++
	input, _ := get("input_tokens")
	output, counted := get("output_tokens")
	reasoning, _ := get("reasoning_tokens")
	cached, saidCached := get("cached_tokens")
	t.input += int(input)
	t.output += int(output)
	t.reasoning += int(reasoning)
	t.cached += int(cached)
	if s.Usage == nil || s.Usage.Output == -1 {
		t.noUsage++
		if !counted {
			t.uncounted++
		}
	}
	if saidCached {
		t.cachedOf += int(input)
		t.shared += min(s.Shared, int(input))
	}
	if s.Asked > 0 && counted {
		t.sized++
		t.asked += s.Asked
		t.answered += int(output)
	}
	if what := absurd(s.Usage); what != "" {
		t.absurd++
		t.absurdAt = what
	}
}

// absurd says in words what cannot be in a server's usage, "" if all can.
func absurd(u *llm.Usage) string {
	switch {
	case u == nil:
		return ""
	case u.Input < -1 || u.Output < -1 || u.Reasoning < -1 || u.Cached < -1:
		return "a negative count"
	case u.Output >= 0 && u.Reasoning > u.Output:
		return fmt.Sprintf("%d reasoning tokens among %d output tokens", u.Reasoning, u.Output)
	case u.Input >= 0 && u.Cached > u.Input:
		return fmt.Sprintf("%d cached tokens among %d input tokens", u.Cached, u.Input)
	}
	return ""
}

// backwards names the first pair of stamps that time cannot explain. The last
// byte of a request may be reported after the first of its answer, and a kernel's
// stamp of an event lies before the client's of the headers: such pairs are not
// compared.
func backwards(s *engine.Sample) string {
	type stamp struct {
		name string
		at   int64
	}
	chains := [][]stamp{
		{{"sched", s.Sched}, {"ready", s.Ready}, {"start", s.Start}, {"wrote", s.Wrote}},
		{{"start", s.Start}, {"conn", s.Conn}, {"tok1", s.Tok1}, {"tokn", s.TokN}, {"done", s.Done}},
		{{"start", s.Start}, {"hdr", s.Hdr}, {"done", s.Done}},
		{{"start", s.Start}, {"ev1", s.Ev1}, {"done", s.Done}},
		{{"tok1", s.Tok1}, {"ans1", s.Ans1}, {"tokn", s.TokN}},
	}
	for _, chain := range chains {
		var last stamp
		for _, next := range chain {
			if next.at == 0 {
				continue
			}
			if next.at < last.at {
				return next.name + " before " + last.name
			}
			last = next
		}
	}
	for i := 1; i < len(s.Events); i++ {
		if s.Events[i].At < s.Events[i-1].At {
			return "a content event before the one that precedes it"
		}
	}
	return ""
}

// sort brings rows into the order in which they were due.
func (e *Evidence) sort() {
	slices.SortFunc(e.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.sched, b.sched), cmp.Compare(a.index, b.index), cmp.Compare(a.start, b.start))
	})
}

// measured are the rows without the warm-up, in order.
func (e *Evidence) measured() []row {
	var out []row
	for _, r := range e.rows {
		if !r.warmup {
			out = append(out, r)
		}
	}
	return out
}

func orNaN(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}
