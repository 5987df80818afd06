package importer

import (
	"math"
	"strings"

	"loadgate/internal/yamlpos"
)

// sglangBench is SGLang's bench_serving as of 0.5.
var sglangBench = tool{
	name:  "sglang.bench_serving",
	begin: [][]string{{"sglang.bench_serving"}, {"bench_serving.py"}, {"sglang", "bench_serving"}},
	done:  sglangDone,
	flags: map[string]option{
		"--backend": setText(func(o *order) *string { return &o.kind }), "--base-url": setText(func(o *order) *string { return &o.base }),
		"--host": setText(func(o *order) *string { return &o.host }), "--port": setText(func(o *order) *string { return &o.port }),
		"--model": setNode(func(o *order) **yamlpos.Node { return &o.model }), "--tokenizer": setNode(func(o *order) **yamlpos.Node { return &o.tokenizer }),
		"--served-model-name": {set: func(o *order, n *yamlpos.Node) { o.served = n }},
		"--dataset-name":      setText(func(o *order) *string { return &o.dataset }), "--dataset-path": setNode(func(o *order) **yamlpos.Node { return &o.path }),
		"--num-prompts": setCount("--num-prompts", 1, func(o *order) *int { return &o.requests }), "--num-prompt": setCount("--num-prompt", 1, func(o *order) *int { return &o.requests }),
		"--request-rate": setRate("--request-rate"), "--max-concurrency": setCount("--max-concurrency", 1, func(o *order) *int { return &o.cap }),
		"--random-input-len": setCount("--random-input-len", 1, func(o *order) *int { return &o.input }), "--random-input": setCount("--random-input", 1, func(o *order) *int { return &o.input }),
		"--random-output-len": setCount("--random-output-len", 1, func(o *order) *int { return &o.output }), "--random-output": setCount("--random-output", 1, func(o *order) *int { return &o.output }),
		"--random-range-ratio":  setFloat("--random-range-ratio", func(o *order) *float64 { return &o.ratio }),
		"--sharegpt-output-len": setCount("--sharegpt-output-len", 1, func(o *order) *int { return &o.output }),
		"--warmup-requests":     setCount("--warmup-requests", 0, func(o *order) *int { return &o.warmup }),
		"--seed":                setSeed, "--header": setHeader, "--extra-request-body": setParams,
		"--disable-ignore-eos": {is: noValue, set: func(o *order, _ *yamlpos.Node) { o.stops = true }},
		"--disable-stream":     {is: noValue, set: func(o *order, _ *yamlpos.Node) { o.whole = true }},
		"--output-file":        {}, "--output-details": {is: noValue}, "--disable-tqdm": {is: noValue}, "--return-logprob": {is: noValue, set: nil}, "--tag": {},
	},
}

func sglangDone(o *order) {
	port := map[string]string{"sglang": "30000", "sglang-native": "30000", "sglang-oai": "30000", "sglang-oai-chat": "30000", "vllm": "8000", "vllm-chat": "8000", "": "30000"}[o.kind]
	if port == "" {
		o.list.Errorf(o.root.Pos, 1, "sglang, sglang-oai, sglang-oai-chat, vllm and vllm-chat are read", "--backend %s cannot be imported", o.kind)
	}
	if o.port == "" {
		o.port = port
	}
	switch {
	case strings.HasSuffix(o.kind, "-chat"):
		o.endpoint = "/v1/chat/completions"
	case o.kind == "sglang-oai" || o.kind == "vllm":
		o.endpoint = "/v1/completions"
	default:
		o.endpoint = "/generate"
	}
	o.kind, _, _ = strings.Cut(o.kind, "-")
	if o.kind == "" {
		o.kind = "sglang"
	}
	if o.served != nil {
		if o.tokenizer == nil {
			o.tokenizer = o.model
		}
		o.model = o.served
	}
	o.ignoreEOS = !o.stops
	if o.dataset == "" {
		o.dataset = "sharegpt"
	}
	if o.warmup == 0 && o.closed == nil {
		o.note("the one warm-up request that it sends is the preflight here")
	}
	o.defaults(1000, 1024, 1024)
	if o.dataset == "random" {
		o.sglangLengths()
	}
}

// sglangLengths turns lengths that are drawn from [r·L, L] into a mean and the
// ratio around it.
func (o *order) sglangLengths() {
	r := math.Min(o.ratio, 1)
	o.ratio = math.Min((1-r)/(1+r), 0.999)
	mean := func(l int) int { return max(1, int(math.Round(float64(l)*(1+r)/2))) }
	if r < 1 {
		o.note("its lengths are drawn from %s·L to L: here %d and %d tokens on average", float64Text(r), mean(o.input), mean(o.output))
	}
	o.input, o.output = mean(o.input), mean(o.output)
}
