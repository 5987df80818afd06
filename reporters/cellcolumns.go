package reporters

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"loadgate/internal/result"
	"loadgate/metrics"
)

// cellColumn is a column of a table with one row a cell, for machines: its name
// is an identifier that ends in the unit of its values.
type cellColumn struct {
	name  string
	holds columnType
	// value gives a string, an int or a float64, as holds says; nil where there
	// is none.
	value func(c *result.Cell) any
}

type columnType int

const (
	texts columnType = iota
	wholes
	reals
)

// cellColumns are the axes, the labels, what was tested, the counts, and the
// main statistics of every metric.
func cellColumns(r *Report) []cellColumn {
	facts := append(factColumns(r), slices.Concat(countColumns(), tokenColumns(), statisticColumns())...)
	taken := map[string]bool{}
	for _, f := range facts {
		taken[f.name] = true
	}
	return append(append(axesColumns(r.Doc.Cells, taken), labelColumns(r, taken)...), facts...)
}

// axesColumns has one column an axis, of numbers where all cells have numbers.
func axesColumns(cells []*result.Cell, taken map[string]bool) []cellColumn {
	var columns []cellColumn
	for _, name := range axisNames(cells) {
		columns = append(columns, valueColumn(uniqueName(identifier(name), "axis_", taken), cells,
			func(c *result.Cell) any { return axisOf(c, name) }))
	}
	return columns
}

// labelColumns has one column a label, of the run or of a cell.
func labelColumns(r *Report, taken map[string]bool) []cellColumn {
	names := sortedKeys(r.Doc.Labels)
	for _, c := range r.Doc.Cells {
		names = append(names, sortedKeys(c.Labels)...)
	}
	slices.Sort(names)
	var columns []cellColumn
	for _, name := range slices.Compact(names) {
		columns = append(columns, valueColumn(uniqueName("label_"+identifier(name), "", taken), r.Doc.Cells, func(c *result.Cell) any {
			if v, own := c.Labels[name]; own {
				return v
			}
			return r.Doc.Labels[name]
		}))
	}
	return columns
}

// valueColumn holds what of gives: as numbers where it gives nothing else.
func valueColumn(name string, cells []*result.Cell, of func(*result.Cell) any) cellColumn {
	numbers := 0
	for _, c := range cells {
		v := of(c)
		if _, ok := asNumber(v); ok {
			numbers++
		} else if v != nil {
			return cellColumn{name, texts, func(c *result.Cell) any {
				if v := of(c); v != nil {
					return scalar(v)
				}
				return nil
			}}
		}
	}
	if numbers == 0 {
		return cellColumn{name, texts, func(*result.Cell) any { return nil }}
	}
	return cellColumn{name, reals, func(c *result.Cell) any {
		if x, ok := asNumber(of(c)); ok {
			return x
		}
		return nil
	}}
}

func factColumns(r *Report) []cellColumn {
	text := func(name string, of func(*result.Cell) string) cellColumn {
		return cellColumn{name, texts, func(c *result.Cell) any {
			if s := clean(of(c), maxReason); s != "" {
				return s
			}
			return nil
		}}
	}
	sending := func(name string, of func(load) float64) cellColumn {
		return cellColumn{name, reals, func(c *result.Cell) any { return present(of(loadOf(c))) }}
	}
	return []cellColumn{
		text("cell", func(c *result.Cell) string { return c.ID }),
		text("title", func(c *result.Cell) string { return nameOf(r, c) }),
		text("started_at", func(c *result.Cell) string { return timestamp(c.StartedAt) }),
		text("backend", func(c *result.Cell) string { return c.Backend }),
		text("backend_kind", func(c *result.Cell) string { return c.Kind }),
		text("model", func(c *result.Cell) string { return c.Model }),
		text("dataset", func(c *result.Cell) string { return c.Dataset }),
		text("dataset_digest", func(c *result.Cell) string { return c.DatasetDigest }),
		sending("concurrency", func(l load) float64 { return l.concurrency }),
		sending("rate_per_second", func(l load) float64 { return l.rate }),
		sending("max_concurrency", func(l load) float64 { return l.limit }),
		{"repeats", wholes, func(c *result.Cell) any { return repeatsOf(c) }},
		text("validity", func(c *result.Cell) string { return string(c.Validity) }),
		text("findings", checksOf),
		text("errors", func(c *result.Cell) string { return errorCounts(c.Counts.Errors) }),
	}
}

