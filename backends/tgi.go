package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// tgiProtocol is the generation of Hugging Face's text-generation-inference.
var tgiProtocol = protocol{
	path: "/generate_stream", whole: "/generate", models: "/info", unnamed: true, speech: []string{"inputs"}, inner: "parameters",
	say: func(_ *family, o *object, r *llm.Request) error {
		prompt, err := onePrompt(r, generateAPI)
		o.set("inputs", prompt)
		return err
	},
	streaming: func(*family) map[string]any { // details are what counts the tokens
		return map[string]any{"parameters": map[string]any{"details": true}}
	},
	limit: func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{"parameters": map[string]any{"max_new_tokens": r.MaxTokens}}
	},
	decoder: func(*family) llm.Decoder { return &tgiDecoder{gleaner: newGleaner(tgiPlaces)} },
}

// tgiSection is a server of text-generation-inference.
type tgiSection struct {
	remote
	common
	lengthKey
}

func openTGI(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := tgiSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	f := s.service(ctx, &cfg.common, &cfg.remote, append([]api{{generateAPI, &tgiProtocol}}, openAIForms...))
	f.outputLimit = cfg.OutputLimit
	return f, s.list
}

// What is wanted of an event of TGI's.
const (
	tgiText slot = iota + 1
	tgiSpecial
	tgiWhole
	tgiReason
	tgiIn
	tgiOut
	tgiPrefill
	tgiError
)

var tgiPlaces = places(map[string]slot{
	"token.text":               tgiText,
	"token.special":            tgiSpecial,
	"generated_text":           tgiWhole,
	"details.finish_reason":    tgiReason,
	"details.input_length":     tgiIn,
	"details.generated_tokens": tgiOut,
	"details.prefill.*.id":     tgiPrefill,
	"error":                    tgiError,
})

// tgiDecoder reads TGI's events, each of which is a token. A special token has a
// text that is not part of the answer. The last event has the whole text again.
type tgiDecoder struct{ gleaner }

// Decode implements llm.Decoder.
func (d *tgiDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	text, special := only(hits, tgiText), only(hits, tgiSpecial)
	streamed := !isNull(text.raw)
	if streamed && !special.isTrue() {
		text.text(&d.content)
	}
	u, prefill := unknownUsage, 0
	for i := range hits {
		switch h := &hits[i]; h.slot {
		case tgiWhole:
			if ev.Done = streamed; !streamed {
				h.text(&d.content)
			}
		case tgiReason:
			ev.Finish = finishOf(h)
		case tgiIn:
			u.Input = h.count()
		case tgiOut:
			u.Output = h.count()
		case tgiPrefill:
			prefill++
		case tgiError:
			fail(ev, h)
		}
	}
	if u.Input < 0 && prefill > 0 {
		u.Input = prefill
	}
	d.fill(ev)
	ev.Usage = told(u)
	if streamed {
		ev.Tokens = d.add(1, ev.Kind() != llm.None)
	}
	return nil
}
