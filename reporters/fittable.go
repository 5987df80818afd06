package reporters

import (
	"cmp"
	"fmt"

	"loadgate/internal/result"
)

// maxFitRows bounds the table of how loads fit: one row a quantity and cell.
const maxFitRows = 200

const fitTitle = "Asked for and sent"

// fitGrid sets the load that was asked for beside the one that was sent, by the first
// repeat of each cell, and lists in words what of any repeat is not as it was asked
// for.
func fitGrid(r *Report) (grid htmlGrid, misfits []string) {
	grid = htmlGrid{
		Heads: []string{"cell", "quantity", "unit", "asked avg", "sent avg", "asked p50", "sent p50", "asked p99", "sent p99"},
		Names: 3,
	}
	for _, c := range r.Doc.Cells {
		if len(c.Repeats) == 0 || c.Repeats[0].Fit == nil {
			continue
		}
		for _, l := range c.Repeats[0].Fit.Lines {
			if len(grid.Rows) < maxFitRows {
				grid.Rows = append(grid.Rows, fitRow(cmp.Or(r.titleOf(c), "-"), l))
			}
		}
	}
	all := misfitTexts(r.Doc)
	for _, text := range all[:min(len(all), maxMisfits)] {
		misfits = append(misfits, clean(text, maxReason))
	}
	if left := len(all) - len(misfits); left > 0 {
		misfits = append(misfits, fmt.Sprintf("and %s: the results hold all", plural(left, "more misfit")))
	}
	return grid, misfits
}

// fitRow is one quantity of a cell.
func fitRow(cell string, l result.FitLine) []string {
	none := result.None()
	of := func(s *result.Spread) (avg, p50, p99 result.Number) {
		if s == nil {
			return none, none, none
		}
		return s.Avg, s.P50, s.P99
	}
	avg, p50, p99 := of(l.Asked)
	sentAvg, sentP50, sentP99 := of(l.Sent)
	row := []string{cell, fitName(l), l.Unit}
	for _, n := range []result.Number{avg, sentAvg, p50, sentP50, p99, sentP99} {
		row = append(row, digits(n))
	}
	return row
}

// fits is the same table in Markdown, with what does not fit below it.
func (m *markdown) fits() {
	grid, misfits := fitGrid(m.c.r)
	if len(grid.Rows) == 0 {
		return
	}
	t := m.grid(fitTitle, grid)
	for i, text := range misfits {
		if i > 0 {
			t.foot += "\n"
		}
		t.foot += "- " + markdownText(text)
	}
}

// grid adds a table of texts.
func (m *markdown) grid(title string, g htmlGrid) *markdownTable {
	t := newMarkdownTable(title, markdownTexts(g.Heads)...)
	for i := range g.Heads {
		if g.Right(i) {
			t.frame = alignRight(t.frame, i)
		}
	}
	for _, row := range g.Rows {
		t.add(markdownTexts(row)...)
	}
	m.tables = append(m.tables, t)
	return t
}

func markdownTexts(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = markdownText(text)
	}
	return out
}
