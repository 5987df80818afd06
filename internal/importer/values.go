package importer

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// settings reads a mapping of another tool's settings by key. Values may be
// typed, as in a file, or texts, as from flags; null and the empty text are as
// good as not there.
type settings struct {
	root *yamlpos.Node
	list diag.List
	read map[string]bool
}

func newSettings(root *yamlpos.Node) *settings {
	return &settings{root: root, read: map[string]bool{}}
}

// node returns a key's value, nil when it is not set.
func (s *settings) node(key string) *yamlpos.Node {
	s.read[key] = true
	n := s.root.Get(key)
	if n == nil || empty(n) {
		return nil
	}
	return n
}

func (s *settings) wrong(n *yamlpos.Node, key, want string) {
	s.list.Errorf(n.Pos, n.Width, "", "%s: expected %s, got %s", key, want, shown(n))
}

// shown is a value for a message.
func shown(n *yamlpos.Node) string {
	switch {
	case n.Ref != "":
		return n.Ref
	case n.Kind == yamlpos.List || n.Kind == yamlpos.Map:
		return string(n.Kind)
	}
	text := []rune(n.Text)
	if len(text) > 40 {
		text = append(text[:40], '…')
	}
	return strconv.Quote(string(text))
}

// text reads a scalar as the text that it was written as.
func (s *settings) text(key string) string {
	n := s.node(key)
	switch {
	case n == nil:
		return ""
	case n.Kind == yamlpos.List || n.Kind == yamlpos.Map:
		s.wrong(n, key, "text")
		return ""
	}
	return strings.TrimSpace(n.Text)
}

// value is a scalar for printing: references stay, numbers stay numbers.
func value(n *yamlpos.Node) any {
	switch {
	case n.Ref != "":
		return yamlpos.Reference(n.Ref)
	case n.Kind == yamlpos.String || n.Value == nil:
		return n.Text
	}
	return n.Value
}

// textValue is a scalar for printing where a text is due.
func textValue(n *yamlpos.Node) any {
	if n.Ref != "" {
		return yamlpos.Reference(n.Ref)
	}
	return n.Text
}

// choice reads a word in any case, also as the name of an enum's member.
func (s *settings) choice(key string, known ...string) string {
	n := s.node(key)
	if n == nil {
		return known[0]
	}
	word := strings.ToLower(strings.TrimSpace(n.Text[strings.LastIndexByte(n.Text, '.')+1:]))
	for _, k := range known {
		if word == k {
			return k
		}
	}
	s.list.Errorf(n.Pos, n.Width, diag.DidYouMean(word, known), "%s: expected %s, got %s", key, strings.Join(known, ", "), shown(n))
	return known[0]
}

// flag reads a truth value in the spellings of YAML 1.1 and Python.
func (s *settings) flag(key string) bool {
	n := s.node(key)
	if n == nil {
		return false
	}
	switch strings.ToLower(n.Text) {
	case "true", "yes", "on", "1":
		return true
	case "false", "no", "off", "0":
		return false
	}
	s.wrong(n, key, "true or false")
	return false
}

// count reads a whole number of at least least.
func (s *settings) count(key string, otherwise, least int) int {
	n := s.node(key)
	if n == nil {
		return otherwise
	}
	return s.countOf(n, key, least)
}

func (s *settings) countOf(n *yamlpos.Node, key string, least int) int {
	x, err := strconv.ParseFloat(strings.TrimSpace(n.Text), 64)
	if err != nil || n.Kind == yamlpos.List || n.Kind == yamlpos.Map || x != math.Trunc(x) || x < float64(least) || x > 1e8 {
		s.wrong(n, key, fmt.Sprintf("a whole number from %d", least))
		return max(least, 1)
	}
	return int(x)
}

// ratio reads a number from 0 to below 1.
func (s *settings) ratio(key string) float64 {
	n := s.node(key)
	if n == nil {
		return 0
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(n.Text), 64)
	if err != nil || math.IsNaN(x) || x < 0 || x >= 1 {
		s.wrong(n, key, "a number from 0 to below 1")
		return 0
	}
	return x
}

