package datasets

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

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
	Session json.RawMessage   `json:"session_id"`
	Turns   []json.RawMessage `json:"turns"`
}

type aiperfTurn struct {
	blockRow
	Delay     given             `json:"delay"`
	Text      *string           `json:"text"`
	Texts     []json.RawMessage `json:"texts"`
	TextInput *string           `json:"text_input"`
	Messages  json.RawMessage   `json:"messages"`
	Tools     json.RawMessage   `json:"tools"`
	Payload   json.RawMessage   `json:"payload"`
	Model     string            `json:"model"`
	Extra     membersOf         `json:"extra"`
}

type membersOf map[string]json.RawMessage

// aiperfMedia are the members that name media, in the order in which they are sent.
var aiperfMedia = []struct {
	name string
	kind llm.MediaKind
}{
	{"image", llm.Image},
	{"images", llm.Image},
	{"audio", llm.Audio},
	{"audios", llm.Audio},
	{"video", llm.Video},
	{"videos", llm.Video},
}

func parseAIPerf(o traceOptions, raw rawRow) (r traceRow, err error) {
	var a aiperfRow
	if err := raw.unmarshal(&a); err != nil {
		return r, err
	}
	if err := noBranches(raw, raw.text); err != nil {
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
		if err := noBranches(raw, text); err != nil {
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
	if t.media, err = a.media(o, raw); err != nil {
		return t, err
	}
	switch {
	case a.Text != nil || len(a.Texts) > 0:
		t.request.Prompt, err = a.text(raw)
		t.grows = true
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
	case !isNone(a.Messages) || hasMember(raw.text, "prompt"):
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

func (a *aiperfTurn) text(raw rawRow) (string, error) {
	var texts []string
	if a.Text != nil {
		texts = append(texts, *a.Text)
	}
	for _, value := range a.Texts {
		var text string
		if json.Unmarshal(value, &text) != nil {
			return "", raw.fault("texts: expected a list of texts")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n"), nil
}

// media finds what a turn shows or plays beside its text: paths, URLs, data: URLs,
// or lists of them.
func (a *aiperfTurn) media(o traceOptions, raw rawRow) ([]mediaSource, error) {
	var members map[string]json.RawMessage
	if err := raw.unmarshal(&members); err != nil {
		return nil, err
	}
	var out []mediaSource
	for _, m := range aiperfMedia {
		if isNone(members[m.name]) {
			continue
		}
		list, err := o.files.sources(m.kind, members[m.name])
		if err != nil {
			return nil, raw.fault("%s: %v", m.name, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// noBranches refuses AIPerf's dag_jsonl, whose sessions go on in several ways at
// once. Sent as a plain session it would be another load than was recorded.
func noBranches(raw rawRow, text []byte) error {
	for _, name := range []string{"forks", "spawns"} {
		if hasMember(text, name) {
			bad := raw.fault("%s: sessions that branch (AIPerf's dag_jsonl) are not sent", name)
			bad.hint = "write each branch as a session of its own, as multi_turn has them"
			return bad
		}
	}
	return nil
}

// inputsRow is an element of AIPerf's inputs.json: the bodies of a session, each of
// which is sent as it is when the one before is answered.
//
//	{"data":[{"session_id":"s","payloads":[{"model":"m","messages":[{"role":"user","content":"Hi"}]}]}]}
type inputsRow struct {
	Session  json.RawMessage   `json:"session_id"`
	Payloads []json.RawMessage `json:"payloads"`
}

func parseInputs(_ traceOptions, raw rawRow) (r traceRow, err error) {
	var in inputsRow
	if err := raw.unmarshal(&in); err != nil {
		return r, err
	}
	const most = 1 << 15
	if len(in.Payloads) == 0 || len(in.Payloads) > most {
		return r, raw.fault("payloads: expected 1 to %d request bodies", most)
	}
	for i, body := range in.Payloads {
		var t traceTurn
		if t.request.Body, err = bodyOf(raw, "payload "+strconv.Itoa(i+1), body); err != nil {
			return r, err
		}
		if !isNone(in.Session) {
			t.session = identifier(in.Session)
		}
		r.turns = append(r.turns, t)
	}
	return r, nil
}

// hasMember reports whether an object has a member that is not null.
func hasMember(object []byte, name string) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(object, &members) == nil && !isNone(members[name])
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

// bodyOf checks a request body. The result shares no memory with the row.
func bodyOf(raw rawRow, name string, body []byte) (json.RawMessage, error) {
	if body[0] != '{' {
		return nil, raw.fault("%s: expected a request body, an object", name)
	}
	return slices.Clone(body), nil
}

// verbatimRow is a row of evalscope's workload_trace. Headers are those of the
// recorded client, and are not sent.
//
//	{"body":{"model":"m","messages":[{"role":"user","content":"hi"}]},"timestamp":1700000000.0,"request_id":"r1","completion_tokens":256}
type verbatimRow struct {
	Body       json.RawMessage `json:"body"`
	Timestamp  given           `json:"timestamp"`
	ID         json.RawMessage `json:"request_id"`
	Completion given           `json:"completion_tokens"`
}

func parseBodies(o traceOptions, raw rawRow) (r traceRow, err error) {
	var v verbatimRow
	if err := raw.unmarshal(&v); err != nil {
		return r, err
	}
	if isNone(v.Body) {
		return r, raw.fault("the row has no body")
	}
	var t traceTurn
	if t.request.Body, err = bodyOf(raw, "body", v.Body); err != nil {
		return r, err
	}
	if !isNone(v.ID) {
		t.session = identifier(v.ID)
	}
	if t.output, err = raw.count("completion_tokens", v.Completion.number); err != nil {
		return r, err
	}
	if v.Timestamp.there {
		r.timed = true
		if r.at, err = o.time(raw, "timestamp", v.Timestamp); err != nil {
			return r, err
		}
	}
	r.turns = []traceTurn{t}
	return r, nil
}
