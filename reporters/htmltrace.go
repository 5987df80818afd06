package reporters

import (
	"context"
	"math"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/metrics"
	"loadgate/scenario"
)

// tracer reads the samples of one cell.
type tracer struct {
	load          scenario.Load
	zero          int64 // when the first request was due
	count         int
	time          timeline
	rows          *choice
	input, output lengths
	repeats       []phase
}

// phase is the warm-up of one repeat: from its first request to the first
// measured one.
type phase struct{ begin, measured int64 }

// maxPhases is the number of repeats whose warm-up is told apart.
const maxPhases = 256

func newTracer(c *result.Cell, rows int) *tracer {
	t := &tracer{rows: newChoice(rows)}
	l := loadOf(c)
	if !math.IsNaN(l.rate) {
		t.load.Rate = l.rate
	}
	if !math.IsNaN(l.limit) {
		t.load.MaxConcurrency = int(l.limit)
	}
	return t
}

func (t *tracer) read(ctx context.Context, r *Report, cell string) error {
	for rec, err := range r.Samples(cell) {
		if err != nil {
			return err
		}
		if t.count%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if rec.Sample.Start != 0 {
			t.add(&rec)
		}
	}
	return nil
}

func (t *tracer) add(rec *store.Record) {
	s := &rec.Sample
	due := s.Sched
	if due == 0 {
		due = s.Start
	}
	if t.count == 0 || due < t.zero {
		t.zero = due
	}
	t.count++
	t.phase(rec, due)
	metric := metrics.PerRequest(s, &t.load)
	input, output := tokensOf(metric, "input_tokens"), tokensOf(metric, "output_tokens")
	completed := s.Outcome == llm.Completed
	t.time.at(due).due++
	t.time.begin(s.Start)
	t.time.end(max(s.Done, s.Start), completed)
	if completed {
		t.latencies(s, due, metric)
		if !s.Warmup {
			t.input.add(input)
			t.output.add(output)
		}
	}
	if rows := t.rows.of(s); rows.wants() {
		rows.keep(newRow(s, input, output))
	}
}

// phase notes when a repeat began and when its measured part did.
func (t *tracer) phase(rec *store.Record, due int64) {
	if rec.Repeat >= maxPhases {
		return
	}
	for len(t.repeats) <= rec.Repeat {
		t.repeats = append(t.repeats, phase{begin: math.MaxInt64, measured: math.MaxInt64})
	}
	p := &t.repeats[rec.Repeat]
	p.begin = min(p.begin, due)
	if !rec.Sample.Warmup {
		p.measured = min(p.measured, due)
	}
}

// latencies adds the request's time to the first token to the slot in which it
// was due, and each gap between chunks to the slot in which it ended. The gap
// before k tokens, where the server says so, is k times the k-th part of it.
func (t *tracer) latencies(s *engine.Sample, due int64, metric func(string) (float64, bool)) {
	if ttft, ok := metric("ttft"); ok {
		t.time.at(due).ttft.add(ttft)
	}
	if !s.Streamed {
		return
	}
	for i := 1; i < len(s.Events); i++ {
		at := receivedAt(&s.Events[i])
		k := max(1, s.Events[i].Tokens)
		t.time.at(at).gap.add(float64(at-receivedAt(&s.Events[i-1])) / 1e6 / float64(k))
	}
}

func receivedAt(e *engine.Event) int64 {
	if e.Kernel != 0 {
		return e.Kernel
	}
	return e.At
}

// tokensOf is a request's number of tokens, -1 if unknown.
func tokensOf(metric func(string) (float64, bool), name string) int {
	if v, ok := metric(name); ok {
		return int(v)
	}
	return -1
}
