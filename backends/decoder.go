package backends

import (
	"bytes"
	"encoding/json"

	"loadgate/internal/llm"
)

// decoder reads the events of one answer.
type decoder struct {
	audit bool  // look for audit hits
	quota quota // looked for in errors
	chunk chunk
	mould mould

	choices  int // as many as were asked for or seen, 0 before
	finished int // that have ended

	// Tokens per event, from a usage that every event carries.
	growth
	exact bool // the events carry the ids of their tokens

	// Usage per choice, for servers that send one with each choice's last event.
	perChoice map[int]llm.Usage // nil while there is only choice 0
	first     llm.Usage         // of choice 0
}

// Decode implements llm.Decoder.
func (d *decoder) Decode(name, data []byte, ev *llm.Event) error {
	if len(name) == 0 && !d.audit && d.another(data, ev) {
		return nil
	}
	data = bytes.TrimSpace(data)
	if endMark(data, ev) {
		return nil
	}
	ev.Audit = d.audit && auditHit(data)
	c := &d.chunk
	if err := d.read(data); err != nil {
		return unreadable(name, data, ev, err)
	}
	if string(name) == "error" && c.err == "" {
		c.err = excerpt(data)
	}
	ev.Content, ev.Reasoning, ev.Tool = c.content, c.reasoning, c.tool
	if ev.Finish, ev.Error = d.finish(), c.err; c.err != "" {
		ev.Class = d.quota.class(data)
	}
	ev.Usage = d.usage()
	ev.Tokens = d.tokens(ev.Kind() != llm.None)
	return nil
}

// another takes an event that differs from the last one's shape in its text only,
// and in which that stands plainly: nearly all events of a stream. Everything
// else that could be said of it was said of the one that gave the shape.
func (d *decoder) another(data []byte, ev *llm.Event) bool {
	text, ok := d.mould.plain(data)
	if !ok {
		return false
	}
	if d.mould.reasoning {
		ev.Reasoning = text
	} else {
		ev.Content = text
	}
	d.unsure = d.unsure || (!d.exact && (d.mould.index > 0 || len(text) > 0))
	return true
}

// read fills the chunk by the cheapest reader that understands the event.
func (d *decoder) read(data []byte) error {
	c := &d.chunk
	if c.reset(); d.mould.read(data, c) {
		return nil
	}
	if c.reset(); scanChunk(data, c, &d.mould) {
		return nil
	}
	c.reset()
	return parseChunk(data, c)
}

// finish is the finish reason, once all choices have one: an answer that breaks
// off between them is not whole.
func (d *decoder) finish() string {
	c := &d.chunk
	d.choices = max(d.choices, c.index+1)
	d.finished += c.finishes
	if d.finished < d.choices {
		return ""
	}
	return c.finish
}

// usage is the account of all choices: a usage that comes with one of several
// choices is that choice's own, and theirs are added up; one that comes without
// choices is the sum already.
func (d *decoder) usage() llm.Usage {
	c := &d.chunk
	switch {
	case !c.usage.Set || c.choices != 1:
		return c.usage
	case c.index == 0 && d.perChoice == nil:
		d.first = c.usage
		return c.usage
	case d.perChoice == nil:
		d.perChoice = map[int]llm.Usage{}
		if d.first.Set {
			d.perChoice[0] = d.first
		}
	}
	d.perChoice[c.index] = c.usage
	sum := llm.Usage{Set: true}
	for _, u := range d.perChoice {
		sum.Input, sum.Output = plus(sum.Input, u.Input), plus(sum.Output, u.Output)
		sum.Reasoning, sum.Cached = plus(sum.Reasoning, u.Reasoning), plus(sum.Cached, u.Cached)
	}
	return sum
}

// plus adds counts of which -1 is unknown.
func plus(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return a + b
}

// tokens is how many tokens came with this event, 0 if unknown: the ids of its
// tokens, or what the usage grew by, if every event carries one. Several choices
// share one usage.
func (d *decoder) tokens(material bool) int {
	c := &d.chunk
	if c.hasIDs {
		d.exact = true
		return d.add(c.ids, material)
	}
	if d.exact { // a chunk without ids has no tokens
		return 0
	}
	told := c.usage.Set && c.usage.Output >= 0
	d.unsure = d.unsure || c.index > 0 || (material && !told)
	if !told {
		return 0
	}
	return d.total(c.usage.Output, material)
}

// auditHit looks for "blocked": true anywhere in an event.
func auditHit(data []byte) bool {
	if !bytes.Contains(data, []byte(`"blocked"`)) {
		return false
	}
	var v any
	return json.Unmarshal(data, &v) == nil && blocked(v)
}

func blocked(v any) bool {
	switch t := v.(type) {
	case map[string]any:
		if t["blocked"] == true {
			return true
		}
		for _, x := range t {
			if blocked(x) {
				return true
			}
		}
	case []any:
		for _, x := range t {
			if blocked(x) {
				return true
			}
		}
	}
	return false
}
