package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// sglangProtocol is SGLang's own generation.
var sglangProtocol = protocol{
	path: "/generate", models: "/v1/models", unnamed: true, speech: []string{"text", "input_ids"}, inner: "sampling_params",
	say: saySGLang, streaming: plainStream,
	limit: func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{"sampling_params": map[string]any{"max_new_tokens": r.MaxTokens}}
	},
	decoder: func(f *family) llm.Decoder {
		return &sglangDecoder{gleaner: newGleaner(sglangPlaces), pieces: f.pieces}
	},
}

// sglangSection is an SGLang server.
type sglangSection struct {
	remote
	common
	lengthKey
	IgnoreEOS    *bool `yaml:"ignore_eos"`     // go on to the wanted length
	MinTokens    int   `yaml:"min_new_tokens"` // at least so many; 0 = not sent
	StopTokenIDs []int `yaml:"stop_token_ids"` // end the answer
	Pieces       bool  `yaml:"stream_output"`  // the server was started to send the new text alone
}

func openSGLang(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := sglangSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	s.fromZero("min_new_tokens", cfg.MinTokens)
	for _, id := range cfg.StopTokenIDs {
		s.fromZero("stop_token_ids", id)
	}
	apis := append([]api{}, openAIForms...)
	apis = append(apis, api{generateAPI, &sglangProtocol}, api{responsesAPI, &responsesProtocol}, api{embeddingsAPI, &embeddingsProtocol})
	f := s.service(ctx, &cfg.common, &cfg.remote, apis)
	f.outputLimit, f.pieces = cfg.OutputLimit, cfg.Pieces
	options := map[string]any{}
	if cfg.IgnoreEOS != nil {
		options["ignore_eos"] = *cfg.IgnoreEOS
	}
	if len(cfg.StopTokenIDs) > 0 {
		options["stop_token_ids"] = cfg.StopTokenIDs
	}
	native := f.endpoint().name == generateAPI
	switch {
	case cfg.MinTokens > 0 && native:
		options["min_new_tokens"] = cfg.MinTokens
	case cfg.MinTokens > 0:
		options["min_tokens"] = cfg.MinTokens
	}
	if native && len(options) > 0 {
		options = map[string]any{"sampling_params": options}
	}
	f.extra = options
	s.onlyFor(f, []string{chatAPI, completionsAPI, generateAPI}, "ignore_eos", "min_new_tokens", "stop_token_ids")
	s.onlyFor(f, []string{generateAPI}, "stream_output")
	return tokenizer{f, "prompt", "add_special_tokens", "text"}, s.list
}

// saySGLang writes the prompt, and the adapter where the row names one: here the
// server's own model has no name.
func saySGLang(f *family, o *object, r *llm.Request) error {
	var images []string
	if len(r.Messages) == 1 {
		m := r.Messages[0]
		for i := range m.Media {
			if m.Media[i].Kind != llm.Image {
				return cannotCarry(generateAPI, &m.Media[i])
			}
			images = append(images, dataURL(&m.Media[i]))
		}
		m.Media = nil
		bare := *r
		bare.Messages = []llm.Message{m}
		r = &bare
	}
	prompt, err := onePrompt(r, generateAPI)
	if err != nil {
		return err
	}
	o.set("text", prompt)
	if images != nil {
		o.set("image_data", images)
	}
	if r.Model != "" && r.Model != f.Model() {
		o.set("lora_path", r.Model)
	}
	return nil
}

// What is wanted of an event of SGLang's.
const (
	sglText slot = iota + 1
	sglReason
	sglIn
	sglOut
	sglCached
	sglError
)

var sglangPlaces = places(map[string]slot{
	"text":                         sglText,
	"meta_info.finish_reason.type": sglReason,
	"meta_info.prompt_tokens":      sglIn,
	"meta_info.completion_tokens":  sglOut,
	"meta_info.cached_tokens":      sglCached,
	"error":                        sglError,
})

// sglangDecoder reads SGLang's events: each has the whole text so far, unless the
// server sends the new text alone, and the running count of tokens.
type sglangDecoder struct {
	gleaner
	pieces bool
	text   []byte // all of it so far
	last   []byte // scratch
}

// Decode implements llm.Decoder.
func (d *sglangDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	u := unknownUsage
	for i := range hits {
		switch h := &hits[i]; h.slot {
		case sglText:
			d.take(h)
		case sglReason:
			ev.Finish = finishOf(h)
		case sglIn:
			u.Input = h.count()
		case sglOut:
			u.Output = h.count()
		case sglCached:
			u.Cached = h.count()
		case sglError:
			fail(ev, h)
		}
	}
	d.fill(ev)
	ev.Usage = told(u)
	if u.Output >= 0 {
		ev.Tokens = d.total(u.Output, ev.Kind() != llm.None)
	}
	return nil
}

// take adds what is new in a text.
func (d *sglangDecoder) take(h *hit) {
	if d.pieces {
		h.text(&d.content)
		return
	}
	d.last = d.last[:0]
	h.text(&d.last)
	d.content = append(d.content, newText(d.text, d.last)...)
	d.text, d.last = d.last, d.text
}
