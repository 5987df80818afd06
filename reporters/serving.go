package reporters

import (
	"context"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"loadgate/internal/diag"
	"loadgate/internal/result"
	"loadgate/internal/yamlpos"
)

// serving writes the files of the Python tool serving_perf_eval, under its names:
// a workbook with a row a test, and with process a JSON document for each
// execution of a test.
type serving struct{ process bool }

func newServing(section *yamlpos.Node) (Reporter, diag.List) {
	var keys struct {
		Kind    string `yaml:"kind"`
		Path    string `yaml:"path"` // the caller's concern
		Process bool   `yaml:"process"`
	}
	if section == nil || section.Kind != yamlpos.Map {
		return serving{}, nil
	}
	list := yamlpos.Decode(section, &keys)
	return serving{keys.Process}, list
}

// Write writes the workbook.
func (serving) Write(ctx context.Context, r *Report, w io.Writer) error {
	return servingWorkbook(ctx, r, w)
}

// Files lists the workbook and the process documents. Times in their names are
// those of the run, in the zone of the machine, as the tool has them.
func (s serving) Files(r *Report) []File {
	dataset, model := "", ""
	if len(r.Doc.Cells) > 0 {
		dataset, model = servingDataset(r, r.Doc.Cells[0]), r.Doc.Cells[0].Model
	}
	files := []File{{
		fmt.Sprintf("result_data-%s-%s-%s.xlsx", fileName(dataset), fileName(lastPart(model)), servingTime(r.Doc.StartedAt)),
		ReporterFunc(servingWorkbook),
	}}
	if !s.process {
		return files
	}
	taken := map[string]int{}
	for _, e := range executionsOf(r.Doc.Cells) {
		t := servingTest(r, e.cell)
		name := fmt.Sprintf("%s-%s-%sconcurrency-%sqps-%s", fileName(e.cell.Kind), fileName(lastPart(e.cell.Model)), t.concurrency(), t.qps(), servingTime(e.started))
		if taken[name]++; taken[name] > 1 {
			name += "-" + strconv.Itoa(taken[name])
		}
		files = append(files, File{path.Join("process", name+".json"), ReporterFunc(func(ctx context.Context, r *Report, w io.Writer) error {
			return writeProcess(ctx, r, &e, w)
		})})
	}
	return files
}

func servingTime(t time.Time) string { return t.Local().Format("20060102-150405") }

func lastPart(model string) string { return model[strings.LastIndexByte(model, '/')+1:] }

// fileName makes a text harmless as a part of a file's name.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r == 0xfffd {
			return '_'
		}
		return r
	}, clean(s, maxName))
}

// test is how serving_perf_eval says what a cell sends: workers that share a
// queue, and the rate of each. -1 is one request after another; NaN is unknown.
type test struct{ workers, rate float64 }

// servingTest reads a test off a cell: its labels `workers` and `request_rate`
// and axes of these names before its load.
func servingTest(r *Report, c *result.Cell) test {
	l := loadOf(c)
	t := test{workers: slots(l), rate: l.rate}
	if !math.IsNaN(l.concurrency) {
		t.rate = -1
	}
	if v, ok := servingFact(r, c, "workers"); ok {
		t.workers = v
	}
	if v, ok := servingFact(r, c, "request_rate"); ok {
		t.rate = v
	}
	return t
}

func servingFact(r *Report, c *result.Cell, name string) (float64, bool) {
	for _, v := range []any{axisOf(c, name), c.Labels[name], r.Doc.Labels[name]} {
		if x, ok := asNumber(v); ok {
			return x, true
		}
		if v == "inf" {
			return math.Inf(1), true
		}
	}
	return 0, false
}

func (t test) concurrency() string {
	if math.IsNaN(t.workers) {
		return "unlimited"
	}
	return number(t.workers)
}

// qps is the rate as Python prints a float.
func (t test) qps() string {
	switch {
	case math.IsNaN(t.rate):
		return "unknown"
	case math.IsInf(t.rate, 1):
		return "inf"
	case t.rate == math.Trunc(t.rate) && math.Abs(t.rate) < 1e16:
		return strconv.FormatFloat(t.rate, 'f', 1, 64)
	}
	return strconv.FormatFloat(t.rate, 'g', -1, 64)
}

// servingDataset is what the tool calls a dataset: the label `dataset` where
// the section's name cannot be it.
func servingDataset(r *Report, c *result.Cell) string { return label(r, c, "dataset", c.Dataset) }

// servingColumns are those of the tool's workbook.
func servingColumns() []summaryColumn {
	columns := inheritedColumns()
	for i := range columns {
		switch columns[i].head {
		case "Dataset":
			columns[i] = textColumn("Dataset", 14, servingDataset)
		case "Request Rate":
			columns[i] = textColumn("Request Rate", 10, func(r *Report, c *result.Cell) string {
				t := servingTest(r, c)
				if t.rate == -1 {
					return "Serial"
				}
				return t.qps()
			})
		case "Concurrency":
			columns[i].value = func(r *Report, c *result.Cell) any { return servingTest(r, c).workers }
		default:
			exact := columns[i].value
			columns[i].value = func(r *Report, c *result.Cell) any { return twoDecimals(exact(r, c)) }
		}
	}
	return columns
}

// twoDecimals rounds a number as the tool does.
func twoDecimals(v any) any {
	n, ok := v.(result.Number)
	if !ok || !n.Ok() || math.IsInf(float64(n), 0) {
		return v
	}
	x, err := strconv.ParseFloat(strconv.FormatFloat(float64(n), 'f', 2, 64), 64)
	if err != nil {
		return v
	}
	return result.Number(x)
}

func servingWorkbook(ctx context.Context, r *Report, w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // removes temporary files only
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return &sortedZip{w: w} })
	b := &workbook{ctx: ctx, file: f}
	const sheet = "Sheet1" // the tool's
	if err := b.setUp(r.Doc, sheet); err != nil {
		return fmt.Errorf("set up the workbook: %w", err)
	}
	rows, err := b.cellRows(r, sheet, servingColumns())
	if err == nil {
		err = rows.end(false)
	}
	if err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	if err := f.Write(io.Discard); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}
