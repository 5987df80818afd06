package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// explain words a mistake that the validator found in the tree. It returns
// nothing where another message already covers it.
func (c *checker) explain(root *yamlpos.Node, m mistake) diag.List {
	var list diag.List
	n := root.At(m.path...)
	if m.schema["x-name"] == true {
		c.explainName(root, m, &list)
		return list
	}
	if n == nil {
		return nil
	}
	switch m.keyword {
	case "required":
		c.explainMissing(root, n, m, &list)
	case "additionalProperties":
		c.explainUnknown(root, n, m, &list)
	case "not":
		c.explainRefused(root, n, m, &list)
	case "enum", "const":
		c.explainChoice(n, m, &list)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		list.Errorf(n.Pos, n.Width, "", "expected %s, got %s", rangeOf(m.schema), describe(n))
	case "minItems", "minProperties", "minLength":
		at, width := keyOf(root, m.path)
		list.Errorf(at, width, "", "%s is empty", name(m.path))
	default:
		c.explainValue(root, n, m, &list)
	}
	return list
}

// explainValue words a value of the wrong type or form.
func (c *checker) explainValue(root, n *yamlpos.Node, m mistake, list *diag.List) {
	if m.keyword == "type" && len(m.path) == 3 && m.path[0] == "matrix" {
		c.explainZip(root, m, list)
		return
	}
	if keys := choiceOfKeys(m.schema); len(keys) > 0 && n.Kind == yamlpos.Map {
		at, width := keyOf(root, m.path)
		if slices.ContainsFunc(keys, func(k string) bool { return n.Get(k) != nil }) {
			list.Errorf(at, width, "keep one of them", "%s has more than one of %s", name(m.path), strings.Join(keys, ", "))
			return
		}
		list.Errorf(at, width, "", "%s needs one of %s", name(m.path), strings.Join(keys, ", "))
		return
	}
	if n.Kind == yamlpos.Null {
		at, width := keyOf(root, m.path)
		list.Errorf(at, width, "write a value, or remove the key", "%s has no value: expected %s", name(m.path), expected(m.schema))
		return
	}
	hint, _ := m.schema["x-hint"].(string)
	if better := c.hintType(n, m); better != "" {
		hint = better
	}
	list.Errorf(n.Pos, n.Width, hint, "expected %s, got %s", expected(m.schema), describe(n))
}

// explainZip words an axis with a bare name whose values are no mappings: most
// often the path was meant.
func (c *checker) explainZip(root *yamlpos.Node, m mistake, list *diag.List) {
	axis := m.path[1]
	at, width := keyOf(root, m.path[:2])
	hint := "write the whole path of a field, such as load.concurrency"
	load := c.apply(c.pointer([]string{"$defs", "load"}), nil)
	if near := diag.Nearest(axis, c.keys(load)); near != "" {
		hint = "did you mean load." + near + "?"
	}
	list.Errorf(at, width, hint, "the axis %q has no path, so its values must be mappings with a name", axis)
}

func (c *checker) explainMissing(root, n *yamlpos.Node, m mistake, list *diag.List) {
	required, _ := m.schema["required"].([]any)
	props, _ := m.schema["properties"].(object)
	at, width := keyOf(root, m.path)
	for _, r := range required {
		key := r.(string)
		if n.Get(key) != nil || c.misspelt(n, m.schema, key) {
			continue
		}
		where := name(m.path)
		if len(m.path) == 0 {
			where = "the scenario"
		}
		sub, _ := props[key].(object)
		list.Errorf(at, width, hintMissing(key, c.apply(sub, nil)), "%s has no %s", where, key)
	}
}

// hintMissing shows how the missing key is written.
func hintMissing(key string, schemas []object) string {
	for _, s := range schemas {
		if examples, ok := s["examples"].([]any); ok && len(examples) > 0 {
			if _, nested := examples[0].(object); !nested {
				return fmt.Sprintf("add %s: %v", key, examples[0])
			}
		}
		if values, ok := s["enum"].([]any); ok {
			return fmt.Sprintf("add %s: %s", key, strings.Join(texts(values), ", or "))
		}
	}
	return "add " + key + ": …"
}

// misspelt reports whether an unknown key stands for the missing one: its own
// message says so already.
func (c *checker) misspelt(n *yamlpos.Node, s object, key string) bool {
	known := c.keys([]object{s})
	for _, e := range n.Entries {
		if slices.Contains(known, e.Key) || free(e.Key) {
			continue
		}
		if aliasOf(e.Key, []object{s}) == key || diag.Nearest(e.Key, known) == key {
			return true
		}
	}
	return false
}

func (c *checker) explainUnknown(root, n *yamlpos.Node, m mistake, list *diag.List) {
	known := c.keys([]object{m.schema})
	props, _ := m.schema["properties"].(object)
	for _, e := range n.Entries {
		if _, ok := props[e.Key]; ok || free(e.Key) {
			continue
		}
		hint := ""
		if meant := aliasOf(e.Key, []object{m.schema}); meant != "" {
			hint = fmt.Sprintf("did you mean %q?", meant)
		} else if near := diag.Nearest(e.Key, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		} else if at := c.elsewhere(root, e.Key); at != "" {
			hint = fmt.Sprintf("%s stands under %s", e.Key, at)
		} else {
			hint = diag.DidYouMean(e.Key, known)
		}
		list.Errorf(e.KeyPos, utf8.RuneCountInString(e.Key), hint, "unknown key %q", e.Key)
	}
}

