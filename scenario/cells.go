package scenario

import (
	"slices"

	"loadgate/internal/yamlpos"
)

// cells expands the matrix and reads every cell.
func (r *reader) cells(root *yamlpos.Node, axes []axis) []*Cell {
	points := r.expand(root, axes)
	r.overrides(root, points)
	var found findings
	var out []*Cell
	for _, p := range points {
		if c := r.cell(p, &found); c != nil {
			out = append(out, c)
		}
	}
	found.report(len(points), &r.list)
	r.duplicates(points, out)
	distinguish(out)
	return out
}

// cell checks and reads one point; nil when it has mistakes.
func (r *reader) cell(p *point, found *findings) *Cell {
	before := len(r.secrets.list)
	r.secrets.search(r.check.fields, p.tree)
	tree, wrong := r.check.settle(p.tree)
	p.tree = tree
	found.add(p, r.explain(tree, wrong), false)
	c, list := r.read(p)
	if slices.ContainsFunc(wrong, func(m mistake) bool { return len(m.path) > 0 && m.path[0] == "load" }) {
		list = nil // what goes together can be said only of values that are right
	}
	c.BackendName, c.Backend = reference(tree, "backend", &list)
	c.DatasetName, c.Dataset = reference(tree, "dataset", &list)
	found.add(p, list, true)
	if len(wrong)+len(list) > 0 || len(r.secrets.list) > before {
		return nil
	}
	identify(c)
	c.Facts = r.check.facts(c)
	return c
}

// duplicates complains about cells that are the same in every respect.
func (r *reader) duplicates(points []*point, cells []*Cell) {
	if len(points) != len(cells) {
		return
	}
	first := map[string]*point{}
	for i, c := range cells {
		p := points[i]
		if _, taken := first[c.ID]; !taken {
			first[c.ID] = p
			continue
		}
		r.list.Errorf(p.at, 1, "remove it, or set something that differs", "the cell %s is there twice", p)
	}
}

// overrides applies the entries of override, in order, to the cells that match.
func (r *reader) overrides(root *yamlpos.Node, points []*point) {
	for _, it := range items(r.matrix.Get("override")) {
		when, set := it.Get("when"), it.Get("set")
		if when == nil || when.Kind != yamlpos.String || set == nil || set.Kind != yamlpos.Map || len(points) == 0 {
			continue
		}
		sets := r.unpinned(r.settings(root, set))
		for i, hit := range r.match(when, points) {
			if hit {
				r.place(points[i].tree, sets)
			}
		}
	}
}

// match evaluates a `when` in every cell as it is now.
func (r *reader) match(when *yamlpos.Node, points []*point) []bool {
	if r.opts.Match == nil {
		r.list.Errorf(when.Pos, when.Width, "", "expressions cannot be evaluated here")
		return nil
	}
	facts := make([]map[string]any, len(points))
	for i, p := range points {
		c, list := r.read(p)
		c.BackendName, c.Backend = reference(p.tree, "backend", &list)
		c.DatasetName, c.Dataset = reference(p.tree, "dataset", &list)
		facts[i] = r.check.facts(c)
	}
	hits, problems := r.opts.Match(when.Text, facts)
	for _, p := range problems {
		r.list.Errorf(when.PosAt(p.Offset), max(1, p.Width), p.Hint, "%s", p.Message)
	}
	if len(problems) == 0 && !slices.Contains(hits, true) && len(r.narrowed) == 0 {
		r.list.Errorf(when.Pos, when.Width, "remove it, or correct its condition", "this override selects no cell")
	}
	return hits
}
