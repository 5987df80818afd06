package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"loadgate/internal/diag"
	"loadgate/internal/importer"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

// TestCommands holds what a command line of each tool becomes.
func TestCommands(t *testing.T) {
	t.Parallel()
	const vllm = "vllm bench serve --model org/m --tokenizer cl100k_base "
	for line, wants := range map[string][]string{
		vllm: {
			"kind: vllm", "url: http://127.0.0.1:8000/v1/completions", "model: org/m", "rate: inf", "requests: 1000",
			"random: {kind: random, tokenizer: cl100k_base, input_tokens: 1024, output_tokens: 128}",
		},
		vllm + "--backend openai-chat --endpoint /v1/chat/completions --host gpu-1 --port=9000": {"url: http://gpu-1:9000/v1/chat/completions"},
		vllm + "--request-rate 5 --max-concurrency 16 --burstiness 0.5 --seed 7":                {"rate: 5", "max_concurrency: 16", "arrivals: {gamma: {burstiness: 0.5}}", "seed: 7"},
		vllm + "--request-rate inf --max-concurrency 16 --num-prompts 50":                       {"  concurrency: 16", "requests: 50"},
		vllm + "--goodput ttft:500 tpot:50.5 --metadata hw=H200 gpus=8":                         {"ttft: 500ms", "tpot: 50.5ms", "hw: H200", "gpus: 8"},
		vllm + `--header "Authorization=Bearer canary-1" x-env=6`:                               {"headers: {Authorization: 'Bearer ${env:AUTHORIZATION}', x-env: \"6\"}"},
		vllm + `--extra-body '{"top_k": 5, "api_key": "canary-2"}' --temperature 0`:             {"params: {top_k: 5, api_key: '${env:API_KEY}', temperature: 0}"},
		vllm + "--save-result --result-dir out --ignore-eos --random-range-ratio 0.3":           {"{kind: vllm_bench, path: out/vllm-bench.json}", "ignore_eos: true", "range_ratio: 0.3"},
		vllm + "--dataset-name sharegpt --dataset-path s.json --sharegpt-output-len 9":          {"{kind: sharegpt, path: s.json, tokenizer: cl100k_base, output_tokens: 9}"},
		vllm + "--dataset-name custom --dataset-path p.jsonl":                                   {"{kind: local, path: p.jsonl, output_tokens: 256}", "tokenizer: cl100k_base"},
		"vllm bench serve --model gpt-4o --served-model-name prod --base-url $BASE":             {"model: prod", "tokenizer: gpt-4o", "url: ${env:BASE}/v1/completions"},
		"python3 -m sglang.bench_serving --model gpt-4o --dataset-name random --random-input 1024 --random-output 256 --random-range-ratio 0.5 --max-concurrency 8": {
			"kind: sglang", "url: http://127.0.0.1:30000/generate", "input_tokens: 768, output_tokens: 192, range_ratio: 0.333333", "ignore_eos: true", "concurrency: 8",
		},
		"python -m sglang.bench_serving --backend vllm-chat --model m --dataset-path s.json --num-prompts 5 --disable-ignore-eos --disable-stream": {
			"kind: vllm", "url: http://127.0.0.1:8000/v1/chat/completions", "kind: sharegpt, path: s.json", "stream: false",
		},
		"guidellm benchmark --target http://h:8000 --model $MODEL --processor gpt-4o --rate-type concurrent --rate 1,4 --max-seconds 30 --data prompt_tokens=256,output_tokens=128": {
			"url: http://h:8000\n", "model: ${env:MODEL}", "load.concurrency: [1, 4]", "duration: 30s",
		},
		"guidellm benchmark run --model gpt-4o --profile constant --rate 2.5 --max-requests 9 --data '{\"prompt_tokens\": 5, \"output_tokens\": 6}'": {"rate: 2.5", "arrivals: constant", "requests: 9"},
		"guidellm benchmark --model gpt-4o --profile synchronous --max-requests 9 --data prompt_tokens=5,output_tokens=6":                            {"concurrency: 1"},
		"guidellm benchmark --model gpt-4o --profile poisson --rate 1 --rate 2 --max-requests 9 --data prompt_tokens=5,output_tokens=6":              {"load.rate: [1, 2]"},
		"aiperf profile -m gpt-4o -u h:8000 --endpoint-type chat --streaming --concurrency 4 --isl 200 --osl 50 --api-key $KEY": {
			"url: http://h:8000/v1/chat/completions", "concurrency: 4", "requests: 10", "api_key: ${env:KEY}", "input_tokens: 200, output_tokens: 50",
		},
		"aiperf profile -m gpt-4o --request-rate 10 --arrival-pattern constant --request-count 20 --api-key canary-3 --goodput 'time_to_first_token:300 request_latency:900' --extra-inputs ignore_eos:true": {
			"stream: false", "rate: 10", "arrivals: constant", "api_key: ${env:API_KEY}", "ttft: 300ms", "e2el: 900ms", "params: {ignore_eos: true}",
		},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			s, list := importer.Command(line)
			if list.HasErrors() {
				t.Fatal(list)
			}
			for _, want := range wants {
				if !strings.Contains(string(s.Text), want) {
					t.Errorf("lacks %s:\n%s", want, s.Text)
				}
			}
			if strings.Contains(string(s.Text), "canary") || strings.Contains(fmt.Sprint(list), "canary") {
				t.Errorf("a key shows:\n%s", s.Text)
			}
			if _, list := scenario.Read(scenario.Options{File: "s.yaml", Source: s.Text, Env: anyEnv}); list.HasErrors() {
				t.Errorf("%v\n%s", list, s.Text)
			}
		})
	}
}

