package backends

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"loadgate/internal/llm"
)

// message is one entry of `messages`. Content is a plain string: every server
// takes that, while some refuse lists of parts.
type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// body renders a request: model and prompt first, then the other keys in
// alphabetical order, so that equal requests give equal bytes.
func (f *family) body(api string, r llm.Request) ([]byte, error) {
	if len(r.Body) > 0 {
		return f.verbatim(r.Body)
	}
	o := &object{}
	o.set("model", f.Model())
	if err := addPrompt(o, api, r); err != nil {
		return nil, err
	}
	rest := f.options(r.MaxTokens)
	for _, key := range slices.Sorted(maps.Keys(rest)) {
		o.set(key, rest[key])
	}
	return o.bytes()
}

func addPrompt(o *object, api string, r llm.Request) error {
	if api == completionsAPI {
		switch {
		case len(r.Messages) == 0:
			o.set("prompt", r.Prompt)
		case len(r.Messages) == 1:
			o.set("prompt", r.Messages[0].Text)
		default:
			return fmt.Errorf("the completions API takes one prompt, and the dataset gives a conversation of %d messages: use api: chat", len(r.Messages))
		}
		return nil
	}
	messages := []message{}
	for _, m := range r.Messages {
		messages = append(messages, message{m.Role, m.Text})
	}
	if len(messages) == 0 {
		messages = append(messages, message{"user", r.Prompt})
	}
	o.set("messages", messages)
	return nil
}

// options are the keys beside model and prompt: ours, the kind's over them, and
// the user's params over all.
func (f *family) options(limit int) map[string]any {
	rest := map[string]any{}
	if f.config.Stream {
		rest["stream"] = true
		rest["stream_options"] = f.streamOptions()
	}
	_, own := f.config.Params[maxTokens]
	_, ownNew := f.config.Params[maxCompletionTokens]
	if limit > 0 && !own && !ownNew {
		if f.config.OutputLimit != maxCompletionTokens {
			rest[maxTokens] = limit
		}
		if f.config.OutputLimit != maxTokens {
			rest[maxCompletionTokens] = limit
		}
	}
	maps.Copy(rest, f.extra)
	maps.Copy(rest, f.config.Params)
	return rest
}

func (f *family) streamOptions() map[string]any {
	options := map[string]any{"include_usage": true}
	if f.perUse {
		options["continuous_usage_stats"] = true
	}
	return options
}

// verbatim is a body of the dataset's own, with the model and what streaming
// needs put in. All else, the order of keys too, stays as it is; params do not
// apply.
func (f *family) verbatim(body json.RawMessage) ([]byte, error) {
	o, err := readObject(body)
	if err != nil {
		return nil, fmt.Errorf("the dataset's body: %w", err)
	}
	o.set("model", f.Model())
	if !f.config.Stream {
		if o.has("stream") {
			o.set("stream", false)
		}
		o.remove("stream_options")
		return o.bytes()
	}
	o.set("stream", true)
	options, err := readObject(o.get("stream_options"))
	if err != nil {
		options = &object{}
	}
	ours := f.streamOptions()
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		options.set(key, ours[key])
	}
	b, err := options.bytes()
	if err != nil {
		return nil, err
	}
	o.set("stream_options", json.RawMessage(b))
	return o.bytes()
}
