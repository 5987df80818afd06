package datasets

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// columns is a row as its values by name.
type columns map[string]json.RawMessage

// field is the path of a value within a row: a column, and what is within it,
// as in choices[0] or data.prompt.
type field struct {
	source string
	steps  []step
}

// step goes one level down: to a member, or where name is "" to an element.
type step struct {
	name  string
	index int
}

var pathStep = regexp.MustCompile(`^(?:([^.\[\]{}?]+)|\[(\d{1,6})\])`)

// parseField reads a path.
func parseField(text string) (field, error) {
	f := field{source: text}
	for rest := text; rest != "" || f.steps == nil; {
		m := pathStep.FindStringSubmatch(rest)
		if m == nil || (m[1] == "" && f.steps == nil) {
			return field{}, fmt.Errorf("%q is no path of a value: write a column, as in question, or what is within it, as in data.prompt or choices[0]", text)
		}
		at, _ := strconv.Atoi(m[2]) // digits, or none
		f.steps = append(f.steps, step{m[1], at})
		rest = rest[len(m[0]):]
		if after, ok := strings.CutPrefix(rest, "."); ok && after != "" && after[0] != '[' {
			rest = after
		} else if rest != "" && rest[0] != '[' {
			rest = "." // no step begins so: the next round says so
		}
	}
	return f, nil
}

// get returns a row's value; ok is false where there is none or it is null. A
// column may have a path's very name.
func (f field) get(row columns) (raw json.RawMessage, ok bool) {
	if raw, ok := row[f.source]; ok {
		return raw, !isNull(raw)
	}
	raw = row[f.steps[0].name]
	for _, s := range f.steps[1:] {
		if raw = s.down(raw); raw == nil {
			return nil, false
		}
	}
	return raw, !isNull(raw)
}

// down returns the value a level below; nil where there is none.
func (s step) down(raw json.RawMessage) json.RawMessage {
	if s.name != "" {
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return nil
		}
		return members[s.name]
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || s.index >= len(items) {
		return nil
	}
	return items[s.index]
}

// missing words that a row has not got a field.
func (f field) missing(raw rawRow, row columns) *fault {
	names := slices.Sorted(maps.Keys(row))
	more := ""
	if len(names) > 20 {
		names, more = names[:20], ", …"
	}
	bad := raw.fault("the row has no %s", f.source)
	if _, there := row[f.steps[0].name]; !there {
		bad.hint = "its columns are " + strings.Join(names, ", ") + more
	}
	return bad
}

// textOf is a value as it stands in a prompt: a text without its quotes,
// anything else as JSON.
func textOf(raw json.RawMessage) string {
	if raw[0] != '"' {
		return string(raw)
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return string(raw) // cannot be: the row was read as JSON
	}
	return text
}

// template is a text with places for a row's values.
type template []part

// part is a text, or a place where field is set.
type part struct {
	text     string
	field    *field
	optional bool // nothing stands there where the row has no value
}

// parseTemplate reads a text with {column} for values, {column?} for those that
// may be missing, and {{ and }} for braces.
func parseTemplate(text string) (template, error) {
	var out template
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			out = append(out, part{text: plain.String()})
			plain.Reset()
		}
	}
	for text != "" {
		at := strings.IndexAny(text, "{}")
		if at < 0 {
			plain.WriteString(text)
			break
		}
		plain.WriteString(text[:at])
		brace := text[at]
		text = text[at+1:]
		if text != "" && text[0] == brace {
			plain.WriteByte(brace)
			text = text[1:]
			continue
		}
		name, rest, closed := strings.Cut(text, "}")
		if brace == '}' || !closed {
			return nil, fmt.Errorf("a %c stands alone: a value is written {column}, a brace %c%c", brace, brace, brace)
		}
		name, optional := strings.CutSuffix(name, "?")
		f, err := parseField(name)
		if err != nil || strings.ContainsAny(name, "\"'\n") {
			return nil, fmt.Errorf("{%s} names no value: write {column}, {data.prompt} or {choices[0]}, and {{ }} for braces", name)
		}
		flush()
		out = append(out, part{field: &f, optional: optional})
		text = rest
	}
	flush()
	return out, nil
}

// fill makes the text of a row. An error is a *fault.
func (t template) fill(raw rawRow, row columns) (string, error) {
	var out strings.Builder
	for _, p := range t {
		if p.field == nil {
			out.WriteString(p.text)
			continue
		}
		value, ok := p.field.get(row)
		if ok {
			out.WriteString(textOf(value))
		} else if !p.optional {
			return "", p.field.missing(raw, row)
		}
	}
	return out.String(), nil
}
