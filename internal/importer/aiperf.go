package importer

import (
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// aiPerf is `aiperf profile` as of 0.13, and what it shares with `genai-perf profile`.
var aiPerf = tool{
	name:  "aiperf profile",
	begin: [][]string{{"aiperf", "profile"}, {"genai-perf", "profile"}},
	done:  aiperfDone,
	flags: map[string]option{
		"--model": setNode(func(o *order) **yamlpos.Node { return &o.model }), "-m": setNode(func(o *order) **yamlpos.Node { return &o.model }), "--model-names": setNode(func(o *order) **yamlpos.Node { return &o.model }),
		"--url": setText(func(o *order) *string { return &o.base }), "-u": setText(func(o *order) *string { return &o.base }),
		"--endpoint": setText(func(o *order) *string { return &o.endpoint }), "--custom-endpoint": setText(func(o *order) *string { return &o.endpoint }),
		"--endpoint-type": setText(func(o *order) *string { return &o.backend }), "--tokenizer": setNode(func(o *order) **yamlpos.Node { return &o.tokenizer }),
		"--streaming":   {is: noValue, set: func(o *order, _ *yamlpos.Node) { o.streams = true }},
		"--concurrency": setCount("--concurrency", 1, func(o *order) *int { return &o.cap }), "--request-rate": setRate("--request-rate"),
		"--request-rate-mode": setNode(func(o *order) **yamlpos.Node { return &o.profile }), "--arrival-pattern": setNode(func(o *order) **yamlpos.Node { return &o.profile }),
		"--request-count": setCount("--request-count", 1, func(o *order) *int { return &o.requests }), "--num-requests": setCount("--num-requests", 1, func(o *order) *int { return &o.requests }),
		"--benchmark-duration":          setFloat("--benchmark-duration", func(o *order) *float64 { return &o.seconds }),
		"--warmup-request-count":        setCount("--warmup-request-count", 0, func(o *order) *int { return &o.warmup }),
		"--synthetic-input-tokens-mean": setCount("--synthetic-input-tokens-mean", 1, func(o *order) *int { return &o.input }), "--isl": setCount("--isl", 1, func(o *order) *int { return &o.input }),
		"--output-tokens-mean": setCount("--output-tokens-mean", 1, func(o *order) *int { return &o.output }), "--osl": setCount("--osl", 1, func(o *order) *int { return &o.output }),
		"--random-seed": setSeed, "--header": setHeader, "-H": setHeader, "--api-key": setNode(func(o *order) **yamlpos.Node { return &o.apiKey }), "--goodput": setGoodput,
		"--extra-inputs": {is: manyValues, set: func(o *order, n *yamlpos.Node) {
			if strings.HasPrefix(n.Text, "{") {
				setParams.set(o, n)
				return
			}
			name, text, ok := strings.Cut(n.Text, ":")
			if !ok {
				o.wrong(n, "--extra-inputs", "name:value")
				return
			}
			setParam(name).set(o, after(n, len(name)+1, text))
		}},
		"--ui": {}, "--ui-type": {}, "--artifact-dir": {}, "--output-artifact-dir": {}, "--profile-export-file": {}, "--service-kind": {}, "-v": {is: noValue}, "--verbose": {is: noValue},
	},
}

func aiperfDone(o *order) {
	o.kind = "openai"
	endpoint := map[string]string{"": "/v1/chat/completions", "chat": "/v1/chat/completions", "completions": "/v1/completions"}[o.backend]
	if endpoint == "" {
		o.list.Errorf(o.root.Pos, 1, diag.DidYouMean(o.backend, []string{"chat", "completions"}), "--endpoint-type %s cannot be imported", o.backend)
	}
	if o.endpoint == "" {
		o.endpoint = endpoint
	}
	if o.base == "" {
		o.base = "http://127.0.0.1:8000"
	}
	o.whole = !o.streams
	if o.profile != nil {
		switch o.profile.Text {
		case "poisson":
		case "constant":
			o.constant = true
		default:
			o.list.Errorf(o.profile.Pos, o.profile.Width, "poisson and constant are read", "arrivals %s cannot be imported", shown(o.profile))
		}
	}
	if o.cap == 0 && o.rate == 0 {
		o.cap = 1
	}
	if o.requests == 0 && o.seconds == 0 {
		o.requests = max(10, 2*o.cap)
	}
	o.dataset = "random"
	if o.input == 0 {
		o.input = 550
	}
	if o.output == 0 {
		o.output = 128
		o.note("no output length is given: 128 tokens are asked for, where aiperf leaves it to the model")
	}
}
