package backends

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"loadgate/internal/llm"
)

// tokenizer is what servers with /tokenize and /detokenize beside the API's root
// share; they differ in the names of a few keys.
type tokenizer struct {
	*family
	textKey    string // of the text in the request
	specialKey string // of the switch for special tokens
	answerKey  string // of the text in the answer of /detokenize
}

// TokenizeCall implements llm.ServerTokenizer.
func (t tokenizer) TokenizeCall(text string) *llm.Call {
	o := t.about()
	o.set(t.textKey, text)
	o.set(t.specialKey, false)
	return t.post("/tokenize", o)
}

// DetokenizeCall implements llm.ServerTokenizer.
func (t tokenizer) DetokenizeCall(ids []int) *llm.Call {
	o := t.about()
	o.set("tokens", ids)
	return t.post("/detokenize", o)
}

// ReadTokens implements llm.ServerTokenizer.
func (t tokenizer) ReadTokens(body []byte) ([]int, error) {
	var answer struct {
		Tokens []int `json:"tokens"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("the answer to /tokenize cannot be read: %w", err)
	}
	if answer.Tokens == nil {
		return nil, errors.New("the answer to /tokenize has no list of tokens")
	}
	return answer.Tokens, nil
}

// ReadText implements llm.ServerTokenizer.
func (t tokenizer) ReadText(body []byte) (string, error) {
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("the answer to /detokenize cannot be read: %w", err)
	}
	var text *string
	if json.Unmarshal(answer[t.answerKey], &text) != nil || text == nil {
		return "", fmt.Errorf("the answer to /detokenize has no text under %q", t.answerKey)
	}
	return *text, nil
}

// about begins a body: the model, once it is known.
func (t tokenizer) about() *object {
	o := &object{}
	if m := t.Model(); m != "" {
		o.set("model", m)
	}
	return o
}

// post is the call; texts and numbers always have a JSON form.
func (t tokenizer) post(path string, o *object) *llm.Call {
	body, _ := o.bytes()
	return &llm.Call{Method: http.MethodPost, URL: t.endpoint().beside(path), Header: t.header, Body: body}
}
