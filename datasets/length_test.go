package datasets

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"

	"loadgate/internal/yamlpos"
)

// readLength reads a length that is right.
func readLength(t *testing.T, src string) length {
	t.Helper()
	var l lengthSpec
	if list := l.UnmarshalNode(parseSection(t, src)); len(list) > 0 {
		t.Fatalf("%s: %v", src, list)
	}
	return l.length
}

// What is drawn has the mean, spread and percentiles that the section names.
func TestLengthDistributions(t *testing.T) {
	t.Parallel()
	const n = 40_000
	for src, want := range map[string]struct{ low, high, mean, p50, p95, stddev float64 }{
		`{uniform: {min: 10, max: 19}}`:                               {10, 19, 14.5, 14, 19, 2.872},
		`{normal: {mean: 1000, stddev: 100}}`:                         {0, 0, 1000, 1000, 1164.5, 100},
		`{normal: {mean: 10, stddev: 0}}`:                             {10, 10, 10, 10, 10, 0},
		`{normal: {mean: 100, stddev: 50, min: 80, max: 120}}`:        {80, 120, 100, 100, 118, 11.6},
		`{lognormal: {median: 500, p95: 3000}}`:                       {0, 0, 905.2, 500, 3000, 0},
		`{lognormal: {median: 400, sigma: 0.5}}`:                      {0, 0, 453.3, 400, 910.4, 241.6},
		`{lognormal: {mean: 800, p95: 2000}}`:                         {0, 0, 800, 609.5, 2000, 0},
		`{lognormal: {mean: 600, sigma: 0.6, max: 2000}}`:             {0, 0, 583.5, 498, 1286, 0},
		`{mix: [{weight: 3, tokens: 100}, {weight: 1, tokens: 500}]}`: {100, 500, 200, 100, 500, 173.2},
		`{mix: [{weight: 1, tokens: {mix: [{weight: 1, tokens: 7}]}}, {weight: 1, tokens: {uniform: {min: 1, max: 3}}}]}`: {1, 7, 4.5, 3, 7, 0},
	} {
		l := readLength(t, src)
		rng := source(1, src)
		got := make([]float64, n)
		for i := range got {
			got[i] = float64(l.draw(rng))
		}
		slices.Sort(got)
		mean, stddev := stat.MeanStdDev(got, nil)
		near := func(what string, got, want, within float64) {
			if math.Abs(got-want) > within {
				t.Errorf("%s: %s is %.2f, want %.2f within %.2f", src, what, got, want, within)
			}
		}
		near("mean", mean, want.mean, 5*stddev/math.Sqrt(n)+0.001*want.mean)
		near("p50", got[n/2], want.p50, 1+0.02*want.p50)
		near("p95", got[n*95/100], want.p95, 1+0.03*want.p95)
		if want.stddev > 0 {
			near("stddev", stddev, want.stddev, 0.03*want.stddev)
		}
		if want.high > 0 && (got[0] < want.low || got[n-1] != want.high) {
			t.Errorf("%s: drew %v to %v, want %v to %v", src, got[0], got[n-1], want.low, want.high)
		}
		if got[0] < 1 {
			t.Errorf("%s: drew %v", src, got[0])
		}
	}
}

