package reporters

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"loadgate/internal/result"
)

// MaxSummary is what GitHub takes as the summary of one step, in bytes: a
// larger one is refused whole.
const MaxSummary = 1 << 20

// Markdown writes a summary for a job's page: the verdict, the rules that did
// not pass, a table of the cells, the failed requests, the findings and the line
// of trust, in less than MaxSummary bytes.
func Markdown(ctx context.Context, r *Report, w io.Writer) error {
	return MarkdownWithin(MaxSummary-1)(ctx, r, w)
}

// MarkdownWithin writes at most so many bytes. What does not fit is cut by whole
// rows from the longest tables, with a note of how many are missing; where there
// is no room for the tables' frames either, only the verdict is written, or
// nothing.
func MarkdownWithin(most int) ReporterFunc {
	return func(ctx context.Context, r *Report, w io.Writer) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := &markdown{c: unadorned(r)}
		m.begin()
		m.judgements()
		m.comparison()
		m.cells()
		m.groups()
		m.fits()
		m.failures()
		m.findings()
		m.end()
		_, err := io.WriteString(w, m.within(most))
		return err
	}
}

// markdown is a summary in the making: what comes before the tables, the
// tables, what comes after.
type markdown struct {
	c          *console
	head, tail string
	tables     []*markdownTable
}

type markdownTable struct {
	title string
	frame string // header and rule, with line ends
	rows  []string
	shown int
	foot  string // "" or a paragraph
}

func (m *markdown) begin() {
	word, _ := m.c.verdict()
	d := m.c.doc
	mark := map[result.Verdict]string{result.Pass: "✅", result.Fail: "❌", result.Errored: "❌"}[d.Verdict]
	if mark == "" {
		mark = "⚠️"
	}
	name := cmp.Or(clean(d.Name, maxName), "loadgate")
	m.head = fmt.Sprintf("## %s %s: %s\n\n", mark, markdownText(name), markdownText(word))
	parts := targets(d.Cells)
	if !d.StartedAt.IsZero() {
		parts = append(parts, d.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC"))
		if lasted := d.EndedAt.Sub(d.StartedAt); lasted > 0 && lasted < 1000*time.Hour {
			parts = append(parts, took(lasted))
		}
	}
	if shape := m.c.shape(); shape != "" {
		parts = append(parts, shape)
	}
	m.head += markdownText(strings.Join(append(parts, fmt.Sprintf("exit %d", d.ExitCode)), " · ")) + "\n"
}

// judgements is one row a judgement that did not pass.
func (m *markdown) judgements() {
	t := newMarkdownTable("Rules that did not pass", "", "Rule", "Cell", "Why", "Place")
	for _, kind := range unpassed() {
		for _, j := range m.c.doc.SLO {
			if !kind.is(j) {
				continue
			}
			cell := "(run)"
			if j.Cell != "" {
				cell = cmp.Or(m.c.r.titleOfID(j.Cell), clean(j.Cell, maxName))
			}
			rule := ruleName(j)
			if j.Name != "" && j.Name != j.Assert {
				rule += ": " + clean(j.Assert, maxReason)
			}
			why := clean(reasonOf(j), maxReason)
			if j.Neighbor != "" {
				why += "; passes at " + clean(j.Neighbor, maxName)
			}
			t.add("**"+kind.tag+"**", markdownText(rule), markdownText(cell), markdownText(why), markdownText(clean(placeOf(j), 2*maxName)))
		}
	}
	if len(m.c.doc.SLO) > 0 {
		t.foot = "Rules: " + markdownText(m.c.tally()) + "."
	}
	m.tables = append(m.tables, t)
}

// cells is the console's table, in full.
func (m *markdown) cells() {
	columns := append(m.c.axisColumns(), measuredColumns()...)
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = markdownText(strings.TrimSpace(c.group + " " + c.head))
	}
	t := newMarkdownTable("Cells", heads...)
	for i, c := range columns {
		if !c.left {
			t.frame = alignRight(t.frame, i)
		}
	}
	for _, cell := range m.c.doc.Cells {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = markdownText(c.text(cell))
		}
		t.add(row...)
	}
	t.foot = markdownText(strings.Join(m.c.tableNotes(nil), "; "))
	m.tables = append(m.tables, t)
}