// TestCommandMistakes holds what is said of what cannot be read, and where.
func TestCommandMistakes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"wrk -c 5":                            "--from:1:1: error: this is no command line of a tool",
		"":                                    "--from:1:1: error: this is no command line",
		"vllm bench serve 'x":                 "--from:1:18: error: a quote is not closed",
		"vllm bench serve --num-prompts many": `--from:1:32: error: --num-prompts: expected a whole number from 1, got "many"`,
		"vllm bench serve --model gpt-4o --num-prompts":    "--from:1:33: error: --num-prompts has no value",
		"vllm bench serve --model gpt-4o --lora-modules a": "--from:1:33: warning: --lora-modules is left out",
		"vllm bench serve --model gpt-4o stray":            `--from:1:33: warning: "stray" is left out`,
		"vllm bench serve --dataset-name hf --model m":     "--from:1:1: error: the dataset hf cannot be imported",
		"vllm bench serve":                              "--from:1:1: error: random prompts need a tokenizer",
		"vllm bench serve --goodput ttft":               "--from:1:28: error: expected a metric and its limit",
		"KEY=canary vllm bench serve --model gpt-4o":    "--from:1:1: warning: KEY is left out",
		"guidellm benchmark --model m --max-requests 1": "--from:1:1: error: there is no --data",
		"guidellm benchmark --model gpt-4o --data prompt_tokens=5,output_tokens=5 --rate 1 --profile poisson": "--from:1:1: error: nothing says when the load ends",
		"guidellm benchmark --model m --data prompts.txt":                                                     "--from:1:37: error: only synthetic data",
		"aiperf profile -m m --endpoint-type embeddings":                                                      "--from:1:1: error: --endpoint-type embeddings cannot be imported",
		"python -m sglang.bench_serving --backend trt":                                                        "--from:1:1: error: --backend trt cannot be imported",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			_, list := importer.Command(line)
			if !slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return strings.HasPrefix(d.String(), want) }) {
				t.Errorf("got %v, want %s", list, want)
			}
		})
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	if got := importer.OneLine("\nvllm bench serve \\\n  --seed 7 \\\r\n--port 1\n"); strings.Join(strings.Fields(got), " ") != "vllm bench serve --seed 7 --port 1" || strings.Contains(got, "\\") {
		t.Errorf("%q", got)
	}
}

// FuzzCommand holds the reader of command lines to this: it never panics, and
// what it makes can be read.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{
		"vllm bench serve --model gpt-4o", "vllm bench serve --model=$M --goodput ttft:1 'a' \"$B\"", "guidellm benchmark --data {a: 1} --rate 1,,2", "aiperf profile -m x -H a:b",
		"python -m sglang.bench_serving --random-range-ratio 9 --seed -1", "A=b vllm bench serve --header = --metadata a=", "vllm bench serve --extra-body [1] --request-rate 0 \\",
		"vllm bench serve --model ${A", "vllm bench serve --result-dir $D --save-result --model gpt-4o --header a=$B",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s, list := importer.Command(importer.OneLine(line))
		if (s == nil) != list.HasErrors() {
			t.Fatalf("%v beside %v", s, list)
		}
		if s == nil {
			return
		}
		if _, list := yamlpos.Parse("s.yaml", s.Text, anyEnv); list.HasErrors() {
			t.Fatalf("%v\n%s", list, s.Text)
		}
	})
}
