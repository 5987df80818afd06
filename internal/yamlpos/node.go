package yamlpos

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
)

// Kind is the type of a node after YAML's scalars have been resolved.
type Kind string

// Kinds, in the words that messages use.
const (
	Null   Kind = "null"
	Bool   Kind = "true or false"
	Int    Kind = "a whole number"
	Float  Kind = "a number"
	String Kind = "text"
	List   Kind = "a list"
	Map    Kind = "a mapping"
)

// Style is how a scalar was written.
type Style int

// Styles of scalars.
const (
	Plain Style = iota
	Quoted
	Block
)

// Node is one value of a document. Trees are shared freely and must not be
// changed once built; Clone first.
type Node struct {
	Kind  Kind
	Pos   diag.Pos // of the value's first character
	Width int      // runes on its first line, at least 1
	Value any      // bool, int64, float64 or string of a scalar; nil otherwise
	Text  string   // a scalar's text, after substitution
	Ref   string   // the text as written, where it held ${env:…}; else ""
	Style Style

	Items   []*Node // of a List
	Entries []Entry // of a Map, in file order

	lines []string // the file's lines, to place expressions inside block scalars
}

// Entry is one key of a mapping.
type Entry struct {
	Key    string
	KeyPos diag.Pos
	Value  *Node
}

// NewMap makes an empty mapping at pos.
func NewMap(pos diag.Pos) *Node { return &Node{Kind: Map, Pos: pos, Width: 1} }

// Get returns the value of a mapping's key, or nil.
func (n *Node) Get(key string) *Node {
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Entry returns a mapping's entry, or nil.
func (n *Node) Entry(key string) *Entry {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return &n.Entries[i]
		}
	}
	return nil
}

// At walks a path of keys and list indexes and returns nil where it ends.
func (n *Node) At(path ...string) *Node {
	for _, p := range path {
		switch {
		case n == nil:
			return nil
		case n.Kind == List:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(n.Items) {
				return nil
			}
			n = n.Items[i]
		default:
			n = n.Get(p)
		}
	}
	return n
}

// Keys lists a mapping's keys in file order.
func (n *Node) Keys() []string {
	keys := make([]string, len(n.Entries))
	for i, e := range n.Entries {
		keys[i] = e.Key
	}
	return keys
}

// Clone copies the tree, so that Set on the copy leaves the original alone.
func (n *Node) Clone() *Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Items = make([]*Node, len(n.Items))
	for i, it := range n.Items {
		c.Items[i] = it.Clone()
	}
	c.Entries = make([]Entry, len(n.Entries))
	for i, e := range n.Entries {
		c.Entries[i] = Entry{e.Key, e.KeyPos, e.Value.Clone()}
	}
	return &c
}

// Set puts v at a path of keys, making mappings on the way; a nil v or a null
// one removes the key. It reports false when the path runs through a scalar.
func (n *Node) Set(path []string, v *Node) bool {
	if n.Kind != Map {
		return false
	}
	e := n.Entry(path[0])
	if len(path) > 1 {
		if e == nil || e.Value.Kind == Null {
			if v == nil || v.Kind == Null {
				return true
			}
			n.remove(path[0])
			n.Entries = append(n.Entries, Entry{path[0], v.Pos, NewMap(v.Pos)})
			e = &n.Entries[len(n.Entries)-1]
		}
		return e.Value.Set(path[1:], v)
	}
	switch {
	case v == nil || v.Kind == Null:
		n.remove(path[0])
	case e != nil:
		e.Value = v
	default:
		n.Entries = append(n.Entries, Entry{path[0], v.Pos, v})
	}
	return true
}

func (n *Node) remove(key string) {
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			n.Entries = append(n.Entries[:i:i], n.Entries[i+1:]...)
			return
		}
	}
}

// Any gives the plain value: nil, bool, int64, float64, string, []any or
// map[string]any, with substituted values in place.
func (n *Node) Any() any { return n.plain(false) }

// Stored gives the plain value as it may be written to disk: what came from the
// environment stands there as the reference it was written as.
func (n *Node) Stored() any { return n.plain(true) }

func (n *Node) plain(refs bool) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case List:
		out := make([]any, len(n.Items))
		for i, it := range n.Items {
			out[i] = it.plain(refs)
		}
		return out
	case Map:
		out := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			out[e.Key] = e.Value.plain(refs)
		}
		return out
	default:
		if refs && n.Ref != "" {
			return n.Ref
		}
		return n.Value
	}
}

// PosAt is the place in the file of the rune at offset (from 0) of a scalar's
// text: exact for plain and block scalars and for quoted ones without escapes,
// else the scalar's own place.
func (n *Node) PosAt(offset int) diag.Pos {
	switch {
	case n.Ref != "" || n.Pos.Line == 0:
		return n.Pos
	case n.Style == Quoted:
		return n.Pos.Shift(offset + 1)
	case n.Style == Block:
		return n.blockPos(offset)
	case strings.Contains(n.Text, "\n") || n.Width < utf8.RuneCountInString(n.Text):
		return n.Pos
	default:
		return n.Pos.Shift(offset)
	}
}

func (n *Node) blockPos(offset int) diag.Pos {
	runes := []rune(n.Text)
	before := string(runes[:min(offset, len(runes))])
	line := n.Pos.Line + 1 + strings.Count(before, "\n")
	if line > len(n.lines) {
		return n.Pos
	}
	first := n.lines[n.Pos.Line]
	indent := utf8.RuneCountInString(first) - utf8.RuneCountInString(strings.TrimLeft(first, " "))
	col := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return diag.Pos{File: n.Pos.File, Line: line, Col: indent + col + 1}
}
