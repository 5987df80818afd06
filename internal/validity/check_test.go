package validity_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/validity"
	"loadgate/metrics"
	"loadgate/scenario"
)

var (
	closed8 = scenario.Load{Concurrency: 8}
	open20  = scenario.Load{Rate: 20, Seed: 3}
)

// every gives a delay to every k-th request, and a small one to the rest.
func every(k int, delay float64) func(int) float64 {
	return func(i int) float64 {
		if i%k == k-1 {
			return delay
		}
		return 0.1
	}
}

func limit(check string, l scenario.Limit) func(*validity.Input, *result.Repeat) {
	return func(in *validity.Input, _ *result.Repeat) {
		in.Limits.Limits = map[string]scenario.Limit{check: l}
	}
}

func number(v float64) *float64 { return &v }

// stallOnce is one pause of the machine: what was due within it leaves when it
// is over.
func stallOnce(from, to int) func(int) float64 {
	return func(i int) float64 {
		if i >= from && i < to {
			return float64(to-i) * 10
		}
		return 0.1
	}
}

// grows is a queue that never drains.
func grows(i int, start float64) float64 { return 50 + start/4 }

func jitter(seed uint64, share, most float64) func() float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func() float64 {
		if rng.Float64() < share {
			return most * rng.Float64()
		}
		return 0
	}
}

