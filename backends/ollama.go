package backends

import (
	"fmt"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

const generateAPI = "generate"

// ollamaChatProtocol is ollama's own chat: a JSON value a line.
var ollamaChatProtocol = protocol{
	path: "/api/chat", models: "/api/tags", speech: []string{"messages"}, inner: "options",
	say: sayOllamaChat, streaming: ollamaStreaming, limit: ollamaLimit, decoder: ollamaDecoderOf, framing: llm.FramingNDJSON,
}

// ollamaGenerateProtocol is ollama's completion of one prompt.
var ollamaGenerateProtocol = protocol{
	path: "/api/generate", models: "/api/tags", speech: []string{"prompt", "images"}, inner: "options",
	say: sayOllamaPrompt, streaming: ollamaStreaming, limit: ollamaLimit, decoder: ollamaDecoderOf, framing: llm.FramingNDJSON,
}

// ollamaSection is an ollama server, in its own protocol.
type ollamaSection struct {
	remote
	common
}

var ollamaKey = usualKey{"OLLAMA_API_KEY", "", []string{"ollama.com"}}

func openOllama(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := ollamaSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	apis := []api{{chatAPI, &ollamaChatProtocol}, {generateAPI, &ollamaGenerateProtocol}}
	return s.service(ctx, &cfg.common, &cfg.remote, apis, ollamaKey), s.list
}

// ollamaStreaming says in any case: the default is a stream.
func ollamaStreaming(f *family) map[string]any { return map[string]any{"stream": f.config.Stream} }

func ollamaLimit(_ *family, r *llm.Request) map[string]any {
	return map[string]any{"options": map[string]any{"num_predict": r.MaxTokens}}
}

func ollamaDecoderOf(*family) llm.Decoder { return &ollamaDecoder{gleaner: newGleaner(ollamaPlaces)} }

func sayOllamaChat(_ *family, o *object, r *llm.Request) error {
	type entry struct {
		Role    string   `json:"role"`
		Content string   `json:"content"`
		Images  []string `json:"images,omitempty"`
	}
	messages := []entry{}
	for _, m := range conversation(r) {
		images, err := ollamaImages(&m)
		if err != nil {
			return err
		}
		messages = append(messages, entry{m.Role, m.Text, images})
	}
	o.set("messages", messages)
	if r.Tools != nil {
		o.set("tools", r.Tools)
	}
	return nil
}

func sayOllamaPrompt(_ *family, o *object, r *llm.Request) error {
	if len(r.Messages) != 1 {
		prompt, err := onePrompt(r, generateAPI)
		o.set("prompt", prompt)
		return err
	}
	images, err := ollamaImages(&r.Messages[0])
	o.set("prompt", r.Messages[0].Text)
	if images != nil {
		o.set("images", images)
	}
	if err == nil {
		err = noTools(r, generateAPI)
	}
	return err
}

func ollamaImages(m *llm.Message) ([]string, error) {
	var images []string
	for i := range m.Media {
		x := &m.Media[i]
		if x.Kind != llm.Image || x.URL != "" {
			return nil, fmt.Errorf("ollama takes images as files, and the dataset gives %s", describe(x))
		}
		images = append(images, base64Of(x))
	}
	return images, nil
}

// What is wanted of a line of ollama's.
const (
	olText slot = iota + 1
	olThought
	olCall
	olDone
	olReason
	olIn
	olOut
	olError
)

var ollamaPlaces = places(map[string]slot{
	"message.content":                         olText,
	"message.thinking":                        olThought,
	"message.tool_calls.*.function.name":      olCall,
	"message.tool_calls.*.function.arguments": olCall,
	"response":          olText,
	"thinking":          olThought,
	"done":              olDone,
	"done_reason":       olReason,
	"prompt_eval_count": olIn,
	"eval_count":        olOut,
	"error":             olError,
})

// ollamaDecoder reads ollama's lines, of which the last says done.
type ollamaDecoder struct{ gleaner }

// Decode implements llm.Decoder.
func (d *ollamaDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	u := unknownUsage
	for i := range hits {
		switch h := &hits[i]; h.slot {
		case olText:
			h.text(&d.content)
		case olThought:
			h.text(&d.reasoning)
		case olCall:
			h.anything(&d.tool)
		case olDone:
			ev.Done = h.isTrue()
		case olReason:
			ev.Finish = finishOf(h)
		case olIn:
			u.Input = h.count()
		case olOut:
			u.Output = h.count()
		case olError:
			fail(ev, h)
		}
	}
	d.fill(ev)
	ev.Usage = told(u)
	return nil
}
