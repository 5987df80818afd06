package validity_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"loadgate/engine"
	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/internal/validity"
	"loadgate/metrics"
	"loadgate/scenario"
)

// loop reads all streams in rounds: what has come by a round is read in it.
type loop struct {
	round float64                             // from one to the next, ms
	stall func(rng *rand.Rand, n int) float64 // the machine's pause before the n-th round, ms; nil = none
	burst func(rng *rand.Rand) int            // events that the server writes at once; nil = 1
	held  float64                             // at the end of each second the server writes nothing for so many ms
	truth *[]float64                          // gaps as the server wrote them
	first *[]float64                          // ttft, likewise
}

// read gives samples the stamps of such a client.
func (l loop) read(samples []engine.Sample, _ *engine.Totals) {
	rng := rand.New(rand.NewPCG(7, 7))
	var end int64
	for i := range samples {
		l.write(rng, &samples[i])
		end = max(end, samples[i].Done)
	}
	rounds := []int64{at(0)}
	for n := 0; rounds[n] < end+1e9; n++ {
		next := l.round * (0.9 + 0.2*rng.Float64())
		if l.stall != nil {
			next += l.stall(rng, n)
		}
		rounds = append(rounds, rounds[n]+int64(next*1e6))
	}
	for i := range samples {
		s := &samples[i]
		for k := 0; k < len(s.Events); {
			came := s.Events[k].At
			r, _ := slices.BinarySearch(rounds, came)
			n := k
			for n < len(s.Events) && s.Events[n].At <= rounds[r] {
				n++
			}
			for last := s.Events[n-1].At; k < n; k++ {
				s.Events[k].At, s.Events[k].Kernel = rounds[r], last
			}
		}
		s.Tok1, s.TokN = s.Events[0].Kernel, s.Events[len(s.Events)-1].Kernel
		s.Hdr, s.Ev1, s.Done = s.Tok1, s.Tok1, s.Events[len(s.Events)-1].At
	}
}

// write moves events to the end of their bursts, 2 µs apart, and notes the truth.
func (l loop) write(rng *rand.Rand, s *engine.Sample) {
	for k := 0; l.burst != nil && k < len(s.Events); {
		to := min(k+l.burst(rng), len(s.Events))
		for last := s.Events[to-1].At; k < to; k++ {
			s.Events[k].At = last - int64(to-1-k)*2000
		}
	}
	for k := range s.Events {
		if late := math.Mod(ms(s.Events[k].At), 1000) - (1000 - l.held); late > 0 { // what is due then comes at once
			s.Events[k].At += int64((l.held-late)*1e6) + int64(k)*2000
		}
	}
	for k := range s.Events {
		if k > 0 && l.truth != nil {
			*l.truth = append(*l.truth, float64(s.Events[k].At-s.Events[k-1].At)/1e6)
		}
	}
	if l.first != nil {
		*l.first = append(*l.first, float64(s.Events[0].At-s.Start)/1e6)
	}
	last := s.Events[len(s.Events)-1].At
	s.TokN, s.Done = last, max(s.Done, last)
}

// now and then gives pauses to a share of the rounds.
func nowAndThen(share, least, most float64) func(*rand.Rand, int) float64 {
	return func(rng *rand.Rand, _ int) float64 {
		if rng.Float64() < share {
			return least + (most-least)*rng.Float64()
		}
		return 0
	}
}

func once(n int, pause float64) func(*rand.Rand, int) float64 {
	return func(_ *rand.Rand, i int) float64 {
		if i == n {
			return pause
		}
		return 0
	}
}

func always(n int) func(*rand.Rand) int { return func(*rand.Rand) int { return n } }

func upTo(n int) func(*rand.Rand) int { return func(rng *rand.Rand) int { return 1 + rng.IntN(n) } }

// eventsOf says how many tokens each event holds.
func eventsOf(tokens int32) func([]engine.Sample, *engine.Totals) {
	return func(s []engine.Sample, _ *engine.Totals) {
		for i := range s {
			for k := range s[i].Events {
				s[i].Events[k].Tokens = tokens
			}
			s[i].Usage.Output = int(tokens) * len(s[i].Events)
		}
	}
}

var named = regexp.MustCompile(`(ttft|itl|icl) p([\d.]+) is reported as [\d.]+m?s and lies between ([\d.]+)(m?s) and ([\d.]+)(m?s):`)

