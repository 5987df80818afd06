package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

const completionAPI = "completion"

// llamaCppProtocol is llama.cpp's own completion.
var llamaCppProtocol = protocol{
	path: "/completion", models: "/v1/models", unnamed: true, speech: []string{"prompt"},
	say: sayCompletion, streaming: plainStream,
	limit: func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{"n_predict": r.MaxTokens}
	},
	decoder: func(*family) llm.Decoder { return &llamaCppDecoder{gleaner: newGleaner(llamaCppPlaces)} },
}

// llamaCppSection is a llama.cpp server.
type llamaCppSection struct {
	remote
	common
	lengthKey
	IgnoreEOS   *bool `yaml:"ignore_eos"`   // go on to the wanted length
	CachePrompt *bool `yaml:"cache_prompt"` // reuse what the last prompts have in common; the server's default is yes
}

func openLlamaCpp(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := llamaCppSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	apis := append([]api{{completionAPI, &llamaCppProtocol}}, openAIForms...)
	apis = append(apis, api{responsesAPI, &responsesProtocol}, api{messagesAPI, &messagesProtocol}, api{embeddingsAPI, &embeddingsProtocol})
	f := s.service(ctx, &cfg.common, &cfg.remote, apis)
	f.outputLimit = cfg.OutputLimit
	f.ignoreEOS(cfg.IgnoreEOS)
	if cfg.CachePrompt != nil {
		f.extra["cache_prompt"] = *cfg.CachePrompt
	}
	s.onlyFor(f, []string{completionAPI, chatAPI, completionsAPI}, "ignore_eos", "cache_prompt")
	return tokenizer{f, "content", "add_special", "content"}, s.list
}

func sayCompletion(_ *family, o *object, r *llm.Request) error {
	prompt, err := onePrompt(r, completionAPI)
	o.set("prompt", prompt)
	return err
}

// What is wanted of an event of llama.cpp's.
const (
	cppText slot = iota + 1
	cppStop
	cppReason
	cppIn
	cppOut
	cppCached
	cppError
)

var llamaCppPlaces = places(map[string]slot{
	"content":          cppText,
	"stop":             cppStop,
	"stop_type":        cppReason,
	"tokens_evaluated": cppIn,
	"tokens_predicted": cppOut,
	"timings.cache_n":  cppCached,
	"error":            cppError,
})

// llamaCppDecoder reads llama.cpp's events: each has the running count of
// tokens, and the last says stop, with the engine's own timings.
type llamaCppDecoder struct{ gleaner }

// Decode implements llm.Decoder.
func (d *llamaCppDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	u, stop := unknownUsage, false
	for i := range hits {
		switch h := &hits[i]; h.slot {
		case cppText:
			h.text(&d.content)
		case cppStop:
			stop = h.isTrue()
		case cppReason:
			ev.Finish = finishOf(h)
		case cppIn:
			u.Input = h.count()
		case cppOut:
			u.Output = h.count()
		case cppCached:
			u.Cached = h.count()
		case cppError:
			fail(ev, h)
		}
	}
	d.fill(ev)
	if u.Output >= 0 {
		ev.Tokens = d.total(u.Output, ev.Kind() != llm.None)
	}
	if ev.Done = stop; stop {
		ev.Usage = told(u)
	} else {
		ev.Finish = ""
	}
	return nil
}
