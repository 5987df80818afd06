package scenario

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// describe names a value for a message. What came from the environment, or
// looks like a key, is never shown.
func describe(n *yamlpos.Node) string {
	switch {
	case n == nil || n.Kind == yamlpos.Null:
		return "nothing"
	case n.Ref != "" && n.Text == "":
		return n.Ref + ", which is empty"
	case n.Ref != "":
		return fmt.Sprintf("%s, whose value has %s", n.Ref, characters(utf8.RuneCountInString(n.Text)))
	case n.Kind == yamlpos.String && secretLike(n.Text):
		return "a text that looks like a key"
	case n.Kind == yamlpos.String:
		text := n.Text
		if r := []rune(text); len(r) > 40 {
			text = string(r[:40]) + "…"
		}
		return fmt.Sprintf("%q", text)
	case n.Kind == yamlpos.List || n.Kind == yamlpos.Map:
		return string(n.Kind)
	default:
		return n.Text
	}
}

func characters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}

// expected says in words what a schema takes.
func expected(s object) string {
	if words, ok := s["x-expected"].(string); ok {
		return words
	}
	for _, union := range []string{"anyOf", "oneOf"} {
		branches, _ := s[union].([]any)
		var words []string
		for _, b := range branches {
			if o, ok := b.(object); ok {
				words = append(words, expected(o))
			}
		}
		if len(words) > 0 {
			return strings.Join(words, " or ")
		}
	}
	if values, ok := s["enum"].([]any); ok {
		return oneOf(texts(values))
	}
	if s["minimum"] != nil || s["maximum"] != nil || s["exclusiveMinimum"] != nil {
		return rangeOf(s)
	}
	var words []string
	for _, t := range typesOf(s) {
		words = append(words, typeWords[t])
	}
	if len(words) == 0 {
		return "something else"
	}
	return strings.Join(words, " or ")
}

var typeWords = map[string]string{
	"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	"array": "a list", "object": "a mapping", "null": "nothing",
}

func typesOf(s object) []string {
	switch t := s["type"].(type) {
	case string:
		return []string{t}
	case []any:
		return texts(t)
	default:
		return nil
	}
}

// rangeOf says which numbers a schema takes.
func rangeOf(s object) string {
	kind := "a number"
	if s["type"] == "integer" {
		kind = "a whole number"
	}
	low, high := "", ""
	if v, ok := s["minimum"]; ok {
		low = fmt.Sprintf("from %s", numeral(v))
	}
	if v, ok := s["exclusiveMinimum"]; ok {
		low = fmt.Sprintf("above %s", numeral(v))
	}
	if v, ok := s["maximum"]; ok {
		high = fmt.Sprintf("up to %s", numeral(v))
	}
	if v, ok := s["exclusiveMaximum"]; ok {
		high = fmt.Sprintf("below %s", numeral(v))
	}
	return strings.TrimSpace(strings.Join(strings.Fields(kind+" "+low+" "+high), " "))
}

// numeral writes a number of the schema without an exponent.
func numeral(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// choiceOfKeys lists the keys among which an anyOf or oneOf of `required` lists
// lets choose; empty for any other schema.
func choiceOfKeys(s object) []string {
	var keys []string
	for _, union := range []string{"anyOf", "oneOf"} {
		branches, _ := s[union].([]any)
		for _, b := range branches {
			o, _ := b.(object)
			required, ok := o["required"].([]any)
			if !ok {
				return nil
			}
			keys = append(keys, strings.Join(texts(required), " with "))
		}
	}
	return keys
}

func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

func oneOf(words []string) string {
	switch len(words) {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	}
}

// name is a path as it is written in messages.
func name(path []string) string {
	var b strings.Builder
	for i, p := range path {
		switch {
		case p != "" && strings.Trim(p, "0123456789") == "":
			b.WriteString("[" + p + "]")
		case i > 0:
			b.WriteString("." + p)
		default:
			b.WriteString(p)
		}
	}
	return b.String()
}

// keyOf is the place of the key that holds the value at a path, and its width;
// the value's own place in a list or at the top.
func keyOf(root *yamlpos.Node, path []string) (diag.Pos, int) {
	if len(path) == 0 {
		return root.Pos, 1
	}
	last := path[len(path)-1]
	parent := root.At(path[:len(path)-1]...)
	if parent != nil && parent.Kind == yamlpos.Map {
		if e := parent.Entry(last); e != nil {
			return e.KeyPos, utf8.RuneCountInString(last)
		}
	}
	if n := root.At(path...); n != nil {
		return n.Pos, n.Width
	}
	return root.Pos, 1
}
