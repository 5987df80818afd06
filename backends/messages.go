package backends

import (
	"encoding/json"
	"fmt"

	"loadgate/internal/llm"
)

const messagesAPI = "messages"

// messagesProtocol is Anthropic's messages.
var messagesProtocol = protocol{
	root: "/v1", path: "/messages", speech: []string{"messages"},
	say: sayMessages, streaming: plainStream,
	limit: func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{maxTokens: r.MaxTokens}
	},
	decoder: func(*family) llm.Decoder {
		return &messagesDecoder{gleaner: newGleaner(messagesPlaces), usage: unknownUsage}
	},
}

// block is one element of a content list.
type block struct {
	Type   string  `json:"type"`
	Text   string  `json:"text,omitempty"`
	Source *source `json:"source,omitempty"`
}

type source struct {
	Type  string `json:"type"`
	Media string `json:"media_type,omitempty"`
	Data  string `json:"data,omitempty"`
	URL   string `json:"url,omitempty"`
}

// defaultMaxTokens is asked for where nobody says: the protocol wants a number.
const defaultMaxTokens = 1024

// sayMessages writes the conversation. The instructions stand apart in it, and
// the length must be said.
func sayMessages(f *family, o *object, r *llm.Request) error {
	var system string
	messages := []message{}
	for _, m := range conversation(r) {
		switch {
		case m.Role == "tool":
			return toolNeedsID(messagesAPI)
		case m.Role == "system" && len(m.Media) > 0:
			return fmt.Errorf("the api %s takes text as instructions, and the dataset gives %s", messagesAPI, m.Media[0].Kind)
		case m.Role == "system" && system != "":
			system += "\n\n" + m.Text
		case m.Role == "system":
			system = m.Text
		default:
			content, err := messagesContent(&m)
			if err != nil {
				return err
			}
			messages = append(messages, message{m.Role, content})
		}
	}
	o.set("messages", messages)
	if _, byParams := f.config.Params["system"]; system != "" && byParams {
		return fmt.Errorf("params set system, and so does the dataset: remove one")
	}
	if system != "" {
		o.set("system", system)
	}
	if _, byParams := f.config.Params[maxTokens]; r.MaxTokens == 0 && !byParams && r.Extra[maxTokens] == nil {
		o.set(maxTokens, defaultMaxTokens)
	}
	return sayFunctions(o, r, func(f function) any {
		if f.Parameters == nil {
			f.Parameters = json.RawMessage(`{"type":"object"}`)
		}
		return struct {
			Name        string          `json:"name"`
			Description string          `json:"description,omitempty"`
			Schema      json.RawMessage `json:"input_schema"`
		}{f.Name, f.Description, f.Parameters}
	})
}

func messagesContent(m *llm.Message) (any, error) {
	if len(m.Media) == 0 {
		return m.Text, nil
	}
	var blocks []block
	for i := range m.Media { // the vendor advises to put images before the text
		x := &m.Media[i]
		if x.Kind != llm.Image {
			return nil, cannotCarry(messagesAPI, x)
		}
		from := &source{Type: "url", URL: x.URL}
		if x.URL == "" {
			from = &source{Type: "base64", Media: mimeOf(x), Data: base64Of(x)}
		}
		blocks = append(blocks, block{Type: "image", Source: from})
	}
	if m.Text != "" {
		blocks = append(blocks, block{Type: "text", Text: m.Text})
	}
	return blocks, nil
}

// What is wanted of an event of messages.
const (
	msgType slot = iota + 1
	msgText
	msgThought
	msgTool
	msgStop
	msgIn
	msgOut
	msgCacheRead
	msgCacheWrite
	msgError
)

// messagesPlaces are the places in events (delta, content_block, message) and in
// a whole answer (content).
var messagesPlaces = func() *branch {
	paths := map[string]slot{"type": msgType, "error": msgError, "stop_reason": msgStop, "delta.stop_reason": msgStop}
	for _, at := range []string{"delta.", "content_block.", "content.*."} {
		paths[at+"text"] = msgText
		paths[at+"thinking"] = msgThought
	}
	paths["delta.partial_json"] = msgTool
	for _, at := range []string{"content_block.name", "content.*.name", "content.*.input"} {
		paths[at] = msgTool
	}
	for _, at := range []string{"usage.", "message.usage."} {
		paths[at+"input_tokens"] = msgIn
		paths[at+"output_tokens"] = msgOut
		paths[at+"cache_read_input_tokens"] = msgCacheRead
		paths[at+"cache_creation_input_tokens"] = msgCacheWrite
	}
	return places(paths)
}()

// messagesDecoder reads Anthropic's events, or a whole message. The beginning of
// a stream tells of the prompt's tokens, a later event of the rest and why the
// answer ended; only message_stop says that it is whole.
type messagesDecoder struct {
	gleaner
	usage  llm.Usage // Input without what came from the cache or went there
	wrote  int       // prompt tokens that went into the cache
	finish string
}

// Decode implements llm.Decoder.
func (d *messagesDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	for i := range hits {
		d.take(&hits[i], ev)
	}
	d.fill(ev)
	switch kind := only(hits, msgType); {
	case kind.is("message_stop"):
		ev.Done = true
		ev.Finish, ev.Usage = d.finish, d.account()
	case kind.is("message"):
		ev.Finish, ev.Usage = d.finish, d.account()
	case kind.is("error") && ev.Error == "":
		ev.Error = excerpt(data)
	}
	return nil
}

func (d *messagesDecoder) take(h *hit, ev *llm.Event) {
	switch h.slot {
	case msgText:
		h.text(&d.content)
	case msgThought:
		h.text(&d.reasoning)
	case msgTool:
		h.anything(&d.tool)
	case msgStop:
		d.finish = finishOf(h)
	case msgIn:
		d.usage.Input = h.count()
	case msgOut:
		d.usage.Output = h.count()
	case msgCacheRead:
		d.usage.Cached = h.count()
	case msgCacheWrite:
		d.wrote = max(0, h.count())
	case msgError:
		fail(ev, h)
	}
}

// account is the usage with the whole prompt as input: the vendor counts what
// came from its cache and what went there apart.
func (d *messagesDecoder) account() llm.Usage {
	u := d.usage
	if u.Input >= 0 {
		u.Input += max(0, u.Cached) + d.wrote
	}
	return told(u)
}