// Each case is a fault that its check must see, with what a user is told, or
// something that looks like one and must not be reported.
func TestChecks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		check string
		run   run
		level string // "" = quiet
		says  string
	}{
		// send_lateness
		{"a tenth of the sends late by half the ttft", "send_lateness", run{load: open20, requests: 400, delay: every(10, 25)}, "invalid", "10% of requests were sent more than 10ms late"},
		{"every send of a short run late", "send_lateness", run{load: open20, requests: 20, delay: every(1, 25)}, "invalid", "100% of requests"},
		{"three of fifty late", "send_lateness", run{load: open20, requests: 50, delay: every(15, 25)}, "", ""},
		{"a stall that hits a tenth of a short run", "send_lateness", run{load: scenario.Load{Rate: 100, Seed: 1}, requests: 100, delay: stallOnce(40, 50)}, "", ""},
		{"a freeze that ends for a third of a short run at once", "send_lateness", run{load: scenario.Load{Rate: 100, Seed: 1}, requests: 100, after: freeze(200, 550)}, "", ""},
		{"a freeze that ends for most of a short run at once", "send_lateness", run{load: scenario.Load{Rate: 100, Seed: 1}, requests: 100, after: freeze(200, 1400)}, "invalid", ""},
		{"late by 4 ms where a ttft is 50", "send_lateness", run{load: open20, requests: 400, delay: every(10, 4)}, "warn", "more than 2.5"},
		{"late by 25 ms where a ttft is 2 s", "send_lateness", run{load: open20, requests: 400, delay: every(10, 25), ttft: func(int, float64) float64 { return 2000 }}, "", ""},
		{"late by 25 ms where the limit is 2 s", "send_lateness", run{load: open20, requests: 400, delay: every(10, 25), input: func(in *validity.Input, _ *result.Repeat) { in.LatencyLimit = 2000 }}, "", ""},
		{"late in a closed loop", "send_lateness", run{load: closed8, requests: 400, delay: every(10, 25)}, "", ""},
		{"late where all is due at once", "send_lateness", run{load: scenario.Load{Rate: math.Inf(1)}, requests: 400, delay: func(i int) float64 { return float64(i) }}, "", ""},
		{"a threshold of the scenario's own", "send_lateness", run{load: open20, requests: 400, delay: every(10, 25), input: limit("send_lateness", scenario.Limit{Warn: number(40), Invalid: number(50)})}, "", ""},
		// achieved_rate
		{"a client at four fifths of the rate", "achieved_rate", run{load: open20, requests: 200, delay: func(i int) float64 { return float64(i) * 12.5 }}, "invalid", "lower the rate"},
		{"a client at 95 % of the rate", "achieved_rate", run{load: scenario.Load{Rate: 100, Seed: 2}, requests: 2000, delay: func(i int) float64 { return float64(i) * 0.6 }}, "warn", ""},
		{"the last send a little late", "achieved_rate", run{load: open20, requests: 50, delay: every(50, 90)}, "", ""},
		{"a cap that holds requests back", "achieved_rate", run{load: scenario.Load{Rate: 20, MaxConcurrency: 2}, requests: 200, after: func(s []engine.Sample, _ *engine.Totals) {
			for i := range s {
				s[i].Ready = s[i].Sched + int64(i)*20e6
				shift(&s[i], int64(i)*20e6)
			}
		}}, "", ""},
		// unsent
		{"planned and never sent", "unsent", run{load: open20, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) {
			t.Planned, t.PlannedMeasured, t.Unsent, t.UnsentMeasured = 60, 60, 10, 10
		}}, "invalid", "10 of 60 planned requests were never sent"},
		{"stopped early", "unsent", run{load: open20, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) {
			t.Planned, t.PlannedMeasured, t.Unsent, t.UnsentMeasured, t.Truncated = 60, 60, 10, 10, true
		}}, "warn", "stopped early: 10 of 60"},
		{"the cap's queue at the end of a window", "unsent", run{load: scenario.Load{Rate: 20, MaxConcurrency: 2}, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) {
			t.Planned, t.PlannedMeasured, t.Unsent, t.UnsentMeasured = 60, 60, 10, 10
		}}, "", ""},
		// concurrency
		{"slots empty for a third of the time", "concurrency", run{load: closed8, requests: 200, delay: every(1, 100)}, "invalid", "a slot stood empty for 100"},
		{"slots empty for 4 % of the time", "concurrency", run{load: closed8, requests: 200, delay: every(1, 10)}, "warn", ""},
		{"slots visibly empty beside answers of 5 ms", "concurrency", run{load: closed8, requests: 200, tokens: 1, ttft: func(int, float64) float64 { return 4.5 }, delay: every(1, 0.9)}, "", ""},
		{"one pause", "concurrency", run{load: closed8, requests: 50, delay: every(30, 300)}, "", ""},
		{"fewer requests than slots", "concurrency", run{load: scenario.Load{Concurrency: 64}, requests: 50}, "", ""},
		{"hardly a refill", "concurrency", run{load: scenario.Load{Concurrency: 45}, requests: 50}, "", ""},
		{"all at once under a cap", "concurrency", run{load: scenario.Load{Rate: math.Inf(1), MaxConcurrency: 8}, requests: 50, after: inLine}, "invalid", ""},
		// client_cpu and its like
		{"93 % of two cores", "client_cpu", run{load: closed8, requests: 50, after: cpu(0.93)}, "invalid", "the client used 93% of 2 cores: lower the load, or use more machines"},
		{"70 % of two cores", "client_cpu", run{load: closed8, requests: 50, after: cpu(0.70)}, "warn", ""},
		{"93 %, with stamps of the kernel", "client_cpu", run{load: closed8, requests: 50, after: func(s []engine.Sample, t *engine.Totals) {
			cpu(0.93)(s, t)
			kernelStamps(s, t)
		}}, "warn", ""},
		{"93 % for half a second", "client_cpu", run{load: closed8, requests: 50, after: func(s []engine.Sample, t *engine.Totals) {
			cpu(0.93)(s, t)
			t.Client.WallSeconds, t.Client.CPUSeconds = 0.5, 0.93
		}}, "", ""},
		{"a scenario that allows it", "client_cpu", run{load: closed8, requests: 50, after: cpu(0.93), input: limit("client_cpu", scenario.Limit{Warn: number(0.95), Invalid: number(0.99)})}, "", ""},
		{"a neighbour on the machine", "client_steal", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) { t.Client.StealRatio = 0.1 }}, "warn", "10%"},
		{"steal unknown", "client_steal", run{load: closed8, requests: 50}, "", ""},
		{"a CPU limit", "client_throttling", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) { t.Client.ThrottledSec = 3 }}, "warn", "30%"},
		{"throttling unknown", "client_throttling", run{load: closed8, requests: 50}, "", ""},
		// client_lag
		{"a tenth held up for two gaps", "client_lag", run{load: closed8, requests: 400, delay: every(10, 20), jitter: jitter(1, 0.1, 40)}, "invalid", "held up in the client for more than 5ms"},
		{"the same, but gaps say that stamps are fine", "client_lag", run{load: closed8, requests: 400, delay: every(10, 20)}, "", ""},
		{"held up by less than a tenth of a gap", "client_lag", run{load: closed8, requests: 400, gap: 300, delay: every(10, 20), jitter: jitter(1, 0.1, 100)}, "", ""},
		{"without streaming", "client_lag", run{load: closed8, requests: 400, delay: every(10, 40), after: whole}, "invalid", ""},
		{"the burst that opens the slots", "client_lag", run{load: scenario.Load{Concurrency: 32}, requests: 50, jitter: jitter(1, 0.1, 40), delay: func(i int) float64 { return max(0.1, float64(31-i)) }}, "", ""},
		{"a freeze", "client_lag", run{load: scenario.Load{Rate: 100, Seed: 1}, requests: 100, jitter: jitter(1, 0.1, 40), after: freeze(200, 550)}, "", ""},
		{"with stamps of the kernel", "client_lag", run{load: closed8, requests: 400, delay: every(10, 20), jitter: jitter(1, 0.1, 40), after: kernelStamps}, "", ""},
		{"where the kernel misses the first stamps", "client_lag", run{load: closed8, requests: 400, delay: every(10, 20), jitter: jitter(1, 0.1, 40), after: without(kernelStamps, 3)}, "", ""},
		{"where the kernel stamps now and then", "client_lag", run{load: closed8, requests: 400, delay: every(10, 20), jitter: jitter(1, 0.1, 40), after: without(kernelStamps, 200)}, "invalid", ""},
		// shared_stamps
		{"a client that comes round every 35 ms", "shared_stamps", run{load: closed8, requests: 50, after: readsTogether(4, 3.5)}, "invalid", "the client read 75% of the events late and together with others"},
		{"one request in 10 is read two events at a time", "shared_stamps", run{load: closed8, requests: 400, after: nth(10, readsTogether(2, 5))}, "warn", ""},
		{"a server that writes four events at once", "shared_stamps", run{load: closed8, requests: 50, after: readsTogether(4, 0.3)}, "", ""},
		{"so it does, and one read in 50 is late", "shared_stamps", run{load: closed8, requests: 400, after: then(readsTogether(4, 0.3), nth(50, readsTogether(4, 5)))}, "", ""},
		{"late by less than a tenth of a gap", "shared_stamps", run{load: closed8, requests: 50, gap: 100, after: readsTogether(4, 8)}, "", ""},
		{"together, with stamps of the client's own", "shared_stamps", run{load: closed8, requests: 50, after: then(readsTogether(4, 3.5), without(nil, 1000))}, "", ""},
		{"a scenario that allows it", "shared_stamps", run{load: closed8, requests: 50, after: readsTogether(4, 3.5), input: limit("shared_stamps", scenario.Limit{Warn: number(0.9), Invalid: number(1)})}, "", ""},
		// sockets
		{"out of descriptors, in the warm-up", "sockets", run{load: closed8, requests: 50, warmup: 8, after: fail(1, llm.ErrClient)}, "invalid", "ulimit"},
		{"refused by the server", "sockets", run{load: closed8, requests: 50, after: fail(50, llm.ErrDial)}, "", ""},
		// conservation
		{"a sample lost", "conservation", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) { t.Sent++; t.Planned++; t.PlannedMeasured++ }}, "invalid", "51 requests were sent and 50 recorded"},
		{"a sample twice", "conservation", run{load: closed8, requests: 50, after: func(s []engine.Sample, _ *engine.Totals) { s[7] = s[6] }}, "invalid", "recorded twice"},
		{"planned, neither sent nor unsent", "conservation", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) { t.Planned += 2 }}, "invalid", "planned 52"},
		{"no outcome", "conservation", run{load: closed8, requests: 50, after: func(s []engine.Sample, _ *engine.Totals) { s[3].Outcome = "" }}, "invalid", "without an outcome"},
		{"no end", "conservation", run{load: closed8, requests: 50, after: func(s []engine.Sample, _ *engine.Totals) { s[3].Done = 0 }}, "invalid", "without a start or an end"},
		{"token sums", "conservation", run{load: closed8, requests: 50, input: func(_ *validity.Input, r *result.Repeat) { r.Tokens.Output++ }}, "invalid", "token sums"},
		{"Little's law", "conservation", run{load: closed8, requests: 50, input: func(_ *validity.Input, r *result.Repeat) {
			m := r.Metrics["duration"]
			m.Value *= 1.1
			r.Metrics["duration"] = m
		}}, "invalid", "mean in flight"},
		{"failures, audit hits, cancellations", "conservation", run{load: closed8, requests: 50, warmup: 5, after: func(s []engine.Sample, _ *engine.Totals) {
			s[10].Outcome, s[11].Outcome, s[12].Outcome = llm.Failed, llm.Audited, llm.Cancelled
		}}, "", ""},
		{"turns whose session had broken off", "unsent", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) {
			t.Planned, t.PlannedMeasured, t.Unsent, t.UnsentMeasured, t.Abandoned, t.AbandonedMeasured = 60, 60, 10, 10, 10, 10
		}}, "", ""},
		{"more abandoned than unsent", "conservation", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) { t.Abandoned = 1 }}, "invalid", "abandoned 1 > unsent 0"},
		{"slots whose sessions think", "concurrency", run{load: closed8, requests: 400, after: func(s []engine.Sample, _ *engine.Totals) {
			for i := range s { // every other request waits for its user through half of its time
				if i%2 == 1 {
					s[i].Turn, s[i].Think = 2, (s[i].Done-s[i].Start)/2
					s[i].Sched += s[i].Think
					shift(&s[i], s[i].Think)
				}
			}
		}}, "", ""},
		// clock
		{"a negative duration", "clock", run{load: closed8, requests: 50, after: func(s []engine.Sample, _ *engine.Totals) { s[9].Done = s[9].TokN - 1 }}, "invalid", "done before tokn"},
		{"events out of order", "clock", run{load: closed8, requests: 50, after: func(s []engine.Sample, _ *engine.Totals) { s[9].Events[3].At = s[9].Events[2].At - 1 }}, "invalid", ""},
		{"the wall clock was set", "clock", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) { t.WallSteps = -3e9 }}, "warn", "3000 ms"},
		{"the wall clock was slewed", "clock", run{load: closed8, requests: 50, after: func(_ []engine.Sample, t *engine.Totals) { t.WallSteps = 1e6 }}, "", ""},
		{"an answer before the whole request was out", "clock", run{load: closed8, requests: 50, after: func(s []engine.Sample, _ *engine.Totals) { s[9].Wrote = s[9].Tok1 + 1 }}, "", ""},
		// sample_size
		{"p99 of 50 requests", "sample_size", run{load: closed8, requests: 50, input: reads("ttft", 0.99)}, "warn", "p99 of ttft rests on 50 requests, and an interval needs 368"},
		{"p95 of gaps counts requests", "sample_size", run{load: closed8, requests: 50, input: reads("itl", 0.95)}, "warn", "needs 72"},
		{"p90 of 50 requests", "sample_size", run{load: closed8, requests: 50, input: reads("ttft", 0.9)}, "", ""},
		{"the maximum", "sample_size", run{load: closed8, requests: 50, input: reads("ttft", 1)}, "", ""},
		// warmup
		{"slow first requests", "warmup", run{load: closed8, requests: 400, ttft: func(i int, _ float64) float64 { return noisy(i) + 300*math.Exp(-float64(i)/25) }}, "warn", "still belong to the warm-up"},
		{"slow first requests that the warm-up swallows", "warmup", run{load: closed8, requests: 400, warmup: 100, ttft: func(i int, _ float64) float64 { return noisy(i) + 300*math.Exp(-float64(i)/25) }}, "", ""},
		{"noise", "warmup", run{load: closed8, requests: 400, ttft: func(i int, _ float64) float64 { return noisy(i) }}, "", ""},
		{"too few to tell", "warmup", run{load: closed8, requests: 50, ttft: func(i int, _ float64) float64 { return noisy(i) + 300*math.Exp(-float64(i)/5) }}, "", ""},
		// stationarity
		{"a rate that the target cannot serve", "stationarity", run{load: open20, requests: 600, ttft: grows}, "warn", "SATURATED"},
		{"a closed loop that slows down", "stationarity", run{load: closed8, requests: 600, ttft: grows}, "warn", "ttft grew"},
		{"a trace that has its rush hour last", "stationarity", run{load: replayed, requests: 600, ttft: grows}, "", ""},
		{"prompts that grow from turn to turn", "stationarity", run{load: closed8, requests: 600, ttft: grows, after: turns(func(i int) int { return 1 + i/100 })}, "", ""},
		{"first turns that slow down", "stationarity", run{load: closed8, requests: 800, ttft: func(i int, start float64) float64 { return noisy(i) + start/50 }, after: turns(func(i int) int { return 1 + i%2 })}, "warn", "ttft grew"},
		{"a queue that fills first", "stationarity", run{load: open20, requests: 600, tokens: 300, ttft: func(i int, _ float64) float64 { return noisy(i) }}, "", ""},
		{"steady", "stationarity", run{load: open20, requests: 600, ttft: func(i int, _ float64) float64 { return noisy(i) }}, "", ""},
		// errors
		{"one of 50", "errors", run{load: closed8, requests: 50, after: fail(1, llm.ErrHTTP5xx)}, "warn", "1 of 50 requests failed (http_5xx 1): out of cheese"},
		{"one of 200", "errors", run{load: closed8, requests: 200, after: fail(1, llm.ErrHTTP5xx)}, "", ""},
		{"expected", "errors", run{load: closed8, requests: 50, after: fail(20, llm.ErrHTTP429), input: func(in *validity.Input, _ *result.Repeat) {
			in.Limits.ExpectedErrors = []llm.ErrorClass{llm.ErrHTTP429}
		}}, "", ""},
		{"all of them, and a threshold for invalid that no server gets", "errors", run{load: closed8, requests: 50, after: fail(50, llm.ErrReset), input: limit("errors", scenario.Limit{Invalid: number(0.5)})}, "warn", "50 of 50"},
		// tokens
		{"no usage and no tokenizer", "tokens", run{load: closed8, requests: 50, after: usage(nil)}, "warn", "name a tokenizer"},
		{"no usage", "tokens", run{load: closed8, requests: 50, after: func(s []engine.Sample, _ *engine.Totals) {
			s[0].Usage, s[0].Counted = nil, &engine.Counted{Output: 20, Input: 9}
		}}, "warn", "1 of 50 answers came without usage, and a tokenizer"},
		{"more reasoning than output", "tokens", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: 1, Output: 20, Reasoning: 21, Cached: -1})}, "warn", "21 reasoning tokens among 20"},
		{"more cached than input", "tokens", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: 1, Output: 20, Cached: 2})}, "warn", "cached"},
		{"negative", "tokens", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: -7, Output: 20})}, "warn", "negative"},
		{"fields left out", "tokens", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: -1, Output: 20, Reasoning: -1, Cached: -1})}, "", ""},
		// output_length
		{"answers of half the length", "output_length", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: 1, Output: 10})}, "warn", "10 tokens on average where 20"},
		{"short answers that may stop", "output_length", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: 1, Output: 10}), input: func(in *validity.Input, _ *result.Repeat) { in.IgnoreEOS = false }}, "", ""},
		{"answers that go on and on", "output_length", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: 1, Output: 40}), input: func(in *validity.Input, _ *result.Repeat) { in.IgnoreEOS = false }}, "warn", ""},
		{"5 % short", "output_length", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: 1, Output: 19})}, "", ""},
		// cache
		{"half of the input cached", "cache", run{load: closed8, requests: 50, after: usage(&llm.Usage{Input: 100, Output: 20, Cached: 50})}, "warn", "50% of the input from its cache"},
		{"as much cached as the dataset shares", "cache", run{load: closed8, requests: 50, after: sharing(50)}, "", ""},
		{"twice as much cached as the dataset shares", "cache", run{load: closed8, requests: 50, after: sharing(25)}, "warn", "took 50% of the input from its cache, and the dataset accounts for 25%"},
		{"the same prompts in every cell", "cache", run{load: scenario.Load{Concurrency: 8, SamePrompts: true}, requests: 50, after: usage(&llm.Usage{Input: 100, Output: 20, Cached: 50})}, "", ""},
		{"ten prompts over and over", "cache", run{load: closed8, requests: 50, after: prompts(10)}, "warn", "40 of 50 prompts had been sent before"},
		{"one prompt by design", "cache", run{load: closed8, requests: 50, after: prompts(1), input: func(in *validity.Input, _ *result.Repeat) { in.RepeatsPrompts = true }}, "", ""},
		{"prompts that differ", "cache", run{load: closed8, requests: 50, after: prompts(50)}, "", ""},
	} {
		t.Run(c.check+": "+c.name, func(t *testing.T) {
			t.Parallel()
			f, found := of(c.run.check(t), c.check)
			if f.Level != c.level {
				t.Fatalf("level %q (found %v), want %q: %+v", f.Level, found, c.level, f)
			}
			if !strings.Contains(f.Message, c.says) {
				t.Errorf("says %q, want %q in it", f.Message, c.says)
			}
			if found && (f.Unit == "" || !f.Value.Ok() || !f.Limit.Ok() || f.Cause == "") {
				t.Errorf("finding without %+v", f)
			}
		})
	}
}

