package reporters

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"loadgate/internal/result"
)

// tableColumn is a column of a table of rows of one kind. Neighbours of one group
// share the upper line of the header.
type tableColumn[T any] struct {
	group, head string
	text        func(T) string
	left        bool
	// gives is the order in which columns give way when the table is too wide,
	// from 1; 0 is never.
	gives int
}

// cells writes the table of cells. Where the console is too narrow, first long
// names of axes are shortened, then columns are left out in this order: the
// medians of e2el, itl and tpot, requests per second, the p99 of e2el, the
// number of requests, the median of ttft.
func (c *console) cells() {
	if len(c.doc.Cells) == 0 {
		return
	}
	columns := append(c.axisColumns(), measuredColumns()...)
	lines, left := fitTable(columns, c.doc.Cells, c.opts.Width)
	c.blank()
	for i, l := range lines {
		switch {
		case i < 3:
			l = c.paint(faint, l)
		case strings.HasSuffix(l, markInvalid):
			l = strings.TrimSuffix(l, markInvalid) + c.paint(red, markInvalid)
		case strings.HasSuffix(l, markWarned):
			l = strings.TrimSuffix(l, markWarned) + c.paint(yellow, markWarned)
		}
		c.line(l)
	}
	for _, note := range c.tableNotes(left) {
		c.note(note)
	}
}

// note writes what is said of a table, below it.
func (c *console) note(text string) {
	for _, l := range wrap(text, c.opts.Width) {
		c.line(c.paint(faint, l))
	}
}

// fitTable renders a table so that it fits into so many columns of text, and names
// those of the table that are left out.
func fitTable[T any](columns []tableColumn[T], rows []T, width int) (lines, left []string) {
	for _, axisWidth := range []int{24, 10} {
		for i := range columns {
			if columns[i].left {
				columns[i] = narrowed(columns[i], axisWidth)
			}
		}
		if lines = renderRows(columns, rows); widest(lines) <= width {
			return lines, left
		}
	}
	for order := 1; ; order++ {
		at := slices.IndexFunc(columns, func(t tableColumn[T]) bool { return t.gives == order })
		if at < 0 {
			return lines, left // narrower than the axes alone: let the terminal wrap
		}
		left = append(left, strings.TrimSpace(strings.TrimSuffix(columns[at].group, " ms")+" "+columns[at].head))
		columns = slices.Delete(columns, at, at+1)
		if lines = renderRows(columns, rows); widest(lines) <= width {
			return lines, left
		}
	}
}

// narrowed cuts an axis' header and values to so many columns.
func narrowed[T any](t tableColumn[T], width int) tableColumn[T] {
	inner := t.text
	t.text = func(row T) string { return shorten(inner(row), width) }
	t.group, t.head = shorten(t.group, width), shorten(t.head, width)
	if width < len("concurrency") && strings.HasPrefix(t.head, "concurren") {
		t.head = "conc"
	}
	return t
}

// axisColumns has one column an axis, or the load where there is no matrix.
func (c *console) axisColumns() []tableColumn[*result.Cell] {
	names := axisNames(c.doc.Cells)
	if len(names) == 0 {
		return []tableColumn[*result.Cell]{{head: "load", left: true, text: func(c *result.Cell) string { return loadOf(c).String() }}}
	}
	var columns []tableColumn[*result.Cell]
	for _, name := range names {
		group, head := axisHead(name, names)
		columns = append(columns, tableColumn[*result.Cell]{group: group, head: head, left: true, text: func(c *result.Cell) string {
			return scalar(axisOf(c, name))
		}})
	}
	return columns
}

// axisHead is the last segment of an axis' path, on two lines where it has
// several words; with the segment before it where two axes would be called the
// same.
func axisHead(name string, all []string) (group, head string) {
	last := lastSegment(name)
	for _, other := range all {
		if other != name && lastSegment(other) == last {
			before := strings.TrimSuffix(strings.TrimSuffix(name, last), ".")
			return clean(lastSegment(before), maxName), clean(last, maxName)
		}
	}
	if first, rest, ok := strings.Cut(last, "_"); ok {
		return clean(first, maxName), clean(rest, maxName)
	}
	return "", clean(last, maxName)
}

