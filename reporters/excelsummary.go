package reporters

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"loadgate/internal/llm"
	"loadgate/internal/result"
)

// unknown is what serving_perf_eval writes, so spelled, where a label is
// missing.
const unknown = "unknow"

// summaryColumn is a column of the sheet Summary with its value for a cell.
type summaryColumn struct {
	column
	value func(r *Report, c *result.Cell) any
}

func writeSummary(b *workbook, r *Report, name string) error {
	all := slices.Concat(inheritedColumns(), axisColumns(r.Doc.Cells), ownColumns())
	s, err := b.cellRows(r, name, all)
	if err != nil {
		return err
	}
	validity := 1 + slices.IndexFunc(all, func(c summaryColumn) bool { return c.head == "Validity" })
	err = s.tint(validity, map[string]string{
		string(result.Valid): "good", string(result.Warned): "warn", string(result.Invalid): "bad",
	})
	if err != nil {
		return err
	}
	return s.end(true)
}

// cellRows begins a sheet that has a row a cell.
func (b *workbook) cellRows(r *Report, name string, all []summaryColumn) (*sheet, error) {
	columns := make([]column, len(all))
	for i, c := range all {
		columns[i] = c.column
	}
	s, err := b.sheet(name, columns)
	if err != nil {
		return nil, err
	}
	for _, c := range r.Doc.Cells {
		row := make([]any, len(all))
		for i, col := range all {
			row[i] = col.value(r, c)
		}
		if err := s.add(row...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func textColumn(head string, width float64, value func(*Report, *result.Cell) string) summaryColumn {
	return summaryColumn{column{head, width, asText}, func(r *Report, c *result.Cell) any { return value(r, c) }}
}

func countColumn(head string, value func(*result.Cell) int) summaryColumn {
	return summaryColumn{column{head, 11, asCount}, func(_ *Report, c *result.Cell) any { return value(c) }}
}

func measureColumn(head string, value func(*result.Cell) result.Number) summaryColumn {
	return summaryColumn{column{head, 12, asMeasure}, func(_ *Report, c *result.Cell) any { return value(c) }}
}

func scalarColumn(head, metric string) summaryColumn {
	return measureColumn(head, func(c *result.Cell) result.Number { return value(c, metric) })
}

// inheritedColumns are those of the Python tool serving_perf_eval, with its
// headers and in its order, so that old and new spreadsheets stand side by
// side. Its TTFT and E2EL count from the moment of sending, and its ITL is the
// gap between chunks: sent_ttft, sent_e2el and icl here.
func inheritedColumns() []summaryColumn {
	columns := []summaryColumn{
		textColumn("Hardware Spec", 20, func(r *Report, c *result.Cell) string {
			return label(r, c, "hardware", unknown) + " x " + label(r, c, "hardware_num", unknown)
		}),
		textColumn("Model", 28, func(r *Report, c *result.Cell) string {
			return label(r, c, "model", cmp.Or(c.Model, unknown)) + " - " + label(r, c, "quantization_method", unknown)
		}),
		textColumn("Software Framework", 20, func(r *Report, c *result.Cell) string {
			return label(r, c, "framework", unknown) + " " + label(r, c, "framework_version", unknown)
		}),
		textColumn("Cluster Spec", 14, func(r *Report, c *result.Cell) string { return label(r, c, "cluster", unknown) }),
		textColumn("Dataset", 14, func(_ *Report, c *result.Cell) string { return c.Dataset }),
		countColumn("Total Requests", func(c *result.Cell) int { return c.Counts.Sent }),
		{column{"Request Rate", 10, asGeneral}, func(_ *Report, c *result.Cell) any { return requestRate(loadOf(c)) }},
		measureColumn("Request Success Rate(%)", func(c *result.Cell) result.Number { return 100 * successRate(c) }),
		countColumn("Audit Hits", func(c *result.Cell) int { return c.Counts.AuditHits }),
		{column{"Concurrency", 12, asGeneral}, func(_ *Report, c *result.Cell) any { return slots(loadOf(c)) }},
		countColumn("Total Input Tokens", func(c *result.Cell) int { return c.Tokens.Input }),
		countColumn("Total Output Tokens", func(c *result.Cell) int { return c.Tokens.Output }),
		countColumn("Total Reasoning Tokens", func(c *result.Cell) int { return c.Tokens.Reasoning }),
		scalarColumn("Total Duration(s)", "duration"),
		scalarColumn("Total Request Throughput(requests/s)", "request_throughput"),
		scalarColumn("Total Input Throughput(tokens/s)", "input_throughput"),
		scalarColumn("Total Output Throughput(tokens/s)", "output_throughput"),
	}
	for _, statistic := range []string{"avg", "p50", "p90", "p10", "p99", "p1"} {
		for _, m := range []struct{ head, metric string }{
			{"TTFT", "sent_ttft"}, {"TPOT", "tpot"}, {"ITL", "icl"}, {"E2EL", "sent_e2el"},
		} {
			columns = append(columns, measureColumn(m.head+"_"+statistic+"(ms)", func(c *result.Cell) result.Number {
				return stat(c, m.metric, statistic)
			}))
		}
	}
	return columns
}

func requestRate(l load) any {
	if !math.IsNaN(l.concurrency) {
		return "Serial"
	}
	return l.rate
}

func slots(l load) float64 {
	if !math.IsNaN(l.concurrency) {
		return l.concurrency
	}
	return l.limit
}

// label looks a label up for a cell: its own before the run's.
func label(r *Report, c *result.Cell, name, otherwise string) string {
	for _, labels := range []map[string]any{c.Labels, r.Doc.Labels} {
		if v, ok := labels[name]; ok && v != nil {
			return scalar(v)
		}
	}
	return otherwise
}

func axisColumns(cells []*result.Cell) []summaryColumn {
	var columns []summaryColumn
	for _, name := range axisNames(cells) {
		columns = append(columns, summaryColumn{column{name, 14, asGeneral}, func(_ *Report, c *result.Cell) any {
			v := axisOf(c, name)
			if x, ok := asNumber(v); ok {
				return x
			}
			if v == nil {
				return nil
			}
			return scalar(v)
		}})
	}
	return columns
}

// ownColumns are what the Python tool does not have.
func ownColumns() []summaryColumn {
	columns := []summaryColumn{
		textColumn("Cell", 30, func(_ *Report, c *result.Cell) string { return c.ID }),
		textColumn("Validity", 10, func(_ *Report, c *result.Cell) string { return string(c.Validity) }),
		textColumn("Backend", 12, func(_ *Report, c *result.Cell) string { return c.Backend }),
		textColumn("Backend Kind", 12, func(_ *Report, c *result.Cell) string { return c.Kind }),
		countColumn("Repeats", repeatsOf),
		countColumn("Planned", func(c *result.Cell) int { return c.Counts.Planned }),
		countColumn("Completed", func(c *result.Cell) int { return c.Counts.Completed }),
		countColumn("Failed", func(c *result.Cell) int { return c.Counts.Failed }),
		countColumn("Cancelled", func(c *result.Cell) int { return c.Counts.Cancelled }),
		countColumn("Unsent", func(c *result.Cell) int { return c.Counts.Unsent }),
		scalarColumn("Total Throughput(tokens/s)", "total_throughput"),
		scalarColumn("Steady Request Throughput(requests/s)", "steady_request_throughput"),
		scalarColumn("Steady Output Throughput(tokens/s)", "steady_output_throughput"),
		scalarColumn("Goodput(requests/s)", "goodput"),
		measureColumn("SLO Attainment(%)", func(c *result.Cell) result.Number { return 100 * value(c, "slo_attainment") }),
	}
	for _, m := range []struct {
		metric     string
		statistics []string
	}{
		{"ttft", []string{"avg", "p50", "p90", "p95", "p99", "p999", "max"}},
		{"tpot", []string{"p95", "p999"}},
		{"itl", []string{"avg", "p50", "p90", "p95", "p99", "p999", "max"}},
		{"icl", []string{"p95", "p999"}},
		{"e2el", []string{"avg", "p50", "p90", "p95", "p99", "p999", "max"}},
		{"sent_ttft", []string{"p95", "p999"}},
		{"sent_e2el", []string{"p95", "p999"}},
	} {
		for _, statistic := range m.statistics {
			columns = append(columns, measureColumn(m.metric+"."+statistic+"(ms)", func(c *result.Cell) result.Number {
				return stat(c, m.metric, statistic)
			}))
		}
	}
	return append(columns,
		textColumn("Errors", 24, func(_ *Report, c *result.Cell) string { return errorCounts(c.Counts.Errors) }),
		textColumn("Findings", 24, func(_ *Report, c *result.Cell) string { return checksOf(c) }),
	)
}

// errorCounts is "http_5xx 12, reset 1", in the order of the classes.
func errorCounts(errors map[string]int) string {
	var parts []string
	for _, class := range classesOf(errors) {
		parts = append(parts, fmt.Sprintf("%s %d", clean(class, maxName), errors[class]))
	}
	return strings.Join(parts, ", ")
}

// classesOf lists the classes that occur: the known ones in their order, then
// others by name.
func classesOf(errors map[string]int) []string {
	var known []string
	for _, class := range llm.ErrorClasses() {
		known = append(known, string(class))
	}
	place := func(class string) int {
		if i := slices.Index(known, class); i >= 0 {
			return i
		}
		return len(known)
	}
	classes := slices.Sorted(maps.Keys(errors))
	classes = slices.DeleteFunc(classes, func(class string) bool { return errors[class] == 0 })
	slices.SortStableFunc(classes, func(a, b string) int { return place(a) - place(b) })
	return classes
}

// checksOf names the checks that found something, each once.
func checksOf(c *result.Cell) string {
	var names []string
	for _, f := range findingsOf(c) {
		if name := clean(f.Check, maxName); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