// replayed has arrivals at a rate, as open20 has, that are called a replay.
var replayed = scenario.Load{Rate: 20, Replay: &scenario.Replay{Speed: 1}}

// turns makes requests turns of sessions.
func turns(of func(i int) int) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range s {
			s[i].Turn = of(i)
		}
	}
}

func noisy(i int) float64 { return 50 + float64(i*7919%101)/5 }

func shift(s *engine.Sample, by int64) {
	for _, stamp := range []*int64{&s.Start, &s.Conn, &s.Wrote, &s.Hdr, &s.Ev1, &s.Tok1, &s.Ans1, &s.TokN, &s.Done} {
		*stamp += by
	}
	for i := range s.Events {
		s.Events[i].At += by
	}
}

// freeze stops the client between two moments: what was due then leaves when it
// is over.
func freeze(from, to float64) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range s {
			if due := ms(s[i].Sched); due >= from && due < to {
				shift(&s[i], at(to+float64(i%7))-s[i].Start)
			}
		}
	}
}

// inLine sends requests one after another although eight slots are there.
func inLine(s []engine.Sample, _ *engine.Totals) {
	for i := 1; i < len(s); i++ {
		shift(&s[i], s[i-1].Done-s[i].Start)
		s[i].Sched, s[i].Ready = s[i].Start, s[i].Start
	}
}

