package sim

import (
	"fmt"
	"math"
	"regexp"
	"testing"
)

func TestFaultsComeAtTheirRates(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.AuditRate, cfg.ErrorRate, cfg.Rate429, cfg.InBandErrorRate = 0.05, 0.1, 0.15, 0.02
	cfg.StallRate, cfg.ResetRate, cfg.TruncateRate, cfg.EmptyRate = 0.08, 0.01, 0.04, 0.03
	const n = 50000
	count := map[fault]float64{}
	for i := range n {
		count[cfg.faultFor(hashID(fmt.Sprint("req-", i)))]++
	}
	for f, want := range map[fault]float64{
		faultNone: 0.52, faultAudit: 0.05, fault500: 0.1, fault429: 0.15, faultInBand: 0.02,
		faultStall: 0.08, faultReset: 0.01, faultTruncate: 0.04, faultEmpty: 0.03,
	} {
		if got, err := count[f]/n, 5*math.Sqrt(want*(1-want)/n); math.Abs(got-want) > err {
			t.Errorf("fault %d: rate %.4f, want %.4f ± %.4f", f, got, want, err)
		}
	}
}

func TestRateOneIsAlways(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.EmptyRate = 1
	for i := range 1000 {
		if f := cfg.faultFor(hashID(fmt.Sprint(i))); f != faultEmpty {
			t.Fatalf("request %d has fault %d", i, f)
		}
	}
}

func TestScriptIsAFunctionOfSeedAndIdentity(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	r := request{chat: true}
	differs := false
	for i := range 50 {
		h := hashID(fmt.Sprint("r", i))
		a, b := cfg.scriptFor(r, h, faultReset, 1000), cfg.scriptFor(r, h, faultReset, 1000)
		if a != b {
			t.Fatalf("request %d: %+v and %+v", i, a, b)
		}
		other := cfg
		other.Seed++
		differs = differs || a != other.scriptFor(r, h, faultReset, 1000)
	}
	if !differs {
		t.Error("another seed changes nothing")
	}
}

func TestOutputLength(t *testing.T) {
	t.Parallel()
	limited := request{chat: true, limit: 100}
	eos := request{chat: true, limit: 100, ignoreEOS: true}
	for _, tc := range []struct {
		name     string
		edit     func(*Config)
		r        request
		mean     float64
		stopped  float64 // share with finish_reason stop
		min, max int
	}{
		{"no limit", func(*Config) {}, request{}, 128, 1, 1, 512},
		{"no limit, no spread", func(c *Config) { c.OutputSpread = 0 }, request{}, 128, 1, 128, 128},
		{"no limit, ignore_eos", func(*Config) {}, request{ignoreEOS: true}, 128, 0, 128, 128},
		{"limit", func(*Config) {}, limited, 100, 0, 100, 100},
		{"limit, early stops", func(c *Config) { c.EarlyStopRate = 0.5 }, limited, 75, 0.5, 1, 100},
		{"limit, ignore_eos", func(c *Config) { c.EarlyStopRate = 0.5 }, eos, 100, 0, 100, 100},
	} {
		cfg := DefaultConfig()
		tc.edit(&cfg)
		sum, stopped := 0.0, 0.0
		const n = 4000
		for i := range n {
			s := cfg.scriptFor(tc.r, hashID(fmt.Sprint(i)), faultNone, 10000)
			if s.tokens < tc.min || s.tokens > tc.max || s.produce != s.tokens {
				t.Fatalf("%s: %+v", tc.name, s)
			}
			sum += float64(s.tokens)
			if s.finish == finishStop {
				stopped++
			}
		}
		if got := sum / n; math.Abs(got-tc.mean) > 0.03*tc.mean {
			t.Errorf("%s: mean length %.1f, want %.1f", tc.name, got, tc.mean)
		}
		if got := stopped / n; math.Abs(got-tc.stopped) > 0.04 {
			t.Errorf("%s: %.3f stopped, want %.3f", tc.name, got, tc.stopped)
		}
	}
}

func TestOutputFitsTheContext(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.OutputSpread = 0
	s := cfg.scriptFor(request{}, 1, faultNone, 50)
	if s.tokens != 50 || s.finish != finishLength {
		t.Errorf("%+v", s)
	}
}

func TestReasoningIsAPartOfTheOutput(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		share  float64
		tokens int
		chat   bool
		limit  int
		want   int
	}{
		{0, 0, true, 100, 0},
		{0.25, 0, true, 100, 25},
		{1, 0, true, 100, 100},
		{0, 30, true, 100, 30},
		{0, 30, true, 10, 10},
		{0, 30, false, 100, 0}, // text completions do not reason
	} {
		cfg := DefaultConfig()
		cfg.ReasoningShare, cfg.ReasoningTokens = tc.share, tc.tokens
		if s := cfg.scriptFor(request{chat: tc.chat, limit: tc.limit}, 7, faultNone, 1000); s.reasoning != tc.want {
			t.Errorf("%+v: %d reasoning tokens", tc, s.reasoning)
		}
	}
}

func TestFaultsStrikeWithinTheAnswer(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	for i := range 300 {
		h := hashID(fmt.Sprint(i))
		for _, f := range []fault{faultAudit, faultInBand, faultReset, faultTruncate} {
			if s := cfg.scriptFor(request{limit: 5}, h, f, 100); s.tokens < 1 || s.tokens > 4 {
				t.Fatalf("fault %d after %d of 5 tokens", f, s.tokens)
			}
			if s := cfg.scriptFor(request{limit: 1}, h, f, 100); s.tokens != 1 {
				t.Fatalf("fault %d after %d of 1 token", f, s.tokens)
			}
		}
		if s := cfg.scriptFor(request{limit: 5}, h, faultStall, 100); s.stallAfter < 1 || s.stallAfter > 4 || s.tokens != 5 {
			t.Fatalf("stall: %+v", s)
		}
		if s := cfg.scriptFor(request{limit: 1}, h, faultStall, 100); s.stallAfter != 0 || s.fault != faultNone {
			t.Fatalf("stall of a one-token answer: %+v", s)
		}
	}
}

// The renderer copies words into JSON as they are.
func TestVocabularyNeedsNoEscape(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, w := range vocabulary {
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(w) || seen[w] {
			t.Errorf("%q is twice in the vocabulary, or not plain", w)
		}
		seen[w] = true
	}
}
