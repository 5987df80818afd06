package metrics_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/metrics"
)

// residues are the requests of the references: ttft 1…m in a fixed shuffle.
func residueSamples(n, m int) []engine.Sample {
	var samples []engine.Sample
	for i := range n {
		first := float64((i + 1) * 7919 % m)
		samples = append(samples, streamed(i, float64(i), float64(i)+first, float64(i)+first+float64(i%7+1)))
	}
	return samples
}

// References, NumPy 2.4.6:
//
//	x = np.array([(i*7919)%1009 for i in range(1,501)], float)
//	x.mean(), x.std(), np.percentile(x, [1,10,25,50,75,90,95,99,99.9,97.5])
func TestPercentilesAreNumPys(t *testing.T) {
	t.Parallel()
	in := metrics.Input{Load: closed, CI: true, Quantiles: []metrics.Quantile{{"ttft", 0.975}, {"itl", 0.975}, {"adj_ttft", 0.975}}}
	rep := summarize(t, in, residueSamples(500, 1009)...)
	for name, want := range map[string]float64{
		"ttft.avg": 503.856, "ttft.stddev": 290.6730384194585,
		"ttft.p1":     9.99,
		"ttft.p10":    100.9,
		"ttft.p25":    252.25,
		"ttft.p50":    503.5,
		"ttft.p75":    754.75,
		"ttft.p90":    906.1,
		"ttft.p95":    956.05,
		"ttft.p99":    997.01,
		"ttft.p999":   1005.501,
		"ttft.q0.975": 981.525,
		"icl.avg":     3.988, "icl.stddev": 2.000963767787913, "icl.p99": 7.0, "itl.p10": 1.0, "itl.q0.975": 7.0,
		"adj_ttft.p99": 997.0, "adj_ttft.q0.975": 982.0,
	} {
		if got := read(t, rep, name); !same(got, want) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	got, ok := metrics.Read(rep.Metrics, &rep.Counts, "ttft", metrics.QuantileKey(0.975))
	if !ok || got.N != 500 || got.CI95 == nil || got.CI95[0] >= got.Value || got.CI95[1] <= got.Value {
		t.Errorf("quantile(ttft, 97.5%%) = %+v, %v", got, ok)
	}
	if got := rep.Metrics["ttft.q0.975"]; got.Dist != nil || got.Unit != "ms" {
		t.Errorf("ttft.q0.975 is %+v", got)
	}
}

func TestIntervalsWhereTheSampleSuffices(t *testing.T) {
	t.Parallel()
	rep := summarize(t, metrics.Input{Load: closed, CI: true}, residueSamples(80, 1009)...)
	for _, name := range []string{"ttft", "icl", "itl", "adj_e2el"} {
		ci := rep.Metrics[name].Dist.CI95
		for stat, want := range map[string]bool{"p50": true, "p90": true, "p95": true, "p99": false, "p999": false} {
			got, listed := ci[stat]
			if !listed || (got != nil) != want {
				t.Errorf("%s.%s of 80 requests: interval %v (listed %v), want one: %v", name, stat, got, listed, want)
			}
			if v, _ := rep.Metrics[name].Dist.Stat(stat); got != nil && (got[0] > v || got[1] < v) {
				t.Errorf("%s.%s = %v outside its interval %v", name, stat, v, *got)
			}
		}
	}
	if v := rep.LogVariance["ttft.p95"]; !v.Ok() || v <= 0 {
		t.Errorf("variance of ln(ttft.p95) = %v", v)
	}
	bare := summarize(t, metrics.Input{Load: closed}, residueSamples(80, 1009)...)
	if bare.Metrics["ttft"].Dist.CI95 != nil || bare.LogVariance != nil {
		t.Error("intervals that nobody asked for")
	}
}

func TestGroupsOfPooledGapsAreRequests(t *testing.T) {
	t.Parallel()
	rep := summarize(t, metrics.Input{Load: closed}, streamed(0, 0, 1, 2, 3), streamed(1, 0, 5), streamed(2, 0, 1, 4))
	if d := rep.Metrics["icl"].Dist; d.N != 3 || d.Groups != 2 {
		t.Errorf("n %d, groups %d, want 3 gaps of 2 requests", d.N, d.Groups)
	}
}

// The order in which samples are read must not show in a single byte.
func TestOrderOfSamplesDoesNotMatter(t *testing.T) {
	t.Parallel()
	samples := residueSamples(200, 509)
	for i := range samples {
		switch {
		case i%17 == 0:
			fails(llm.ErrHTTP429, "slow down")(&samples[i])
		case i%5 == 0:
			samples[i].Events[1].Tokens, samples[i].Events[0].Tokens = 3, 2
			samples[i].Usage.Output = 5
		}
	}
	in := metrics.Input{Load: open, CI: true, Goodput: map[string]float64{"ttft": 200, "tpot": 4}, Seed: 7}
	var first []byte
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		got, err := json.Marshal(summarize(t, in, samples...))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Fatal("another order of samples gave another document")
		}
		rng.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	rep := summarize(t, metrics.Input{Load: closed}, streamed(0, 0, 10, 20))
	seen := map[string]bool{}
	for _, d := range metrics.Catalogue() {
		for _, name := range append([]string{d.Name}, d.Aliases...) {
			if seen[name] {
				t.Errorf("%s is said twice", name)
			}
			seen[name] = true
		}
		if d.Text == "" || d.Scale == 0 || d.Unit == "" {
			t.Errorf("%s is not documented: %+v", d.Name, d)
		}
		m, ok := rep.Metrics[d.Name]
		if ok == d.InCounts() || (ok && (m.Dist != nil) != d.IsDist()) || (ok && m.Unit != d.Unit) {
			t.Errorf("%s: in the document %v as %+v", d.Name, ok, m)
		}
		for _, s := range append(d.Stats(), "nonsense") {
			if _, ok := metrics.Read(rep.Metrics, &rep.Counts, d.Name, s); ok != slices.Contains(d.Stats(), s) {
				t.Errorf("Read(%s, %s) is known: %v", d.Name, s, ok)
			}
		}
	}
	for _, name := range []string{"nonsense", "errors", "errors.nonsense", "ttft.x"} {
		if _, ok := metrics.Read(rep.Metrics, &rep.Counts, name, ""); ok {
			t.Errorf("Read knows %s", name)
		}
	}
	if got, ok := metrics.Read(rep.Metrics, &result.Counts{Unsent: 3}, "unsent", ""); !ok || got.Value != 3 {
		t.Errorf("unsent = %+v, %v", got, ok)
	}
}
