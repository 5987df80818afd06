package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// tritonProtocol is the generate extension of the Triton inference server, as
// TensorRT-LLM's models take it: options are tensors at the top.
var tritonProtocol = protocol{
	path: "/v2/models/{model}/generate_stream", whole: "/v2/models/{model}/generate", unnamed: true, speech: []string{"text_input"},
	say: sayTriton, streaming: func(f *family) map[string]any { return map[string]any{"stream": f.config.Stream} },
	limit: func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{maxTokens: r.MaxTokens}
	},
	decoder: func(*family) llm.Decoder { return &tritonDecoder{gleaner: newGleaner(tritonPlaces)} },
}

// tritonVLLMProtocol is the same as Triton's vLLM models take it.
var tritonVLLMProtocol = func() protocol {
	p := tritonProtocol
	p.inner = "parameters"
	p.streaming = func(f *family) map[string]any {
		return map[string]any{"exclude_input_in_output": true, "parameters": map[string]any{"stream": f.config.Stream}}
	}
	p.limit = func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{"parameters": map[string]any{maxTokens: r.MaxTokens}}
	}
	return p
}()

// tritonSection is a model of a Triton inference server.
type tritonSection struct {
	remote
	common
	Engine string `yaml:"engine"` // tensorrt_llm | vllm: which of Triton's backends runs the model
}

const (
	tritonTensorRT = "tensorrt_llm"
	tritonVLLM     = "vllm"
)

func openTriton(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := tritonSection{common: defaults(), Engine: tritonTensorRT}
	s := decode(n, ctx.Name, &cfg)
	s.oneOf("engine", tritonTensorRT, tritonVLLM)
	p := &tritonProtocol
	if cfg.Engine == tritonVLLM {
		p = &tritonVLLMProtocol
	}
	f := s.service(ctx, &cfg.common, &cfg.remote, []api{{generateAPI, p}})
	if f.Model() == "" && s.list == nil {
		s.errorAt("model", "add model: NAME", "the backend %s has no model: it stands in the path", ctx.Name)
	}
	return f, s.list
}

func sayTriton(_ *family, o *object, r *llm.Request) error {
	prompt, err := onePrompt(r, generateAPI)
	o.set("text_input", prompt)
	return err
}

// What is wanted of an event of Triton's.
const (
	triText slot = iota + 1
	triReason
	triIn
	triOut
	triError
)

var tritonPlaces = places(map[string]slot{
	"text_output":       triText,
	"finish_reason":     triReason,
	"num_input_tokens":  triIn,
	"num_output_tokens": triOut,
	"error":             triError,
})

// tritonDecoder reads Triton's events: pieces of text. Nothing but the end of the
// body tells the end, unless the model was asked for finish reasons; likewise for
// tokens, of which num_output_tokens are those of the event.
type tritonDecoder struct {
	gleaner
	usage llm.Usage
	began bool
}

// Decode implements llm.Decoder.
func (d *tritonDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	if !d.began {
		d.began, d.usage = true, unknownUsage
	}
	ev.MayEnd = true
	for i := range hits {
		switch h := &hits[i]; h.slot {
		case triText:
			h.text(&d.content)
		case triReason:
			ev.Finish = finishOf(h)
		case triIn:
			d.usage.Input = h.count()
		case triOut:
			ev.Tokens = max(0, h.count())
			d.usage.Output = max(0, d.usage.Output) + ev.Tokens
		case triError:
			fail(ev, h)
		}
	}
	d.fill(ev)
	ev.Usage = told(d.usage)
	return nil
}
