package backends

import (
	"encoding/json"
	"fmt"

	"loadgate/internal/llm"
)

// chatProtocol is OpenAI's chat completions.
var chatProtocol = protocol{
	root: "/v1", path: "/chat/completions", speech: []string{"messages"},
	say: sayChat, streaming: openAIStreaming, limit: openAILimit, decoder: openAIDecoder,
}

// completionsProtocol is OpenAI's text completions.
var completionsProtocol = protocol{
	root: "/v1", path: "/completions", speech: []string{"prompt"},
	say: sayPrompt, streaming: openAIStreaming, limit: openAILimit, decoder: openAIDecoder,
}

// message is one entry of `messages`. Content is a plain string where there is
// nothing but text, since some servers refuse lists of parts; else a list.
type message struct {
	Role    string `json:"role"`
	Content any    `json:"content"`
}

// part is one element of a content list.
type part struct {
	Type  string      `json:"type"`
	Text  string      `json:"text,omitempty"`
	Image *urlPart    `json:"image_url,omitempty"`
	Video *urlPart    `json:"video_url,omitempty"`
	Sound *urlPart    `json:"audio_url,omitempty"`
	Audio *audioInput `json:"input_audio,omitempty"`
}

type urlPart struct {
	URL string `json:"url"`
}

type audioInput struct {
	Data   string `json:"data"`
	Format string `json:"format"`
}

func sayChat(_ *family, o *object, r *llm.Request) error {
	messages := []message{}
	for _, m := range conversation(r) {
		messages = append(messages, message{m.Role, chatContent(&m)})
	}
	o.set("messages", messages)
	if r.Tools != nil {
		o.set("tools", r.Tools)
	}
	return nil
}

// chatContent is a message's text, or, with media, a list of parts: the text
// first.
func chatContent(m *llm.Message) any {
	if len(m.Media) == 0 {
		return m.Text
	}
	var parts []part
	if m.Text != "" {
		parts = append(parts, part{Type: "text", Text: m.Text})
	}
	for i := range m.Media {
		parts = append(parts, chatPart(&m.Media[i]))
	}
	return parts
}

// chatPart is a file in OpenAI's form. Films, and recordings that the server
// fetches itself, are not OpenAI's own: vLLM began them and others follow.
func chatPart(m *llm.Media) part {
	switch {
	case m.Kind == llm.Video:
		return part{Type: "video_url", Video: &urlPart{dataURL(m)}}
	case m.Kind == llm.Audio && m.URL != "":
		return part{Type: "audio_url", Sound: &urlPart{m.URL}}
	case m.Kind == llm.Audio:
		return part{Type: "input_audio", Audio: &audioInput{base64Of(m), audioFormat(m)}}
	default:
		return part{Type: "image_url", Image: &urlPart{dataURL(m)}}
	}
}

func sayPrompt(_ *family, o *object, r *llm.Request) error {
	prompt, err := onePrompt(r, "completions")
	if err == nil {
		o.set("prompt", prompt)
	}
	return err
}

// openAIStreaming asks for a stream with the tokens' count in it.
func openAIStreaming(f *family) map[string]any {
	if !f.config.Stream {
		return nil
	}
	options := map[string]any{"include_usage": true}
	if f.perUse {
		options["continuous_usage_stats"] = true
	}
	return map[string]any{"stream": true, "stream_options": options}
}

// openAILimit asks for a length under the key that output_limit says, unless
// params or the row ask under either.
func openAILimit(f *family, r *llm.Request) map[string]any {
	for _, key := range []string{maxTokens, maxCompletionTokens} {
		_, byParams := f.config.Params[key]
		if _, byRow := r.Extra[key]; byParams || byRow {
			return nil
		}
	}
	out := map[string]any{}
	if f.outputLimit != maxCompletionTokens {
		out[maxTokens] = r.MaxTokens
	}
	if f.outputLimit == maxCompletionTokens || f.outputLimit == bothLimits {
		out[maxCompletionTokens] = r.MaxTokens
	}
	return out
}

func openAIDecoder(f *family) llm.Decoder {
	n, _ := f.config.Params["n"].(int64)
	return &decoder{audit: f.audit, quota: f.quota, choices: int(n)}
}

// function is one tool that the model may call. Parameters are a JSON Schema.
type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
}

// functions reads a list of tools in OpenAI's form, for protocols that write
// them otherwise.
func functions(tools json.RawMessage) ([]function, error) {
	var list []struct {
		Type     string    `json:"type"`
		Function *function `json:"function"`
	}
	if err := json.Unmarshal(tools, &list); err != nil {
		return nil, fmt.Errorf("the tools are no list of objects: %w", err)
	}
	var out []function
	for i, t := range list {
		if t.Type != "function" || t.Function == nil || t.Function.Name == "" {
			return nil, fmt.Errorf("tool %d is no function with a name", i)
		}
		out = append(out, *t.Function)
	}
	return out, nil
}