func cpu(share float64) func([]engine.Sample, *engine.Totals) {
	return func(_ []engine.Sample, t *engine.Totals) {
		t.Client = engine.Usage{Cores: 2, WallSeconds: 10, CPUSeconds: 20 * share}
	}
}

func whole(s []engine.Sample, _ *engine.Totals) {
	for i := range s {
		s[i].Streamed, s[i].Events = false, s[i].Events[:1]
	}
}

func kernelStamps(s []engine.Sample, _ *engine.Totals) {
	for i := range s {
		for k := range s[i].Events {
			s[i].Events[k].Kernel = s[i].Events[k].At - 1000
		}
	}
}

// readsTogether reads n events at a time, so many ms after the last of them came.
func readsTogether(n int, lag float64) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range s {
			events := s[i].Events
			for k := range events {
				last := events[min(k-k%n+n-1, len(events)-1)]
				came := last.At
				if last.Kernel != 0 {
					came = last.Kernel
				}
				events[k].Kernel, events[k].At = came, came+int64(lag*1e6)
			}
		}
	}
}

// nth lets a habit loose on one request in n only; the others are stamped well.
func nth(n int, habit func([]engine.Sample, *engine.Totals)) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, t *engine.Totals) {
		for i := range s {
			if i%n == 0 {
				habit(s[i:i+1], t)
			} else if s[i].Events[0].Kernel == 0 {
				kernelStamps(s[i:i+1], t)
			}
		}
	}
}

