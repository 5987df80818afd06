package reporters

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"loadgate/internal/result"
)

// ConsoleOptions say what the console is like.
type ConsoleOptions struct {
	Width int    // columns; 0 = 100
	Color bool   // ANSI colours
	Path  string // where the results lie; "" = not said
}

// Console writes the summary that a person reads after a run: what was tested,
// a table of the cells, what the validity checks found, the verdicts, the
// errors, one line of trust and one line with the outcome.
func Console(w io.Writer, r *Report, opts ConsoleOptions) error {
	if opts.Width <= 0 {
		opts.Width = 100
	}
	opts.Width = max(opts.Width, 40)
	c := &console{r: r, doc: r.Doc, opts: opts}
	c.header()
	c.cells()
	c.groupTables()
	c.findings()
	c.asAsked()
	c.misfitLines()
	c.verdicts()
	c.comparison()
	c.errors()
	if c.out.Len() > 0 {
		c.blank()
	}
	c.trust()
	c.outcome()
	_, err := io.WriteString(w, c.out.String())
	return err
}

// console is a summary in the making.
type console struct {
	out  strings.Builder
	r    *Report
	doc  *result.Document
	opts ConsoleOptions
}

// ink is an ANSI colour.
type ink string

const (
	red    ink = "31;1"
	yellow ink = "33;1"
	green  ink = "32;1"
	faint  ink = "2"
	bold   ink = "1"
)

func (c *console) paint(i ink, s string) string {
	if !c.opts.Color || s == "" {
		return s
	}
	return "\x1b[" + string(i) + "m" + s + "\x1b[0m"
}

func (c *console) line(s string) {
	c.out.WriteString(strings.TrimRight(s, " ") + "\n")
}

func (c *console) blank() { c.out.WriteByte('\n') }

// hanging writes lead and then text, wrapped, its further lines indented to
// where the text began. The lead is counted as columns wide.
func (c *console) hanging(lead string, columns int, text string) {
	for i, l := range wrap(text, c.opts.Width-columns) {
		if i > 0 {
			lead = strings.Repeat(" ", columns)
		}
		c.line(lead + l)
	}
}

// header says what was tested, when and for how long.
func (c *console) header() {
	if c.doc.Name == "" {
		return
	}
	first := append([]string{clean(c.doc.Name, maxName)}, targets(c.doc.Cells)...)
	if !c.doc.StartedAt.IsZero() {
		first = append(first, c.doc.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
		if d := c.doc.EndedAt.Sub(c.doc.StartedAt); d > 0 && d < 1000*time.Hour {
			first = append(first, took(d))
		}
	}
	for i, l := range wrap(strings.Join(first, " · "), c.opts.Width) {
		if i == 0 && strings.HasPrefix(l, first[0]) {
			l = c.paint(bold, first[0]) + l[len(first[0]):]
		}
		c.line(l)
	}
	if second := c.shape(); second != "" {
		c.hanging("", 0, second)
	}
}

// shape says what all cells have in common, and how many there are.
func (c *console) shape() string {
	if len(c.doc.Cells) == 0 {
		return ""
	}
	parts := []string{plural(len(c.doc.Cells), "cell")}
	if s, ok := common(c.doc.Cells, repeatsOf); ok && s > 1 {
		parts[0] += fmt.Sprintf(", medians of %d repeats", s)
	} else if !ok {
		parts[0] += ", medians of their repeats"
	}
	if l, ok := common(c.doc.Cells, func(c *result.Cell) string { return loadOf(c).String() }); ok && l != none {
		parts = append(parts, l)
	}
	if d, ok := common(c.doc.Cells, func(c *result.Cell) string { return c.Dataset }); ok && d != "" {
		parts = append(parts, "dataset "+clean(d, maxName))
	}
	return strings.Join(parts, " · ")
}

// targets names the backends of the cells, each once.
func targets(cells []*result.Cell) []string {
	var all []string
	for _, c := range cells {
		what := slices.DeleteFunc([]string{clean(c.Kind, maxName), clean(c.Model, maxName)}, func(s string) bool { return s == "" })
		t := clean(c.Backend, maxName)
		if len(what) > 0 {
			t += " (" + strings.Join(what, ", ") + ")"
		}
		if t != "" && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	const most = 3
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("and %d more targets", len(all)-most))
	}
	return all
}

// common is what of gives for every cell, if it is the same.
func common[T comparable](cells []*result.Cell, of func(*result.Cell) T) (T, bool) {
	first := of(cells[0])
	for _, c := range cells[1:] {
		if of(c) != first {
			var zero T
			return zero, false
		}
	}
	return first, true
}

// inCells is " in 3 of 36 cells", or nothing where there is only one cell.
func (c *console) inCells(n int) string {
	if len(c.doc.Cells) < 2 {
		return ""
	}
	return fmt.Sprintf(" in %s of %s", grouped(int64(n)), plural(len(c.doc.Cells), "cell"))
}
