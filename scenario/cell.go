package scenario

import (
	"strings"
	"time"

	"loadgate/internal/diag"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// read makes the typed cell of a point, but for its sections, and says what
// does not go together in its load. It takes what it can from a tree that has
// mistakes, which the schema finds.
func (r *reader) read(p *point) (*Cell, diag.List) {
	var list diag.List
	c := &Cell{Axes: p.axes, Title: title(p.axes), Labels: labelsOf(p.tree.Get("labels"))}
	if load := p.tree.Get("load"); load != nil && load.Kind == yamlpos.Map {
		at, _ := keyOf(p.tree, []string{"load"})
		c.Load, list = readLoad(load, at)
	}
	c.Goodput = goodputOf(p.tree.Get("goodput"))
	c.Validity = validityOf(p.tree.Get("validity"))
	if s := p.tree.Get("save"); s != nil {
		c.Save = s.Text
	}
	return c, list
}

// reference finds the section that load.backend or load.dataset names, or the
// only one there is.
func reference(tree *yamlpos.Node, what string, list *diag.List) (string, *yamlpos.Node) {
	sections := tree.Get(what + "s")
	names := sectionNames(sections)
	ref := tree.At("load", what)
	switch {
	case ref == nil && len(names) == 1:
		return names[0], sections.Get(names[0])
	case ref == nil && len(names) > 1:
		at, width := keyOf(tree, []string{"load"})
		list.Errorf(at, width, "add "+what+": "+oneOf(names), "load does not say which of the %d %ss it uses", len(names), what)
	case ref != nil && len(names) > 0:
		if n := sections.Get(ref.Text); n != nil && !free(ref.Text) {
			return ref.Text, n
		}
		list.Errorf(ref.Pos, ref.Width, diag.DidYouMean(ref.Text, names), "there is no %s %s", what, describe(ref))
	}
	return "", nil
}

func labelsOf(n *yamlpos.Node) map[string]any {
	out := map[string]any{}
	if n == nil {
		return out
	}
	for _, e := range n.Entries {
		if !free(e.Key) && e.Value.Value != nil {
			out[e.Key] = e.Value.Value
		}
	}
	return out
}

func goodputOf(n *yamlpos.Node) Goodput {
	if n == nil {
		return nil
	}
	out := Goodput{}
	for _, e := range n.Entries {
		if d, err := time.ParseDuration(e.Value.Text); err == nil && !free(e.Key) {
			out[e.Key] = milliseconds(d)
		}
	}
	return out
}

func validityOf(n *yamlpos.Node) Validity {
	var out Validity
	if n == nil {
		return out
	}
	for _, e := range n.Entries {
		if free(e.Key) {
			continue
		}
		limit := Limit{Warn: threshold(e.Value.Get("warn")), Invalid: threshold(e.Value.Get("invalid"))}
		if limit.Warn != nil || limit.Invalid != nil {
			if out.Limits == nil {
				out.Limits = map[string]Limit{}
			}
			out.Limits[e.Key] = limit
		}
	}
	if expected := n.At("errors", "expected"); expected != nil {
		for _, it := range expected.Items {
			out.ExpectedErrors = append(out.ExpectedErrors, llm.ErrorClass(it.Text))
		}
	}
	return out
}

// threshold reads 80%, 0.8 or 5ms, in the base units: ratios from 0 to 1, ms.
func threshold(n *yamlpos.Node) *float64 {
	if n == nil {
		return nil
	}
	if v, ok := ratio(n); ok {
		return &v
	}
	if d, err := time.ParseDuration(n.Text); err == nil {
		v := milliseconds(d)
		return &v
	}
	return nil
}

// ratio reads 80% or 0.8.
func ratio(n *yamlpos.Node) (float64, bool) {
	switch v := n.Value.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	if number, ok := strings.CutSuffix(n.Text, "%"); ok {
		return percent(number)
	}
	return 0, false
}
