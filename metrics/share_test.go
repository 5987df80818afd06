package metrics_test

import (
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/metrics"
	"loadgate/scenario"
)

// under is the predicate metric < limit.
type under struct {
	metric string
	limit  float64
}

func (u under) Key() string { return u.metric }

func (u under) Match(get func(string) (float64, bool)) bool {
	v, ok := get(u.metric)
	return ok && v < u.limit
}

func TestShares(t *testing.T) {
	t.Parallel()
	samples := []engine.Sample{
		streamed(0, 0, 40, 50),
		streamed(1, 0, 60, 70),
		streamed(2, 0, 45), // no tpot: a limit on it is met
		with(streamed(3, 0, 10, 20), fails(llm.ErrReset, "")),
		with(streamed(4, 0, 10, 20), func(s *engine.Sample) { s.Usage = nil }), // no tpot, and who knows
		with(streamed(5, 0, 10, 20), func(s *engine.Sample) { s.Warmup = true }),
	}
	in := metrics.Input{
		Load: closed,
		Shares: []metrics.Predicate{
			under{"ttft", 50},
			under{"tpot", 11},
			under{"output_tokens", 3},
			under{"adj_ttft", 50},
			under{"client_queue", 1},
			under{"nonsense", 1},
		},
		Goodput: scenario.Goodput{"ttft": 60, "tpot": 10},
	}
	rep := summarize(t, in, samples...)
	for key, want := range map[string]result.Share{
		"ttft": {Good: 3, Sent: 5}, "tpot": {Good: 3, Sent: 5}, "output_tokens": {Good: 3, Sent: 5},
		"adj_ttft": {Good: 3, Sent: 5}, metrics.GoodputShare: {Good: 3, Sent: 5},
	} {
		if got := rep.Shares[key]; got != want {
			t.Errorf("share of %s: %+v, want %+v", key, got, want)
		}
	}
	for _, key := range []string{"client_queue", "nonsense"} {
		if got, ok := rep.Shares[key]; ok {
			t.Errorf("share of %s, which no request has: %+v", key, got)
		}
	}
	if got := read(t, rep, "slo_attainment"); got != 0.6 {
		t.Errorf("slo_attainment = %v", got)
	}
}

func TestPerRequest(t *testing.T) {
	t.Parallel()
	s := with(streamed(0, 100, 150, 170), func(s *engine.Sample) { s.Sched = at(90) })
	get := metrics.PerRequest(&s, open)
	for name, want := range map[string]float64{
		"ttft": 60, "sent_ttft": 50, "tpot": 20, "e2el": 80, "ntpot": 40, "output_tokens": 2, "schedule_delay": 0,
	} {
		if got, ok := get(name); !ok || got != want {
			t.Errorf("%s = %v, %v, want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"itl", "sent", "duration", "reasoning_tokens", "nonsense"} {
		if got, ok := get(name); ok {
			t.Errorf("%s = %v of one request", name, got)
		}
	}
	one := streamed(0, 0, 50)
	if got, ok := metrics.PerRequest(&one, closed)("tpot"); !ok || got != 0 {
		t.Errorf("tpot of a one-token answer = %v, %v, want 0", got, ok)
	}
}

// TestMeasuredTPOT tells an answer of one token, which has no tpot, from one
// whose tokens have one stamp, which has a tpot of 0: read together, they left
// no time between them.
func TestMeasuredTPOT(t *testing.T) {
	t.Parallel()
	single, together := streamed(0, 0, 45), streamed(1, 0, 45, 45, 45)
	for _, c := range []struct {
		name string
		s    engine.Sample
		ok   bool
	}{{"single", single, false}, {"together", together, true}} {
		if v, ok := metrics.Measured(&c.s, closed)("tpot"); v != 0 || ok != c.ok {
			t.Errorf("%s: %v, %v", c.name, v, ok)
		}
		if v, ok := metrics.PerRequest(&c.s, closed)("tpot"); v != 0 || !ok {
			t.Errorf("%s: a limit sees %v, %v", c.name, v, ok)
		}
	}
}
