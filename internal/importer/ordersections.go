package importer

import (
	"math"
	"strings"

	"loadgate/internal/yamlpos"
)

// server is the backend's section; the tool has completed base and endpoint.
func (o *order) server() yamlpos.Fields {
	f := yamlpos.Fields{{Key: "kind", Value: o.kind}, {Key: "url", Value: o.url("127.0.0.1", "8000", "")}}
	if o.model != nil {
		f = append(f, yamlpos.Field{Key: "model", Value: textValue(o.model)})
	}
	if o.apiKey != nil {
		f = append(f, yamlpos.Field{Key: "api_key", Value: o.keys.apiKey(o.apiKey)})
	}
	if len(o.headers) > 0 {
		f = append(f, yamlpos.Field{Key: "headers", Value: o.headers})
	}
	if o.tokenizer != nil && o.dataset != "random" {
		f = append(f, yamlpos.Field{Key: "tokenizer", Value: textValue(o.tokenizer)})
	}
	if o.whole {
		f = append(f, yamlpos.Field{Key: "stream", Value: false})
	}
	if o.ignoreEOS {
		if o.kind == "vllm" || o.kind == "sglang" {
			f = append(f, yamlpos.Field{Key: "ignore_eos", Value: true})
		} else {
			o.params = append(o.params, yamlpos.Field{Key: "ignore_eos", Value: true})
		}
	}
	if len(o.params) > 0 {
		f = append(f, yamlpos.Field{Key: "params", Value: o.params})
	}
	return f
}

// section is the dataset's.
func (o *order) section() yamlpos.Fields {
	f := yamlpos.Fields{{Key: "kind", Value: o.dataset}}
	tokenizer := o.tokenizer
	if tokenizer == nil {
		tokenizer = o.model // what these tools do; a name that is a model's has its tokenizer
	}
	switch o.dataset {
	case "random":
		if tokenizer == nil {
			o.list.Errorf(o.root.Pos, 1, "add --tokenizer, with an encoding (cl100k_base), a model's name, or a folder", "random prompts need a tokenizer")
			return nil
		}
		f = append(f, yamlpos.Field{Key: "tokenizer", Value: textValue(tokenizer)}, yamlpos.Field{Key: "input_tokens", Value: o.input}, yamlpos.Field{Key: "output_tokens", Value: o.output})
		if o.ratio > 0 {
			f = append(f, yamlpos.Field{Key: "range_ratio", Value: math.Round(o.ratio*1e6) / 1e6})
		}
		if o.prefix > 0 {
			f = append(f, yamlpos.Field{Key: "prefix_tokens", Value: o.prefix})
		}
		return f
	case "":
		return nil
	}
	if o.path == nil {
		o.list.Errorf(o.root.Pos, 1, "loadgate fetches nothing: name your copy of it", "the dataset %s needs a file", o.dataset)
		return nil
	}
	f = append(f, yamlpos.Field{Key: "path", Value: textValue(o.path)})
	if o.dataset == "sharegpt" && tokenizer != nil {
		f = append(f, yamlpos.Field{Key: "tokenizer", Value: textValue(tokenizer)})
	}
	if o.output > 0 {
		f = append(f, yamlpos.Field{Key: "output_tokens", Value: o.output})
	}
	return f
}

// load is a closed loop where requests in flight alone decide, else an open one.
func (o *order) load() yamlpos.Fields {
	var f yamlpos.Fields
	switch {
	case len(o.closed) > 1 || len(o.rates) > 1: // an axis
	case len(o.closed) == 1:
		f = append(f, yamlpos.Field{Key: "concurrency", Value: o.closed[0]})
	case o.cap > 0 && (o.rate == 0 || math.IsInf(o.rate, 1)):
		f = append(f, yamlpos.Field{Key: "concurrency", Value: o.cap})
	default:
		if len(o.rates) == 1 {
			o.rate = o.rates[0]
		}
		if o.rate == 0 {
			o.rate = math.Inf(1)
		}
		f = append(f, yamlpos.Field{Key: "rate", Value: o.rate})
	}
	f = append(f, o.arrivals()...)
	if o.requests > 0 {
		f = append(f, yamlpos.Field{Key: "requests", Value: o.requests})
	}
	if o.seconds > 0 {
		f = append(f, yamlpos.Field{Key: "duration", Value: float64Text(o.seconds) + "s"})
	}
	if o.warmup > 0 {
		f = append(f, yamlpos.Field{Key: "warmup", Value: yamlpos.Inline{{Key: "requests", Value: o.warmup}}})
	}
	if o.seed != nil {
		f = append(f, yamlpos.Field{Key: "seed", Value: *o.seed})
	}
	return f
}

// arrivals are what an open loop with a finite rate says besides.
func (o *order) arrivals() yamlpos.Fields {
	finite := (o.rate > 0 && !math.IsInf(o.rate, 1)) || len(o.rates) > 1
	if !finite || len(o.closed) > 0 {
		return nil
	}
	var f yamlpos.Fields
	switch {
	case o.constant:
		f = append(f, yamlpos.Field{Key: "arrivals", Value: "constant"})
	case o.burst != 1 && o.burst > 0:
		f = append(f, yamlpos.Field{Key: "arrivals", Value: yamlpos.Inline{{Key: "gamma", Value: yamlpos.Inline{{Key: "burstiness", Value: o.burst}}}}})
	}
	if o.cap > 0 {
		f = append(f, yamlpos.Field{Key: "max_concurrency", Value: o.cap})
	}
	return f
}

// axes are several concurrencies, or several rates.
func (o *order) axes() yamlpos.Fields {
	var values []any
	switch {
	case len(o.closed) > 1:
		for _, n := range o.closed {
			values = append(values, n)
		}
		return yamlpos.Fields{{Key: "load.concurrency", Value: values}}
	case len(o.rates) > 1:
		for _, r := range o.rates {
			values = append(values, r)
		}
		return yamlpos.Fields{{Key: "load.rate", Value: values}}
	}
	return nil
}

func float64Text(x float64) string { return strings.TrimSuffix(float(x), ".0") }
