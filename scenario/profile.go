package scenario

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// change is one path=value of a profile or of --set.
type change struct {
	path  string
	at    diag.Pos // of the path
	value *yamlpos.Node
}

// profileChanges reads the profile that was asked for.
func (r *reader) profileChanges(root *yamlpos.Node) []change {
	if r.opts.Profile == "" {
		return nil
	}
	profiles := root.Get("profiles")
	p := profiles.Get(r.opts.Profile)
	if p == nil || p.Kind != yamlpos.Map || free(r.opts.Profile) {
		hint := "the scenario has no profiles"
		if known := sectionNames(profiles); len(known) > 0 {
			hint = diag.DidYouMean(r.opts.Profile, known)
		}
		if p == nil {
			r.list.Errorf(diag.Pos{File: "--profile"}, 0, hint, "there is no profile %q", r.opts.Profile)
		}
		return nil
	}
	var out []change
	for _, e := range p.Entries {
		if !free(e.Key) {
			out = append(out, change{e.Key, e.KeyPos, e.Value})
		}
	}
	return out
}

// setChanges reads the values of --set. Each argument is a line of a file that
// is called --set.
func (r *reader) setChanges() []change {
	var out []change
	var lines []string
	for i, arg := range r.opts.Set {
		arg = strings.Join(strings.FieldsFunc(arg, func(c rune) bool { return c == '\n' || c == '\r' }), " ")
		lines = append(lines, arg)
		path, text, ok := strings.Cut(arg, "=")
		at := diag.Pos{File: "--set", Line: i + 1, Col: 1}
		if !ok || strings.TrimSpace(path) == "" {
			r.list.Errorf(at, utf8.RuneCountInString(arg), "write --set load.concurrency=8", "--set takes path=value")
			continue
		}
		value := &yamlpos.Node{Kind: yamlpos.Null, Pos: at.Shift(utf8.RuneCountInString(path) + 1), Width: 1}
		if strings.TrimSpace(text) != "" {
			parsed, list := yamlpos.Parse("--set", []byte(text), r.opts.Env)
			shift := func(p diag.Pos) diag.Pos {
				if p.Line == 0 {
					return at
				}
				return diag.Pos{File: p.File, Line: i + 1, Col: p.Col + utf8.RuneCountInString(path) + 1}
			}
			for i := range list {
				list[i].Pos = shift(list[i].Pos)
			}
			r.list = append(r.list, list...)
			r.breakAt(list)
			if parsed == nil {
				continue
			}
			value = moved(parsed, shift)
		}
		out = append(out, change{strings.TrimSpace(path), at, value})
	}
	if len(lines) > 0 {
		r.sources["--set"] = []byte(strings.Join(lines, "\n"))
	}
	return out
}

// moved copies a tree with its positions changed.
func moved(n *yamlpos.Node, shift func(diag.Pos) diag.Pos) *yamlpos.Node {
	c := n.Clone()
	var down func(*yamlpos.Node)
	down = func(n *yamlpos.Node) {
		n.Pos = shift(n.Pos)
		for _, it := range n.Items {
			down(it)
		}
		for i := range n.Entries {
			n.Entries[i].KeyPos = shift(n.Entries[i].KeyPos)
			down(n.Entries[i].Value)
		}
	}
	down(c)
	return c
}