const (
	markValid   = "ok"
	markWarned  = "warn"
	markInvalid = "INVALID"
)

func measuredColumns() []tableColumn[*result.Cell] {
	of := func(metric, statistic string) func(*result.Cell) string {
		return func(c *result.Cell) string { return digits(stat(c, metric, statistic)) }
	}
	scalar := func(metric string) func(*result.Cell) string {
		return func(c *result.Cell) string { return digits(value(c, metric)) }
	}
	return []tableColumn[*result.Cell]{
		{group: "", head: "sent", gives: 6, text: sent},
		{group: "ok", head: "%", text: func(c *result.Cell) string { return percent(successRate(c)) }},
		{group: "output", head: "tok/s", text: scalar("output_throughput")},
		{group: "", head: "req/s", gives: 4, text: scalar("request_throughput")},
		{group: "ttft ms", head: "p50", gives: 7, text: of("ttft", "p50")},
		{group: "ttft ms", head: "p99", text: of("ttft", "p99")},
		{group: "tpot ms", head: "p50", gives: 3, text: of("tpot", "p50")},
		{group: "itl ms", head: "p50", gives: 2, text: of("itl", "p50")},
		{group: "itl ms", head: "p99", text: of("itl", "p99")},
		{group: "e2el ms", head: "p50", gives: 1, text: of("e2el", "p50")},
		{group: "e2el ms", head: "p99", gives: 5, text: of("e2el", "p99")},
		{group: "", head: "valid", left: true, text: mark},
	}
}

// sent is the number of requests that were sent, and of how many planned where
// that is another.
func sent(c *result.Cell) string {
	s := grouped(int64(c.Counts.Sent))
	if c.Counts.Planned > c.Counts.Sent {
		s += "/" + grouped(int64(c.Counts.Planned))
	}
	return s
}

func mark(c *result.Cell) string {
	switch c.Validity {
	case result.Valid:
		return markValid
	case result.Warned:
		return markWarned
	case result.Invalid:
		return markInvalid
	}
	return none
}

// renderRows makes the lines of a table: one of header, two where columns have
// groups, a rule, one a row.
func renderRows[T any](columns []tableColumn[T], rows []T) []string {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format = table.FormatOptions{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	groups, heads, grouped := table.Row{}, table.Row{}, false
	var configs []table.ColumnConfig
	for i, c := range columns {
		align := text.AlignRight
		if c.left {
			align = text.AlignLeft
		}
		groups, heads, grouped = append(groups, c.group), append(heads, c.head), grouped || c.group != ""
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align})
	}
	t.SetColumnConfigs(configs)
	if grouped {
		t.AppendHeader(groups, table.RowConfig{AutoMerge: true})
	}
	t.AppendHeader(heads)
	for _, of := range rows {
		row := table.Row{}
		for _, c := range columns {
			row = append(row, c.text(of))
		}
		t.AppendRow(row)
	}
	lines := strings.Split(t.Render(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

func widest(lines []string) int {
	most := 0
	for _, l := range lines {
		most = max(most, displayWidth(l))
	}
	return most
}

// leftOut says which columns had no room.
func leftOut(columns []string) string {
	return "left out for want of width: " + strings.Join(columns, ", ")
}

// tableNotes says what the table does not show by itself.
func (c *console) tableNotes(left []string) []string {
	var notes []string
	if len(left) > 0 {
		notes = append(notes, leftOut(left))
	}
	coarse := 0
	for _, cell := range c.doc.Cells {
		if cell.Metrics["itl"].Note != "" {
			coarse++
		}
	}
	if coarse > 0 {
		notes = append(notes, fmt.Sprintf("itl is per chunk, not per token%s: the tokens in a chunk are not known", c.inCells(coarse)))
	}
	return notes
}