// Where a client reads late, what is said of a percentile must hold the truth; where
// it does not, or where it is the server that writes several events at once, nothing
// is said.
func TestBlurredTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		streams  int
		requests int
		gap      float64
		loop     loop
		after    func([]engine.Sample, *engine.Totals)
		jitter   func() float64
		step     bool   // all streams' events come at the same time
		level    string // "" = quiet
		metric   string
	}{
		{name: "five pauses of one to three gaps in 8 s", streams: 64, requests: 400, gap: 20, loop: loop{round: 1, stall: nowAndThen(0.0005, 20, 60)}, level: "warn", metric: "itl"},
		{name: "starved for much of the time", streams: 64, requests: 400, gap: 20, loop: loop{round: 1, stall: nowAndThen(0.03, 20, 60)}, level: "invalid", metric: "itl"},
		{name: "starved, few streams", streams: 4, requests: 200, gap: 20, loop: loop{round: 1, stall: nowAndThen(0.02, 20, 60)}, level: "invalid", metric: "itl"},
		{name: "starved, two tokens an event", streams: 64, requests: 400, gap: 20, loop: loop{round: 1, stall: nowAndThen(0.03, 20, 60)}, after: eventsOf(2), level: "invalid", metric: "itl"},
		{name: "starved, streams in step", streams: 16, requests: 400, gap: 5, step: true, loop: loop{round: 1, stall: nowAndThen(0.008, 22, 33)}, level: "invalid", metric: "itl"},
		{name: "dense: rounds as long as two gaps", streams: 128, requests: 800, gap: 20, loop: loop{round: 40}, level: "invalid", metric: "itl"},
		{name: "a server with bursts, and a client with pauses", streams: 64, requests: 400, gap: 20, loop: loop{round: 1, stall: nowAndThen(0.02, 60, 120), burst: always(3)}, level: "invalid", metric: "itl"},

		{name: "a client that naps", streams: 64, requests: 400, gap: 20, loop: loop{round: 1}},
		{name: "pauses of less than a gap", streams: 64, requests: 400, gap: 40, loop: loop{round: 1, stall: nowAndThen(0.01, 5, 12)}},
		{name: "pauses that are seldom", streams: 64, requests: 400, gap: 20, loop: loop{round: 1, stall: nowAndThen(0.0002, 20, 60)}},
		{name: "one pause of the machine, in a short run", streams: 64, requests: 100, gap: 20, loop: loop{round: 1, stall: once(400, 300)}},
		{name: "a server that writes four at once", streams: 64, requests: 400, gap: 10, loop: loop{round: 1, burst: always(4)}},
		{name: "so it does, and few streams", streams: 2, requests: 100, gap: 10, loop: loop{round: 0.2, stall: nowAndThen(0.01, 2, 8), burst: always(4)}},
		{name: "one that writes one to five", streams: 64, requests: 400, gap: 10, loop: loop{round: 1, stall: nowAndThen(0.005, 2, 8), burst: upTo(5)}},
		{name: "one token a ms", streams: 64, requests: 400, gap: 1, loop: loop{round: 1}},
		{name: "a server that stalls and then writes what is due", streams: 64, requests: 400, gap: 20, loop: loop{round: 1, held: 100}},
		{name: "so it does, at 5 ms a token", streams: 16, requests: 400, gap: 5, loop: loop{round: 1, held: 100}},
		{name: "streams in step", streams: 16, requests: 400, gap: 20, step: true, loop: loop{round: 1, stall: nowAndThen(0.02, 2, 12)}},
		{name: "streams in step that stall and catch up", streams: 16, requests: 400, gap: 20, step: true, loop: loop{round: 1, held: 100}},
		{name: "a server that stalls", streams: 64, requests: 400, gap: 20, jitter: jitter(3, 0.05, 200), loop: loop{round: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var truth, first []float64
			c.loop.truth, c.loop.first = &truth, &first
			r := run{load: scenario.Load{Concurrency: c.streams}, requests: c.requests, tokens: 60, gap: c.gap, jitter: c.jitter}
			// Streams begin at any time within a gap.
			r.ttft = func(i int, _ float64) float64 { return 50 + math.Mod(float64(i)*0.618*c.gap, 7*c.gap) }
			if c.step {
				r.ttft = func(_ int, start float64) float64 { return c.gap*math.Ceil(start/c.gap+1) - start }
			}
			r.after = func(s []engine.Sample, totals *engine.Totals) {
				if c.after != nil {
					c.after(s, totals)
				}
				c.loop.read(s, totals)
			}
			f, found := of(r.check(t), "blurred_times")
			if f.Level != c.level {
				t.Fatalf("level %q, want %q: %s", f.Level, c.level, f.Message)
			}
			if !found {
				return
			}
			m := named.FindStringSubmatch(f.Message)
			if m == nil || m[1] != c.metric {
				t.Fatalf("%q names no limits of %s", f.Message, c.metric)
			}
			slices.Sort(truth)
			p, _ := strconv.ParseFloat(m[2], 64)
			want := stat.Quantile(truth, p/100)
			if c.after != nil {
				want /= 2 // of two tokens each
			}
			low, high := milliseconds(m[3], m[4]), milliseconds(m[5], m[6])
			if want < low-0.1 || want > high+0.1 {
				t.Errorf("%s, and in truth it is %.2f ms", f.Message, want)
			}
		})
	}
}

