package datasets

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"loadgate/internal/llm"
)

// parse makes a row's request. Media that are files of their own are only found.
func (m *mapping) parse(raw rawRow) (candidate, bool, error) {
	var cols columns
	if err := raw.unmarshal(&cols); err != nil {
		return candidate{}, false, err
	}
	r := mappedRow{m, raw, cols, candidate{}}
	for _, step := range []func() error{r.content, r.lengths, r.media, r.members} {
		if err := step(); err != nil {
			return candidate{}, false, err
		}
	}
	r.out.text = r.out.promptText()
	return r.out, true, nil
}

// mappedRow is a row on its way to a request.
type mappedRow struct {
	*mapping
	raw  rawRow
	cols columns
	out  candidate
}

// value is a field's value; nil where there is none. must: then that is a fault.
func (r *mappedRow) value(f *field, must bool) (json.RawMessage, error) {
	if f == nil {
		return nil, nil
	}
	value, ok := f.get(r.cols)
	switch {
	case ok:
		return value, nil
	case must:
		return nil, f.missing(r.raw, r.cols)
	default:
		return nil, nil
	}
}

// content sets what is asked: a body, a conversation or a prompt.
func (r *mappedRow) content() error {
	messages, prompt := r.messages, r.prompt
	if r.guess {
		if messages, prompt = r.guessed(r.cols); messages == nil && prompt == nil {
			bad := r.raw.fault("nothing says what the prompt is, and the row has no %s", strings.Join(usual, ", "))
			bad.hint = `say so: prompt: "{column}"; the row's columns are ` + strings.Join(slices.Sorted(maps.Keys(r.cols)), ", ")
			return bad
		}
	}
	switch {
	case r.body != nil:
		return r.wholeBody()
	case messages != nil:
		if err := r.conversation(messages); err != nil {
			return err
		}
	default:
		text, err := prompt.fill(r.raw, r.cols)
		if err != nil {
			return err
		}
		if text == "" {
			return r.raw.fault("the prompt is empty")
		}
		r.out.request.Prompt = text
	}
	return r.systemPrompt()
}

func (r *mappedRow) wholeBody() error {
	value, err := r.value(r.body, true)
	if err != nil {
		return err
	}
	if r.out.request.Body, err = within(value, '{'); err != nil {
		return r.raw.fault("%s: %v", r.body.source, err)
	}
	return nil
}

// conversation sets the messages, but for the answers at their end: they are
// what is asked for.
func (r *mappedRow) conversation(from *field) error {
	value, err := r.value(from, true)
	if err != nil {
		return err
	}
	list, err := r.files.parseConversation(value)
	if err != nil {
		return r.raw.fault("%s: %v", from.source, err)
	}
	for len(list) > 0 && list[len(list)-1].role == "assistant" {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return r.raw.fault("%s: there is no message to send", from.source)
	}
	r.out.messages = list
	return nil
}

// systemPrompt puts the system prompt first, which makes messages of a prompt.
func (r *mappedRow) systemPrompt() error {
	if r.system == nil {
		return nil
	}
	text, err := r.system.fill(r.raw, r.cols)
	if err != nil {
		return err
	}
	r.toMessages()
	r.out.messages = append([]message{{role: "system", text: text}}, r.out.messages...)
	return nil
}

// toMessages makes a prompt the only message.
func (r *mappedRow) toMessages() {
	if len(r.out.messages) == 0 {
		r.out.messages, r.out.request.Prompt = []message{{role: "user", text: r.out.request.Prompt}}, ""
	}
}

// lengths sets the expected lengths.
func (r *mappedRow) lengths() error {
	if err := r.count(r.input, &r.out.request.InputTokens); err != nil {
		return err
	}
	if err := r.count(r.output, &r.out.request.MaxTokens); err != nil {
		return err
	}
	if r.fixed > 0 {
		r.out.request.MaxTokens = r.fixed
	}
	answer, err := r.value(r.answer, true)
	if answer != nil {
		r.out.answer = textOf(answer)
	}
	return err
}

// count reads a column with a number of tokens; a row may have none.
func (r *mappedRow) count(f *field, into *int) error {
	value, err := r.value(f, false)
	if value == nil || err != nil {
		return err
	}
	var n number
	if json.Unmarshal(value, &n) != nil {
		return r.raw.fault("%s: expected a number, got %s", f.source, jsonWords[jsonType(value)])
	}
	*into, err = r.raw.count(f.source, n)
	return err
}

// media puts the images, recordings and films of their columns into the last
// message of the user.
func (r *mappedRow) media() error {
	for _, column := range r.mapping.media {
		value, err := r.value(&column.from, false)
		if value == nil || err != nil {
			continue
		}
		sources, err := r.files.sources(column.kind, value)
		if err != nil {
			return r.raw.fault("%s: %v", column.from.source, err)
		}
		if len(sources) == 0 {
			continue
		}
		r.toMessages()
		last := &r.out.messages[len(r.out.messages)-1]
		last.media = append(last.media, sources...)
	}
	return nil
}

// members sets what stands beside the prompt.
func (r *mappedRow) members() error {
	if err := r.json(r.tools, '[', func(value json.RawMessage) error {
		r.out.request.Tools = value
		return nil
	}); err != nil {
		return err
	}
	if err := r.json(r.extra, '{', func(value json.RawMessage) error {
		return json.Unmarshal(value, &r.out.request.Extra)
	}); err != nil {
		return err
	}
	if value, _ := r.value(r.model, false); value != nil {
		r.out.request.Model = textOf(value)
	}
	if value, _ := r.value(r.id, false); value != nil {
		r.out.id = identifier(value)
	}
	return nil
}

// json hands a column's list or object to set; a row may have none.
func (r *mappedRow) json(f *field, begin byte, set func(json.RawMessage) error) error {
	value, _ := r.value(f, false)
	if value == nil || string(value) == `""` { // a table's cell without a value
		return nil
	}
	value, err := within(value, begin)
	if err == nil {
		err = set(value)
	}
	if err != nil {
		return r.raw.fault("%s: %v", f.source, err)
	}
	return nil
}

// finish reads the media that are files and completes the request.
func (c *candidate) finish() error {
	if len(c.messages) == 0 {
		return nil
	}
	c.request.Messages = make([]llm.Message, len(c.messages))
	for i, m := range c.messages {
		out := llm.Message{Role: m.role, Text: m.text}
		for _, source := range m.media {
			medium, err := source.load()
			if err != nil {
				return err
			}
			out.Media = append(out.Media, medium)
		}
		c.request.Messages[i] = out
	}
	return nil
}
