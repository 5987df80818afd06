package scenario

import (
	"bytes"
	"errors"
	"math"
	"net/url"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"loadgate/internal/yamlpos"
)

// checker validates trees against the scenario's schema and words what it finds.
type checker struct {
	*fields
	compiled *jsonschema.Schema
}

const schemaURL = "scenario.json"

func newChecker(schema []byte) *checker {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	if err := c.AddResource(schemaURL, bytes.NewReader(schema)); err != nil {
		panic("scenario: " + err.Error()) // the schema is part of the binary
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		panic("scenario: " + err.Error())
	}
	return &checker{newFields(schema), compiled}
}

// mistake is one leaf of the validator's findings.
type mistake struct {
	path    []string // of the value, from the root of the tree
	keyword string   // of the schema, such as "type"
	schema  object   // the part of the schema that holds the keyword
	at      []string // where that part stands
}

// check validates a tree and returns the leaves of what is wrong, in the order
// of the validator. A failed anyOf or oneOf is one leaf: its branches are not
// mistakes of their own.
func (c *checker) check(n *yamlpos.Node) []mistake {
	var failed *jsonschema.ValidationError
	if err := c.compiled.Validate(instance(n)); err == nil || !errors.As(err, &failed) {
		return nil
	}
	var out []mistake
	var down func(e *jsonschema.ValidationError)
	down = func(e *jsonschema.ValidationError) {
		keywords := pointerTokens(e.AbsoluteKeywordLocation)
		last := ""
		if len(keywords) > 0 {
			last = keywords[len(keywords)-1]
		}
		if len(e.Causes) > 0 && last != "anyOf" && last != "oneOf" {
			for _, cause := range e.Causes {
				down(cause)
			}
			return
		}
		at := keywords[:max(0, len(keywords)-1)]
		out = append(out, mistake{
			path: instanceTokens(e.InstanceLocation), keyword: last, schema: c.pointer(at), at: at,
		})
	}
	down(failed)
	return out
}

// settle validates a tree and, where a value came from the environment and has
// the wrong type as text, reads it as YAML would have. It returns the tree to
// go on with (the same one when nothing changed) and what is still wrong.
func (c *checker) settle(n *yamlpos.Node) (*yamlpos.Node, []mistake) {
	found := c.check(n)
	changed := false
	for _, m := range found {
		v := n.At(m.path...)
		if v == nil || v.Ref == "" || len(m.path) == 0 || v.Kind != yamlpos.String {
			continue
		}
		typed := v.Retype()
		if typed.Kind == yamlpos.String || typed.Kind == yamlpos.Null {
			continue
		}
		if !changed {
			n, changed = n.Clone(), true
		}
		replace(n, m.path, typed)
	}
	if changed {
		found = c.check(n)
	}
	return n, found
}

// replace puts v at a path that exists; the path may run through lists.
func replace(n *yamlpos.Node, path []string, v *yamlpos.Node) {
	parent, last := n.At(path[:len(path)-1]...), path[len(path)-1]
	if parent.Kind == yamlpos.Map {
		parent.Entry(last).Value = v
		return
	}
	for i, it := range parent.Items {
		if it == parent.At(last) {
			parent.Items[i] = v
			return
		}
	}
}

// instance is a tree as the validator takes it. It cannot hold infinities.
func instance(n *yamlpos.Node) any {
	switch n.Kind {
	case yamlpos.Map:
		out := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			out[e.Key] = instance(e.Value)
		}
		return out
	case yamlpos.List:
		out := make([]any, len(n.Items))
		for i, it := range n.Items {
			out[i] = instance(it)
		}
		return out
	default:
		if f, ok := n.Value.(float64); ok && math.IsInf(f, 0) {
			return "inf"
		}
		return n.Value
	}
}

func pointerTokens(location string) []string {
	_, pointer, _ := strings.Cut(location, "#")
	return instanceTokens(pointer)
}

// instanceTokens cuts a JSON pointer as the validator writes it: escaped twice.
func instanceTokens(pointer string) []string {
	pointer = strings.TrimPrefix(pointer, "/")
	if pointer == "" {
		return nil
	}
	tokens := strings.Split(pointer, "/")
	for i, t := range tokens {
		if plain, err := url.PathUnescape(t); err == nil {
			t = plain
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens
}
