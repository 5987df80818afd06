package metrics_test

import (
	"iter"
	"math"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/metrics"
	"loadgate/scenario"
)

// at is a stamp, in milliseconds after the load began.
func at(ms float64) int64 { return 1e9 + int64(math.Round(ms*1e6)) }

var (
	closed = &scenario.Load{Concurrency: 2}
	open   = &scenario.Load{Rate: 10}
)

// streamed is a completed request that was due and sent at start and whose
// one-token content events came at times. It ends a millisecond after the last.
func streamed(index int, start float64, times ...float64) engine.Sample {
	s := engine.Sample{
		Index: index, Sched: at(start), Ready: at(start), Start: at(start), Conn: at(start), Wrote: at(start),
		Streamed: true, Outcome: llm.Completed, Status: 200, Finish: "length",
		Usage: &llm.Usage{Input: 10, Output: len(times), Reasoning: -1, Cached: -1},
	}
	for _, t := range times {
		s.Events = append(s.Events, engine.Event{At: at(t), Bytes: 4, Kind: llm.Content})
	}
	s.Hdr, s.Ev1, s.Tok1, s.Ans1 = at(times[0]), at(times[0]), at(times[0]), at(times[0])
	s.TokN = at(times[len(times)-1])
	s.Done = s.TokN + 1e6
	return s
}

// with changes a sample.
func with(s engine.Sample, change func(*engine.Sample)) engine.Sample {
	change(&s)
	return s
}

// fails makes a request fail.
func fails(class llm.ErrorClass, text string) func(*engine.Sample) {
	return func(s *engine.Sample) { s.Outcome, s.Class, s.Error, s.Usage = llm.Failed, class, text, nil }
}

func seq(samples []engine.Sample) iter.Seq2[engine.Sample, error] {
	return func(yield func(engine.Sample, error) bool) {
		for _, s := range samples {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// totalsOf is what an engine would say of samples that all were sent.
func totalsOf(samples []engine.Sample) engine.Totals {
	t := engine.Totals{Planned: len(samples), Sent: len(samples), Begin: at(0), Measured: at(0), RampEnd: at(0)}
	for _, s := range samples {
		if !s.Warmup {
			t.PlannedMeasured++
		}
		t.LastSend, t.End = max(t.LastSend, s.Start), max(t.End, s.Done)
	}
	return t
}

func summarize(t testing.TB, in metrics.Input, samples ...engine.Sample) *result.Repeat {
	t.Helper()
	rep, err := metrics.Summarize(in, totalsOf(samples), seq(samples))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// read is a value by "metric" or "metric.stat"; NaN = absent.
func read(t testing.TB, rep *result.Repeat, name string) float64 {
	t.Helper()
	base, stat := name, ""
	if _, ok := metrics.Find(name); !ok {
		for i := range name {
			if name[i] == '.' {
				base, stat = name[:i], name[i+1:]
				break
			}
		}
	}
	if base == "errors" {
		base, stat = name, ""
	}
	got, ok := metrics.Read(rep.Metrics, &rep.Counts, base, stat)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	return float64(got.Value)
}

func same(a, b float64) bool {
	return a == b || (math.IsNaN(a) && math.IsNaN(b)) || math.Abs(a-b) <= 1e-9*math.Abs(b)
}
