package importer

import (
	"path"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// vllmBench is `vllm bench serve` as of vLLM 0.32.
var vllmBench = tool{
	name:  "vllm bench serve",
	begin: [][]string{{"vllm", "bench", "serve"}, {"benchmark_serving.py"}},
	done:  vllmDone,
	flags: map[string]option{
		"--backend": setText(func(o *order) *string { return &o.kind }), "--endpoint-type": setText(func(o *order) *string { return &o.kind }),
		"--base-url": setText(func(o *order) *string { return &o.base }), "--host": setText(func(o *order) *string { return &o.host }),
		"--port": setText(func(o *order) *string { return &o.port }), "--endpoint": setText(func(o *order) *string { return &o.endpoint }),
		"--model": setNode(func(o *order) **yamlpos.Node { return &o.model }), "--tokenizer": setNode(func(o *order) **yamlpos.Node { return &o.tokenizer }),
		"--served-model-name": {set: func(o *order, n *yamlpos.Node) {
			if o.tokenizer == nil && o.model != nil {
				o.tokenizer = o.model // --model then says the tokenizer
			}
			o.served = n
		}},
		"--dataset-name": setText(func(o *order) *string { return &o.dataset }), "--dataset-path": setNode(func(o *order) **yamlpos.Node { return &o.path }),
		"--num-prompts": setCount("--num-prompts", 1, func(o *order) *int { return &o.requests }), "--request-rate": setRate("--request-rate"),
		"--max-concurrency": setCount("--max-concurrency", 1, func(o *order) *int { return &o.cap }),
		"--burstiness":      setFloat("--burstiness", func(o *order) *float64 { return &o.burst }),
		"--input-len":       setCount("--input-len", 1, func(o *order) *int { return &o.input }), "--output-len": setCount("--output-len", 1, func(o *order) *int { return &o.output }),
		"--random-input-len":    setCount("--random-input-len", 1, func(o *order) *int { return &o.input }),
		"--random-output-len":   setCount("--random-output-len", 1, func(o *order) *int { return &o.output }),
		"--random-prefix-len":   setCount("--random-prefix-len", 0, func(o *order) *int { return &o.prefix }),
		"--random-range-ratio":  setFloat("--random-range-ratio", func(o *order) *float64 { return &o.ratio }),
		"--sharegpt-output-len": setCount("--sharegpt-output-len", 1, func(o *order) *int { return &o.output }),
		"--custom-output-len":   setCount("--custom-output-len", 1, func(o *order) *int { return &o.output }),
		"--num-warmups":         setCount("--num-warmups", 0, func(o *order) *int { return &o.warmup }),
		"--seed":                setSeed, "--goodput": setGoodput, "--header": setHeader, "--metadata": setLabel, "--extra-body": setParams,
		"--ignore-eos":  {is: noValue, set: func(o *order, _ *yamlpos.Node) { o.ignoreEOS = true }},
		"--temperature": setParam("temperature"), "--top-p": setParam("top_p"), "--top-k": setParam("top_k"), "--min-p": setParam("min_p"),
		"--frequency-penalty": setParam("frequency_penalty"), "--presence-penalty": setParam("presence_penalty"), "--repetition-penalty": setParam("repetition_penalty"),
		"--logprobs":    setParam("logprobs"),
		"--save-result": {is: noValue, set: func(o *order, _ *yamlpos.Node) { o.save = true }}, "--save-detailed": {is: noValue}, "--append-result": {is: noValue},
		"--result-dir": setText(func(o *order) *string { return &o.saveDir }), "--result-filename": setText(func(o *order) *string { return &o.saveFile }),
		"--percentile-metrics": {}, "--metric-percentiles": {}, "--label": {}, "--disable-tqdm": {is: noValue}, "--trust-remote-code": {is: noValue},
		"--disable-shuffle": {is: noValue}, "--skip-chat-template": {is: noValue}, "--ready-check-timeout-sec": {}, "--request-id-prefix": {}, "--tokenizer-mode": {},
	},
}

var setSeed = option{set: func(o *order, n *yamlpos.Node) {
	seed := o.countOf(n, "--seed", 0)
	o.seed = &seed
}}

func vllmDone(o *order) {
	endpoint := "/v1/completions"
	switch o.kind {
	case "openai-chat", "vllm-chat":
		endpoint = "/v1/chat/completions"
	case "openai", "vllm", "": // completions
	default:
		o.list.Errorf(o.root.Pos, 1, "openai, openai-chat and vllm are read", "--backend %s cannot be imported", o.kind)
	}
	o.kind = "vllm"
	if o.endpoint == "" {
		o.endpoint = endpoint
	}
	if o.served != nil {
		if o.tokenizer == nil {
			o.tokenizer = o.model
		}
		o.model = o.served
	}
	o.defaults(1000, 1024, 128)
	if o.save {
		report := yamlpos.Inline{{Key: "kind", Value: "vllm_bench"}}
		if o.saveDir != "" || o.saveFile != "" {
			file := o.saveFile
			if file == "" {
				file = "vllm-bench.json"
			}
			report = append(report, yamlpos.Field{Key: "path", Value: path.Join(o.saveDir, file)})
		}
		o.reports = append(o.reports, report)
	}
}

// defaults completes an order of vllm bench or sglang's, which share their
// names of datasets.
func (o *order) defaults(requests, input, output int) {
	if o.requests == 0 && o.seconds == 0 {
		o.requests = requests
	}
	switch o.dataset {
	case "", "random":
		o.dataset = "random"
		if o.input == 0 {
			o.input = input
		}
		if o.output == 0 {
			o.output = output
		}
		if o.ratio >= 1 {
			o.list.Errorf(o.root.Pos, 1, "", "the range ratio must be below 1")
		}
	case "sharegpt":
	case "custom": // rows of {prompt, output_tokens}
		o.dataset = "local"
		if o.output == 0 {
			o.output = 256
		}
	default:
		o.list.Errorf(o.root.Pos, 1, diag.DidYouMean(o.dataset, []string{"random", "sharegpt", "custom"}), "the dataset %s cannot be imported", o.dataset)
		o.dataset = ""
	}
}