// countColumns are the counts, summed over the repeats.
func countColumns() []cellColumn {
	var columns []cellColumn
	for _, def := range metrics.Catalogue() {
		if def.Shape != metrics.ShapeCount {
			continue
		}
		columns = append(columns, cellColumn{statisticName(def, ""), wholes, func(c *result.Cell) any {
			v, _ := metrics.Read(c.Metrics, &c.Counts, def.Name, "")
			return int(v.Value)
		}})
	}
	return append(columns, cellColumn{"warmup_requests", wholes, func(c *result.Cell) any { return c.Counts.Warmup }})
}

// tokenColumns are the tokens of all completed requests, summed over the
// repeats, and where their numbers come from.
func tokenColumns() []cellColumn {
	sum := func(name string, of func(result.Tokens) int) cellColumn {
		return cellColumn{name, wholes, func(c *result.Cell) any {
			if c.Tokens.Source == "none" || c.Tokens.Source == "" {
				return nil
			}
			return of(c.Tokens)
		}}
	}
	return []cellColumn{
		{"token_source", texts, func(c *result.Cell) any {
			if s := clean(c.Tokens.Source, maxName); s != "" {
				return s
			}
			return nil
		}},
		sum("sum_input_tokens", func(t result.Tokens) int { return t.Input }),
		sum("sum_output_tokens", func(t result.Tokens) int { return t.Output }),
		sum("sum_reasoning_tokens", func(t result.Tokens) int { return t.Reasoning }),
		sum("sum_cached_tokens", func(t result.Tokens) int { return t.Cached }),
	}
}

// mainStatistics are those of a distribution that a table shows.
var mainStatistics = []string{"avg", "p50", "p90", "p95", "p99", "max"}

func statisticColumns() []cellColumn {
	var columns []cellColumn
	for _, def := range metrics.Catalogue() {
		if def.InCounts() {
			continue
		}
		of := func(stat string) cellColumn {
			return cellColumn{statisticName(def, stat), reals, func(c *result.Cell) any {
				v, _ := metrics.Read(c.Metrics, &c.Counts, def.Name, stat)
				return present(float64(v.Value))
			}}
		}
		if !def.IsDist() {
			columns = append(columns, of(""))
			continue
		}
		for _, stat := range mainStatistics {
			if slices.Contains(def.Stats(), stat) {
				columns = append(columns, of(stat))
			}
		}
	}
	return columns
}

func present(x float64) any {
	if math.IsNaN(x) {
		return nil
	}
	return x
}

// statisticName is a statistic's name for machines, which ends in its unit:
// ttft_p99_ms, output_throughput_tokens_per_second, planned_requests.
func statisticName(def metrics.Definition, stat string) string {
	name := def.Name
	if stat != "" {
		name += "_" + stat
	}
	unit := strings.ReplaceAll(def.Unit, "/s", "_per_second")
	if unit == "" || strings.HasSuffix(name, "_"+unit) {
		return name
	}
	return name + "_" + unit
}

// identifier makes lower-case letters, digits and single underscores of a name,
// not beginning with a digit: load.concurrency is load_concurrency.
func identifier(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(clean(name, maxName)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case r >= '0' && r <= '9':
			b.WriteString("_" + string(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	if s := strings.TrimSuffix(b.String(), "_"); s != "" {
		return s
	}
	return "unnamed"
}

// uniqueName gives a name that is taken a prefix, and then a number, and takes
// it.
func uniqueName(name, prefix string, taken map[string]bool) string {
	if taken[name] {
		name = prefix + name
	}
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	taken[unique] = true
	return unique
}
