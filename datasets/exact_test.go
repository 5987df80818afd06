package datasets

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"loadgate/internal/llm"
)

// finer counts as a server does whose tokens are at most three letters of a word,
// with the space before it, or one other byte.
func finer(text string) (int, error) {
	n, letters := 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z':
			if letters%3 == 0 && (letters > 0 || i == 0 || text[i-1] != ' ') {
				n++
			}
			letters++
		default:
			letters = 0
			n++
		}
	}
	return n, nil
}

// coarser counts two words as one token.
func coarser(text string) (int, error) {
	n, words := 0, 0
	for i := range len(text) {
		c := text[i]
		letter, before := 'a' <= c && c <= 'z', i > 0 && 'a' <= text[i-1] && text[i-1] <= 'z'
		switch {
		case letter && !before:
			if words++; words%2 == 1 {
				n++
			}
		case !letter && c != ' ':
			words = 0
			n++
		}
	}
	return n, nil
}

// fitted makes the first sessions of a dataset exact by a server's count.
func fitted(t *testing.T, d llm.Dataset, sessions int, count func(string) (int, error)) llm.Dataset {
	t.Helper()
	e := d.(llm.Exact).WithOverhead(0).(llm.Exact)
	sizes := map[llm.SessionKey]llm.PromptSize{}
	for i := range sessions {
		size, ok, err := e.Fit(1, i, count)
		if err != nil || !ok {
			t.Errorf("session %d is not exact: %+v, %v", i, size, err)
		}
		sizes[llm.SessionKey{Seed: 1, Index: i}] = size
	}
	return e.WithSizes(sizes)
}

func TestPromptsAreExactByTheServersCount(t *testing.T) {
	t.Parallel()
	for _, lengths := range []string{
		"input_tokens: 1", "input_tokens: {uniform: {min: 1, max: 9}}", "input_tokens: 300",
		"input_tokens: {uniform: {min: 1, max: 400}}, prefix_tokens: 64",
		"input_tokens: 3, prefix_tokens: 200, prefix_groups: 4",
		"input_tokens: 40, prefix_tokens: 1",
		"input_tokens: 40, prefix_tokens: 30, prefix_groups: 3, prefix_share: 0.5",
	} {
		for server, count := range map[string]func(string) (int, error){"finer": finer, "coarser": coarser} {
			t.Run(server+" "+lengths, func(t *testing.T) {
				t.Parallel()
				d := fitted(t, open(t, "{kind: random, tokenizer: cl100k_base, calibrate: tokenize, output_tokens: 5, "+lengths+"}"), 15, count)
				for i := range 15 {
					r := request(t, d, 1, i)
					if n, _ := count(r.Prompt); n != r.InputTokens {
						t.Fatalf("session %d counts %d, and says %d", i, n, r.InputTokens)
					}
				}
			})
		}
	}
}

// A prefix that prompts share is one text of the length asked for, by the server's
// count, and in sessions that were not counted, too.
func TestPrefixesAreExactByTheServersCount(t *testing.T) {
	t.Parallel()
	const tokens, groups, counted, all = 50, 3, 30, 90
	d := fitted(t, open(t, fmt.Sprintf("{kind: random, tokenizer: cl100k_base, calibrate: tokenize, output_tokens: 5, input_tokens: 20, prefix_tokens: %d, prefix_groups: %d}", tokens, groups)), counted, finer)
	var prompts []string
	for i := range all {
		prompts = append(prompts, request(t, d, 1, i).Prompt)
	}
	slices.Sort(prompts)
	var prefixes []string
	for i := range prompts[1:] {
		a, b := prompts[i], prompts[i+1]
		n := 0
		for n < min(len(a), len(b)) && a[n] == b[n] {
			n++
		}
		if found, _ := finer(a[:n]); found >= tokens-2 { // less what ends in the middle of a token
			if len(prefixes) == 0 || !strings.HasPrefix(a, prefixes[len(prefixes)-1]) {
				prefixes = append(prefixes, a[:n-3])
			}
			if found > tokens+3 {
				t.Errorf("two prompts have %d tokens in common, where %d were asked for", found, tokens)
			}
		}
	}
	if len(prefixes) != groups {
		t.Errorf("%d prefixes, want %d", len(prefixes), groups)
	}
}

// The search takes few questions: they are asked for each prompt.
func TestFittingAsksSeldom(t *testing.T) {
	t.Parallel()
	asked := 0
	count := func(text string) (int, error) { asked++; return finer(text) }
	fitted(t, open(t, "{kind: random, tokenizer: cl100k_base, calibrate: tokenize, output_tokens: 5, input_tokens: 500, prefix_tokens: 100}"), 30, count)
	if asked > 200 {
		t.Errorf("asked %d times for 30 prompts", asked)
	}
}