// elsewhere finds the section that knows a key which stands in the wrong one.
func (c *checker) elsewhere(root *yamlpos.Node, key string) string {
	if slices.Contains(c.keys([]object{c.root}), key) {
		return "the top of the file"
	}
	if slices.Contains(c.keys(c.apply(c.pointer([]string{"$defs", "load"}), root.Get("load"))), key) {
		return "load"
	}
	return ""
}

// explainRefused words a key that is known and not to be had.
func (c *checker) explainRefused(root, n *yamlpos.Node, m mistake, list *diag.List) {
	at, width := keyOf(root, m.path)
	switch message, _ := m.schema["x-message"].(string); {
	case m.schema["x-later"] == true:
		list.Errorf(at, width, "remove it: this version of loadgate cannot do that", "`%s` is not available yet", m.path[len(m.path)-1])
	case message != "":
		list.Errorf(at, width, "", "%s", message)
	default:
		list.Errorf(n.Pos, n.Width, "", "%s does not go together: %s", name(m.path), describe(n))
	}
}

func (c *checker) explainChoice(n *yamlpos.Node, m mistake, list *diag.List) {
	values, _ := m.schema["enum"].([]any)
	allowed := texts(values)
	field := name(m.path)
	if len(m.path) > 0 && m.path[0] == "apiVersion" {
		list.Errorf(n.Pos, n.Width, "this loadgate reads "+strings.Join(allowed, ", "), "unsupported apiVersion %s", describe(n))
		return
	}
	later, _ := m.schema["x-later"].([]any)
	switch {
	case n.Kind == yamlpos.String && slices.Contains(texts(later), n.Text):
		list.Errorf(n.Pos, n.Width, "available: "+strings.Join(allowed, ", "), "the report kind %s is not available yet", n.Text)
	case m.schema["x-expected"] != nil && len(later) == 0:
		hint := diag.Nearest(n.Text, allowed)
		if hint != "" {
			hint = fmt.Sprintf("did you mean %q?", hint)
		}
		list.Errorf(n.Pos, n.Width, hint, "expected %s, got %s", expected(m.schema), describe(n))
	case strings.HasSuffix(field, "kind") || len(later) > 0:
		list.Errorf(n.Pos, n.Width, diag.DidYouMean(n.Text, allowed), "unknown kind %s", describe(n))
	default:
		hint, words := "", oneOf(allowed)
		if near := diag.Nearest(n.Text, allowed); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		if len(allowed) > 8 {
			hint, words = diag.DidYouMean(n.Text, allowed), fmt.Sprintf("one of %d known words", len(allowed))
		}
		list.Errorf(n.Pos, n.Width, hint, "expected %s, got %s", words, describe(n))
	}
}

// explainName words a key that cannot be a name.
func (c *checker) explainName(root *yamlpos.Node, m mistake, list *diag.List) {
	key := m.path[len(m.path)-1]
	at, width := keyOf(root, m.path)
	list.Errorf(at, width, "", "expected %s, got %q", expected(m.schema), key)
}

var quotedNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// hintType says what to write where a value has another type than was wanted.
func (c *checker) hintType(n *yamlpos.Node, m mistake) string {
	types := typesOf(m.schema)
	number := n.Kind == yamlpos.Int || n.Kind == yamlpos.Float
	switch {
	case m.schema["x-duration"] == true && number:
		return fmt.Sprintf("a duration has a unit: %ss, or %sms?", n.Text, n.Text)
	case slices.Contains(types, "boolean") && n.Kind == yamlpos.String:
		return "write true or false, without quotes"
	case m.schema["x-ratio"] == true && number:
		return fmt.Sprintf("write %s%%", n.Text)
	case slices.Contains(types, "object") && len(m.path) == 2 && n.Kind == yamlpos.String && (m.path[0] == "backends" || m.path[0] == "datasets"):
		return "write {kind: …} with the fields of that kind"
	case slices.Contains(types, "string") && m.keyword == "type" && m.path[0] != "slo" && (number || n.Kind == yamlpos.Bool):
		return fmt.Sprintf("put quotes round it: %q", n.Text)
	case (slices.Contains(types, "integer") || slices.Contains(types, "number")) && n.Kind == yamlpos.String && n.Ref == "" && quotedNumber.MatchString(n.Text):
		return "remove the quotes: " + n.Text
	case slices.Contains(types, "array") && n.Kind != yamlpos.Map && n.Ref == "" && utf8.RuneCountInString(n.Text) < 40 && !secretLike(n.Text):
		return fmt.Sprintf("a list is written [%s]", n.Text)
	case slices.Contains(types, "array"):
		return "write […], or one entry a line with `- `"
	case slices.Contains(types, "object") && n.Kind == yamlpos.String && strings.Contains(n.Text, ":"):
		return "a space belongs after the colon, as in key: value"
	default:
		return ""
	}
}
