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

// request is what the server understands of a body.
type request struct {
	chat            bool
	model           string // empty: the first one served
	texts           []string
	extraTokens     int // prompt tokens that are not text: token ids, media
	limit           int // 0: none given
	ignoreEOS       bool
	stream          bool
	includeUsage    bool
	continuousUsage bool
}

// body is the union of both endpoints' bodies. Keys that are not here are
// ignored, as real servers do.
type body struct {
	Model               *string         `json:"model"`
	Messages            []message       `json:"messages"`
	Prompt              json.RawMessage `json:"prompt"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	IgnoreEOS           bool            `json:"ignore_eos"`
	N                   *int            `json:"n"`
	Stream              bool            `json:"stream"`
	StreamOptions       *struct {
		IncludeUsage         bool `json:"include_usage"`
		ContinuousUsageStats bool `json:"continuous_usage_stats"`
	} `json:"stream_options"`
}

type message struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// parseBody reads the body of /v1/chat/completions (chat) or /v1/completions.
// Its errors are for the client: a 400.
func parseBody(data []byte, chat bool) (request, error) {
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		return request{}, fmt.Errorf("the body is not a valid request: %w", err)
	}
	r := request{chat: chat, ignoreEOS: b.IgnoreEOS, stream: b.Stream}
	if b.Model != nil {
		r.model = *b.Model
	}
	if b.N != nil && *b.N != 1 {
		return request{}, fmt.Errorf("n must be 1, got %d", *b.N)
	}
	if o := b.StreamOptions; o != nil {
		if !b.Stream {
			return request{}, errors.New("stream_options need stream: true")
		}
		r.includeUsage = o.IncludeUsage
		r.continuousUsage = o.IncludeUsage && o.ContinuousUsageStats
	}
	if err := r.setLimit(b); err != nil {
		return request{}, err
	}
	if chat {
		return r, r.addMessages(b.Messages)
	}
	return r, r.addPrompt(b.Prompt)
}

// setLimit takes max_completion_tokens before max_tokens, as vLLM does.
func (r *request) setLimit(b body) error {
	key, v := "max_completion_tokens", b.MaxCompletionTokens
	if v == nil || !r.chat {
		key, v = "max_tokens", b.MaxTokens
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
