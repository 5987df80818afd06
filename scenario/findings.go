package scenario

import (
	"fmt"
	"slices"

	"loadgate/internal/diag"
)

// findings collects the mistakes of cells, each once, with the first cell that
// has it and how many have.
type findings struct {
	order []keyed
	cells map[string]*seenIn
}

type keyed struct {
	diag.Diagnostic
	key string
}

type seenIn struct {
	first string
	count int
}

// add counts the mistakes of one cell. byLine: a mistake in how values go
// together, of which the values of an axis on one line share a single one.
func (f *findings) add(p *point, list diag.List, byLine bool) {
	if f.cells == nil {
		f.cells = map[string]*seenIn{}
	}
	for _, d := range list {
		key := fmt.Sprint(d.Pos, d.Message)
		if byLine {
			key = fmt.Sprint(d.File, d.Line, d.Message)
		}
		if f.cells[key] == nil {
			f.cells[key] = &seenIn{first: p.String()}
			f.order = append(f.order, keyed{d, key})
		}
		f.cells[key].count++
	}
}

// report appends the mistakes. One that not all cells have names the first that
// has it; one that the scenario itself has is already there.
func (f *findings) report(cells int, list *diag.List) {
	for _, d := range f.order {
		same := func(o diag.Diagnostic) bool { return o.Pos == d.Pos && o.Message == d.Message }
		if slices.ContainsFunc(*list, same) {
			continue
		}
		if s := f.cells[d.key]; s.count < cells && s.first != "" {
			d.Message += fmt.Sprintf(" (in the cell %s", s.first)
			if s.count > 1 {
				d.Message += fmt.Sprintf(" and %d more", s.count-1)
			}
			d.Message += ")"
		}
		*list = append(*list, d.Diagnostic)
	}
}
