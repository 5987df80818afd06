package rule

import (
	"maps"
	"slices"
	"strings"
)

// cellValue compiles a value of the cell itself: load, dataset, axis, ….
func (c *checker) cellValue(of node, steps []step, ch chain) typed {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	for i := range steps {
		path, last := strings.Join(names[:i+1], "."), i == len(steps)-1
		dim, leaf := c.voc.Cell[path]
		inner := len(c.children(path)) > 0
		switch {
		case leaf && last:
			op := Operand{Path: path, Dim: dim, Text: c.src.text(ch.whole)}
			return typed{node: reading{of: of, kind: readCell, op: op}, dim: dim}
		case inner && last:
			return typed{node: of, shape: section, name: path}
		case inner:
			continue
		case leaf:
			return c.complain(steps[i+1].at, path+" is one value and has no fields", "")
		case i == 0:
			return c.complain(steps[min(1, len(steps)-1)].at, "no cell has "+strings.Join(names, "."), emptySection(path))
		}
		return c.unknownField(strings.Join(names[:i], "."), steps[i])
	}
	return typed{shape: broken}
}

func emptySection(root string) string {
	switch root {
	case "axis":
		return "the scenario has no `matrix:`"
	case "labels":
		return "the scenario has no `labels:`"
	default:
		return ""
	}
}

func (c *checker) unknownField(parent string, s step) typed {
	message := parent + " has no field " + quoted(s.name)
	if parent == "axis" {
		message = "the matrix has no axis " + quoted(s.name)
	}
	hint := nearest(s.name, c.children(parent))
	if hint == "" {
		hint = c.fieldsHint(parent)
	}
	return c.complain(s.at, message, hint)
}

// children are the direct fields of a section or group, sorted.
func (c *checker) children(path string) []string {
	found := map[string]bool{}
	for full := range c.voc.Cell {
		if rest, ok := strings.CutPrefix(full, path+"."); ok {
			name, _, _ := strings.Cut(rest, ".")
			found[name] = true
		}
	}
	for name := range c.voc.Groups[path] {
		found[name] = true
	}
	return slices.Sorted(maps.Keys(found))
}

func (c *checker) fieldsHint(path string) string {
	return "its fields are " + strings.Join(c.children(path), ", ")
}