func milliseconds(number, unit string) float64 {
	v, _ := strconv.ParseFloat(number, 64)
	if unit == "s" {
		v *= 1000
	}
	return v
}

// First tokens that a late read took with others make ttft uncertain, unless the
// server always writes its first tokens together.
func TestBlurredFirstTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		loop  loop
		level string
	}{
		{"pauses of 200 ms", loop{round: 1, stall: nowAndThen(0.02, 100, 200)}, "warn"},
		{"none", loop{round: 1}, ""},
		{"the first four are written at once", loop{round: 1, burst: firstOf(4, 8)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var first []float64
			c.loop.first = &first
			r := run{
				load: scenario.Load{Concurrency: 64}, requests: 400, tokens: 8, gap: 10, after: c.loop.read,
				ttft: func(i int, _ float64) float64 { return 50 + float64(i%37) },
				input: func(_ *validity.Input, rep *result.Repeat) { // only ttft is asked about
					for _, name := range []string{"itl", "icl"} {
						m := rep.Metrics[name]
						d := *m.Dist
						d.Groups = 0
						m.Dist = &d
						rep.Metrics[name] = m
					}
				},
			}
			f, found := of(r.check(t), "blurred_times")
			if f.Level != c.level {
				t.Fatalf("level %q, want %q: %s", f.Level, c.level, f.Message)
			}
			if !found {
				return
			}
			m := named.FindStringSubmatch(f.Message)
			if m == nil || m[1] != "ttft" {
				t.Fatal(f.Message)
			}
			slices.Sort(first)
			p, _ := strconv.ParseFloat(m[2], 64)
			if want := stat.Quantile(first, p/100); want < milliseconds(m[3], m[4])-0.1 || want > milliseconds(m[5], m[6])+0.1 {
				t.Errorf("%s, and in truth it is %.2f ms", f.Message, want)
			}
		})
	}
}

// firstOf bursts with n of every answer's events, then one by one.
func firstOf(n, events int) func(*rand.Rand) int {
	seen := 0
	return func(*rand.Rand) int {
		size := 1
		if seen%events == 0 {
			size = n
		}
		seen += size
		return size
	}
}

// A rule's own percentile is judged too.
func TestBlurredPercentilesOfRules(t *testing.T) {
	t.Parallel()
	r := run{load: scenario.Load{Concurrency: 64}, requests: 400, tokens: 60, gap: 20, after: loop{round: 1, stall: nowAndThen(0.0005, 20, 60)}.read}
	r.ttft = func(i int, _ float64) float64 { return 50 + math.Mod(float64(i)*12.36, 140) }
	if f, found := of(r.check(t), "blurred_times"); found && regexp.MustCompile("p99.5").MatchString(f.Message) {
		t.Errorf("nobody asked for p99.5: %s", f.Message)
	}
	r.input = func(in *validity.Input, _ *result.Repeat) {
		in.Percentiles = []metrics.Quantile{{Metric: "icl", Q: 0.995}, {Metric: "itl", Q: 0.995}, {Metric: "itl", Q: 1}}
	}
	if f, _ := of(r.check(t), "blurred_times"); !regexp.MustCompile("itl p99.5 is reported").MatchString(f.Message) {
		t.Errorf("says %q", fmt.Sprint(f))
	}
}
