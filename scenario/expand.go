package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// Limits on the size of a matrix.
const (
	maxCells   = 1000      // that are run
	maxProduct = 20_000    // before exclude has its say
	maxNodes   = 2_000_000 // values of all cells together
)

// point is a cell before it is read: its place and its own tree.
type point struct {
	axes []AxisValue
	tree *yamlpos.Node
	at   diag.Pos // of what made it: the matrix, or an entry of include
}

func (p *point) value(axis string) (any, bool) {
	for _, a := range p.axes {
		if a.Name == axis {
			return a.Value, true
		}
	}
	return nil, false
}

func (p *point) String() string { return title(p.axes) }

// cellTree is the part of a scenario that belongs to each cell.
func cellTree(root *yamlpos.Node) *yamlpos.Node {
	out := yamlpos.NewMap(root.Pos)
	for _, e := range root.Entries {
		if slices.Contains([]string{"matrix", "profiles", "slo", "reports"}, e.Key) || free(e.Key) {
			continue
		}
		out.Entries = append(out.Entries, e)
	}
	return out.Clone()
}

// expand makes the points of the matrix: the product of the axes, the first one
// outermost, without what exclude names, and with what include adds.
func (r *reader) expand(root *yamlpos.Node, axes []axis) []*point {
	all := 1.0 // exact up to 2^53, and it cannot overflow
	for _, a := range axes {
		all *= float64(len(a.choices))
	}
	if all > maxProduct {
		r.tooMany(root, strconv.FormatFloat(all, 'f', -1, 64))
		return nil
	}
	product := int(all)
	at, _ := keyOf(root, []string{"matrix"})
	excluded := r.excludes(root, axes)
	base := cellTree(root)
	if size := nodes(base); size*min(product, maxCells) > maxNodes {
		r.list.Errorf(at, len("matrix"), "put data into files of their own, or make fewer cells", "the cells are too large: %d values each", size)
		return nil
	}
	points, count := r.product(base, axes, product, excluded, at)
	included := r.includes(root, base, axes)
	if count += len(included); count > maxCells {
		r.tooMany(root, fmt.Sprint(count))
		return nil
	}
	r.unusedExcludes(excluded)
	points = append(points, included...)
	if len(points) == 0 && !r.list.HasErrors() {
		at, width := keyOf(root, []string{"matrix"})
		r.list.Errorf(at, width, "exclude fewer cells", "the matrix has no cells left")
	}
	return points
}

func (r *reader) tooMany(root *yamlpos.Node, count string) {
	at, width := keyOf(root, []string{"matrix"})
	r.list.Errorf(at, width, "use fewer values, a named axis for values that belong together, or several scenarios", "the matrix makes %s cells, more than %d", count, maxCells)
}

// product makes the points of all combinations of the axes but the excluded
// ones, the last axis fastest. It counts all of them and makes at most maxCells.
func (r *reader) product(base *yamlpos.Node, axes []axis, size int, excluded exclusions, at diag.Pos) ([]*point, int) {
	var points []*point
	count := 0
	index := make([]int, len(axes))
	for range size {
		values := make([]AxisValue, len(axes))
		for i, a := range axes {
			values[i] = AxisValue{a.name, a.choices[index[i]].value}
		}
		p := &point{axes: values, at: at}
		if !excluded.match(p) {
			count++
			if count <= maxCells {
				p.tree = base.Clone()
				for i, a := range axes {
					r.place(p.tree, a.choices[index[i]].sets)
				}
				points = append(points, p)
			}
		}
		for i := len(axes) - 1; i >= 0; i-- {
			if index[i]++; index[i] < len(axes[i].choices) {
				break
			}
			index[i] = 0
		}
	}
	return points, count
}

// nodes counts the values of a tree.
func nodes(n *yamlpos.Node) int {
	count := 1
	for _, it := range n.Items {
		count += nodes(it)
	}
	for _, e := range n.Entries {
		count += nodes(e.Value)
	}
	return count
}

// place puts settings into a cell's tree.
func (r *reader) place(tree *yamlpos.Node, sets []setting) {
	for _, s := range sets {
		if !tree.Set(s.path, s.value.Clone()) { // a later change must not reach the other cells
			r.list.Errorf(s.at, 1, "", "%s runs through a value that is no mapping", strings.Join(s.path, "."))
		}
	}
}

// exclusion is one entry of exclude and whether any cell was left out for it.
type exclusion struct {
	at    *yamlpos.Node
	wants []AxisValue
	used  bool
	moot  bool // names a value that --set or a profile took away
}

