package backends

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// template is a body in which {{name}} stands for something of the request. A
// place that is a whole value takes the value's type, and is left out, with its
// key, where the request has none; a place inside a text takes text.
type template struct {
	whole string          // the place that is the whole value; "" = none
	text  []string        // a text with places: text, name, text, name, …, text
	fixed json.RawMessage // a value without places
	keys  []string        // an object's, in order
	parts []*template     // an object's members, or a list's elements
	list  bool
}

// placeNames are what a template can hold, and whether it may stand inside a text.
var placeNames = map[string]bool{"prompt": true, "system": true, "model": true, "max_tokens": true, "messages": false, "tools": false}

var placeForm = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// compile makes a template of a section's value and reports what is wrong in it.
func compile(n *yamlpos.Node, list *diag.List) *template {
	switch n.Kind {
	case yamlpos.Map:
		t := &template{}
		for _, e := range n.Entries {
			if !strings.HasPrefix(e.Key, "x-") {
				t.keys, t.parts = append(t.keys, e.Key), append(t.parts, compile(e.Value, list))
			}
		}
		return t
	case yamlpos.List:
		t := &template{list: true}
		for _, it := range n.Items {
			t.parts = append(t.parts, compile(it, list))
		}
		return t
	case yamlpos.String:
		return compileText(n, list)
	default:
		b, err := render(n.Value)
		if err != nil {
			list.Errorf(n.Pos, n.Width, "JSON has no infinity", "%s cannot be written as JSON", n.Text)
		}
		return &template{fixed: b}
	}
}

func compileText(n *yamlpos.Node, list *diag.List) *template {
	t := &template{}
	from := 0
	for _, m := range placeForm.FindAllStringSubmatchIndex(n.Text, -1) {
		name := n.Text[m[2]:m[3]]
		inText, known := placeNames[name]
		alone := m[0] == 0 && m[1] == len(n.Text)
		pos := n.PosAt(utf8.RuneCountInString(n.Text[:m[0]]))
		width := utf8.RuneCountInString(n.Text[m[0]:m[1]])
		switch {
		case !known:
			names := slices.Sorted(maps.Keys(placeNames))
			list.Errorf(pos, width, diag.DidYouMean(name, names), "{{%s}} stands for nothing: expected %s", name, strings.Join(names, ", "))
		case alone:
			return &template{whole: name}
		case !inText:
			list.Errorf(pos, width, "write \"{{"+name+"}}\" alone", "{{%s}} is no text and cannot stand inside one", name)
		}
		t.text = append(t.text, n.Text[from:m[0]], name)
		from = m[1]
	}
	if from == 0 {
		b, _ := render(n.Text) // texts always have a JSON form
		return &template{fixed: b}
	}
	t.text = append(t.text, n.Text[from:])
	return t
}

// holds says whether a place stands somewhere in it.
func (t *template) holds(name string) bool {
	if t == nil {
		return false
	}
	for i := 1; i < len(t.text); i += 2 {
		if t.text[i] == name {
			return true
		}
	}
	return t.whole == name || slices.ContainsFunc(t.parts, func(p *template) bool { return p.holds(name) })
}

// render writes the value with what the request has; nil = it is left out.
func (t *template) render(values map[string]any) (json.RawMessage, error) {
	switch {
	case t.whole != "":
		v, ok := values[t.whole]
		if !ok {
			return nil, nil
		}
		return render(v)
	case t.text != nil:
		var b strings.Builder
		for i, part := range t.text {
			if v, ok := values[part]; i%2 == 1 && ok {
				part = fmt.Sprint(v)
			} else if i%2 == 1 {
				part = ""
			}
			b.WriteString(part)
		}
		return render(b.String())
	case t.fixed != nil:
		return t.fixed, nil
	case t.list:
		return t.renderList(values)
	default:
		o := &object{}
		for i, p := range t.parts {
			b, err := p.render(values)
			if err != nil {
				return nil, err
			}
			if b != nil {
				o.put(t.keys[i], b)
			}
		}
		return o.bytes()
	}
}

func (t *template) renderList(values map[string]any) (json.RawMessage, error) {
	items := [][]byte{}
	for _, p := range t.parts {
		b, err := p.render(values)
		if err != nil {
			return nil, err
		}
		if b != nil {
			items = append(items, b)
		}
	}
	return slices.Concat([]byte("["), bytes.Join(items, []byte(",")), []byte("]")), nil
}

// valuesFor is what a request has for the places of a template. What it has and
// the template has no place for is a mistake; of the wanted length that is not
// so, since many services take none.
func (t *template) valuesFor(model string, r *llm.Request) (map[string]any, error) {
	v := map[string]any{"model": model}
	if r.MaxTokens > 0 {
		v["max_tokens"] = r.MaxTokens
	}
	if r.Tools != nil {
		v["tools"] = r.Tools
		if !t.holds("tools") {
			return nil, errors.New("the body has no place for tools: write tools: \"{{tools}}\"")
		}
	}
	if t.holds("messages") {
		o := &object{}
		if err := sayChat(nil, o, &llm.Request{Messages: r.Messages, Prompt: r.Prompt}); err != nil {
			return nil, err
		}
		v["messages"] = o.get("messages")
		return v, o.err
	}
	return v, t.addPrompt(v, r)
}

// addPrompt splits a request into instructions and prompt.
func (t *template) addPrompt(v map[string]any, r *llm.Request) error {
	bare := llm.Request{Prompt: r.Prompt}
	var system []string
	for _, m := range r.Messages {
		if m.Role == "system" && len(m.Media) == 0 && t.holds("system") {
			system = append(system, m.Text)
		} else {
			bare.Messages = append(bare.Messages, m)
		}
	}
	if system != nil {
		v["system"] = strings.Join(system, "\n\n")
	}
	if !t.holds("prompt") {
		return errors.New("the body has no place for the prompt: write {{prompt}} or \"{{messages}}\" where it belongs")
	}
	prompt, err := onePrompt(&bare, "of a body without {{messages}}")
	v["prompt"] = prompt
	return err
}