func then(a, b func([]engine.Sample, *engine.Totals)) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, t *engine.Totals) { a(s, t); b(s, t) }
}

// without takes the kernel's stamps from the first n requests.
func without(habit func([]engine.Sample, *engine.Totals), n int) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, t *engine.Totals) {
		if habit != nil {
			habit(s, t)
		}
		for i := range s[:min(n, len(s))] {
			for k := range s[i].Events {
				s[i].Events[k].Kernel = 0
			}
		}
	}
}

func fail(n int, class llm.ErrorClass) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range n {
			s[i].Outcome, s[i].Class, s[i].Error = llm.Failed, class, "out of cheese"
		}
	}
}

func usage(u *llm.Usage) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range s {
			s[i].Usage = u
		}
	}
}

// sharing has half of 100 input tokens cached, where earlier requests had so many.
func sharing(tokens int) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, t *engine.Totals) {
		usage(&llm.Usage{Input: 100, Output: 20, Cached: 50})(s, t)
		for i := range s {
			s[i].Shared = tokens
		}
	}
}

func prompts(n int) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range s {
			s[i].PromptHash = fmt.Sprint(i % n)
		}
	}
}

func reads(metric string, q float64) func(*validity.Input, *result.Repeat) {
	return func(in *validity.Input, _ *result.Repeat) {
		in.Percentiles = []metrics.Quantile{{Metric: metric, Q: q}}
	}
}

