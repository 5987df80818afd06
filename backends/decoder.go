package backends

import (
	"bytes"
	"encoding/json"

	"loadgate/internal/llm"
)

// decoder reads the events of one answer.
type decoder struct {
	audit bool // look for audit hits
	chunk chunk
	mould mould

	// Tokens per event, from a usage that every event carries.
	counted int  // output tokens told of so far
	waiting int  // tokens told of by events without material, such as special tokens
	unsure  bool // an event with material said nothing, or several choices share the count

	// Usage per choice, for servers that send one with each choice's last event.
	perChoice map[int]llm.Usage // nil while there is only choice 0
	first     llm.Usage         // of choice 0
}

// Decode implements llm.Decoder.
func (d *decoder) Decode(name, data []byte, ev *llm.Event) error {
	data = bytes.TrimSpace(data)
	switch {
	case string(data) == "[DONE]":
		ev.Done = true
		return nil
	case string(data) == "null" || len(data) == 0: // llama.cpp begins some streams with it
		return nil
	case d.audit && auditHit(data):
		ev.Audit = true
	}
	c := &d.chunk
	if err := d.read(data); err != nil {
		return d.unreadable(name, data, ev, err)
	}
	if string(name) == "error" && c.err == "" {
		c.err = excerpt(data)
	}
	ev.Content, ev.Reasoning, ev.Tool = c.content, c.reasoning, c.tool
	ev.Finish, ev.Error = c.finish, c.err
	ev.Usage = d.usage()
	ev.Tokens = d.tokens(ev.Kind() != llm.None)
	return nil
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

// unreadable decides on data that is not what the protocol says: in an event
// that is named otherwise it is somebody's ping.
func (d *decoder) unreadable(name, data []byte, ev *llm.Event, err error) error {
	switch string(name) {
	case "error":
		ev.Error = excerpt(data)
		return nil
	case "", "message":
		return err
	default:
		return nil
	}
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

// tokens is how many tokens came with this event, 0 if unknown: what the usage
// grew by, if every event carries one. Tokens without text count with the next
// text.
func (d *decoder) tokens(material bool) int {
	c := &d.chunk
	told := c.usage.Set && c.usage.Output >= 0
	d.unsure = d.unsure || c.index > 0 || (material && !told)
	if d.unsure || !told {
		return 0
	}
	grown := c.usage.Output - d.counted
	if grown < 0 {
		d.unsure = true
		return 0
	}
	d.counted = c.usage.Output
	d.waiting += grown
	if !material {
		return 0
	}
	n := d.waiting
	d.waiting = 0
	return n
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