type exclusions []*exclusion

func (ex exclusions) match(p *point) bool {
	hit := false
	for _, e := range ex {
		all := !e.moot
		for _, w := range e.wants {
			v, ok := p.value(w.Name)
			all = all && ok && canonical(v) == canonical(w.Value)
		}
		if all {
			e.used, hit = true, true
		}
	}
	return hit
}

// excludes reads the entries of exclude; wrong ones are left out.
func (r *reader) excludes(root *yamlpos.Node, axes []axis) exclusions {
	var out exclusions
	for _, it := range items(r.matrix.Get("exclude")) {
		if it.Kind != yamlpos.Map || len(it.Entries) == 0 {
			continue
		}
		ex, ok := &exclusion{at: it}, true
		for _, e := range it.Entries {
			ok = r.excludeAxis(root, ex, e, axes) && ok
		}
		if ok {
			out = append(out, ex)
		}
	}
	return out
}

func (r *reader) excludeAxis(root *yamlpos.Node, ex *exclusion, e yamlpos.Entry, axes []axis) bool {
	i := slices.IndexFunc(axes, func(a axis) bool { return a.name == e.Key })
	if i < 0 {
		var names []string
		for _, a := range axes {
			names = append(names, a.name)
		}
		if slices.Contains(axisNames(r.matrix), e.Key) {
			return false // the axis itself is wrong, and that has been said
		}
		r.list.Errorf(e.KeyPos, utf8.RuneCountInString(e.Key), diag.DidYouMean(e.Key, names), "exclude goes by axes, and %q is none", e.Key)
		return false
	}
	c := r.of(root, &axes[i], e.Value)
	switch {
	case c != nil:
		ex.wants = append(ex.wants, AxisValue{e.Key, c.value})
	case r.narrowed[e.Key]:
		ex.moot = true
	default:
		var values []string
		for _, c := range axes[i].choices {
			values = append(values, valueText(c.value))
		}
		r.list.Errorf(e.Value.Pos, e.Value.Width, "its values: "+strings.Join(values, ", "), "the axis %s has no value %s", e.Key, describe(e.Value))
		return false
	}
	return true
}

// unusedExcludes complains about entries that left out nothing, unless cells
// were taken away from outside.
func (r *reader) unusedExcludes(ex exclusions) {
	for _, e := range ex {
		if !e.used && len(r.narrowed) == 0 {
			r.list.Errorf(e.at.Pos, e.at.Width, "remove it, or correct its values", "this exclude selects no cell")
		}
	}
}

// includes makes the cells that include adds. Axes that an entry leaves out
// keep the base value; a named axis is chosen by name.
func (r *reader) includes(root, base *yamlpos.Node, axes []axis) []*point {
	var out []*point
	for _, it := range items(r.matrix.Get("include")) {
		if it.Kind != yamlpos.Map || len(it.Entries) == 0 {
			continue
		}
		if p := r.include(root, base, axes, it); p != nil {
			out = append(out, p)
		}
	}
	return out
}

// include makes one added cell, or nil when the entry is wrong or its axis was
// narrowed to other values.
func (r *reader) include(root, base *yamlpos.Node, axes []axis, it *yamlpos.Node) *point {
	p := &point{tree: base.Clone(), at: it.Pos}
	var named []string
	for _, a := range axes {
		e := it.Entry(a.name)
		if e != nil && r.narrowed[a.name] && r.of(root, &a, e.Value) == nil {
			return nil
		}
		switch {
		case a.named && e != nil:
			named = append(named, a.name)
			c := a.find(e.Value.Any())
			if c == nil {
				var names []string
				for _, c := range a.choices {
					names = append(names, valueText(c.value))
				}
				r.list.Errorf(e.Value.Pos, e.Value.Width, diag.DidYouMean(e.Value.Text, names), "the axis %s has no value named %s", a.name, describe(e.Value))
				return nil
			}
			r.place(p.tree, c.sets)
			p.axes = append(p.axes, AxisValue{a.name, c.value})
		case e != nil:
			p.axes = append(p.axes, AxisValue{a.name, r.axisValue(root, strings.Split(a.name, "."), e.Value)})
		case !a.named:
			path := strings.Split(a.name, ".")
			if v := base.At(path...); v != nil {
				p.axes = append(p.axes, AxisValue{a.name, r.axisValue(root, path, v)})
			}
		}
	}
	before := len(r.list)
	r.place(p.tree, r.unpinned(r.settings(root, it, named...)))
	if len(r.list) > before {
		return nil
	}
	return p
}