func TestBadLengths(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`0`:    "1:1: a length is " + lengthForms,
		`1.5`:  "1:1: a length is " + lengthForms,
		`many`: "1:1: a length is " + lengthForms,
		`{}`:   "1:1: a length is " + lengthForms,
		`{uniform: {min: 1, max: 2}, normal: {mean: 1, stddev: 1}}`: "1:1: a length is " + lengthForms,
		`{lognorml: {median: 5, sigma: 1}}`:                         `1:2: unknown distribution "lognorml"`,
		`{uniform: {min: 5}}`:                                       "1:11: min and max are whole numbers from 1 to 10000000",
		`{uniform: {min: 5, max: 4}}`:                               "1:11: min is 5, above max, which is 4",
		`{uniform: {low: 5, max: 4}}`:                               `1:12: unknown key "low"`,
		`{normal: {mean: 100}, x: 1}`:                               "1:1: a length is " + lengthForms,
		`{normal: {stddev: 100}}`:                                   "1:10: normal needs a mean from 1 to 10000000",
		`{normal: {mean: 5, stddev: -1}}`:                           "1:10: normal needs a stddev from 0 to 10000000",
		`{normal: {mean: 5, stddev: 1, min: 100, max: 200}}`:        "1:10: less than 0.1% of this distribution lies between 100 and 200",
		`{lognormal: {median: 5, mean: 5, sigma: 1}}`:               "1:13: lognormal needs one of median and mean, and one of sigma and p95",
		`{lognormal: {median: 5}}`:                                  "1:13: lognormal needs one of median and mean, and one of sigma and p95",
		`{lognormal: {median: 5, p95: 4}}`:                          "1:13: p95 is a number from the median or mean to 10000000",
		`{lognormal: {mean: 5, p95: 50}}`:                           "1:13: no lognormal distribution has a p95 of more than 3.868 times its mean",
		`{lognormal: {median: 0.5, sigma: 1}}`:                      "1:13: the median or mean is a number from 1 to 10000000",
		`{lognormal: {median: 5, sigma: 11}}`:                       "1:13: sigma is a number from 0 to 10",
		`{mix: []}`:                                                 "1:7: mix is a list of lengths with weights",
		`{mix: [{weight: 0, tokens: 5}]}`:                           "1:17: a part needs a weight above 0",
		`{mix: [{tokens: 5}]}`:                                      "1:8: a part needs a weight above 0",
		`{mix: [{weight: 1}]}`:                                      "1:8: a part of a mix needs tokens",
		`{mix: [{weight: 1, tokens: 0}]}`:                           "1:28: a length is " + lengthForms,
	} {
		var l lengthSpec
		list := l.UnmarshalNode(parseSection(t, src))
		if len(list) == 0 {
			t.Errorf("%s: no mistake, %v", src, l.length)
			continue
		}
		if got := fmt.Sprintf("%d:%d: %s", list[0].Line, list[0].Col, list[0].Message); got != want {
			t.Errorf("%s:\n got %s\nwant %s", src, got, want)
		}
	}
}

func TestShapesGoTogether(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: random, tokenizer: cl100k_base, shapes: [{weight: 3, input_tokens: 10, output_tokens: 1}, {weight: 1, input_tokens: {uniform: {min: 90, max: 99}}, output_tokens: 9}]}`)
	long := 0
	for i := range 400 {
		r := request(t, d, 42, i)
		switch {
		case r.InputTokens == 10 && r.MaxTokens == 1:
		case r.InputTokens >= 90 && r.InputTokens <= 99 && r.MaxTokens == 9:
			long++
		default:
			t.Fatalf("%d in, %d out", r.InputTokens, r.MaxTokens)
		}
	}
	if long < 70 || long > 130 {
		t.Errorf("%d of 400 are long, want about 100", long)
	}
}

func TestPrefixGroups(t *testing.T) {
	t.Parallel()
	const n = 3000
	groups := func(src string) (sizes []int, own int) {
		d := open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: 1, output_tokens: 1, prefix_tokens: 8, `+src+`}`)
		seen, shared, named := map[string]int{}, 0, map[uint64]string{}
		for i := range n {
			r := request(t, d, 42, i)
			if len(r.Blocks) > 0 {
				named[r.Blocks[0]] = r.Prompt[:strings.LastIndexByte(r.Prompt, ' ')]
				shared += r.BlockTokens
			}
			if r.InputTokens != 9 || d.(*random).tokenizer.Count(r.Prompt) != 9 {
				t.Fatalf("%d tokens", r.InputTokens)
			}
			seen[r.Prompt[:strings.LastIndexByte(r.Prompt, ' ')]]++
		}
		for _, size := range seen {
			if size == 1 {
				own++
			} else {
				sizes = append(sizes, size)
			}
		}
		if shared != 8*(n-own) {
			t.Errorf("%d tokens are said to be shared, of %d prompts", shared, n-own)
		}
		for _, text := range named {
			if seen[text] < 2 {
				t.Errorf("a prefix that is said to be shared stands in %d prompts", seen[text])
			}
		}
		if len(named) != len(sizes) {
			t.Errorf("%d names for %d prefixes", len(named), len(sizes))
		}
		slices.Sort(sizes)
		slices.Reverse(sizes)
		return sizes, own
	}
	if sizes, own := groups(`prefix_groups: 4`); len(sizes) != 4 || sizes[3] < n/4-120 || own != 0 {
		t.Errorf("even groups: %v and %d without", sizes, own)
	}
	if sizes, own := groups(`prefix_groups: 2, prefix_share: 0.25`); len(sizes) != 2 || own < n*3/4-120 || own > n*3/4+120 {
		t.Errorf("a quarter shares: %v and %d without", sizes, own)
	}
	// Of three groups with s = 1, the shares are 6/11, 3/11 and 2/11.
	if sizes, _ := groups(`prefix_groups: 3, prefix_zipf: 1`); len(sizes) != 3 || math.Abs(float64(sizes[0])/n-6.0/11) > 0.04 || math.Abs(float64(sizes[2])/n-2.0/11) > 0.03 {
		t.Errorf("zipf: %v", sizes)
	}
}

