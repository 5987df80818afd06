package datasets

import (
	"encoding/json"
	"slices"

	"loadgate/internal/llm"
)

// aiperfRow is a line of one of AIPerf's forms, which it shows itself:
//
//	single_turn  {"text":"Hi","output_length":50,"timestamp":0,"session_id":"s","extra":{"top_p":0.9}}
//	multi_turn   {"session_id":"s1","turns":[{"text":"Hi"},{"text":"More","delay":1500}]}
//	mooncake     {"timestamp":3000,"input_length":2012,"output_length":354,"hash_ids":[0,427]}; in place of the input_length
//	             "text_input", "messages" (with "tools") or "payload"
//	raw_payload  a whole request body
//
// Times are in milliseconds. A turn has a timestamp or a delay, which counts from
// the answer before.
type aiperfRow struct {
	aiperfTurn
	Type    json.RawMessage   `json:"type"`
	Session json.RawMessage   `json:"session_id"`
	Turns   []json.RawMessage `json:"turns"`
}

type aiperfTurn struct {
	blockRow
	aiperfContent
	Delay     given           `json:"delay"`
	TextInput *string         `json:"text_input"`
	Messages  json.RawMessage `json:"messages"`
	Prompt    json.RawMessage `json:"prompt"` // of a body
	Tools     json.RawMessage `json:"tools"`
	Payload   json.RawMessage `json:"payload"`
	Model     string          `json:"model"`
	Extra     membersOf       `json:"extra"`
	Forks     json.RawMessage `json:"forks"`
	Spawns    json.RawMessage `json:"spawns"`
}

type membersOf map[string]json.RawMessage

func parseAIPerf(o traceOptions, raw rawRow) (r traceRow, err error) {
	var a aiperfRow
	if err := raw.unmarshal(&a); err != nil {
		return r, err
	}
	if string(a.Type) == `"random_pool"` {
		bad := raw.fault("a row of a random_pool is a part of requests, and none that was recorded")
		bad.hint = "kind: random_pool draws requests from such rows"
		return r, bad
	}
	if err := a.noBranches(raw); err != nil {
		return r, err
	}
	if !isNone(a.Session) {
		r.session = identifier(a.Session)
	}
	if len(a.Turns) == 0 {
		return a.single(o, raw, r)
	}
	const most = 1 << 15
	if len(a.Turns) > most {
		return r, raw.fault("the session has more than %d turns", most)
	}
	for i, text := range a.Turns {
		var t aiperfTurn
		part := rawRow{text: text, line: raw.line, col: raw.col}
		if err := part.unmarshal(&t); err != nil {
			return r, raw.fault("turn %d: %v", i+1, err)
		}
		if err := t.noBranches(raw); err != nil {
			return r, err
		}
		turn, err := t.turn(o, part)
		if err != nil {
			return r, raw.fault("turn %d: %v", i+1, err)
		}
		if i == 0 && t.Timestamp.there {
			r.timed = true
			if r.at, err = o.time(raw, "timestamp", t.Timestamp); err != nil {
				return r, err
			}
		}
		turn.session = r.session
		r.turns = append(r.turns, turn)
	}
	r.session = "" // the row is the whole of it
	return r, nil
}

// single makes a row of one turn.
func (a *aiperfRow) single(o traceOptions, raw rawRow, r traceRow) (traceRow, error) {
	turn, err := a.turn(o, raw)
	if err != nil {
		return r, err
	}
	if a.Timestamp.there {
		r.timed = true
		if r.at, err = o.time(raw, "timestamp", a.Timestamp); err != nil {
			return r, err
		}
	}
	turn.session = r.session
	r.turns = []traceTurn{turn}
	return r, nil
}

// turn makes the request of a turn: with its text, its messages, its body, or
// lengths of which the prompt is made.
func (a *aiperfTurn) turn(o traceOptions, raw rawRow) (t traceTurn, err error) {
	think, err := delay(raw, "delay", a.Delay)
	if err != nil {
		return t, err
	}
	if t.media, err = a.media(o.files, raw); err != nil {
		return t, err
	}
	switch {
	case a.hasText():
		var texts []string
		texts, err = a.texts(raw)
		t.request.Prompt, t.grows = joined(texts), true
	case a.TextInput != nil:
		t.request.Prompt, t.grows = *a.TextInput, true
	case len(t.media) > 0 && isNone(a.Payload) && isNone(a.Messages) && !a.Input.there:
		t.grows = true
	case len(t.media) > 0:
		err = raw.fault("media go with a text, and not with payload, messages or input_length")
	case !isNone(a.Payload):
		t.request.Body, err = bodyOf(raw, "payload", a.Payload)
	case a.Input.there:
		var r traceRow
		if r, err = a.parse(o, raw, false); err == nil {
			t = r.turns[0]
		}
	case !isNone(a.Messages) && a.traced():
		t.request.Messages, err = plainMessages(raw, a.Messages)
	case !isNone(a.Messages) || !isNone(a.Prompt):
		t.request.Body, err = bodyOf(raw, "the row", raw.text)
		return t, err
	default:
		err = raw.fault("the row has none of text, text_input, messages, payload and input_length")
	}
	if err != nil {
		return t, err
	}
	if len(t.media) == 0 && t.request.Body == nil && t.request.Prompt == "" && t.request.Messages == nil && !a.Input.there {
		return t, raw.fault("the text is empty")
	}
	r := &t.request
	r.Think, r.Model, r.Tools, r.Extra = think, a.Model, a.Tools, a.Extra
	if t.output == 0 {
		t.output, err = raw.count("output_length", a.Output.number)
	}
	return t, err
}

// traced reports whether a row with messages is one of a trace, and no body.
func (a *aiperfTurn) traced() bool {
	return a.Timestamp.there || a.Delay.there || a.Output.there
}

// noBranches refuses AIPerf's dag_jsonl, whose sessions go on in several ways at
// once. Sent as a plain session it would be another load than was recorded.
func (a *aiperfTurn) noBranches(raw rawRow) error {
	name := "forks"
	if isNone(a.Forks) {
		if name = "spawns"; isNone(a.Spawns) {
			return nil
		}
	}
	bad := raw.fault("%s: sessions that branch (AIPerf's dag_jsonl) are not sent", name)
	bad.hint = "write each branch as a session of its own, as multi_turn has them"
	return bad
}

// plainMessages reads messages of text.
func plainMessages(raw rawRow, list json.RawMessage) ([]llm.Message, error) {
	var messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	if err := json.Unmarshal(list, &messages); err != nil {
		return nil, raw.fault(`messages: expected a list of messages such as {"role": "user", "content": "…"}`)
	}
	var out []llm.Message
	for i, m := range messages {
		if !slices.Contains([]string{"system", "developer", "user", "assistant"}, m.Role) {
			return nil, raw.fault("message %d: unknown role %q", i+1, m.Role)
		}
		out = append(out, llm.Message{Role: m.Role, Text: m.Content})
	}
	if len(out) == 0 {
		return nil, raw.fault("messages is empty")
	}
	return out, nil
}
