package datasets

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"loadgate/internal/tokens"
)

func TestRandomPromptsCountExactly(t *testing.T) {
	t.Parallel()
	for _, name := range tokens.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := tokens.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, prefix := range []int{0, 1, 65} {
				for _, input := range []int{1, 2, 7, 128, 1024} {
					d := open(t, fmt.Sprintf(`{kind: random, tokenizer: %s, input_tokens: %d, output_tokens: 5, prefix_tokens: %d}`, name, input, prefix))
					for i := range 2 {
						r := request(t, d, 42, i)
						if n := m.Count(r.Prompt); n != prefix+input || r.InputTokens != n {
							t.Errorf("%d+%d: counts %d, InputTokens %d", prefix, input, n, r.InputTokens)
						}
						if n := m.Count(strings.TrimSpace(r.Prompt)); n != prefix+input {
							t.Errorf("%d+%d: counts %d without the first space", prefix, input, n)
						}
						if r.MaxTokens != 5 {
							t.Errorf("MaxTokens %d", r.MaxTokens)
						}
					}
				}
			}
		})
	}
}

func TestRandomLengthsFillTheirRange(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: 10, output_tokens: 20, range_ratio: 0.3, prefix_tokens: 3}`)
	const n = 4000
	inputs, outputs := map[int]int{}, map[int]int{}
	sumIn, sumOut := 0, 0
	for i := range n {
		r := request(t, d, 42, i)
		inputs[r.InputTokens-3]++
		outputs[r.MaxTokens]++
		sumIn, sumOut = sumIn+r.InputTokens-3, sumOut+r.MaxTokens
	}
	for what, c := range map[string]struct {
		seen       map[int]int
		sum        int
		mean, wide int
	}{"input": {inputs, sumIn, 10, 3}, "output": {outputs, sumOut, 20, 6}} {
		if len(c.seen) != 2*c.wide+1 || c.seen[c.mean-c.wide] == 0 || c.seen[c.mean+c.wide] == 0 {
			t.Errorf("%s: lengths %v, want each of %d±%d", what, c.seen, c.mean, c.wide)
		}
		// The standard error of the mean of an even draw from 2w+1 numbers.
		limit := 4 * math.Sqrt(float64((2*c.wide+1)*(2*c.wide+1)-1)/12/n)
		if mean := float64(c.sum) / n; math.Abs(mean-float64(c.mean)) > limit {
			t.Errorf("%s: mean %.3f, want %d within %.3f", what, mean, c.mean, limit)
		}
	}
}

func TestDrawLength(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mean      int
		ratio     float64
		low, high int
	}{
		{1, 0, 1, 1},
		{1, 0.9, 1, 1},
		{2, 0.5, 1, 3},
		{10, 0.7, 3, 17},
		{100, 0.29, 71, 129}, // 100 · 0.29 is a hair below 29
		{3, 0.5, 2, 4},       // [1.5, 4.5] holds 2, 3 and 4
		{10, 0.9999999999999, 1, 19},
		{1024, 0, 1024, 1024},
	} {
		low, high := math.MaxInt, 0
		rng := source(1)
		for range 2000 {
			n := drawLength(rng, c.mean, c.ratio)
			low, high = min(low, n), max(high, n)
		}
		if low != c.low || high != c.high {
			t.Errorf("%d ± %v: drew %d to %d, want %d to %d", c.mean, c.ratio, low, high, c.low, c.high)
		}
	}
}

func TestRandomPrefixIsShared(t *testing.T) {
	t.Parallel()
	const src = `{kind: random, tokenizer: o200k_base, input_tokens: %d, output_tokens: 5, prefix_tokens: 16}`
	d := open(t, fmt.Sprintf(src, 30))
	prefix, _, ok := strings.Cut(request(t, d, 42, 0).Prompt, request(t, open(t, strings.Replace(fmt.Sprintf(src, 30), "prefix_tokens: 16", "prefix_tokens: 0", 1)), 42, 0).Prompt)
	m, err := tokens.Open("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	if !ok || m.Count(prefix) != 16 {
		t.Fatalf("prefix %q", prefix)
	}
	seen := map[string]bool{}
	for i := range 100 {
		rest, ok := strings.CutPrefix(request(t, d, 42, i).Prompt, prefix)
		if !ok || seen[rest] {
			t.Fatalf("session %d does not begin with the prefix, or repeats an input", i)
		}
		seen[rest] = true
	}
	if strings.HasPrefix(request(t, d, 43, 0).Prompt, prefix) {
		t.Error("another seed has the same prefix")
	}
	if !strings.HasPrefix(request(t, open(t, fmt.Sprintf(src, 500)), 42, 0).Prompt, prefix) {
		t.Error("the prefix of a stream changes with the input's length")
	}
}

// Prompts are part of what a seed promises: a change here changes every stored
// run's prompts, and belongs into the changelog.
func TestRandomPromptsStayTheSame(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: 6, output_tokens: 100, range_ratio: 0.5, prefix_tokens: 2}`)
	for i, want := range []string{
		`" skirts moy profession stainless anatomy fourth paginator gauss large enumerated" 10 137`,
		`" skirts moy contrast intelligence privileges rehabilit possibilit adventures abdomen paragraphs ifdef" 11 92`,
	} {
		r := request(t, d, 42, i)
		if got := fmt.Sprintf("%q %d %d", r.Prompt, r.InputTokens, r.MaxTokens); got != want {
			t.Errorf("session %d: \ngot  %s\nwant %s", i, got, want)
		}
	}
}

func BenchmarkRandom1024(b *testing.B) {
	d := open(b, `{kind: random, tokenizer: cl100k_base, input_tokens: 1024, output_tokens: 128, prefix_tokens: 64}`)
	b.ReportAllocs()
	session(b, d, 42, 0)
	i := 0
	for b.Loop() {
		session(b, d, 42, i)
		i++
	}
}