// apply makes one change to the tree. On an axis it narrows the axis.
func (r *reader) apply(root *yamlpos.Node, c change) {
	path := splitPath(c.path)
	width := utf8.RuneCountInString(c.path)
	matrix := root.Get("matrix")
	axis := c.path
	if path[0] == "matrix" {
		axis = path[1]
	}
	switch e := matrix.Entry(axis); {
	case slices.Contains([]string{"apiVersion", "profiles"}, path[0]):
		r.list.Errorf(c.at, width, "", "%s cannot be changed from outside", path[0])
	case path[0] == "matrix" && (slices.Contains(reservedAxes, axis) || strings.Contains(axis, ".") || c.value.Kind == yamlpos.Null):
		if strings.Contains(axis, ".") {
			if e == nil && !r.axisPath(root, strings.Split(axis, "."), c.at, c.path) {
				return
			}
			r.narrowed[axis] = e != nil
		}
		if e == nil && !strings.Contains(axis, ".") && !slices.Contains(reservedAxes, axis) {
			r.list.Errorf(c.at, width, diag.DidYouMean(axis, axisNames(matrix)), "the matrix has no axis %q", axis)
			return
		}
		r.put(root, path, c, listOf(c.value))
	case e != nil && strings.Contains(axis, "."):
		r.narrowed[axis] = true
		r.put(root, []string{"matrix", axis}, c, listOf(c.value))
	case e != nil && !slices.Contains(reservedAxes, axis) && !free(axis):
		r.narrowZip(e, c)
	case path[0] == "matrix":
		r.list.Errorf(c.at, width, diag.DidYouMean(axis, axisNames(matrix)), "the matrix has no axis %q", axis)
	default:
		if zip := zipSetting(matrix, c.path); zip != "" {
			r.list.Errorf(c.at, width, "choose among its values by name: "+zip+"=NAME", "%s is set by the axis %q", c.path, zip)
			return
		}
		if message, hint := r.check.checkPath(root, path, kindUnsettled(root, matrix)); message != "" {
			r.list.Errorf(c.at, width, hint, "%s", message)
			return
		}
		r.pinned[c.path] = true
		r.put(root, path, c, c.value)
	}
}

// unpinned leaves out what a profile or --set has decided: they stand above the
// scenario, and so above its include and override.
func (r *reader) unpinned(sets []setting) []setting {
	return slices.DeleteFunc(sets, func(s setting) bool { return r.pinned[strings.Join(s.path, ".")] })
}

func (r *reader) put(root *yamlpos.Node, path []string, c change, v *yamlpos.Node) {
	if !root.Set(path, v) {
		r.list.Errorf(c.at, utf8.RuneCountInString(c.path), "", "%s runs through a value that is no mapping", c.path)
	}
}

// listOf makes a list of a single value; lists and null stay.
func listOf(v *yamlpos.Node) *yamlpos.Node {
	if v.Kind == yamlpos.List || v.Kind == yamlpos.Null || v.Kind == yamlpos.Map {
		return v
	}
	return &yamlpos.Node{Kind: yamlpos.List, Pos: v.Pos, Width: v.Width, Items: []*yamlpos.Node{v}}
}

// narrowZip keeps the values of a named axis that are asked for by name.
func (r *reader) narrowZip(e *yamlpos.Entry, c change) {
	wanted := listOf(c.value)
	if wanted.Kind == yamlpos.List && len(wanted.Items) > 0 && wanted.Items[0].Kind == yamlpos.Map {
		e.Value = wanted // a profile may give the axis other values altogether
		r.narrowed[e.Key] = true
		return
	}
	kept, known := *e.Value, []string{}
	kept.Items = nil
	for _, it := range e.Value.Items {
		known = append(known, valueText(nameOf(it)))
	}
	for _, w := range wanted.Items {
		i := slices.Index(known, valueText(w.Any()))
		if i < 0 {
			r.list.Errorf(w.Pos, w.Width, diag.DidYouMean(w.Text, known), "the axis %s has no value named %s", e.Key, describe(w))
			continue
		}
		kept.Items = append(kept.Items, e.Value.Items[i])
	}
	if len(kept.Items) > 0 {
		e.Value = &kept
		r.narrowed[e.Key] = true
	}
}

// zipSetting names the axis whose values set a path, or "".
func zipSetting(matrix *yamlpos.Node, path string) string {
	if matrix == nil {
		return ""
	}
	for _, e := range matrix.Entries {
		if strings.Contains(e.Key, ".") || free(e.Key) || slices.Contains(reservedAxes, e.Key) {
			continue
		}
		for _, it := range e.Value.Items {
			if it.Get(path) != nil {
				return e.Key
			}
		}
	}
	return ""
}

func nameOf(zip *yamlpos.Node) any {
	if n := zip.Get("name"); n != nil {
		return n.Any()
	}
	return fmt.Sprintf("%s %d", "line", zip.Pos.Line)
}
