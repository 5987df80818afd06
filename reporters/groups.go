package reporters

import (
	"cmp"
	"fmt"
	"slices"

	"loadgate/internal/result"
)

// groupHeads are the columns of the table of groups: the parts of a cell's
// requests that asked for one model or are one turn of their sessions.
func groupHeads() []string {
	return []string{"cell", "by", "group", "sent", "ok %", "input tok", "output tok", "output tok/s", "req/s", "ttft p50 ms", "ttft p95 ms", "tpot p50 ms", "e2el p50 ms", "e2el p95 ms"}
}

// groupTexts is how many of the columns are texts.
const groupTexts = 3

// groupRow is a group's values, in the order of groupHeads.
type groupRow struct {
	texts   [groupTexts]string
	numbers []result.Number
}

// groupRows lists the groups of all cells.
func groupRows(r *Report) []groupRow {
	var rows []groupRow
	for _, c := range r.Doc.Cells {
		for _, g := range c.Groups {
			rows = append(rows, groupRow{
				texts: [groupTexts]string{cmp.Or(r.titleOf(c), "-"), g.By, clean(g.Value, maxName)},
				numbers: []result.Number{
					result.Number(g.Counts.Sent), okPercent(g.Counts), groupStat(g, "input_tokens", "avg"), groupStat(g, "output_tokens", "avg"),
					groupRate(g, "output_throughput"), groupRate(g, "request_throughput"),
					groupStat(g, "ttft", "p50"), groupStat(g, "ttft", "p95"), groupStat(g, "tpot", "p50"),
					groupStat(g, "e2el", "p50"), groupStat(g, "e2el", "p95"),
				},
			})
		}
	}
	return rows
}

func okPercent(c result.Counts) result.Number {
	if c.Sent == 0 {
		return result.None()
	}
	return result.Number(100 * float64(c.Completed) / float64(c.Sent))
}

func groupStat(g result.Group, metric, stat string) result.Number {
	d := g.Metrics[metric].Dist
	if d == nil {
		return result.None()
	}
	v, _ := d.Stat(stat)
	return v
}

func groupRate(g result.Group, metric string) result.Number {
	if m, ok := g.Metrics[metric]; ok {
		return m.Value
	}
	return result.None()
}

// row is a group as texts; what every row has in common is left to the caller.
func (g *groupRow) row() []string {
	out := append([]string{}, g.texts[:]...)
	out = append(out, grouped(int64(g.numbers[0])))
	for _, n := range g.numbers[1:] {
		out = append(out, digits(n))
	}
	return out
}

// maxGroupLines bounds the groups on the console.
const maxGroupLines = 40

// groupTables writes a table of the groups for each thing that tells requests apart.
func (c *console) groupTables() {
	rows := groupRows(c.r)
	for len(rows) > 0 {
		by := rows[0].texts[1]
		same := func(g groupRow) bool { return g.texts[1] == by }
		c.groupTable(by, slices.DeleteFunc(slices.Clone(rows), func(g groupRow) bool { return !same(g) }))
		rows = slices.DeleteFunc(rows, same)
	}
}

func (c *console) groupTable(by string, rows []groupRow) {
	columns := groupColumns(by)
	if len(c.doc.Cells) > 1 {
		columns = append([]tableColumn[groupRow]{{head: "cell", left: true, text: func(g groupRow) string { return g.texts[0] }}}, columns...)
	}
	lines, left := fitTable(columns, rows[:min(len(rows), maxGroupLines)], c.opts.Width)
	c.blank()
	for i, l := range lines {
		if i < 3 {
			l = c.paint(faint, l)
		}
		c.line(l)
	}
	if len(left) > 0 {
		c.note(leftOut(left))
	}
	if more := len(rows) - maxGroupLines; more > 0 {
		c.line(fmt.Sprintf("and %s: the results hold all", plural(more, "more group")))
	}
}

// groupColumns are those of the console: of the values in the order of groupHeads.
// The lengths, the tails and tpot give way where there is no room.
func groupColumns(by string) []tableColumn[groupRow] {
	columns := []tableColumn[groupRow]{{head: by, left: true, text: func(g groupRow) string { return g.texts[2] }}}
	for i, c := range []tableColumn[groupRow]{
		{head: "sent"},
		{group: "ok", head: "%"},
		{group: "input", head: "tok", gives: 1},
		{group: "output", head: "tok", gives: 2},
		{group: "output", head: "tok/s"},
		{head: "req/s"},
		{group: "ttft ms", head: "p50"},
		{group: "ttft ms", head: "p95", gives: 5},
		{group: "tpot ms", head: "p50", gives: 4},
		{group: "e2el ms", head: "p50"},
		{group: "e2el ms", head: "p95", gives: 3},
	} {
		c.text = func(g groupRow) string { return g.row()[groupTexts+i] }
		columns = append(columns, c)
	}
	return columns
}

// groups is the table of all groups in Markdown.
func (m *markdown) groups() { m.grid("By model and turn", groupGrid(m.c.r)) }

// writeGroups writes the same table as a sheet.
func writeGroups(b *workbook, r *Report, name string) error {
	columns := []column{{"Cell", 30, asText}, {"By", 8, asText}, {"Group", 28, asText}, {"Sent", 10, asCount}}
	for _, h := range groupHeads()[groupTexts+1:] {
		columns = append(columns, column{h, 14, asMeasure})
	}
	s, err := b.sheet(name, columns)
	if err != nil {
		return err
	}
	for _, g := range groupRows(r) {
		row := []any{g.texts[0], g.texts[1], g.texts[2], int(g.numbers[0])}
		for _, n := range g.numbers[1:] {
			row = append(row, n)
		}
		if err := s.add(row...); err != nil {
			return err
		}
	}
	return s.end(true)
}

// misfitLines writes what was not sent as it was asked for, once for each text.
func (c *console) misfitLines() {
	all := misfitTexts(c.doc)
	for i, text := range all[:min(len(all), maxMisfits)] {
		if i == 0 {
			c.blank()
		}
		c.hanging(c.paint(yellow, "MISFIT")+"   ", 9, clean(text, maxReason))
	}
}

// misfitTexts are the misfits of all repeats, each once, in their order.
func misfitTexts(d *result.Document) []string {
	var out []string
	for _, cell := range d.Cells {
		for _, r := range cell.Repeats {
			if r.Fit == nil {
				continue
			}
			for _, text := range r.Fit.Misfits {
				if !slices.Contains(out, text) {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

// maxMisfits bounds the misfits on the console.
const maxMisfits = 5

// htmlGrid is a plain table of texts, of which the first so many columns are
// names.
type htmlGrid struct {
	Heads []string
	Rows  [][]string
	Names int
}

// Right says whether a column holds numbers.
func (g htmlGrid) Right(i int) bool { return i >= g.Names }

func groupGrid(r *Report) htmlGrid {
	g := htmlGrid{Heads: groupHeads(), Names: groupTexts}
	rows := groupRows(r)
	for i := range rows {
		g.Rows = append(g.Rows, rows[i].row())
	}
	return g
}
