package importer

import (
	"math"
	"strconv"
	"strings"

	"loadgate/internal/yamlpos"
)

// guideLLM is `guidellm benchmark` as of 0.5.
var guideLLM = tool{
	name:  "guidellm benchmark",
	begin: [][]string{{"guidellm", "benchmark", "run"}, {"guidellm", "benchmark"}},
	done:  guideDone,
	flags: map[string]option{
		"--target": setText(func(o *order) *string { return &o.base }), "--backend": setText(func(o *order) *string { return &o.backend }), "--backend-type": setText(func(o *order) *string { return &o.backend }),
		"--model": setNode(func(o *order) **yamlpos.Node { return &o.model }), "--processor": setNode(func(o *order) **yamlpos.Node { return &o.tokenizer }),
		"--profile": setNode(func(o *order) **yamlpos.Node { return &o.profile }), "--rate-type": setNode(func(o *order) **yamlpos.Node { return &o.profile }),
		"--rate": {set: func(o *order, n *yamlpos.Node) {
			for part := range strings.SplitSeq(n.Text, ",") {
				v := *n
				v.Text = strings.TrimSpace(part)
				o.rates = append(o.rates, o.rateOf(&v, "--rate"))
			}
		}},
		"--max-seconds": setFloat("--max-seconds", func(o *order) *float64 { return &o.seconds }), "--max-requests": setCount("--max-requests", 1, func(o *order) *int { return &o.requests }),
		"--data": {set: guideData}, "--random-seed": setSeed, "--output-path": {}, "--output-dir": {}, "--outputs": {is: manyValues}, "--output-extras": {},
		"--disable-console": {is: noValue}, "--disable-progress": {is: noValue}, "--display-scheduler-stats": {is: noValue},
	},
}

// guideData reads what a synthetic dataset is: k=v,… or a JSON object.
func guideData(o *order, n *yamlpos.Node) {
	s := newSettings(&yamlpos.Node{Kind: yamlpos.Map, Pos: n.Pos, Entries: []yamlpos.Entry{{Key: "--data", KeyPos: n.Pos, Value: n}}})
	if !strings.ContainsAny(n.Text, "={") {
		o.list.Errorf(n.Pos, n.Width, "write the scenario's dataset by hand: kind file reads most files", "only synthetic data (prompt_tokens=…,output_tokens=…) can be imported")
		return
	}
	m := s.pairs("--data")
	o.list = append(o.list, s.list...)
	if m == nil {
		return
	}
	o.dataset = "random"
	for _, e := range m.Entries {
		switch e.Key {
		case "prompt_tokens":
			o.input = o.countOf(e.Value, e.Key, 1)
		case "output_tokens":
			o.output = o.countOf(e.Value, e.Key, 1)
		case "prefix_tokens":
			o.prefix = o.countOf(e.Value, e.Key, 0)
		case "kind", "type", "samples":
		default:
			o.list.Warnf(n.Pos, n.Width, "range_ratio draws lengths from a range", "--data: %s is left out", e.Key)
		}
	}
}

func guideDone(o *order) {
	o.kind = "openai"
	if o.backend != "" && o.backend != "openai_http" {
		o.list.Errorf(o.root.Pos, 1, "openai_http is read", "--backend %s cannot be imported", o.backend)
	}
	if o.base == "" {
		o.base = "http://127.0.0.1:8000"
	}
	if o.dataset == "" {
		o.list.Errorf(o.root.Pos, 1, "add --data prompt_tokens=256,output_tokens=128", "there is no --data that can be imported")
	}
	profile := "sweep"
	if o.profile != nil {
		profile = o.profile.Text
	}
	counts, at := o.rates, o.root.Pos
	if o.profile != nil {
		at = o.profile.Pos
	}
	switch profile {
	case "synchronous":
		o.closed, o.rates = []int{1}, nil
	case "concurrent":
		o.closed, o.rates = nil, nil
		for _, x := range counts {
			o.closed = append(o.closed, int(math.Max(1, x)))
		}
		if len(o.closed) == 0 {
			o.list.Errorf(o.root.Pos, 1, "add --rate 1,4,16", "--profile concurrent needs --rate")
		}
	case "throughput":
		o.rates = []float64{math.Inf(1)}
	case "constant", "async":
		o.constant = true
	case "poisson":
	default:
		o.list.Errorf(at, 1, "synchronous, concurrent, throughput, constant and poisson are read", "--profile %s cannot be imported: a scenario names its rates", strconv.Quote(profile))
	}
	if len(o.rates) == 1 {
		o.rate = o.rates[0]
	}
	if o.requests == 0 && o.seconds == 0 {
		o.list.Errorf(o.root.Pos, 1, "add --max-requests or --max-seconds", "nothing says when the load ends")
	}
}
