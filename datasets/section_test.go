package datasets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
)

func TestMistakesInASection(t *testing.T) {
	t.Parallel()
	const random = `{kind: random, tokenizer: cl100k_base, input_tokens: 8, output_tokens: 8`
	for src, want := range map[string][]string{
		`{kind: nosuch}`: {`gate.yaml:1:8: error: unknown kind "nosuch"`},
		`{kind: random}`: {
			`gate.yaml:1:1: error: the dataset chat has no tokenizer`,
			`gate.yaml:1:1: error: the dataset chat has no input_tokens`,
			`gate.yaml:1:1: error: the dataset chat has no output_tokens`,
		},
		`{kind: random, tokenizer: cl100k_bse, input_tokens: 0, output_tokens: 20000000}`: {
			`gate.yaml:1:53: error: a length is a whole number from 1 to 10000000, or one of {uniform: …}, {normal: …}, {lognormal: …}, {mix: […]}`,
			`gate.yaml:1:71: error: a length is a whole number from 1 to 10000000, or one of {uniform: …}, {normal: …}, {lognormal: …}, {mix: […]}`,
			`gate.yaml:1:27: error: unknown tokenizer "cl100k_bse": did you mean "cl100k_base"?`,
		},
		random + `, range_ratio: 1}`:                        {`gate.yaml:1:88: error: range_ratio is 1: expected a number from 0 to below 1`},
		random + `, range_ratio: -0.1}`:                     {`gate.yaml:1:88: error: range_ratio is -0.1: expected a number from 0 to below 1`},
		random + `, prefix_tokens: -1}`:                     {`gate.yaml:1:90: error: prefix_tokens is -1: expected a whole number from 0 to 10000000`},
		random + `, prefix_tokens: many}`:                   {`gate.yaml:1:90: error: expected a whole number, got the text "many"`},
		random + `, prefix_token: 3}`:                       {`gate.yaml:1:75: error: unknown key "prefix_token"`},
		`{kind: prompt}`:                                    {`gate.yaml:1:1: error: the dataset chat has no prompt`},
		`{kind: prompt, prompt: a, prompts: [b]}`:           {`gate.yaml:1:27: error: the dataset chat has both prompt and prompts`},
		`{kind: prompt, prompt: ""}`:                        {`gate.yaml:1:24: error: prompt is empty`},
		`{kind: prompt, prompts: []}`:                       {`gate.yaml:1:25: error: prompts is empty`},
		`{kind: prompt, prompts: [a, ""]}`:                  {`gate.yaml:1:29: error: prompts[1] is empty`},
		`{kind: prompt, prompts: a}`:                        {`gate.yaml:1:25: error: expected a list, got the text "a"`},
		`{kind: prompt, prompt: a, tokenizer: ""}`:          {`gate.yaml:1:38: error: tokenizer is empty`},
		`{kind: local, path: "", limit: 0, order: random}`:  {`gate.yaml:1:21: error: path is empty`, `gate.yaml:1:32: error: limit is 0: expected a whole number from 1`, `gate.yaml:1:42: error: order is "random": expected file or shuffled`},
		`{kind: local, path: local.json, output_tokens: 0}`: {`gate.yaml:1:48: error: output_tokens is 0: expected a whole number from 1 to 10000000`},
		`{kind: custom, path: custom.json, output_tokens: 9}`: {
			`gate.yaml:1:35: error: unknown key "output_tokens"`,
		},
		`{kind: sharegpt, tokenizer: none}`: {
			`gate.yaml:1:1: error: the dataset chat has no path`,
			`gate.yaml:1:29: error: tokenizer "none" counts nothing`,
		},
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			d, list := try(t, "testdata", src)
			if d != nil {
				t.Error("a dataset comes back beside mistakes")
			}
			var got []string
			for _, d := range list {
				got = append(got, d.String())
			}
			if len(got) != len(want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], want[i]) {
					t.Errorf("got  %s\nwant %s", got[i], want[i])
				}
			}
		})
	}
}

func TestValuesFromTheEnvironment(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: "${env:SEVEN}", output_tokens: 8}`)
	if r := request(t, d, 1, 0); r.InputTokens != 7 {
		t.Errorf("%d tokens, want 7", r.InputTokens)
	}
	_, list := try(t, "testdata", `{kind: prompt, prompt: a, output_tokens: "-${env:SEVEN}"}`)
	if len(list) != 1 || !strings.Contains(list[0].Message, "output_tokens is -7") {
		t.Errorf("got %v", list)
	}
}

func TestCounters(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{kind: random, tokenizer: cl100k_base, input_tokens: 8, output_tokens: 8}`: "cl100k_base",
		`{kind: prompt, prompt: a}`:                                 "",
		`{kind: prompt, prompt: a, tokenizer: gpt-4o}`:              "gpt-4o",
		`{kind: local, path: local.json}`:                           "",
		`{kind: custom, path: custom.json, tokenizer: r50k_base}`:   "r50k_base",
		`{kind: sharegpt, path: sharegpt.json}`:                     "cl100k_base",
		`{kind: sharegpt, path: sharegpt.json, tokenizer: gpt-3.5}`: "gpt-3.5",
	} {
		c := open(t, src).(llm.Tokenized).Counter()
		switch {
		case c == nil && want == "":
		case c == nil || c.Name() != want:
			t.Errorf("%s: counter %v, want %q", src, c, want)
		case c.Count("Hello world") != 2:
			t.Errorf("%s: counts %d", src, c.Count("Hello world"))
		}
	}
}

func TestPromptsAreSentInTurn(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: prompt, prompts: [one, two, three], output_tokens: 9}`)
	if d.Rows() != 3 {
		t.Errorf("%d rows", d.Rows())
	}
	var got []string
	for i := range 7 {
		r := request(t, d, 5, i)
		got = append(got, r.Prompt)
		if r.MaxTokens != 9 || r.InputTokens != 0 {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff([]string{"one", "two", "three", "one", "two", "three", "one"}, got); diff != "" {
		t.Error(diff)
	}
}
