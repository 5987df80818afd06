package metrics_test

import (
	"errors"
	"math"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/metrics"
	"loadgate/scenario"
)

var none = math.NaN()

// Every number here was worked out by hand from the stamps in the case.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		load    *scenario.Load
		goodput scenario.Goodput
		samples []engine.Sample
		want    map[string]float64
	}{
		{
			name: "a stream of four tokens",
			load: closed,
			samples: []engine.Sample{with(streamed(0, 100, 150, 160, 180, 210), func(s *engine.Sample) {
				s.Sched, s.Ready, s.Conn = at(98), at(99), at(103)
			})},
			want: map[string]float64{
				"ttft.avg": 50, "ttft.p99": 50, "ttft.stddev": 0, "ttfo.avg": 50, "e2el.avg": 110, "stream_close.avg": 111,
				"tpot.avg": 20, "ntpot.avg": 27.5, "icl.avg": 20, "icl.min": 10, "icl.max": 30, "icl.p50": 20,
				"itl.p50": 20, "sent_ttft.avg": 50, "sent_e2el.avg": 110, "schedule_delay.avg": 1, "connect.avg": 3,
				"client_queue.avg": none, "client_lag.avg": none, "input_tokens.avg": 10, "output_tokens.max": 4,
				"reasoning_tokens.avg": none, "cached_tokens.avg": none, "duration": 0.111,
				"request_throughput": 1 / 0.111, "input_throughput": 10 / 0.111, "output_throughput": 4 / 0.111,
				"total_throughput": 14 / 0.111, "in_flight.avg": 1, "in_flight.max": 1, "in_flight.p50": none,
				"success_rate": 1, "goodput": none, "slo_attainment": none, "sent": 1, "planned": 1, "failed": 0,
				"adj_ttft.p99": 50, "adj_e2el.p50": 110, "adj_tpot.p50": 20, "errors.http_429": 0,
			},
		},
		{
			name: "an open loop counts from the schedule, through the cap's queue",
			load: &scenario.Load{Rate: 10, MaxConcurrency: 1},
			samples: []engine.Sample{with(streamed(0, 100, 150, 170), func(s *engine.Sample) {
				s.Sched, s.Ready = at(60), at(97)
			})},
			want: map[string]float64{
				"ttft.avg": 90, "e2el.avg": 110, "stream_close.avg": 111, "ntpot.avg": 55, "tpot.avg": 20,
				"sent_ttft.avg": 50, "sent_e2el.avg": 70, "client_queue.avg": 37, "schedule_delay.avg": 3,
			},
		},
		{
			name: "rate inf with a cap is a closed loop by another name",
			load: &scenario.Load{Rate: math.Inf(1), MaxConcurrency: 1},
			samples: []engine.Sample{with(streamed(0, 100, 150), func(s *engine.Sample) {
				s.Sched, s.Ready = at(0), at(99)
			})},
			want: map[string]float64{"ttft.avg": 50, "client_queue.avg": none, "schedule_delay.avg": 1},
		},
		{
			name:    "an open loop without a cap has no queue",
			load:    open,
			samples: []engine.Sample{streamed(0, 100, 150)},
			want:    map[string]float64{"client_queue.avg": none},
		},
		{
			name:    "a one-token answer has no tpot and meets its limit",
			load:    closed,
			goodput: scenario.Goodput{"ttft": 60, "tpot": 1},
			samples: []engine.Sample{streamed(0, 0, 50)},
			want: map[string]float64{
				"tpot.avg": none, "icl.avg": none, "itl.avg": none, "adj_tpot.p50": none, "e2el.avg": 50,
				"goodput": 1 / 0.051, "slo_attainment": 1,
			},
		},
		{
			name: "a role-only first chunk is no token",
			load: closed,
			samples: []engine.Sample{with(streamed(0, 0, 50, 60), func(s *engine.Sample) {
				s.Ev1, s.Hdr = at(5), at(4)
			})},
			want: map[string]float64{"ttft.avg": 50},
		},
		{
			name: "reasoning counts for ttft and not for ttfo",
			load: closed,
			samples: []engine.Sample{with(streamed(0, 0, 50, 60, 80, 90), func(s *engine.Sample) {
				s.Events[0].Kind, s.Events[1].Kind = llm.Reasoning, llm.Reasoning
				s.Ans1 = at(80)
				s.Usage.Reasoning, s.Usage.Cached = 2, 8
			})},
			want: map[string]float64{
				"ttft.avg": 50, "ttfo.avg": 80, "reasoning_tokens.avg": 2, "output_tokens.avg": 4, "cached_tokens.avg": 8,
				"output_throughput": 4 / 0.091, "itl.avg": 40.0 / 3,
			},
		},
		{
			name: "reasoning without an answer has no ttfo",
			load: closed,
			samples: []engine.Sample{with(streamed(0, 0, 50, 60), func(s *engine.Sample) {
				s.Events[0].Kind, s.Events[1].Kind = llm.Reasoning, llm.Reasoning
				s.Ans1 = 0
			})},
			want: map[string]float64{"ttft.avg": 50, "ttfo.avg": none},
		},
		{
			// Chunks of 2, 3 and 1 tokens: gaps 30 and 10 make 3 × 10 and 1 × 10.
			name: "chunks of several tokens, as the server counts them",
			load: closed,
			samples: []engine.Sample{with(streamed(0, 0, 50, 80, 90), func(s *engine.Sample) {
				s.Events[0].Tokens, s.Events[1].Tokens, s.Events[2].Tokens = 2, 3, 1
				s.Usage.Output = 6
			})},
			want: map[string]float64{"icl.avg": 20, "icl.max": 30, "itl.avg": 10, "itl.max": 10, "tpot.avg": 10, "ntpot.avg": 15},
		},
		{
			name: "without streaming there is an end and nothing else",
			load: closed,
			samples: []engine.Sample{{
				Sched: at(1), Ready: at(1), Start: at(2), Conn: at(2), Hdr: at(300), Ev1: at(310), Tok1: at(310),
				Ans1: at(310), TokN: at(310), Done: at(312), Outcome: llm.Completed,
				Events: []engine.Event{{At: at(310), Kind: llm.Content}},
				Usage:  &llm.Usage{Input: 7, Output: 31, Reasoning: -1, Cached: -1},
			}},
			goodput: scenario.Goodput{"ttft": 500},
			want: map[string]float64{
				"e2el.avg": 310, "sent_e2el.avg": 310, "ntpot.avg": 10, "ttft.avg": none, "ttfo.avg": none, "tpot.avg": none,
				"icl.avg": none, "itl.avg": none, "stream_close.avg": none, "adj_ttft.p50": none, "adj_e2el.p50": 310,
				"goodput": none, "slo_attainment": none, "output_throughput": 31 / 0.31,
			},
		},
		{
			name: "failures, audit hits and cancelled requests are in no latency",
			load: closed,
			samples: []engine.Sample{
				streamed(0, 0, 50, 60),
				with(streamed(1, 0, 10, 20), fails(llm.ErrHTTP5xx, "503")),
				with(streamed(2, 0, 11, 20), func(s *engine.Sample) { s.Outcome = llm.Audited }),
				with(streamed(3, 0, 12, 99), func(s *engine.Sample) { s.Outcome = llm.Cancelled }),
			},
			goodput: scenario.Goodput{"ttft": 50},
			want: map[string]float64{
				"ttft.avg": 50, "ttft.max": 50, "sent": 4, "completed": 1, "failed": 1, "audit_hits": 1, "cancelled": 1,
				"errors.http_5xx": 1, "errors.reset": 0, "success_rate": 0.25, "slo_attainment": 0.25, "duration": 0.1,
				"goodput": 10, "output_throughput": 20, "adj_ttft.min": 50, "adj_ttft.p50": 50, "adj_ttft.p75": math.Inf(1),
				"adj_ttft.max": math.Inf(1), "adj_ttft.avg": math.Inf(1), "adj_ttft.stddev": none, "in_flight.max": 4,
				"in_flight.avg": (61 + 21 + 21 + 100) / 100.0,
			},
		},
		{
			name:    "nothing but failures: rates are zero, adjusted latencies endless, the others absent",
			load:    closed,
			goodput: scenario.Goodput{"ttft": 50},
			samples: []engine.Sample{with(streamed(0, 0, 50, 60), fails(llm.ErrReset, "reset"))},
			want: map[string]float64{
				"ttft.avg": none, "adj_ttft.p1": math.Inf(1), "success_rate": 0, "request_throughput": 0,
				"output_throughput": 0, "goodput": 0, "slo_attainment": 0,
			},
		},
		{
			name: "warm-up is in no number",
			load: closed,
			samples: []engine.Sample{
				with(streamed(0, 0, 5000), func(s *engine.Sample) { s.Warmup = true }),
				streamed(1, 100, 150, 160),
			},
			want: map[string]float64{"ttft.avg": 50, "sent": 1, "planned": 1, "duration": 0.061, "in_flight.max": 1},
		},
		{
			name:    "nothing at all",
			load:    closed,
			goodput: scenario.Goodput{"ttft": 50},
			want: map[string]float64{
				"ttft.avg": none, "duration": none, "request_throughput": none, "success_rate": none, "sent": 0,
				"goodput": none, "slo_attainment": none, "in_flight.avg": none, "in_flight.max": none, "adj_ttft.p99": none,
			},
		},
		{
			name: "kernel stamps are preferred to the client's own",
			load: closed,
			samples: []engine.Sample{with(streamed(0, 0, 50, 60, 71), func(s *engine.Sample) {
				for i, lag := range []float64{2, 1, 3} {
					s.Events[i].Kernel = s.Events[i].At - int64(lag*1e6)
				}
			})},
			want: map[string]float64{
				"ttft.avg": 48, "ttfo.avg": 48, "e2el.avg": 68, "tpot.avg": 10, "icl.min": 9, "icl.max": 11,
				"client_lag.avg": 2, "client_lag.max": 3,
			},
		},
		{
			name: "refused requests say how long to wait",
			load: closed,
			samples: []engine.Sample{
				with(streamed(0, 0, 10), func(s *engine.Sample) { s.Outcome, s.Class, s.Retry = llm.Failed, llm.ErrHTTP429, "1.5" }),
				with(streamed(1, 0, 10), func(s *engine.Sample) { s.Outcome, s.Class, s.Retry = llm.Failed, llm.ErrQuota, "30" }),
				with(streamed(2, 0, 10), func(s *engine.Sample) { s.Outcome, s.Class, s.Retry = llm.Failed, llm.ErrHTTP429, "soon" }),
				streamed(3, 0, 50),
			},
			want: map[string]float64{"retry_after.min": 1500, "retry_after.max": 30000, "errors.http_429": 2, "errors.quota": 1},
		},
		{
			name: "so it is with a whole answer",
			load: closed,
			samples: []engine.Sample{with(streamed(0, 0, 50), func(s *engine.Sample) {
				s.Streamed, s.Events[0].Kernel = false, at(45)
			})},
			want: map[string]float64{"e2el.avg": 45, "ttft.avg": none},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rep := summarize(t, metrics.Input{Load: c.load, Goodput: c.goodput}, c.samples...)
			for name, want := range c.want {
				if got := read(t, rep, name); !same(got, want) {
					t.Errorf("%s = %v, want %v", name, got, want)
				}
			}
		})
	}
}

