package compare

import (
	"fmt"
	"slices"

	"loadgate/internal/result"
)

// Like names two cells of one run that differ on the compared axis alone. Apart
// says that they were not measured in turns.
type Like struct {
	Base, Head string // ids
	Apart      bool
}

// Within compares cells of a run with each other. What they do not share is what
// the axis sets, and so the question, not an obstacle: addresses, parameters and
// kinds of backends, and the load. Other data, other lengths and INVALID
// measurements are refused as ever.
func Within(run *Side, axis string, likes []Like, policy Policy) *result.Comparison {
	cells := map[string]*Cell{}
	for _, c := range run.Cells {
		cells[c.ID] = c
	}
	base, head := *run, *run
	var pairs []*pair
	for _, l := range likes {
		b, h := cells[l.Base], cells[l.Head]
		if b != nil || h != nil {
			pairs = append(pairs, sidesOf(b, h, axis, l))
		}
	}
	out := compareAs(&base, &head, pairs, policy, nil)
	out.Base.Path, out.Head.Path = "", ""
	for _, l := range likes {
		out.Base.Sides = addSide(out.Base.Sides, cells[l.Base], axis)
		out.Head.Sides = addSide(out.Head.Sides, cells[l.Head], axis)
	}
	if len(out.Head.Sides) > 1 { // the title of a pair says which it is about
		for i := range out.Pairs {
			out.Pairs[i].Title = among(cells, out.Pairs[i].Head, axis, out.Pairs[i].Title)
		}
		for i := range out.Deltas {
			out.Deltas[i].Title = among(cells, out.Deltas[i].Cell, axis, out.Deltas[i].Title)
		}
	}
	return out
}

// sidesOf pairs copies of two cells as if they had been meant to be equal.
func sidesOf(base, head *Cell, axis string, l Like) *pair {
	p := &pair{apart: l.Apart}
	p.Base, p.Head = l.Base, l.Head
	switch {
	case base == nil:
		p.head, p.Status, p.Title, p.Base = renamed(head, axis), result.PairAdded, titleBut(head, axis), ""
		return p
	case head == nil:
		p.base, p.Status, p.Title, p.Head = renamed(base, axis), result.PairRemoved, titleBut(base, axis), ""
		return p
	}
	p.base, p.head, p.Status, p.Title = renamed(base, axis), renamed(head, axis), result.PairCompared, titleBut(head, axis)
	p.Notes = differentLoad(base.Load, head.Load)
	if base.Kind != head.Kind {
		p.Notes = append(p.Notes, fmt.Sprintf("the backend is of kind %s, not %s", head.Kind, base.Kind))
	}
	if l.Apart {
		p.Notes = append(p.Notes, "the sides were not measured in turns: not paired")
	}
	p.base.Key, p.base.Kind, p.base.Load = head.Key, head.Kind, head.Load
	return p
}

func renamed(c *Cell, axis string) *Cell {
	out := *c
	out.Title = titleBut(c, axis)
	return &out
}

// titleBut is a cell's title without one axis.
func titleBut(c *Cell, axis string) string {
	return axesTitle(slices.DeleteFunc(slices.Clone(c.Axes), func(a result.Axis) bool { return a.Name == axis }))
}

// sideIn is a cell's value on an axis; "" without a cell.
func sideIn(c *Cell, axis string) string {
	if c == nil {
		return ""
	}
	for _, a := range c.Axes {
		if a.Name == axis {
			return text(a.Value)
		}
	}
	return ""
}

func addSide(sides []string, c *Cell, axis string) []string {
	if side := sideIn(c, axis); side != "" && !slices.Contains(sides, side) {
		sides = append(sides, side)
	}
	return sides
}

// among puts the side before a title.
func among(cells map[string]*Cell, id, axis, title string) string {
	side := sideIn(cells[id], axis)
	switch {
	case title == "":
		return side
	case side == "":
		return title
	}
	return side + ", " + title
}