func TestBadRandomSections(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][]string{
		"input_tokens: 5\noutput_tokens: 5\nprefix_groups: 2": {"5:1: prefix_groups says nothing without prefix_tokens"},
		"input_tokens: 5\noutput_tokens: {uniform: {min: 1, max: 2}}\nrange_ratio: 0.5": {
			"5:14: range_ratio spreads lengths that are numbers, and one here is a distribution",
		},
		"input_tokens: 5\nshapes: []": {
			"3:1: the dataset chat has both shapes and input_tokens",
			"4:9: shapes is a list of input_tokens and output_tokens with weights",
		},
		"shapes: [{weight: 1, input_tokens: 5}, {weight: -1, input_tokens: 5, output_tokens: 0}]": {
			"3:85: a length is " + lengthForms, "3:10: a shape needs output_tokens", "3:49: a part needs a weight above 0",
		},
		"input_tokens: 5\noutput_tokens: 5\nprefix_tokens: 5\nprefix_groups: 0\nprefix_share: 2\nprefix_zipf: -1": {
			"6:16: prefix_groups is 0: expected a whole number from 1 to 100000",
			"7:15: prefix_share is 2: expected a number from 0 to 1",
			"8:14: prefix_zipf is -1: expected a number from 0 to 10",
		},
	} {
		_, list := try(t, ".", "kind: random\ntokenizer: cl100k_base\n"+src+"\n")
		var got []string
		for _, d := range list {
			got = append(got, fmt.Sprintf("%d:%d: %s", d.Line, d.Col, d.Message))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", src, diff)
		}
	}
}

func FuzzLength(f *testing.F) {
	for _, src := range []string{`5`, `{uniform: {min: 1, max: 5}}`, `{normal: {mean: 5, stddev: 2, max: 6}}`, `{lognormal: {mean: 5, p95: 9}}`, `{mix: [{weight: 1, tokens: {normal: {mean: 1, stddev: 1e6}}}]}`} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		n, list := yamlpos.Parse("gate.yaml", []byte(src), func(string) (string, bool) { return "", false })
		if list.HasErrors() || n == nil {
			return
		}
		var l lengthSpec
		if list := l.UnmarshalNode(n); list.HasErrors() || l.length == nil {
			return
		}
		rng := source(1)
		for range 20 {
			if x := l.draw(rng); x < 1 || x > maxTokens {
				t.Fatalf("%s drew %d", src, x)
			}
		}
		law, before := lawOf(l), 0
		if slack := 1e-6 * law.Avg; !(law.Avg >= float64(law.Min)-slack && law.Avg <= float64(law.Max)+slack && law.Stddev >= 0 && law.Min >= 1 && law.Max <= maxTokens) {
			t.Fatalf("%s: %+v", src, law)
		}
		for _, q := range law.Quantiles {
			if q.Tokens < max(law.Min, before) || q.Tokens > law.Max || q.Share < q.Q-1e-9 || q.Share > 1 {
				t.Fatalf("%s: %+v", src, law)
			}
			before = q.Tokens
		}
	})
}

// BenchmarkTenThousand makes 10,000 prompts of 1,024 tokens.
func BenchmarkTenThousand(b *testing.B) {
	d := open(b, `{kind: random, tokenizer: cl100k_base, input_tokens: 1024, output_tokens: 128}`)
	for b.Loop() {
		for i := range 10_000 {
			session(b, d, 42, i)
		}
	}
}
