package scenario

import (
	"slices"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// reservedAxes are the keys of a matrix that are no axes.
var reservedAxes = []string{"exclude", "include", "override"}

// setting is one path and the value that a cell gets there.
type setting struct {
	path  []string
	at    diag.Pos
	value *yamlpos.Node
}

// choice is one value of an axis: what the cell is called there, and what it
// sets. A path axis sets its own path; a named one sets those of a mapping.
type choice struct {
	value any
	sets  []setting
}

// axis is one dimension of the matrix.
type axis struct {
	name    string
	at      diag.Pos
	named   bool // a zip: its values are mappings with names
	choices []choice
}

// of finds the choice that a node stands for in exclude and include.
func (r *reader) of(root *yamlpos.Node, a *axis, v *yamlpos.Node) *choice {
	if a.named {
		return a.find(v.Any())
	}
	return a.find(r.axisValue(root, strings.Split(a.name, "."), v))
}

func (a *axis) find(value any) *choice {
	for i := range a.choices {
		if canonical(a.choices[i].value) == canonical(value) || (a.named && valueText(a.choices[i].value) == valueText(value)) {
			return &a.choices[i]
		}
	}
	return nil
}

// axisNames lists the keys of a matrix that are axes.
func axisNames(matrix *yamlpos.Node) []string {
	if matrix == nil {
		return nil
	}
	var out []string
	for _, e := range matrix.Entries {
		if !free(e.Key) && !slices.Contains(reservedAxes, e.Key) {
			out = append(out, e.Key)
		}
	}
	return out
}

// kindUnsettled tells for which sections a path cannot be followed into the
// fields of a kind: an axis chooses the kind, or the kind is wrong.
func kindUnsettled(root, matrix *yamlpos.Node) func(section string) bool {
	return func(section string) bool {
		family, name, _ := strings.Cut(section, ".")
		kind := root.At(family, name, "kind")
		path := section + ".kind"
		return kind == nil || matrix.Get(path) != nil || zipSetting(matrix, path) != ""
	}
}

// axes reads the axes of a matrix and says which are wrong; those are left out.
func (r *reader) axes(root *yamlpos.Node) []axis {
	matrix := root.Get("matrix")
	if matrix == nil {
		return nil
	}
	var out []axis
	setBy := map[string]string{}
	for _, e := range matrix.Entries {
		if free(e.Key) || slices.Contains(reservedAxes, e.Key) || e.Value.Kind != yamlpos.List {
			continue
		}
		a := axis{name: e.Key, at: e.KeyPos, named: !strings.Contains(e.Key, ".")}
		if a.named {
			r.namedAxis(root, e, &a)
		} else {
			r.pathAxis(root, e, &a)
		}
		for _, path := range a.paths() {
			if other, taken := setBy[path]; taken && other != a.name {
				r.list.Errorf(e.KeyPos, utf8.RuneCountInString(e.Key), "one path belongs to one axis", "%s is set by the axis %q already", path, other)
			}
			setBy[path] = a.name
		}
		if len(a.choices) > 0 {
			out = append(out, a)
		}
	}
	return out
}

// paths lists each path that the axis sets once.
func (a *axis) paths() []string {
	var out []string
	for _, c := range a.choices {
		for _, s := range c.sets {
			if p := strings.Join(s.path, "."); !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (r *reader) pathAxis(root *yamlpos.Node, e yamlpos.Entry, a *axis) {
	path := strings.Split(e.Key, ".")
	if !r.axisPath(root, path, e.KeyPos, e.Key) {
		return
	}
	seen := map[string]bool{}
	for _, v := range e.Value.Items {
		c := canonical(v.Any())
		if seen[c] {
			r.list.Errorf(v.Pos, v.Width, "remove one of them", "%s is in the list twice", describe(v))
			continue
		}
		seen[c] = true
		a.choices = append(a.choices, choice{r.axisValue(root, path, v), []setting{{path, v.Pos, v}}})
	}
}

// axisValue is what a cell is called on an axis over a path: the value, but for
// a secret, which is called by its reference.
func (r *reader) axisValue(root *yamlpos.Node, path []string, v *yamlpos.Node) any {
	switch {
	case flagged(r.check.at(root, path), "x-secret"), slices.Contains(path, "headers"):
		if v.Ref == "" && v.Kind != yamlpos.Null {
			return "***" // a literal is an error already
		}
		return v.Stored()
	case v.Ref != "":
		return v.Retype().Value
	default:
		return v.Any()
	}
}

// namedAxis reads an axis whose values are mappings of paths with a name.
func (r *reader) namedAxis(root *yamlpos.Node, e yamlpos.Entry, a *axis) {
	seen := map[string]bool{}
	for _, it := range e.Value.Items {
		label := it.Get("name")
		if it.Kind != yamlpos.Map || label == nil {
			continue // the schema has said so
		}
		text := valueText(label.Any())
		if seen[text] {
			r.list.Errorf(label.Pos, label.Width, "names tell the values of an axis apart", "the axis %s has two values named %s", e.Key, describe(label))
			continue
		}
		seen[text] = true
		a.choices = append(a.choices, choice{label.Any(), r.settings(root, it, "name")})
	}
}

// settings reads a mapping of paths to values.
func (r *reader) settings(root, n *yamlpos.Node, skip ...string) []setting {
	var out []setting
	for _, e := range n.Entries {
		if free(e.Key) || slices.Contains(skip, e.Key) {
			continue
		}
		path := strings.Split(e.Key, ".")
		if r.axisPath(root, path, e.KeyPos, e.Key) {
			out = append(out, setting{path, e.KeyPos, e.Value})
		}
	}
	return out
}

// axisPath reports whether a path may differ between cells, and says why not.
func (r *reader) axisPath(root *yamlpos.Node, path []string, at diag.Pos, written string) bool {
	width := utf8.RuneCountInString(written)
	if len(path) < 2 || !slices.Contains(axisRoots, path[0]) {
		hint := "a path begins with " + oneOf(axisRoots)
		if near := r.longestMatch(root, path); near != "" {
			hint = "did you mean " + near + "?"
		}
		r.list.Errorf(at, width, hint, "%q is not the path of a field that cells can have", written)
		return false
	}
	message, hint := r.check.checkPath(root, path, kindUnsettled(root, root.Get("matrix")))
	if message != "" {
		r.list.Errorf(at, width, hint, "%s", message)
		return false
	}
	return true
}

// longestMatch guesses the path that was meant: a misspelt root, or a field
// whose section was left out.
func (r *reader) longestMatch(root *yamlpos.Node, path []string) string {
	if len(path) > 1 {
		if near := diag.Nearest(path[0], axisRoots); near != "" {
			return strings.Join(append([]string{near}, path[1:]...), ".")
		}
	}
	load := r.check.apply(r.check.pointer([]string{"$defs", "load"}), root.Get("load"))
	last := path[len(path)-1]
	if near := diag.Nearest(last, r.check.keys(load)); near != "" {
		return "load." + near
	}
	for _, family := range []string{"datasets", "backends"} {
		for _, section := range sectionNames(root.Get(family)) {
			n := root.At(family, section)
			schemas := r.check.apply(r.check.pointer([]string{"$defs", strings.TrimSuffix(family, "s")}), n)
			if slices.Contains(r.check.keys(schemas), last) {
				return family + "." + section + "." + last
			}
		}
	}
	return ""
}
