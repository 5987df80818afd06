package reporters

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"loadgate/internal/result"
)

// htmlTable is the table of cells.
type htmlTable struct {
	Heads []htmlHead
	Rows  []htmlRow
}

// htmlHead is a column's head. Numbers stand to the right.
type htmlHead struct {
	Text  string
	Hint  string
	Right bool
}

// htmlRow is a cell of the run.
type htmlRow struct {
	Title string
	Cells []htmlValue
}

// htmlValue is what one column shows; Key is what it is sorted by.
type htmlValue struct {
	Text, Key, Tone string
	Right           bool
}

// htmlColumn makes the values of a column.
type htmlColumn struct {
	htmlHead
	value func(*result.Cell) htmlValue
}

func newHTMLTable(r *Report) htmlTable {
	var t htmlTable
	columns := append(htmlAxisColumns(r), rulesColumn(r.Doc), validityColumn())
	columns = append(columns, htmlMeasuredColumns()...)
	for _, c := range columns {
		t.Heads = append(t.Heads, c.htmlHead)
	}
	for _, c := range r.Doc.Cells {
		row := htmlRow{Title: nameOf(r, c)}
		for _, col := range columns {
			v := col.value(c)
			v.Right = col.Right
			row.Cells = append(row.Cells, v)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// htmlAxisColumns has one column an axis, or the load where there is no matrix.
func htmlAxisColumns(r *Report) []htmlColumn {
	names := axisNames(r.Doc.Cells)
	if len(names) == 0 {
		return []htmlColumn{{htmlHead{Text: "load"}, func(c *result.Cell) htmlValue { return htmlText(loadOf(c).String()) }}}
	}
	var columns []htmlColumn
	for _, name := range names {
		group, head := axisHead(name, names)
		columns = append(columns, htmlColumn{
			htmlHead{Text: strings.TrimSpace(group + " " + head), Hint: clean(name, maxName)},
			func(c *result.Cell) htmlValue {
				v := axisOf(c, name)
				if x, ok := asNumber(v); ok {
					return htmlValue{Text: scalar(v), Key: sortKey(x)}
				}
				return htmlText(scalar(v))
			},
		})
	}
	return columns
}

func htmlText(s string) htmlValue { return htmlValue{Text: s, Key: s} }

// sortKey is a number as the page's script sorts it, "" for none.
func sortKey(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	if math.IsInf(x, 0) {
		return strings.Replace(strconv.FormatFloat(x, 'g', -1, 64), "Inf", "Infinity", 1)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func htmlMeasuredColumns() []htmlColumn {
	columns := []htmlColumn{
		{htmlHead{"sent", "measured requests that were sent", true}, func(c *result.Cell) htmlValue {
			return htmlValue{Text: sent(c), Key: sortKey(float64(c.Counts.Sent))}
		}},
		{htmlHead{"ok %", "completed / sent", true}, func(c *result.Cell) htmlValue {
			v := htmlValue{Text: percent(successRate(c)), Key: sortKey(float64(successRate(c)))}
			if c.Counts.Failed > 0 {
				v.Tone = "bad"
			}
			return v
		}},
	}
	for _, m := range []struct{ head, metric, hint string }{
		{"req/s", "request_throughput", "completed requests per second"},
		{"out tok/s", "output_throughput", "output tokens per second"},
	} {
		columns = append(columns, numberColumn(m.head, m.hint, func(c *result.Cell) result.Number { return value(c, m.metric) }))
	}
	for _, m := range []struct {
		metric, hint string
		stats        []string
	}{
		{"ttft", "time to first token, ms", []string{"p50", "p95", "p99"}},
		{"tpot", "time per output token after the first, ms", []string{"p50"}},
		{"itl", "inter-token latency, ms", []string{"p50", "p99"}},
		{"e2el", "end-to-end latency, ms", []string{"p50", "p99"}},
	} {
		for _, s := range m.stats {
			columns = append(columns, numberColumn(m.metric+" "+s, m.hint, func(c *result.Cell) result.Number { return stat(c, m.metric, s) }))
		}
	}
	return columns
}

func numberColumn(head, hint string, of func(*result.Cell) result.Number) htmlColumn {
	return htmlColumn{htmlHead{head, hint, true}, func(c *result.Cell) htmlValue {
		return htmlValue{Text: digits(of(c)), Key: sortKey(float64(of(c)))}
	}}
}

// rulesColumn counts the judgements on the cell; it sorts the worst first.
func rulesColumn(doc *result.Document) htmlColumn {
	return htmlColumn{htmlHead{Text: "rules", Hint: "rules that failed, or that passed"}, func(c *result.Cell) htmlValue {
		passed, failed, unsure := 0, 0, 0
		for _, j := range doc.SLO {
			switch {
			case j.Cell != c.ID:
			case j.Outcome == result.RulePass:
				passed++
			case j.Outcome == result.RuleError, j.Outcome == result.RuleFail && !isWarning(j):
				failed++
			case j.Outcome != result.RuleSkipped:
				unsure++
			}
		}
		switch {
		case failed > 0:
			return htmlValue{Text: fmt.Sprintf("✗ %d failed", failed), Key: sortKey(float64(-failed)), Tone: "bad"}
		case unsure > 0:
			return htmlValue{Text: fmt.Sprintf("! %d not met", unsure), Key: "0", Tone: "warn"}
		case passed > 0:
			return htmlValue{Text: fmt.Sprintf("✓ %d passed", passed), Key: "1", Tone: "good"}
		}
		return htmlValue{Text: none, Key: "2"}
	}}
}

func validityColumn() htmlColumn {
	return htmlColumn{htmlHead{Text: "valid", Hint: "whether the numbers may be believed"}, func(c *result.Cell) htmlValue {
		switch c.Validity {
		case result.Valid:
			return htmlValue{Text: "✓ " + markValid, Key: "2", Tone: "good"}
		case result.Warned:
			return htmlValue{Text: "! " + markWarned, Key: "1", Tone: "warn"}
		case result.Invalid:
			return htmlValue{Text: "✗ " + markInvalid, Key: "0", Tone: "bad"}
		}
		return htmlValue{Text: none, Key: "3"}
	}}
}
