package scenario

import (
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// Sides are cells that differ on the compared axis alone.
type Sides struct {
	Base   *Cell   // nil where the run has been narrowed to others
	Others []*Cell // in the order of the plan
}

// Cells lists them, the base first.
func (s *Sides) Cells() []*Cell {
	if s.Base == nil {
		return s.Others
	}
	return append([]*Cell{s.Base}, s.Others...)
}

// Sides groups the cells of a plan by all axes but the compared one, in the
// order of the plan. There are none without such an axis; a nil section is one
// without.
func (c *Compare) Sides(cells []*Cell) []*Sides {
	if c == nil || c.Axis == "" {
		return nil
	}
	var out []*Sides
	groups := map[string]*Sides{}
	for _, cell := range cells {
		var others []any
		side, found := "", false
		for _, a := range cell.Axes {
			if a.Name == c.Axis {
				side, found = valueText(a.Value), true
			} else {
				others = append(others, a.Name, a.Value)
			}
		}
		if !found {
			continue
		}
		key := canonical(others)
		g := groups[key]
		if g == nil {
			g = &Sides{}
			groups[key] = g
			out = append(out, g)
		}
		if side == c.Base {
			g.Base = cell
		} else {
			g.Others = append(g.Others, cell)
		}
	}
	return out
}

// compare reads the section and says what is wrong with its axis; nil where
// nothing can be compared.
func (r *reader) compare(root *yamlpos.Node, axes []axis) *Compare {
	c := compareOf(root.Get("compare"))
	if c == nil {
		return nil
	}
	axis := c.Node.Get("axis")
	if axis == nil {
		for _, key := range []string{"base", "interleave"} {
			r.misplaced(c.Node, key, "name the axis that it is about, such as axis: load.backend", "is for a run that is compared with itself, and there is no axis")
		}
		return c
	}
	for _, key := range []string{"if_missing", "history"} {
		r.misplaced(c.Node, key, "remove it", "is about a baseline, and with an axis there is none")
	}
	if !r.compareAxis(root, axes, c) {
		c.Axis = "" // there is a mistake: nothing can be paired
	}
	return c
}

// misplaced complains about a key of a section that has no meaning there.
func (r *reader) misplaced(section *yamlpos.Node, key, hint, why string) {
	if section.Get(key) != nil {
		at, width := keyOf(section, []string{key})
		r.list.Errorf(at, width, hint, "%s %s", key, why)
	}
}

// compareAxis finds axis and base in the matrix.
func (r *reader) compareAxis(root *yamlpos.Node, axes []axis, c *Compare) bool {
	at, base := c.Node.Get("axis"), c.Node.Get("base")
	i := slices.IndexFunc(axes, func(a axis) bool { return a.name == c.Axis })
	if i < 0 {
		names := axisNames(r.matrix)
		if slices.Contains(names, c.Axis) {
			return false // the axis has a mistake of its own
		}
		hint := "add one: matrix: {" + c.Axis + ": [blue, green]}"
		if len(names) > 0 {
			hint = diag.DidYouMean(c.Axis, names)
		}
		r.list.Errorf(at.Pos, at.Width, hint, "the matrix has no axis %s", describe(at))
		return false
	}
	a := &axes[i]
	var values []string
	for _, v := range a.choices {
		values = append(values, valueText(v.value))
	}
	if base == nil {
		where, width := keyOf(root, []string{"compare", "axis"})
		r.list.Errorf(where, width, "add base: "+values[0], "compare does not say which value of %s is the base", c.Axis)
		return false
	}
	found := r.of(root, a, base)
	switch {
	case found != nil:
		c.Base = valueText(found.value)
	case r.narrowed[a.name]:
		c.Base = base.Text // left out by a profile or --set
	default:
		r.list.Errorf(base.Pos, base.Width, diag.DidYouMean(base.Text, values), "%s has no value %s", c.Axis, describe(base))
		return false
	}
	if len(values) < 2 && !r.narrowed[a.name] {
		r.list.Errorf(at.Pos, at.Width, "add the value that is to be compared with it", "%s has one value: there is nothing to compare", c.Axis)
		return false
	}
	return true
}

// pair makes sides of the cells: each needs a counterpart, and repeat i of all
// sides sends the same prompts at the same times.
func (r *reader) pair(plan *Plan) {
	var alone []string
	once := false
	for _, s := range plan.Compare.Sides(plan.Cells) {
		if s.Base == nil || len(s.Others) == 0 {
			alone = append(alone, s.Cells()[0].Title)
			continue
		}
		for _, c := range s.Others {
			c.PromptSeed, c.ScheduleSeed = s.Base.PromptSeed, s.Base.ScheduleSeed
			once = once || min(c.Load.Repeats, s.Base.Load.Repeats) < 2
		}
	}
	if plan.Compare == nil || plan.Compare.Axis == "" {
		return
	}
	at := plan.Compare.Node.Get("axis")
	if len(alone) > 0 && len(r.narrowed) == 0 {
		r.list.Errorf(at.Pos, at.Width, "exclude a cell on all sides, or on none", "on %s there is no counterpart to: %s", plan.Compare.Axis, strings.Join(alone, "; "))
	}
	if once {
		r.list.Warnf(at.Pos, at.Width, "raise load.repeats: 5 are a good beginning", "with one repeat a comparison finds nothing: it is inconclusive")
	}
}