// items are the values of a list, of texts that are separated by commas, or of
// a single value.
func (s *settings) items(key string) []*yamlpos.Node {
	n := s.node(key)
	switch {
	case n == nil:
		return nil
	case n.Kind == yamlpos.Map:
		s.wrong(n, key, "a list")
		return nil
	case n.Kind == yamlpos.List:
		var out []*yamlpos.Node
		for _, it := range n.Items {
			if it.Kind != yamlpos.Null && it.Text != "" {
				out = append(out, it)
			} else if it.Kind == yamlpos.List || it.Kind == yamlpos.Map {
				s.wrong(it, key, "a number")
			}
		}
		return out
	}
	var out []*yamlpos.Node
	text := strings.Trim(n.Text, "[] \t")
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			it := *n
			it.Text, it.Value, it.Kind = part, part, yamlpos.String
			out = append(out, &it)
		}
	}
	return out
}

// pairs reads a mapping, a JSON object in a text, or k=v,k2=v2.
func (s *settings) pairs(key string) *yamlpos.Node {
	n := s.node(key)
	if n == nil || n.Kind == yamlpos.Map {
		return n
	}
	if n.Kind == yamlpos.List {
		s.wrong(n, key, "a mapping")
		return nil
	}
	if text := strings.TrimSpace(n.Text); strings.HasPrefix(text, "{") {
		return s.object(n, key, text)
	}
	m := yamlpos.NewMap(n.Pos)
	for part := range strings.SplitSeq(n.Text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		k, v, ok := strings.Cut(part, "=")
		if k = strings.TrimSpace(k); !ok || k == "" {
			s.list.Errorf(n.Pos, n.Width, "write k=v,k2=v2 or a JSON object", "%s: a part of it is not k=v", key)
			return nil
		}
		it := &yamlpos.Node{Kind: yamlpos.String, Pos: n.Pos, Width: n.Width, Text: strings.TrimSpace(v), Value: strings.TrimSpace(v)}
		m.Set([]string{k}, typed(it))
	}
	return m
}

// typed reads a text as YAML would; the empty text stays one.
func typed(n *yamlpos.Node) *yamlpos.Node {
	if n.Text == "" {
		return n
	}
	return n.Retype()
}

// object reads a JSON object, which is YAML too.
func (s *settings) object(n *yamlpos.Node, key, text string) *yamlpos.Node {
	root, list := yamlpos.Parse(n.Pos.File, []byte(text), emptyEnv)
	if root == nil || list.HasErrors() || root.Kind != yamlpos.Map {
		s.list.Errorf(n.Pos, n.Width, `write {"k": "v"} with double quotes, or k=v,k2=v2`, "%s is no JSON object", key)
		return nil
	}
	for i := range root.Entries { // places within the text are none in the file
		e := &root.Entries[i]
		v := e.Value.Clone()
		v.Pos, v.Width = n.Pos, n.Width
		e.KeyPos, e.Value = n.Pos, v
	}
	return root
}

// emptyEnv takes every variable for set: what refers to it stays a reference.
func emptyEnv(string) (string, bool) { return "", true }

// rate reads -1 for one request after another, a rate, or inf in any spelling.
func (s *settings) rate(n *yamlpos.Node, key string) float64 {
	text := strings.ToLower(strings.TrimSpace(n.Text))
	text = strings.Trim(strings.TrimSuffix(strings.TrimPrefix(text, "float("), ")"), `'"`)
	switch strings.TrimPrefix(text, "+") {
	case "inf", ".inf", "infinity", "∞":
		return math.Inf(1)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || (x <= 0 && x != -1) || x > 1e6 {
		s.list.Errorf(n.Pos, n.Width, "-1 sends one request after another, 2.5 is a rate per second, inf sends all at once",
			"%s: expected -1, a rate above 0, or inf, got %s", key, shown(n))
		return 1
	}
	return x
}

// float is a number as Python prints it: 8.0, 0.5, inf.
func float(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "inf"
	case x == math.Trunc(x) && math.Abs(x) < 1e16:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// empty reports whether a value is as good as not there.
func empty(n *yamlpos.Node) bool {
	switch n.Kind {
	case yamlpos.Null:
		return true
	case yamlpos.String:
		return strings.TrimSpace(n.Text) == "" && n.Ref == ""
	case yamlpos.List, yamlpos.Map:
		return len(n.Items)+len(n.Entries) == 0
	}
	return false
}
