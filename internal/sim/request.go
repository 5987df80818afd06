package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// mediaTokens is what an image or another part without text costs in the
// prompt.
const mediaTokens = 256

// dialect is the API that a request speaks.
type dialect string

const (
	dialectChat        dialect = "chat"        // OpenAI's chat completions
	dialectCompletions dialect = "completions" // OpenAI's text completions
	dialectMessages    dialect = "messages"    // Anthropic's messages
	dialectResponses   dialect = "responses"   // OpenAI's responses
	dialectOllama      dialect = "ollama"      // ollama's chat
	dialectGenerate    dialect = "generate"    // ollama's completion
)

// dialects are the dialects by path.
var dialects = map[string]dialect{
	"/v1/chat/completions": dialectChat, "/v1/completions": dialectCompletions, "/v1/messages": dialectMessages,
	"/v1/responses": dialectResponses, "/api/chat": dialectOllama, "/api/generate": dialectGenerate,
}

// request is what the server understands of a body.
type request struct {
	dialect         dialect
	chat            bool   // a conversation: the model may reason
	model           string // empty: the first one served
	texts           []string
	extraTokens     int // prompt tokens that are not text: token ids, media
	limit           int // 0: none given
	ignoreEOS       bool
	stream          bool
	includeUsage    bool
	continuousUsage bool
}

// body is the union of all endpoints' bodies. Keys that are not here are
// ignored, as real servers do.
type body struct {
	Model               *string         `json:"model"`
	Messages            []message       `json:"messages"`
	Prompt              json.RawMessage `json:"prompt"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	IgnoreEOS           bool            `json:"ignore_eos"`
	N                   *int            `json:"n"`
	Stream              *bool           `json:"stream"`
	System              json.RawMessage `json:"system"`            // of messages
	Input               json.RawMessage `json:"input"`             // of responses
	Instructions        string          `json:"instructions"`      // of responses
	MaxOutputTokens     *int            `json:"max_output_tokens"` // of responses
	Options             struct {
		NumPredict *int `json:"num_predict"`
	} `json:"options"` // of ollama
	StreamOptions *struct {
		IncludeUsage         bool `json:"include_usage"`
		ContinuousUsageStats bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
}

type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
	Images  []string        `json:"images"` // of ollama
}

// parseBody reads the body of a request. Its errors are for the client: a 400.
func parseBody(data []byte, d dialect) (request, error) {
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		return request{}, fmt.Errorf("the body is not a valid request: %w", err)
	}
	r := request{dialect: d, chat: d != dialectCompletions && d != dialectGenerate, ignoreEOS: b.IgnoreEOS}
	if r.stream = d == dialectOllama || d == dialectGenerate; b.Stream != nil {
		r.stream = *b.Stream
	}
	if b.Model != nil {
		r.model = *b.Model
	}
	if b.N != nil && *b.N != 1 {
		return request{}, fmt.Errorf("n must be 1, got %d", *b.N)
	}
	if o := b.StreamOptions; o != nil {
		if !r.stream {
			return request{}, errors.New("stream_options need stream: true")
		}
		r.includeUsage = o.IncludeUsage
		r.continuousUsage = o.IncludeUsage && o.ContinuousUsageStats
	}
	if err := r.setLimit(b); err != nil {
		return request{}, err
	}
	switch d {
	case dialectCompletions, dialectGenerate:
		return r, r.addPrompt(b.Prompt)
	case dialectResponses:
		return r, r.addInput(b)
	case dialectMessages:
		if err := r.addContent(b.System); err != nil {
			return r, fmt.Errorf("system %w", err)
		}
	}
	return r, r.addMessages(b.Messages)
}

// setLimit takes max_completion_tokens before max_tokens, as vLLM does.
func (r *request) setLimit(b body) error {
	key, v := "max_completion_tokens", b.MaxCompletionTokens
	if v == nil || r.dialect != dialectChat {
		key, v = "max_tokens", b.MaxTokens
	}
	switch r.dialect {
	case dialectResponses:
		key, v = "max_output_tokens", b.MaxOutputTokens
	case dialectOllama, dialectGenerate:
		key, v = "options.num_predict", b.Options.NumPredict
	case dialectMessages:
		if v == nil {
			return errors.New("max_tokens is missing")
		}
	}
	if v == nil {
		return nil
	}
	if *v < 1 {
		return fmt.Errorf("%s must be at least 1, got %d", key, *v)
	}
	r.limit = *v
	return nil
}

// addInput takes a string or a list of messages.
func (r *request) addInput(b body) error {
	if b.Instructions != "" {
		r.texts = append(r.texts, b.Instructions)
	}
	var text string
	if json.Unmarshal(b.Input, &text) == nil {
		r.texts = append(r.texts, text)
		return nil
	}
	var list []message
	if json.Unmarshal(b.Input, &list) != nil {
		return errors.New("input must be a string or a list of messages")
	}
	return r.addMessages(list)
}

func (r *request) addMessages(ms []message) error {
	if len(ms) == 0 {
		return errors.New("messages must not be empty")
	}
	for i, m := range ms {
		if m.Role == "" {
			return fmt.Errorf("messages[%d] has no role", i)
		}
		if err := r.addContent(m.Content); err != nil {
			return fmt.Errorf("messages[%d].content %w", i, err)
		}
		r.extraTokens += mediaTokens * len(m.Images)
	}
	return nil
}

// addContent takes a string, a list of parts, or nothing (an assistant's turn
// that only calls tools).
func (r *request) addContent(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		r.texts = append(r.texts, text)
		return nil
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return errors.New("must be a string or a list of parts")
	}
	for i, p := range parts {
		switch {
		case p.Type == "":
			return fmt.Errorf("has a part without a type, at index %d", i)
		case p.Text != nil:
			r.texts = append(r.texts, *p.Text)
		default:
			r.extraTokens += mediaTokens
		}
	}
	return nil
}

// addPrompt takes a string, a list of one string, or a list of token ids.
func (r *request) addPrompt(raw json.RawMessage) error {
	var text string
	if len(raw) == 0 || string(raw) == "null" {
		return errors.New("prompt is missing")
	}
	if json.Unmarshal(raw, &text) == nil {
		r.texts = []string{text}
		return nil
	}
	var ids []int
	if json.Unmarshal(raw, &ids) == nil && len(ids) > 0 {
		r.extraTokens = len(ids)
		return nil
	}
	var texts []string
	if json.Unmarshal(raw, &texts) == nil && len(texts) == 1 {
		r.texts = texts
		return nil
	}
	return errors.New("prompt must be a string, a list of one string, or a list of token ids")
}

// promptTokens counts the prompt: at least 1, as there is always a token to
// start from. Texts of the messages are counted apart; no chat template is
// added, so that a prompt made of n tokens counts n.
func (r *request) promptTokens(count func(string) int) int {
	n := r.extraTokens
	for _, t := range r.texts {
		n += count(t)
	}
	return max(1, n)
}

// roughCount is about four bytes a token.
func roughCount(text string) int { return (len(strings.TrimSpace(text)) + 3) / 4 }
