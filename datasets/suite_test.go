package datasets

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// section reads a section as it stands in a scenario.
func parseSection(t testing.TB, src string) *yamlpos.Node {
	t.Helper()
	n, list := yamlpos.Parse("gate.yaml", []byte(src), func(name string) (string, bool) { return "7", name == "SEVEN" })
	if list.HasErrors() {
		t.Fatal(list.Err())
	}
	return n
}

// try opens a section whose files are relative to dir.
func try(t testing.TB, dir, src string) (llm.Dataset, diag.List) {
	t.Helper()
	return Kinds.Open(parseSection(t, src), kind.Context{Name: "chat", Dir: dir})
}

// open opens a section that is right.
func open(t testing.TB, src string) llm.Dataset {
	t.Helper()
	d, list := try(t, "testdata", src)
	if len(list) > 0 {
		t.Fatalf("%s: %v", src, list)
	}
	return d
}

func session(t testing.TB, d llm.Dataset, seed uint64, i int) llm.Session {
	t.Helper()
	s, err := d.Session(seed, i)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request is the only turn of a session.
func request(t testing.TB, d llm.Dataset, seed uint64, i int) llm.Request {
	t.Helper()
	s := session(t, d, seed, i)
	if len(s.Turns) != 1 {
		t.Fatalf("session %d has %d turns", i, len(s.Turns))
	}
	return s.Turns[0]
}

// samples has sections of every kind. Each differs from the others of its kind
// in what is sent.
var samples = map[string][]string{
	"random": {
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10}`,
		`{kind: random, tokenizer: o200k_base, input_tokens: 20, output_tokens: 10}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 21, output_tokens: 10}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 11}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, range_ratio: 0.5}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 4}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 4, turns: 3}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 4, turns: 3, history: recorded}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 4, turns: {uniform: {min: 1, max: 3}}, think_time: {uniform: {min: 1s, max: 2s}}}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 4, prefix_groups: 3}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 4, prefix_share: 0.5}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 4, prefix_groups: 3, prefix_zipf: 1}`,
		`{kind: random, tokenizer: cl100k_base, input_tokens: {uniform: {min: 5, max: 9}}, output_tokens: {lognormal: {median: 9, sigma: 1}}}`,
		`{kind: random, tokenizer: cl100k_base, shapes: [{weight: 1, input_tokens: 20, output_tokens: 10}]}`,
	},
	"prompt": {
		`{kind: prompt, prompt: Hello!}`,
		`{kind: prompt, prompt: Hello!, output_tokens: 3}`,
		`{kind: prompt, prompts: [Hello!, "Who are you?", "Why?"]}`,
		`{kind: prompt, prompts: ["Hello!Who are you?", "Why?"]}`,
		`{kind: prompt, prompt: Hello!, media: [{type: image, width: 8, height: 8}]}`,
		`{kind: prompt, prompt: Hello!, media: [{type: image, width: 8, height: 9}]}`,
	},
	"local": {
		`{kind: local, path: local.jsonl}`,
		`{kind: local, path: local.json}`,
		`{kind: local, path: local.jsonl, limit: 2}`,
		`{kind: local, path: local.jsonl, order: shuffled}`,
		`{kind: local, path: local.jsonl, output_tokens: 5}`,
	},
	"custom": {
		`{kind: custom, path: custom.jsonl}`,
		`{kind: custom, path: custom.json}`,
		`{kind: custom, path: custom.jsonl, limit: 2}`,
		`{kind: custom, path: custom.jsonl, order: shuffled}`,
	},
	"file": {
		`{kind: file, path: questions.csv, prompt: "{question}"}`,
		`{kind: file, path: questions.csv, prompt: "{question}", order: shuffled}`,
		`{kind: file, path: questions.csv, prompt: "{question}", limit: 2}`,
		`{kind: file, path: questions.csv, prompt: "{question}", output_tokens: 5}`,
		`{kind: file, path: questions.csv, prompt: "{question}", output_tokens: length}`,
		`{kind: file, path: questions.csv, prompt: "{question}", system: "Be brief."}`,
		`{kind: file, path: questions.csv, prompt: "{question}", answer: answer, tokenizer: cl100k_base}`,
		`{kind: file, path: questions.csv, prompt: "{question}", answer: answer, tokenizer: o200k_base}`,
		`{kind: file, path: questions.csv, prompt: "{question}", tokenizer: cl100k_base, filter: {min_input_tokens: 6}}`,
	},
	"math_500": {
		`{kind: math_500, path: math500.jsonl}`,
		`{kind: math_500, path: math500.jsonl, output_tokens: 5}`,
		`{kind: math_500, path: math500.jsonl, limit: 1}`,
		`{kind: math_500, path: math500.jsonl, order: shuffled}`,
	},
	"aime_2024":  {`{kind: aime_2024, path: aime2024.jsonl}`, `{kind: aime_2024, path: aime2024.jsonl, output_tokens: 5}`},
	"mmbench_cn": {`{kind: mmbench_cn, path: custom.jsonl}`},
	"mmlu":       {`{kind: mmlu, path: mmlu.csv}`, `{kind: mmlu, path: mmlu.jsonl}`, `{kind: mmlu, path: mmlu.jsonl, output_tokens: 1}`},
	"longbench":  {`{kind: longbench, path: longbench.jsonl}`, `{kind: longbench, path: longbench.jsonl, output_tokens: 1}`},
	"resume_screening": {
		`{kind: resume_screening, path: custom.jsonl}`,
		`{kind: resume_screening, path: local.jsonl}`,
	},
	"lenovo_mmlu":     {`{kind: lenovo_mmlu, path: local.jsonl}`},
	"tencent_yuanbao": {`{kind: tencent_yuanbao, path: local.jsonl, output_tokens: 3}`},
	"conversations": {
		`{kind: conversations, path: talks/vllm.json}`,
		`{kind: conversations, path: talks/vllm.json, order: file}`,
		`{kind: conversations, path: talks/vllm.json, history: recorded}`,
		`{kind: conversations, path: talks/vllm.json, think_time: 2s}`,
		`{kind: conversations, path: talks/vllm.json, think_time: {exponential: {mean: 2s}}}`,
		`{kind: conversations, path: talks/vllm.json, turns: 1}`,
		`{kind: conversations, path: talks/vllm.json, output_tokens: 7}`,
		`{kind: conversations, path: talks/sharegpt.jsonl}`,
		`{kind: conversations, path: talks/evalscope.jsonl}`,
		`{kind: conversations, path: talks/evalscope.jsonl, limit: 1}`,
		`{kind: conversations, path: talks/aiperf.jsonl}`,
	},
	"trace": {
		`{kind: trace, path: traces/mooncake.jsonl, format: mooncake}`,
		`{kind: trace, path: traces/mooncake.jsonl, format: mooncake, limit: 2}`,
		`{kind: trace, path: traces/mooncake.jsonl, format: mooncake, max_output_tokens: 20}`,
		`{kind: trace, path: traces/mooncake.jsonl, format: mooncake, max_input_tokens: 1024}`,
		`{kind: trace, path: traces/mooncake.jsonl, format: mooncake, tokenizer: o200k_base}`,
		`{kind: trace, path: traces/mooncake.jsonl, format: mooncake, time_unit: s}`,
		`{kind: trace, path: traces/azure2023.csv, format: azure}`,
		`{kind: trace, path: traces/azure2023.csv.gz, format: azure}`,
		`{kind: trace, path: traces/azure2024.csv, format: azure}`,
		`{kind: trace, path: traces/burstgpt.csv, format: burstgpt}`,
		`{kind: trace, path: traces/burstgpt.csv, format: burstgpt, only: {Model: GPT-4}}`,
		`{kind: trace, path: traces/burstgpt2.csv, format: burstgpt}`,
		`{kind: trace, path: traces/bailian.jsonl, format: bailian}`,
		`{kind: trace, path: traces/vllm_timed.jsonl, format: vllm_timed, fields: {timestamp: ts, input_length: prompt_tokens}}`,
		`{kind: trace, path: traces/vllm_timed.jsonl, format: vllm_timed, fields: {timestamp: ts, input_length: prompt_tokens}, block_tokens: 12}`,
		`{kind: trace, path: traces/aiperf_single.jsonl, format: aiperf}`,
		`{kind: trace, path: traces/aiperf_multi.jsonl, format: aiperf}`,
		`{kind: trace, path: traces/aiperf_mooncake.jsonl, format: aiperf}`,
		`{kind: trace, path: traces/aiperf_raw.jsonl, format: aiperf}`,
		`{kind: trace, path: traces/aiperf_inputs.json, format: aiperf_inputs}`,
		`{kind: trace, path: traces/aiperf_media.jsonl, format: aiperf}`,
		`{kind: trace, path: traces/bodies.jsonl, format: bodies}`,
	},
	"random_pool": {
		`{kind: random_pool, path: pool/looks.jsonl}`,
		`{kind: random_pool, path: pool/looks.jsonl, limit: 2}`,
		`{kind: random_pool, path: pool/looks.jsonl, output_tokens: 9}`,
		`{kind: random_pool, path: pool/looks.jsonl, batch: {image: 2, text: 3}}`,
		`{kind: random_pool, path: pool/looks.jsonl, batch: {image: 2, text: 3, audio: 0}}`,
		`{kind: random_pool, path: pool/parts}`,
		`{kind: random_pool, path: pool/parts/passages.jsonl}`,
	},
	"sharegpt": {
		`{kind: sharegpt, path: sharegpt.json}`,
		`{kind: sharegpt, path: sharegpt.json, limit: 5}`,
		`{kind: sharegpt, path: sharegpt.json, order: file}`,
		`{kind: sharegpt, path: sharegpt.json, output_tokens: 5}`,
		`{kind: sharegpt, path: sharegpt.json, tokenizer: r50k_base}`,
	},
}

// synonyms are the names of kinds that have another.
var synonyms = map[string]string{"math-500": "math_500", "aime-2024": "aime_2024", "lenovo_mmlu": "resume_screening", "tencent_yuanbao": "resume_screening"}

// eachSample runs a test for every sample of every kind there is.
func eachSample(t *testing.T, test func(t *testing.T, src string)) {
	t.Parallel()
	for _, name := range Kinds.Names() {
		if len(samples[name]) == 0 && synonyms[name] == "" {
			t.Errorf("kind %s has no samples in this test", name)
		}
		for _, src := range samples[name] {
			t.Run(src, func(t *testing.T) {
				t.Parallel()
				test(t, src)
			})
		}
	}
}

func TestSessionsAreSound(t *testing.T) {
	eachSample(t, func(t *testing.T, src string) {
		d := open(t, src)
		for i := range 50 {
			s := session(t, d, 42, i)
			for _, r := range s.Turns {
				set := 0
				for _, yes := range []bool{len(r.Messages) > 0, r.Prompt != "", len(r.Body) > 0} {
					if yes {
						set++
					}
				}
				if set != 1 || r.InputTokens < 0 || r.MaxTokens < 0 {
					t.Fatalf("session %d: %+v", i, r)
				}
			}
			turns := 1
			if c, ok := d.(llm.Conversational); ok {
				turns = c.Turns(42, i)
			}
			if len(s.Turns) != turns {
				t.Fatalf("session %d has %d turns, and promises %d", i, len(s.Turns), turns)
			}
		}
		if timed, ok := d.(llm.Timed); ok {
			for i := range d.Rows() {
				if at := timed.Arrival(i); at < 0 || (i == 0 && at != 0) || (i > 0 && at < timed.Arrival(i-1)) {
					t.Errorf("session %d arrives at %v", i, at)
				}
			}
		}
		if _, err := d.Session(42, -1); d.Rows() > 0 && err == nil {
			t.Error("session -1 is no error")
		}
	})
}

func TestSessionsAreFunctionsOfSeedAndIndex(t *testing.T) {
	eachSample(t, func(t *testing.T, src string) {
		a, b := open(t, src), open(t, src)
		if a.Digest() != b.Digest() || a.Rows() != b.Rows() {
			t.Error("digest or rows differ when opened again")
		}
		for i := 60; i >= 0; i-- { // b is asked in another order, and for other seeds in between
			session(t, b, uint64(i), 3)
			if diff := cmp.Diff(session(t, a, 7, 60-i), session(t, b, 7, 60-i)); diff != "" {
				t.Fatalf("session %d: %s", 60-i, diff)
			}
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	eachSample(t, func(t *testing.T, src string) {
		want := map[[2]int]llm.Session{}
		reference := open(t, src)
		for seed := range 2 {
			for i := range 40 {
				want[[2]int{seed, i}] = session(t, reference, uint64(seed), i)
			}
		}
		d := open(t, src)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for at, session := range want {
					got, err := d.Session(uint64(at[0]), at[1])
					if diff := cmp.Diff(session, got); diff != "" || err != nil {
						t.Errorf("seed %d, session %d: %v %s", at[0], at[1], err, diff)
					}
				}
				_, _ = d.Rows(), d.Digest()
			})
		}
		group.Wait()
	})
}

func TestDigestsTellSamplesApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, sections := range samples {
		for _, src := range sections {
			digest := open(t, src).Digest()
			if other, ok := seen[digest]; ok || len(digest) != 64 {
				t.Errorf("%s has the digest %s of %s", src, digest, other)
			}
			seen[digest] = src
		}
	}
}

func TestDigestIsOfTheFilesBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	digestOf := func(name, content string) string {
		t.Helper()
		if err := os.WriteFile(dir+"/"+name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, list := try(t, dir, `{kind: local, limit: 1, path: `+name+`}`)
		if len(list) > 0 {
			t.Fatal(list)
		}
		return d.Digest()
	}
	one := digestOf("a.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n")
	if two := digestOf("other-name.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n"); one != two {
		t.Error("the name of the file changes the digest")
	}
	if two := digestOf("a.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"c\"}\n"); one == two {
		t.Error("a change behind the limit does not change the digest")
	}
}

// What an editor offers must be what the program takes.
func TestSchemaHasTheKeysOfTheConfiguration(t *testing.T) {
	t.Parallel()
	for _, name := range Kinds.Names() {
		if synonyms[name] != "" {
			continue
		}
		_, list := try(t, "testdata", `{kind: `+name+`, a-key-that-is-near-to-none: 1}`)
		var known []string
		for _, d := range list {
			if keys, ok := strings.CutPrefix(d.Hint, "known: "); ok && strings.Contains(d.Message, "unknown key") {
				known = strings.Split(keys, ", ")
			}
		}
		b, err := os.ReadFile("../schemas/datasets/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Type       string
			Required   []string
			Properties map[string]struct{ Description, Type string }
		}
		if err := json.Unmarshal(b, &schema); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		keys := []string{"kind"}
		for key, p := range schema.Properties {
			keys = append(keys, key)
			if p.Description == "" {
				t.Errorf("%s.%s has no description", name, key)
			}
		}
		slices.Sort(keys)
		slices.Sort(known)
		if diff := cmp.Diff(keys, known); diff != "" {
			t.Errorf("%s: schema (-) and configuration (+) differ: %s", name, diff)
		}
		for _, key := range schema.Required {
			if !slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return strings.HasSuffix(d.Message, "has no "+key) }) {
				t.Errorf("%s: no mistake without %s", name, key)
			}
		}
	}
}

func TestFreeKeysAreLeftAlone(t *testing.T) {
	eachSample(t, func(t *testing.T, src string) {
		with := strings.Replace(src, "{", "{x-note: [anything], ", 1)
		if open(t, with).Digest() != open(t, src).Digest() {
			t.Error("an x- key changes the digest")
		}
	})
}
