package datasets

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"

	"loadgate/internal/llm"
)

// laws are lengths with what is known of them: by hand, or by summing over every
// length with another program.
var laws = map[string]struct {
	text                       string
	avg, stddev                float64
	p50, p95, lowest, greatest int
}{
	`1024`:                                                        {"1024", 1024, 0, 1024, 1024, 1024, 1024},
	`{uniform: {min: 10, max: 19}}`:                               {"uniform, 10 to 19", 14.5, math.Sqrt(99.0 / 12), 14, 19, 10, 19},
	`{normal: {mean: 1000, stddev: 100}}`:                         {"normal (mean 1000, stddev 100)", 1000, 100, 1000, 1164, 1, maxTokens},
	`{normal: {mean: 1000000, stddev: 5}}`:                        {"normal (mean 1e+06, stddev 5)", 1e6, math.Sqrt(25 + 1.0/12), 1000000, 1000008, 1, maxTokens},
	`{normal: {mean: 10, stddev: 0}}`:                             {"normal (mean 10, stddev 0)", 10, 0, 10, 10, 1, maxTokens},
	`{normal: {mean: 100.5, stddev: 0}}`:                          {"normal (mean 100.5, stddev 0)", 101, 0, 101, 101, 1, maxTokens},
	`{normal: {mean: 100, stddev: 50, min: 80, max: 120}}`:        {"normal (mean 100, stddev 50), 80 to 120: the 68% of it that lie outside are drawn again", 100, 11.7002, 100, 118, 80, 120},
	`{lognormal: {median: 500, p95: 3000}}`:                       {"lognormal (median 500, sigma 1.09)", 904.976, 1365.264, 500, 3000, 1, maxTokens},
	`{lognormal: {median: 500, sigma: 2}}`:                        {"lognormal (median 500, sigma 2)", 3689.712, 24589.605, 500, 13421, 1, maxTokens},
	`{lognormal: {mean: 600, sigma: 0.6, max: 2000}}`:             {"lognormal (median 501.2, sigma 0.6), up to 2000: the 1.1% of it that lie outside are drawn again", 579.758, 339.730, 497, 1274, 1, 2000},
	`{mix: [{weight: 3, tokens: 100}, {weight: 1, tokens: 500}]}`: {"75% 100; 25% 500", 200, math.Sqrt(30000), 100, 500, 100, 500},
	`{mix: [{weight: 1, tokens: {mix: [{weight: 1, tokens: 7}]}}, {weight: 1, tokens: {uniform: {min: 1, max: 3}}}]}`:                 {"50% (100% 7); 50% uniform, 1 to 3", 4.5, math.Sqrt(6.25 + 1.0/3), 3, 7, 1, 7},
	`{mix: [{weight: 1, tokens: 5}, {weight: 1, tokens: 5}, {weight: 1, tokens: 5}, {weight: 1, tokens: 5}, {weight: 1, tokens: 9}]}`: {"20% 5; 20% 5; 20% 5; 20% 5; and 1 more", 5.8, 1.6, 5, 9, 5, 9},
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for src, want := range laws {
		law := lawOf(readLength(t, src))
		if law.Text != want.text || law.Min != want.lowest || law.Max != want.greatest || law.Quantiles[0].Tokens != want.p50 || law.Quantiles[2].Tokens != want.p95 {
			t.Errorf("%s: %+v", src, law)
		}
		if math.Abs(law.Avg-want.avg) > 1e-4*want.avg || math.Abs(law.Stddev-want.stddev) > 1e-3*want.stddev {
			t.Errorf("%s: average %.3f and deviation %.3f, want %.3f and %.3f", src, law.Avg, law.Stddev, want.avg, want.stddev)
		}
	}
}

// What is drawn follows the law: the distance of Kolmogorov and Smirnov stays below
// what one in 10^9 samples goes beyond (Massart's bound), the mean within 5 errors.
func TestDrawsFollowTheirLaw(t *testing.T) {
	t.Parallel()
	const n = 20_000
	limit := math.Sqrt(math.Log(2e9) / 2 / n)
	for src := range laws {
		l := readLength(t, src)
		rng := source(5, src)
		drawn := make([]float64, n)
		for i := range drawn {
			drawn[i] = float64(l.draw(rng))
		}
		slices.Sort(drawn)
		far := 0.0
		for i, x := range drawn {
			if i+1 < n && drawn[i+1] == x {
				continue
			}
			far = max(far, math.Abs(l.upTo(int(x))-float64(i+1)/n))
		}
		law := lawOf(l)
		if mean := stat.Mean(drawn, nil); far > limit || math.Abs(mean-law.Avg) > 5*law.Stddev/math.Sqrt(n)+1e-9 {
			t.Errorf("%s: distance %.4f, mean %.2f of %.2f", src, far, mean, law.Avg)
		}
	}
}

// What stands in the section, its prefix and the server's overhead included, is what
// requests have.
func TestConfigured(t *testing.T) {
	t.Parallel()
	of := func(src string) (in, out *llm.Lengths) { return Configured(parseSection(t, src), open(t, src)) }
	in, out := of(`{kind: random, tokenizer: cl100k_base, prefix_tokens: 512, shapes: [{weight: 7, input_tokens: 128, output_tokens: 256}, {weight: 3, input_tokens: {uniform: {min: 2000, max: 6000}}, output_tokens: 64}]}`)
	if in.Text != "70% 128; 30% uniform, 2000 to 6000; and a prefix of 512" || in.Min != 640 || in.Max != 6512 || math.Abs(in.Avg-1801.6) > 0.1 {
		t.Errorf("%+v", in)
	}
	if out.Text != "70% 256; 30% 64" || math.Abs(out.Avg-198.4) > 1e-9 {
		t.Errorf("%+v", out)
	}
	d := open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: {uniform: {min: 1, max: 20}}, output_tokens: 5, calibrate: usage}`)
	calibrated := d.(llm.Calibrated).WithOverhead(10)
	in, _ = Configured(nil, calibrated)
	if in.Text != "uniform, 1 to 20; at least 11, for what the server adds" || in.Min != 11 || math.Abs(in.Avg-13.25) > 1e-9 {
		t.Errorf("%+v", in)
	}
	for i := range 50 {
		if r := request(t, calibrated, 1, i); r.InputTokens < in.Min || r.InputTokens > in.Max {
			t.Errorf("%d input tokens", r.InputTokens)
		}
	}
	if in, out = of(`{kind: prompt, prompt: Hello, output_tokens: 32}`); in != nil || out.Text != "32" || out.Avg != 32 {
		t.Errorf("%+v, %+v", in, out)
	}
	if in, out = of(`{kind: prompt, prompt: Hello}`); in != nil || out != nil {
		t.Errorf("%+v, %+v", in, out)
	}
	_, out = of(`{kind: random, tokenizer: cl100k_base, input_tokens: 5, output_tokens: 50, range_ratio: 0.2, turns: 3}`)
	if diff := cmp.Diff("uniform, 40 to 60", out.Text); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkLaw(b *testing.B) {
	for name, l := range map[string]length{
		"lognormal": bell{log: true, mu: 6, sigma: 1.1, low: 1, high: maxTokens},
		"normal":    bell{mu: 1e6, sigma: 1e5, low: 1, high: maxTokens},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if s := fmt.Sprint(lawOf(l)); s == "" {
					b.Fatal()
				}
			}
		})
	}
}