func (m *markdown) failures() {
	t := newMarkdownTable("Failed requests", "Class", "Requests", "Cells", "For example")
	t.frame = alignRight(alignRight(t.frame, 1), 2)
	for _, f := range failuresOf(m.c.doc.Cells) {
		t.add(markdownText(clean(f.class, maxName)), grouped(int64(f.requests)), grouped(int64(f.cells)), markdownText(f.example))
	}
	m.tables = append(m.tables, t)
}

func (m *markdown) findings() {
	t := newMarkdownTable("Findings of the validity checks", "", "Check", "Cells", "What")
	t.frame = alignRight(t.frame, 2)
	for _, f := range findingsByCheck(m.c.doc.Cells) {
		tag := markWarned
		if severity(f.worst) > 0 {
			tag = markInvalid
		}
		t.add("**"+tag+"**", markdownText(clean(f.worst.Check, maxName)), grouped(int64(f.cells)), markdownText(clean(findingText(f.worst), maxReason)))
	}
	m.tables = append(m.tables, t)
}

func (m *markdown) end() {
	m.c.out.Reset()
	m.c.trust()
	if line := strings.TrimSpace(m.c.out.String()); line != "" {
		m.tail = "\n" + markdownText(line) + "\n"
	}
}

// newMarkdownTable begins a table; its columns are aligned to the left.
func newMarkdownTable(title string, heads ...string) *markdownTable {
	return &markdownTable{
		title: title,
		frame: "| " + strings.Join(heads, " | ") + " |\n" + strings.Repeat("| --- ", len(heads)) + "|\n",
	}
}

// alignRight sets the alignment of a column in a frame.
func alignRight(frame string, column int) string {
	head, rule, _ := strings.Cut(frame, "\n")
	cells := strings.Split(rule, "|")
	cells[column+1] = " ---: "
	return head + "\n" + strings.Join(cells, "|")
}

func (t *markdownTable) add(cells ...string) {
	t.rows = append(t.rows, "| "+strings.Join(cells, " | ")+" |\n")
	t.shown++
}

func (t *markdownTable) String() string {
	var b strings.Builder
	if len(t.rows) > 0 {
		b.WriteString("\n### " + t.title + "\n\n" + t.frame)
		for _, row := range t.rows[:t.shown] {
			b.WriteString(row)
		}
		if left := len(t.rows) - t.shown; left > 0 {
			fmt.Fprintf(&b, "\n*%s left out for want of room: the results hold all %s.*\n", plural(left, "more row"), grouped(int64(len(t.rows))))
		}
	}
	if t.foot != "" {
		b.WriteString("\n" + t.foot + "\n")
	}
	return b.String()
}

// within joins the parts and cuts tables until they fit.
func (m *markdown) within(most int) string {
	const note = 100 // room for a table's note
	room := most - len(m.head) - len(m.tail)
	sizes := map[*markdownTable]int{}
	for _, t := range m.tables {
		sizes[t] = len(t.String())
	}
	order := slices.Clone(m.tables)
	slices.SortStableFunc(order, func(a, b *markdownTable) int { return cmp.Compare(sizes[a], sizes[b]) })
	for i, t := range order { // the smaller ones leave the larger ones what they do not need
		share := room / (len(order) - i)
		if sizes[t] > share {
			t.cut(share - note)
		}
		room -= len(t.String())
	}
	all := m.head
	for _, t := range m.tables {
		all += t.String()
	}
	for _, s := range []string{all + m.tail, m.head} {
		if len(s) <= most {
			return s
		}
	}
	return ""
}

// cut keeps as many rows as fit into size bytes with the frame.
func (t *markdownTable) cut(size int) {
	t.shown = 0
	size -= len(t.String())
	for _, row := range t.rows {
		if size -= len(row); size < 0 {
			return
		}
		t.shown++
	}
}

// markdownText shows a text as it is, wherever Markdown stands: no markup, no
// HTML, no end of a table's cell, no link, no mention of a person or an issue.
// Readers make links and mentions out of plain text, after escapes are gone, so
// that a zero-width space has to break these.
func markdownText(s string) string { return markdownEscapes.Replace(s) }

var markdownEscapes = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "|", `\|`, "$", `\$`, "[", `\[`, "]", `\]`,
	"#", "\\#\u200b", "@", "@\u200b", "://", ":\u200b//", "www.", "www\u200b.", "WWW.", "WWW\u200b.",
)
