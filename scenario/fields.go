package scenario

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"loadgate/internal/yamlpos"
)

// object is a JSON Schema, or a part of one, as plain JSON.
type object = map[string]any

// fields answers questions about the scenario's schema beside a tree of nodes:
// which fields stand at a path, and what they say about themselves. A `kind:`
// in the tree selects the branch, as it does in validation.
type fields struct {
	root     object
	patterns map[string]*regexp.Regexp // of patternProperties
}

// newFields reads a composed schema; it is part of the binary, so that a
// mistake in it is a programming error.
func newFields(schema []byte) *fields {
	f := &fields{patterns: map[string]*regexp.Regexp{}}
	if err := json.Unmarshal(schema, &f.root); err != nil {
		panic("scenario: the schema is not JSON: " + err.Error())
	}
	f.compilePatterns(f.root)
	return f
}

func (f *fields) compilePatterns(v any) {
	switch x := v.(type) {
	case object:
		patterns, _ := x["patternProperties"].(object)
		for p := range patterns {
			f.patterns[p] = regexp.MustCompile(p) // a test composes the fragments
		}
		for _, c := range x {
			f.compilePatterns(c)
		}
	case []any:
		for _, c := range x {
			f.compilePatterns(c)
		}
	}
}

// pointer finds the part of the schema that a JSON pointer names.
func (f *fields) pointer(tokens []string) object {
	var at any = f.root
	for _, t := range tokens {
		switch x := at.(type) {
		case object:
			at = x[t]
		case []any:
			i := 0
			for _, r := range t {
				i = i*10 + int(r-'0')
			}
			if i < 0 || i >= len(x) {
				return nil
			}
			at = x[i]
		default:
			return nil
		}
	}
	o, _ := at.(object)
	return o
}

// apply lists the schemas that hold for a node in place: s itself, what it
// refers to, and the branches that the node selects.
func (f *fields) apply(s object, n *yamlpos.Node) []object {
	if s == nil {
		return nil
	}
	out := []object{s}
	if ref, ok := s["$ref"].(string); ok {
		out = append(out, f.apply(f.pointer(strings.Split(strings.TrimPrefix(ref, "#/"), "/")), n)...)
	}
	all, _ := s["allOf"].([]any)
	for _, branch := range all {
		b, _ := branch.(object)
		out = append(out, f.apply(b, n)...)
	}
	if cond, ok := s["if"].(object); ok {
		branch := "else"
		if f.holds(cond, n) {
			branch = "then"
		}
		b, _ := s[branch].(object)
		out = append(out, f.apply(b, n)...)
	}
	return out
}

// holds evaluates the conditions that the schema uses to choose a branch.
func (f *fields) holds(cond object, n *yamlpos.Node) bool {
	if t, ok := cond["type"].(string); ok && !hasType(n, t) {
		return false
	}
	if c, ok := cond["const"]; ok && (n == nil || n.Any() != c) {
		return false
	}
	if names, ok := cond["enum"].([]any); ok && (n == nil || !slices.Contains(names, n.Any())) {
		return false
	}
	required, _ := cond["required"].([]any)
	for _, r := range required {
		if n.Get(r.(string)) == nil {
			return false
		}
	}
	props, _ := cond["properties"].(object)
	for key, sub := range props {
		s, _ := sub.(object)
		if v := n.Get(key); v != nil && !f.holds(s, v) {
			return false
		}
	}
	return true
}

func hasType(n *yamlpos.Node, t string) bool {
	if n == nil {
		return false
	}
	switch t {
	case "object":
		return n.Kind == yamlpos.Map
	case "array":
		return n.Kind == yamlpos.List
	case "string":
		return n.Kind == yamlpos.String
	case "boolean":
		return n.Kind == yamlpos.Bool
	case "integer":
		return n.Kind == yamlpos.Int
	case "number":
		return n.Kind == yamlpos.Int || n.Kind == yamlpos.Float
	default:
		return false
	}
}

// child lists the schemas of a mapping's key, given the schemas that hold for
// the mapping. found is false when no schema knows the key; a key of an open
// mapping is found and has no schemas.
func (f *fields) child(parents []object, key string, v *yamlpos.Node) (schemas []object, found bool) {
	for _, p := range parents {
		known := false
		props, _ := p["properties"].(object)
		if s, ok := props[key]; ok {
			known, found = true, true
			o, _ := s.(object)
			schemas = append(schemas, f.apply(o, v)...)
		}
		patterns, _ := p["patternProperties"].(object)
		for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
			if f.patterns[pattern].MatchString(key) {
				known, found = true, true
				o, _ := patterns[pattern].(object)
				schemas = append(schemas, f.apply(o, v)...)
			}
		}
		if known {
			continue
		}
		switch more := p["additionalProperties"].(type) {
		case object:
			found = true
			schemas = append(schemas, f.apply(more, v)...)
		case bool:
			found = found || more
		}
	}
	return schemas, found
}

// at lists the schemas of the field at a path of keys.
func (f *fields) at(root *yamlpos.Node, path []string) []object {
	schemas, n := f.apply(f.root, root), root
	for _, key := range path {
		n = n.Get(key)
		schemas, _ = f.child(schemas, key, n)
	}
	return schemas
}

// item lists the schemas of a list's items.
func (f *fields) item(parents []object, v *yamlpos.Node) []object {
	var out []object
	for _, p := range parents {
		if s, ok := p["items"].(object); ok {
			out = append(out, f.apply(s, v)...)
		}
	}
	return out
}

// open reports whether a mapping of these schemas may hold any key.
func open(schemas []object) bool {
	for _, s := range schemas {
		if s["properties"] != nil || s["additionalProperties"] != nil {
			return s["additionalProperties"] == true
		}
	}
	return true
}

// keys lists the fields that the schemas name, in alphabetical order, without
// those that are not available yet.
func (f *fields) keys(schemas []object) []string {
	names := map[string]bool{}
	for _, s := range schemas {
		props, _ := s["properties"].(object)
		for key, sub := range props {
			o, _ := sub.(object)
			if !flagged(f.apply(o, nil), "x-later") {
				names[key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// flagged reports whether any of the schemas carries the annotation as true.
func flagged(schemas []object, annotation string) bool {
	return slices.ContainsFunc(schemas, func(s object) bool { return s[annotation] == true })
}

// visit calls fn for every node of the tree with the schemas that hold for it.
func (f *fields) visit(root *yamlpos.Node, fn func(n *yamlpos.Node, path []string, schemas []object)) {
	var down func(n *yamlpos.Node, path []string, schemas []object)
	down = func(n *yamlpos.Node, path []string, schemas []object) {
		fn(n, path, schemas)
		for _, e := range n.Entries {
			sub, _ := f.child(schemas, e.Key, e.Value)
			down(e.Value, append(path[:len(path):len(path)], e.Key), sub)
		}
		if len(n.Items) > 0 {
			for _, it := range n.Items {
				down(it, append(path[:len(path):len(path)], "-"), f.item(schemas, it))
			}
		}
	}
	down(root, nil, f.apply(f.root, root))
}
