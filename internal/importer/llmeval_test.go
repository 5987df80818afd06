package importer_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"loadgate/internal/diag"
	"loadgate/internal/importer"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

var update = flag.Bool("update", false, "write what is made of the cases into their files")

// anyEnv takes every variable for set.
func anyEnv(string) (string, bool) { return "set", true }

func parse(t *testing.T, file, text string) *yamlpos.Node {
	t.Helper()
	root, list := yamlpos.Parse(file, []byte(text), anyEnv)
	if list.HasErrors() {
		t.Fatal(list)
	}
	return root
}

// TestCases makes scenarios of the case files in testdata and compares them with
// what a person has looked at.
func TestCases(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/llmeval/*.txtar")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%v, %v", paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			checkCase(t, path)
		})
	}
}

func checkCase(t *testing.T, path string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]string{}
	for _, f := range a.Files {
		text[f.Name] = string(f.Data)
	}
	var meta *yamlpos.Node
	if m, ok := text["meta.yaml"]; ok {
		meta = parse(t, "meta.yaml", m)
	}
	src := strings.ReplaceAll(text["case.yaml"], "${oc.env:BASE_URL,", "${env:BASE_URL:-")
	src = strings.ReplaceAll(src, "${name}", "$${name}")
	s, list := importer.LLMEval(parse(t, "case.yaml", src), meta, importer.LLMEvalOptions{Source: "case.yaml", Name: "case", Dir: "sub"})
	var said strings.Builder
	for _, d := range list.Sorted() {
		fmt.Fprintln(&said, d)
	}
	if s == nil {
		t.Fatal(said.String())
	}
	for _, n := range s.Notes {
		fmt.Fprintln(&said, "note:", n)
	}
	got := map[string]string{"scenario.yaml": string(s.Text), "said": said.String()}
	if strings.Contains(string(s.Text)+said.String(), "canary") {
		t.Errorf("a secret shows:\n%s\n%s", s.Text, said.String())
	}
	if strings.Contains(text["case.yaml"], "canary") && len(s.Keys) == 0 {
		t.Error("a secret is lost")
	}
	if _, list := scenario.Read(scenario.Options{File: "scenario.yaml", Source: s.Text, Env: anyEnv}); list.HasErrors() {
		t.Errorf("the scenario is none: %v\n%s", list, s.Text)
	}
	for i, f := range a.Files {
		want, ok := got[f.Name]
		if !ok {
			continue
		}
		if *update {
			a.Files[i].Data = []byte(want)
		} else if d := cmp.Diff(string(f.Data), want); d != "" {
			t.Errorf("%s: %s", f.Name, d)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// load reads the load of a case's only cell, or of each of its cells.
func loads(t *testing.T, src string) ([]scenario.Load, []string) {
	t.Helper()
	s, list := importer.LLMEval(parse(t, "case.yaml", src), nil, importer.LLMEvalOptions{})
	if list.HasErrors() {
		t.Fatal(list)
	}
	plan, list := scenario.Read(scenario.Options{File: "s.yaml", Source: s.Text, Env: anyEnv})
	if list.HasErrors() {
		t.Fatalf("%v\n%s", list, s.Text)
	}
	var out []scenario.Load
	for _, c := range plan.Cells {
		out = append(out, c.Load)
	}
	return out, s.Notes
}

// TestRates holds every row of the table of what a rate means.
func TestRates(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		src         string
		concurrency int
		rate        float64
		cap         int
		note        string
	}{
		"serial":               {"{concurrency: 8, request_rate: -1}", 8, 0, 0, ""},
		"serial with limit":    {"{concurrency: 8, request_rate: -1, limit_max_concurrency: true}", 1, 0, 0, ""},
		"all at once":          {"{concurrency: 8}", 0, inf, 0, ""},
		"inf in capitals":      {"{concurrency: 8, request_rate: Infinity}", 0, inf, 0, ""},
		"inf as Python has it": {`{request_rate: "float('inf')"}`, 0, inf, 0, ""},
		"at most N":            {"{concurrency: 8, request_rate: inf, limit_max_concurrency: True}", 8, 0, 0, ""},
		"rate":                 {"{concurrency: 8, request_rate: 1.0}", 0, 8, 0, "8 workers × 1.0/s = 8.0 requests/s"},
		"rate of one":          {"{request_rate: 2.5}", 0, 2.5, 0, "1 worker × 2.5/s = 2.5 requests/s"},
		"exact sum":            {"{concurrency: 3, request_rate: 0.1}", 0, 0.3, 0, "3 workers × 0.1/s = 0.3 requests/s"},
		"rate with limit":      {"{concurrency: 8, request_rate: 4, limit_max_concurrency: true}", 0, 4, 8, ""},
		"nothing":              {"{backend: openai}", 0, inf, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, notes := loads(t, c.src)
			if len(got) != 1 || got[0].Concurrency != c.concurrency || got[0].Rate != c.rate || got[0].MaxConcurrency != c.cap || got[0].Requests != 10 {
				t.Errorf("load %+v", got)
			}
			if got[0].Open() && got[0].Arrivals.Process != "poisson" {
				t.Errorf("arrivals %+v", got[0].Arrivals)
			}
			if s := strings.Join(notes, ""); s != c.note {
				t.Errorf("noted %q, want %q", s, c.note)
			}
		})
	}
}

// TestMultiple holds the order of several tests, concurrency before rate, and a
// list that is left out to the single value.
func TestMultiple(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"{perf_test_type: multiple, concurrency_list: [1, 2, 4, 8], request_rate: 1.0}":                                      "r1 r2 r4 r8",
		"{perf_test_type: multiple, concurrency: 4, request_rate_list: '-1,0.5,1,2,4,inf'}":                                  "c4 r2 r4 r8 r16 rInf",
		"{perf_test_type: multiple, concurrency_list: [1, 2], request_rate_list: [-1, 3]}":                                   "c1 r3 c2 r6",
		"{perf_test_type: multiple, concurrency_list: '1, 2,'}":                                                              "rInf rInf",
		"{perf_test_type: multiple, concurrency_list: [1, 2], request_rate: inf, limit_max_concurrency: true}":               "c1 c2",
		"{perf_test_type: multiple, concurrency_list: [1, 2], request_rate_list: [3, 5], limit_max_concurrency: true}":       "r3/1 r5/1 r3/2 r5/2",
		"{perf_test_type: multiple, concurrency_list: [2], request_rate_list: [3, 5], limit_max_concurrency: true}":          "r3/2 r5/2",
		"{perf_test_type: multiple, concurrency_list: [2, 4], request_rate_list: [3], limit_max_concurrency: true}":          "r3/2 r3/4",
		"{perf_test_type: multiple, concurrency_list: [2, 4], request_rate_list: [-1, 3, inf], limit_max_concurrency: true}": "c1 r3/2 c2 c1 r3/4 c4",
		"{perf_test_type: multiple, concurrency_list: [2, 4], request_rate: -1, limit_max_concurrency: true}":                "c1 c1",
		"{perf_test_type: MULTIPLE, concurrency_list: [2, 2], request_rate_list: [-1, -1.0]}":                                "c2",
		"{perf_test_type: single, concurrency: 3, concurrency_list: [1, 2], request_rate_list: [1], request_rate: -1}":       "c3",
		"{perf_test_type: multiple, concurrency_list: 5, request_rate_list: -1}":                                             "c5",
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			all, _ := loads(t, src)
			var got []string
			for _, l := range all {
				switch {
				case l.Concurrency > 0:
					got = append(got, fmt.Sprintf("c%d", l.Concurrency))
				case l.MaxConcurrency > 0:
					got = append(got, fmt.Sprintf("r%v/%d", l.Rate, l.MaxConcurrency))
				default:
					got = append(got, strings.TrimSuffix(fmt.Sprintf("r%v", l.Rate), ""))
				}
			}
			if s := strings.ReplaceAll(strings.Join(got, " "), "+", ""); s != want {
				t.Errorf("got %s, want %s", s, want)
			}
		})
	}
}

// TestMistakes holds every mistake to its place and words.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"request_rate: 0":    "c:1:15: error: request_rate: expected -1, a rate above 0, or inf, got \"0\"",
		"request_rate: fast": "c:1:15: error: request_rate: expected -1",
		"concurrency: many":  "c:1:14: error: concurrency: expected a whole number from 1",
		"concurrency: 1.5":   "c:1:14: error: concurrency: expected a whole number",
		"num_prompts: 0":     "c:1:14: error: num_prompts: expected a whole number from 1",
		"random_range_ratio: 1\ndataset_name: random\ntokenizer: x": "c:1:21: error: random_range_ratio: expected a number from 0 to below 1",
		"backend: tgi":                                          "c:1:10: error: backend: expected openai, vllm, maas",
		"dataset_name: random":                                  "c:1:15: error: random prompts need a tokenizer",
		"dataset_name: gsm8k":                                   "c:1:15: error: dataset_name: there is no dataset",
		"dataset_name: sharegpt":                                "c:1:15: error: dataset_name: \"sharegpt\" needs dataset_path",
		"dataset_name: lenovo_mmlu":                             "c:1:15: error: dataset_name: \"lenovo_mmlu\" came with serving_perf_eval",
		"dataset_path: x.json":                                  "c:1:15: error: dataset_path needs a dataset_name",
		"benchmark_name: base_eval":                             "c:1:17: error: this is a case of",
		"extra_args: '{\"a\": }}'":                              "c:1:13: error: extra_args is no JSON object",
		"extra_headers: nonsense":                               "c:1:16: error: extra_headers: a part of it is not k=v",
		"save_data: maybe":                                      "c:1:12: error: save_data: expected true or false",
		"url: http://user:pass@host/v1":                         "c:1:6: error: url holds a password or a key",
		"concurrency_list: {a: 1}\nperf_test_type: multiple":    "c:1:19: error: concurrency_list: expected a list",
		"perf_test_typ: multiple":                               "c:1:1: warning: perf_test_typ is left out",
		"prompt: a\ndataset_name: local\ndataset_path: p.jsonl": "c:1:1: warning: prompt has no effect",
		"random_input_len: 5":                                   "c:1:1: warning: random_input_len has no effect",
		"concurrency_list: [1, 2]":                              "c:1:1: warning: concurrency_list has no effect",
		"extra_args: {model: x}":                                "c:1:14: warning: extra_args: model has no effect",
		"dataset_name: custom\ndataset_path: p.jsonl\nextra_args: {top_p: 1}":       "c:3:14: warning: extra_args: top_p has no effect",
		"dataset_name: mmbench_cn\ndataset_path: p.jsonl\nmax_completion_tokens: 5": "c:3:1: warning: extra_args: max_completion_tokens has no effect",
		"test_meta: {a-b: 1}": "c:1:13: warning: test_meta: a-b is left out",
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			_, list := importer.LLMEval(parse(t, "c", src), nil, importer.LLMEvalOptions{})
			if len(list) == 0 || !strings.HasPrefix(list.Sorted()[0].String(), want) {
				t.Errorf("got %v, want %s", list, want)
			}
			if strings.Contains(fmt.Sprint(list), "pass@") {
				t.Error("the password shows")
			}
		})
	}
}

// TestDatasets holds each name of a dataset to its kind.
func TestDatasets(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"{dataset_name: aime-2024, dataset_path: a.jsonl}":                                         "aime-2024: {kind: aime_2024, path: ../a.jsonl}",
		"{dataset_name: MATH-500, dataset_path: /m.jsonl}":                                         "math-500: {kind: math_500, path: /m.jsonl}",
		"{dataset_name: resume_screening, dataset_path: p.jsonl}":                                  "resume_screening: {kind: resume_screening, path: ../p.jsonl}",
		"{dataset_name: tencent_yuanbao, dataset_path: bodies.jsonl}":                              "tencent_yuanbao: {kind: tencent_yuanbao, path: ../bodies.jsonl}",
		"{dataset_name: local, dataset_path: d/2000 x.jsonl, extra_args: max_completion_tokens=9}": "d2000-x: {kind: local, path: ../d/2000 x.jsonl, output_tokens: 9}",
		"{dataset_name: sharegpt, dataset_path: s.json, tokenizer: gpt-4o}":                        "sharegpt: {kind: sharegpt, path: ../s.json, tokenizer: gpt-4o, order: file}",
		"{prompt: hi, max_completion_tokens: 7}":                                                   "prompt: {kind: prompt, prompt: hi, output_tokens: 7}",
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			s, list := importer.LLMEval(parse(t, "c", src), nil, importer.LLMEvalOptions{Dir: "sub"})
			if list.HasErrors() {
				t.Fatal(list)
			}
			if !strings.Contains(string(s.Text), "\n  "+want+"\n") {
				t.Errorf("lacks %s:\n%s", want, s.Text)
			}
		})
	}
}

// FuzzLLMEval holds the reader of cases to this: it never panics, what it makes
// can be read, and a key never shows.
func FuzzLLMEval(f *testing.F) {
	paths, _ := filepath.Glob("testdata/llmeval/*.txtar")
	for _, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(a.Files[0].Data))
	}
	for _, s := range []string{
		"{}", "extra_args: {a: [1, {b: c}], d: .inf}", "extra_headers: [1]", "test_meta: [a]", "request_rate_list: [[1]]", "concurrency_list: ','",
		"tokenizer: [x]", "dataset_name: {a: b}", "temperature: null", "api_key: ${env:K}x", "extra_args: 'a=,b=null'", "model: {}", "stop_token_ids: x\nbackend: vllm",
		"extra_headers: {Authorization: ' '}", "prompt: |\n  a\n  b\n", "url: '${env:A}'", "max_completion_tokens: {}\ndataset_name: random\ntokenizer: x\nrandom_range_ratio: 0.5",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		root, list := yamlpos.Parse("case.yaml", []byte(src), anyEnv)
		if root == nil || list.HasErrors() || root.Kind != yamlpos.Map {
			return
		}
		const canary = "canary-5f1e"
		if key := root.Get("api_key"); key == nil || key.Ref == "" {
			root = root.Clone()
			root.Set([]string{"api_key"}, &yamlpos.Node{Kind: yamlpos.String, Text: canary, Value: canary, Pos: diag.Pos{File: "case.yaml", Line: 1, Col: 1}, Width: 1})
		}
		s, list := importer.LLMEval(root, root, importer.LLMEvalOptions{Source: "case.yaml"})
		if (s == nil) != list.HasErrors() {
			t.Fatalf("%v beside %v", s, list)
		}
		_ = importer.Secrets(root)
		if s == nil {
			return
		}
		if _, list := yamlpos.Parse("s.yaml", s.Text, anyEnv); list.HasErrors() {
			t.Fatalf("%v\n%s", list, s.Text)
		}
		if strings.Contains(string(s.Text), canary) && !strings.Contains(src, canary) {
			t.Fatalf("the key shows:\n%s", s.Text)
		}
	})
}