// Three slots of 100 ms each over 1 s; the steady window opens when the last
// warm-up request is gone and closes with the last send.
func TestSteadyThroughput(t *testing.T) {
	t.Parallel()
	var samples []engine.Sample
	for i := range 30 {
		start := float64(i/3) * 100
		s := streamed(i, start, start+50, start+99)
		s.Warmup = i < 3
		samples = append(samples, s)
	}
	// A slow last request makes a tail of 900 ms in which one slot is busy.
	last := &samples[29]
	last.TokN, last.Done = at(1899), at(1900)
	rep := summarize(t, metrics.Input{Load: &scenario.Load{Concurrency: 3}}, samples...)
	// From 100 to 900 ms, three slots turn over every 100 ms.
	for name, want := range map[string]float64{
		"request_throughput": 27 / 1.8, "steady_request_throughput": 30,
		"steady_input_throughput": 300, "steady_output_throughput": 60, "steady_total_throughput": 360,
	} {
		if got := read(t, rep, name); !same(got, want) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	burst := summarize(t, metrics.Input{Load: closed}, streamed(0, 0, 50, 99), streamed(1, 1, 50, 99))
	if got := read(t, burst, "steady_request_throughput"); !math.IsNaN(got) {
		t.Errorf("a burst has a steady throughput of %v", got)
	}
}

func TestTokenSources(t *testing.T) {
	t.Parallel()
	counted := &engine.Counted{Tokenizer: "cl100k_base", Input: 9, Output: 5, Reasoning: 2}
	usage := streamed(0, 0, 10, 20)
	tokenizer := with(streamed(1, 0, 10, 20), func(s *engine.Sample) { s.Usage, s.Counted = nil, counted })
	dataset := with(tokenizer, func(s *engine.Sample) { s.PromptKnown = 8 })
	partial := with(streamed(3, 0, 10, 20), func(s *engine.Sample) {
		s.Usage = &llm.Usage{Input: -1, Output: 2, Reasoning: -1, Cached: -1}
		s.PromptKnown = 8
	})
	unknown := with(usage, func(s *engine.Sample) { s.Usage = nil })
	for _, c := range []struct {
		name                  string
		samples               []engine.Sample
		input, output, both   string
		in, out, reasoning, n int
	}{
		{"usage", []engine.Sample{usage}, "usage", "usage", "usage", 10, 2, 0, 1},
		{"tokenizer", []engine.Sample{tokenizer}, "tokenizer", "tokenizer", "tokenizer", 9, 5, 2, 1},
		{"the dataset knows better than the tokenizer", []engine.Sample{dataset}, "dataset", "tokenizer", "mixed", 8, 5, 2, 1},
		{"usage without a field", []engine.Sample{partial}, "dataset", "usage", "mixed", 8, 2, 0, 1},
		{"two sources", []engine.Sample{usage, tokenizer}, "mixed", "mixed", "mixed", 19, 7, 2, 2},
		{"none", []engine.Sample{unknown}, "none", "none", "none", 0, 0, 0, 0},
		{"one is unknown", []engine.Sample{usage, unknown}, "mixed", "mixed", "mixed", 10, 2, 0, 1},
	} {
		rep := summarize(t, metrics.Input{Load: closed}, c.samples...)
		tok := rep.Tokens
		if tok.InputSource != c.input || tok.OutputSource != c.output || tok.Source != c.both {
			t.Errorf("%s: sources %s, %s, %s", c.name, tok.InputSource, tok.OutputSource, tok.Source)
		}
		if tok.Input != c.in || tok.Output != c.out || tok.Reasoning != c.reasoning {
			t.Errorf("%s: tokens %+v", c.name, tok)
		}
		if n := rep.Metrics["output_tokens"].Dist.N; n != c.n {
			t.Errorf("%s: %d values of output_tokens, want %d", c.name, n, c.n)
		}
		if got, all := read(t, rep, "output_throughput"), c.n == len(c.samples); math.IsNaN(got) == all {
			t.Errorf("%s: output_throughput = %v", c.name, got)
		}
	}
}

func TestITLNote(t *testing.T) {
	t.Parallel()
	usage := func(output int, finish string) func(*engine.Sample) {
		return func(s *engine.Sample) { s.Usage.Output, s.Finish = output, finish }
	}
	three := streamed(0, 0, 10, 20, 30)
	for _, c := range []struct {
		name    string
		samples []engine.Sample
		note    string
	}{
		{"as many events as tokens", []engine.Sample{three}, ""},
		{"a stop token is counted and not sent", []engine.Sample{with(three, func(s *engine.Sample) { u := *s.Usage; u.Output = 4; s.Usage = &u; s.Finish = "stop" })}, ""},
		{"one more at the length limit is a chunk of two", []engine.Sample{with(streamed(0, 0, 10, 20, 30), usage(4, "length"))}, "per_chunk"},
		{"more tokens than events", []engine.Sample{with(streamed(0, 0, 10, 20, 30), usage(9, "stop"))}, "per_chunk"},
		{"no usage", []engine.Sample{with(streamed(0, 0, 10, 20, 30), func(s *engine.Sample) { s.Usage = nil })}, "per_chunk"},
		{"one request of two is unknown", []engine.Sample{three, with(streamed(1, 0, 10, 50), usage(9, "stop"))}, "per_chunk"},
		{"the server counts ones", []engine.Sample{with(streamed(0, 0, 10, 20), func(s *engine.Sample) {
			s.Usage = nil
			s.Events[0].Tokens, s.Events[1].Tokens = 1, 1
		})}, ""},
		{"the server counts some", []engine.Sample{with(streamed(0, 0, 10, 20), func(s *engine.Sample) {
			s.Usage.Output = 5
			s.Events[0].Tokens = 1
		})}, "per_chunk"},
		{"an answer of one event says nothing", []engine.Sample{three, with(streamed(1, 0, 10), usage(9, "stop"))}, ""},
	} {
		rep := summarize(t, metrics.Input{Load: closed}, c.samples...)
		itl, icl := rep.Metrics["itl"], rep.Metrics["icl"]
		if itl.Note != c.note {
			t.Errorf("%s: note %q, want %q", c.name, itl.Note, c.note)
		}
		if c.note != "" && (itl.Dist.N != icl.Dist.N || itl.Dist.Avg != icl.Dist.Avg) {
			t.Errorf("%s: itl is not icl", c.name)
		}
	}
}

func TestSummarizePassesTheErrorOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("torn")
	_, err := metrics.Summarize(metrics.Input{Load: closed}, engine.Totals{}, func(yield func(engine.Sample, error) bool) {
		yield(engine.Sample{}, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
}

func TestErrorExamplesAreOfTheFirst(t *testing.T) {
	t.Parallel()
	rep := summarize(t, metrics.Input{Load: closed},
		with(streamed(5, 0, 10), fails(llm.ErrReset, "later")),
		with(streamed(2, 0, 10), fails(llm.ErrReset, "first")),
		with(streamed(1, 0, 10), fails(llm.ErrReset, "")),
		with(streamed(7, 0, 10), fails("", "no class")))
	if got := rep.Counts.Examples["reset"]; got != "first" {
		t.Errorf("example %q", got)
	}
	if rep.Counts.Errors["reset"] != 3 || rep.Counts.Errors["unexpected"] != 1 {
		t.Errorf("errors %v", rep.Counts.Errors)
	}
}
