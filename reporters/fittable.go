package reporters

import (
	"cmp"
	"fmt"

	"loadgate/internal/result"
)

// maxFitRows bounds the table of how loads fit: one row a quantity and cell.
const maxFitRows = 200

const fitTitle = "Asked for and sent"

// fitColumns are the statistics of the table, each of what was asked for and of what
// was sent.
var fitColumns = []struct {
	head string
	of   func(*result.Spread) result.Number
}{
	{"avg", func(s *result.Spread) result.Number { return s.Avg }},
	{"cv", func(s *result.Spread) result.Number { return s.CV }},
	{"p50", func(s *result.Spread) result.Number { return s.P50 }},
	{"p95", func(s *result.Spread) result.Number { return s.P95 }},
	{"p99", func(s *result.Spread) result.Number { return s.P99 }},
}

// fitTexts is how many of the columns are texts.
const fitTexts = 3

func fitHeads() []string {
	heads := []string{"cell", "quantity", "unit"}
	for _, c := range fitColumns {
		heads = append(heads, "asked "+c.head, "sent "+c.head)
	}
	return heads
}

// fitRow is one quantity of a cell, in the order of fitHeads.
type fitRow struct {
	texts   [fitTexts]string
	numbers []result.Number
}

// fitRows lists the quantities of all cells, by the first repeat of each.
func fitRows(r *Report) (rows []fitRow) {
	for _, c := range r.Doc.Cells {
		if len(c.Repeats) == 0 || c.Repeats[0].Fit == nil {
			continue
		}
		for _, l := range c.Repeats[0].Fit.Lines {
			row := fitRow{texts: [fitTexts]string{cmp.Or(r.titleOf(c), "-"), fitName(l), l.Unit}}
			if l.Text != "" {
				row.texts[1] += ": " + clean(l.Text, maxReason)
			}
			for _, c := range fitColumns {
				for _, s := range []*result.Spread{l.Asked, l.Sent} {
					n := result.None()
					if s != nil {
						n = c.of(s)
					}
					row.numbers = append(row.numbers, n)
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// fitGrid sets the load that was asked for beside the one that was sent, and lists in
// words what of any repeat is not as it was asked for.
func fitGrid(r *Report) (grid htmlGrid, misfits []string) {
	grid = htmlGrid{Heads: fitHeads(), Names: fitTexts}
	rows := fitRows(r)
	for _, f := range rows[:min(len(rows), maxFitRows)] {
		row := append([]string{}, f.texts[:]...)
		for _, n := range f.numbers {
			row = append(row, digits(n))
		}
		grid.Rows = append(grid.Rows, row)
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

// writeFit writes the same table as a sheet, the misfits below it.
func writeFit(b *workbook, r *Report, name string) error {
	columns := []column{{"Cell", 30, asText}, {"Quantity", 40, asText}, {"Unit", 10, asText}}
	for _, h := range fitHeads()[fitTexts:] {
		columns = append(columns, column{h, 12, asMeasure})
	}
	s, err := b.sheet(name, columns)
	if err != nil {
		return err
	}
	for _, f := range fitRows(r) {
		row := []any{f.texts[0], f.texts[1], f.texts[2]}
		for _, n := range f.numbers {
			row = append(row, n)
		}
		if err := s.add(row...); err != nil {
			return err
		}
	}
	for _, text := range misfitTexts(r.Doc) {
		if err := s.add("MISFIT", clean(text, maxReason)); err != nil {
			return err
		}
	}
	return s.end(true)
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
