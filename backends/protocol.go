package backends

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"loadgate/internal/llm"
)

// protocol is one way to ask and to be answered: where its path stands, how a
// body is made, how an answer is read. Kinds choose among them with `api:`.
type protocol struct {
	root   string // of the API on a host of which no more is known, such as /v1
	path   string // below the root; {model} stands for the model
	whole  string // the path of an answer that is not streamed; "" = path
	query  string // of a streamed call, such as alt=sse
	models string // the path that lists models; "" = /models

	document bool     // an answer is never a stream
	unnamed  bool     // the body does not name the model
	speech   []string // keys of the body that say sets
	inner    string   // the member that holds options; "" = they stand at the top

	// say adds what is asked: the prompt or the messages, and the tools.
	say func(f *family, o *object, r *llm.Request) error
	// streaming are the keys that asking for a stream, or for none, needs.
	streaming func(f *family) map[string]any
	// limit are the keys that ask for an output length; nil = it has none.
	limit func(f *family, r *llm.Request) map[string]any
	// decoder makes the reader of one answer.
	decoder func(f *family) llm.Decoder

	framing llm.Framing // of a streamed answer; "" = as its content type says
}

// pathOf is the path of calls below the root.
func (p *protocol) pathOf(stream bool) string {
	if !stream && p.whole != "" {
		return p.whole
	}
	return p.path
}

// needsModel says whether a request cannot be made without a model's name.
func (p *protocol) needsModel() bool { return !p.unnamed || strings.Contains(p.path, "{model}") }

// body renders a request: model and prompt first, then the other keys in
// alphabetical order, so that equal requests give equal bytes.
func (p *protocol) body(f *family, r *llm.Request) ([]byte, error) {
	if err := p.refuse(r.Extra); err != nil {
		return nil, err
	}
	if len(r.Body) > 0 {
		return p.verbatim(f, r)
	}
	o := &object{}
	if !p.unnamed {
		o.set("model", f.modelOf(r))
	}
	if err := p.say(f, o, r); err != nil {
		return nil, err
	}
	rest := map[string]any{}
	p.merge(rest, p.streaming(f))
	if p.limit != nil && r.MaxTokens > 0 {
		p.merge(rest, p.limit(f, r))
	}
	p.merge(rest, f.extra)
	p.merge(rest, f.config.Params)
	p.merge(rest, rawMembers(r.Extra))
	for _, key := range slices.Sorted(maps.Keys(rest)) {
		if !o.has(key) { // tools of the row win over those of params
			o.set(key, rest[key])
		}
	}
	return o.bytes()
}

// refuse says which member a dataset must not set: loadgate would not know any
// more what it sent, or how to read the answer.
func (p *protocol) refuse(extra map[string]json.RawMessage) error {
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		if key == "model" || key == "stream" || slices.Contains(p.speech, key) {
			return fmt.Errorf("the dataset's members for the body cannot set %s", key)
		}
	}
	return nil
}

func rawMembers(extra map[string]json.RawMessage) map[string]any {
	out := make(map[string]any, len(extra))
	for key, value := range extra {
		out[key] = value
	}
	return out
}

// merge lets the keys of from win over those of to. The members of the object
// that holds options win one by one.
func (p *protocol) merge(to, from map[string]any) {
	for key, value := range from {
		if old, ok := to[key]; ok && key == p.inner {
			if joined, ok := join(old, value); ok {
				value = joined
			}
		}
		to[key] = value
	}
}

// join is two objects in one; those of b win. It fails if one of them is none.
func join(a, b any) (map[string]any, bool) {
	out := map[string]any{}
	for _, v := range []any{a, b} {
		raw, err := render(v)
		if err != nil {
			return nil, false
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil || members == nil {
			return nil, false
		}
		maps.Copy(out, rawMembers(members))
	}
	return out, true
}

// verbatim is a body of the dataset's own, with the model, what streaming needs
// and the row's own members put in. All else, the order of keys too, stays as it
// is; params do not apply.
func (p *protocol) verbatim(f *family, r *llm.Request) ([]byte, error) {
	o, err := readObject(r.Body)
	if err != nil {
		return nil, fmt.Errorf("the dataset's body: %w", err)
	}
	if r.Tools != nil {
		return nil, errors.New("the dataset gives a whole body and tools beside it: put them into the body")
	}
	if !p.unnamed {
		o.set("model", f.modelOf(r))
	}
	if !f.config.Stream {
		if o.has("stream") {
			o.set("stream", false)
		}
		o.remove("stream_options")
	}
	ours := p.streaming(f)
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		o.set(key, joinInto(o.get(key), ours[key]))
	}
	for _, key := range slices.Sorted(maps.Keys(r.Extra)) {
		o.set(key, r.Extra[key])
	}
	return o.bytes()
}

// joinInto puts the members of ours into an object of the dataset's, behind its
// own; anything else replaces what is there.
func joinInto(theirs json.RawMessage, ours any) any {
	members, ok := ours.(map[string]any)
	o, err := readObject(theirs)
	if !ok || err != nil {
		return ours
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		o.set(key, members[key])
	}
	b, err := o.bytes()
	if err != nil {
		return ours
	}
	return json.RawMessage(b)
}

// noTools refuses what the protocol has no place for.
func noTools(r *llm.Request, api string) error {
	if r.Tools != nil {
		return fmt.Errorf("the api %s has no place for tools", api)
	}
	return nil
}

// onePrompt is a request's text for protocols that take one: no conversation,
// no media, no tools.
func onePrompt(r *llm.Request, api string) (string, error) {
	if err := noTools(r, api); err != nil {
		return "", err
	}
	switch {
	case len(r.Messages) == 0:
		return r.Prompt, nil
	case len(r.Messages) > 1:
		return "", fmt.Errorf("the api %s takes one prompt, and the dataset gives a conversation of %d messages: use one that takes messages, such as api: chat", api, len(r.Messages))
	case len(r.Messages[0].Media) > 0:
		return "", fmt.Errorf("the api %s takes text, and the dataset gives %s: use one that takes messages, such as api: chat", api, r.Messages[0].Media[0].Kind)
	default:
		return r.Messages[0].Text, nil
	}
}

// conversation is a request's messages; a bare prompt is the user's.
func conversation(r *llm.Request) []llm.Message {
	if len(r.Messages) == 0 {
		return llm.UserMessage(r.Prompt)
	}
	return r.Messages
}