func TestOverall(t *testing.T) {
	t.Parallel()
	client, sample, server := result.Finding{Cause: "client", Level: "warn"}, result.Finding{Cause: "sample", Level: "warn"}, result.Finding{Cause: "server", Level: "warn"}
	invalid := result.Finding{Cause: "client", Level: "invalid"}
	for want, findings := range map[result.Validity][]result.Finding{
		result.Valid:   {server},
		result.Warned:  {server, sample},
		result.Invalid: {client, server, invalid, sample},
	} {
		if got := validity.Overall(findings); got != want {
			t.Errorf("Overall(%v) = %s, want %s", findings, got, want)
		}
	}
	if got := validity.Overall(nil); got != result.Valid {
		t.Errorf("nothing found: %s", got)
	}
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range validity.Checks() {
		if seen[d.Name] || d.Statistic == "" || d.Text == "" || d.Unit == "" {
			t.Errorf("check %+v is named twice or not documented", d.Name)
		}
		seen[d.Name] = true
		if d.Cause != validity.Client && !math.IsNaN(d.Invalid) {
			t.Errorf("%s can make a measurement invalid, and is about the %s", d.Name, d.Cause)
		}
		if _, ok := validity.Find(d.Name); !ok {
			t.Errorf("no check %s", d.Name)
		}
	}
	if _, ok := validity.Find("nonsense"); ok {
		t.Error("a check named nonsense")
	}
}

func TestNothingMeasured(t *testing.T) {
	t.Parallel()
	for _, load := range []scenario.Load{closed8, open20, {Rate: math.Inf(1)}} {
		r := run{load: load}
		if found := r.check(t); len(found) != 0 {
			t.Errorf("of no requests: %+v", found)
		}
	}
}
