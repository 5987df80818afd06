package reporters

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"loadgate/internal/result"
)

// Excel writes a workbook: Summary with one row a cell, Verdicts with one row a
// judgement, Cells with one row a cell and distribution, Requests with one row a
// request where there are samples, Environment with what was measured on what;
// with cells to compare, Charts too; with a baseline, Comparison.
//
// A text is always stored as a text, in cells of the format "text", so that it
// does not become a formula when somebody edits the cell either.
//
// Memory does not grow with the requests: their rows go through a temporary
// file, and their texts are shortened.
func Excel(ctx context.Context, r *Report, w io.Writer) error {
	return writeExcel(ctx, r, w, mostRequests)
}

func writeExcel(ctx context.Context, r *Report, w io.Writer, mostRequests int) error {
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // removes temporary files only
	// The library hands a buffer over, and would hold the whole file in it.
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return &sortedZip{w: w} })
	b := &workbook{ctx: ctx, file: f, mostRequests: mostRequests}
	if err := b.setUp(r.Doc, "Summary"); err != nil {
		return fmt.Errorf("set up the workbook: %w", err)
	}
	for _, sheet := range sheetsOf(r) {
		if err := sheet.write(b, r, sheet.name); err != nil {
			return fmt.Errorf("write sheet %s: %w", sheet.name, err)
		}
	}
	if err := f.Write(io.Discard); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// sheetKind is a sheet and how it is written.
type sheetKind struct {
	name  string
	write func(b *workbook, r *Report, name string) error
}

// sheetsOf lists the sheets of a report in their order. Environment comes after
// Requests, of which it tells how many were left out.
func sheetsOf(r *Report) []sheetKind {
	sheets := []sheetKind{{"Summary", writeSummary}}
	plan := planCharts(r)
	drawn := len(plan.charts()) > 0
	if drawn {
		sheets = append(sheets, sheetKind{chartsSheet, plan.writeCharts})
	}
	sheets = append(sheets, sheetKind{"Verdicts", writeVerdicts}, sheetKind{"Cells", writeCells})
	if r.Doc.Comparison != nil {
		sheets = append(sheets, sheetKind{"Comparison", writeComparison})
	}
	if slices.ContainsFunc(r.Doc.Cells, func(c *result.Cell) bool { return len(c.Groups) > 0 }) {
		sheets = append(sheets, sheetKind{"Groups", writeGroups})
	}
	if len(fitRows(r)) > 0 {
		sheets = append(sheets, sheetKind{"Fit", writeFit})
	}
	if r.Samples != nil {
		sheets = append(sheets, sheetKind{"Requests", writeRequests})
	}
	sheets = append(sheets, sheetKind{"Environment", writeEnvironment})
	if drawn {
		sheets = append(sheets, sheetKind{chartDataSheet, plan.writeChartData})
	}
	return sheets
}

// format is how a column of a sheet shows its values.
type format int

const (
	asText    format = iota
	asLong           // text that is wrapped
	asCount          // 1,234
	asInteger        // 1234
	asMeasure        // 1,234.57
	asMillis         // 1234.567
	asGeneral        // as many digits as there are
	asHeader
	formats
)

// workbook is a file in the making.
type workbook struct {
	ctx    context.Context
	file   *excelize.File
	styles [formats]int
	tints  map[string]*int // conditional styles by meaning: good, warn, bad

	mostRequests int    // room in the sheet Requests
	leftOut      string // says which requests that sheet does not show
}

// setUp makes the styles and names the first sheet.
func (b *workbook) setUp(doc *result.Document, first string) error {
	at := doc.StartedAt.UTC().Format(time.RFC3339)
	err := b.file.SetDocProps(&excelize.DocProperties{
		Creator: "loadgate", LastModifiedBy: "loadgate", Title: clean(doc.Name, maxName), Created: at, Modified: at,
	})
	if err != nil {
		return err
	}
	if err := b.file.SetSheetName("Sheet1", first); err != nil {
		return err
	}
	top, millis := &excelize.Alignment{Vertical: "top"}, "0.000"
	for i, style := range [formats]excelize.Style{
		asText:    {NumFmt: 49, Alignment: top},
		asLong:    {NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}},
		asCount:   {NumFmt: 3, Alignment: top},
		asInteger: {NumFmt: 1, Alignment: top},
		asMeasure: {NumFmt: 4, Alignment: top},
		asMillis:  {CustomNumFmt: &millis, Alignment: top},
		asGeneral: {Alignment: top},
		asHeader: {
			NumFmt:    49,
			Font:      &excelize.Font{Bold: true, Family: "Calibri", Size: 11},
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDE3EA"}},
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		},
	} {
		if b.styles[i], err = b.file.NewStyle(&style); err != nil {
			return err
		}
	}
	return b.setUpTints()
}

// setUpTints makes the conditional styles in a fixed order: their numbers are
// part of the file.
func (b *workbook) setUpTints() error {
	b.tints = map[string]*int{}
	for _, t := range []struct{ name, font, fill string }{
		{"good", "006100", "C6EFCE"}, {"warn", "7F6000", "FFEB9C"}, {"bad", "9C0006", "FFC7CE"},
	} {
		id, err := b.file.NewConditionalStyle(&excelize.Style{
			Font: &excelize.Font{Color: t.font},
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{t.fill}},
		})
		if err != nil {
			return err
		}
		b.tints[t.name] = &id
	}
	return nil
}

// headHeight is the height of a header row: two lines of text.
const headHeight = 32

// column describes one column of a sheet.
type column struct {
	head   string
	width  float64 // in characters
	format format
}

// sheet is a sheet that is written from top to bottom.
type sheet struct {
	book    *workbook
	name    string
	stream  *excelize.StreamWriter
	columns []column
	rows    int
}

// sheet begins a sheet with its frozen header row.
func (b *workbook) sheet(name string, columns []column) (*sheet, error) {
	if _, err := b.file.NewSheet(name); err != nil {
		return nil, err
	}
	stream, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	s := &sheet{book: b, name: name, stream: stream, columns: columns}
	for i, c := range columns {
		if err := stream.SetColWidth(i+1, i+1, max(c.width, headWidth(c.head))); err != nil {
			return nil, err
		}
	}
	err = stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	if err != nil {
		return nil, err
	}
	heads := make([]any, len(columns))
	for i, c := range columns {
		heads[i] = c.head
	}
	return s, s.addAs(heads, func(int) format { return asHeader }, excelize.RowOpts{Height: headHeight})
}

// headWidth is the width at which no word of a head is broken, which is bold
// and stands beside the button of a filter.
func headWidth(head string) float64 {
	longest := 0
	for _, word := range strings.Fields(head) {
		longest = max(longest, displayWidth(word))
	}
	return math.Min(1.15*float64(longest)+3, 40)
}

// add appends a row; nil leaves a cell empty.
func (s *sheet) add(values ...any) error {
	return s.addAs(values, func(i int) format { return s.columns[i].format })
}

func (s *sheet) addAs(values []any, formatOf func(i int) format, opts ...excelize.RowOpts) error {
	if err := s.book.ctx.Err(); err != nil {
		return err
	}
	row := make([]any, len(values))
	for i, v := range values {
		row[i] = s.book.cell(v, formatOf(i))
	}
	s.rows++
	return s.stream.SetRow(fmt.Sprintf("A%d", s.rows), row, opts...)
}

// cell makes a typed value: a number stays a number, an absent one becomes an
// empty cell, everything else is text. It never makes a formula.
func (b *workbook) cell(v any, f format) any {
	switch n := v.(type) {
	case nil:
		return nil
	case int:
		return excelize.Cell{StyleID: b.styles[f], Value: n}
	case result.Number:
		return b.cell(float64(n), f)
	case float64:
		switch {
		case math.IsNaN(n):
			return nil
		case math.IsInf(n, 0):
			return excelize.Cell{StyleID: b.styles[asText], Value: number(n)}
		}
		return excelize.Cell{StyleID: b.styles[f], Value: rounded(n)}
	case string:
		if n == "" {
			return nil
		}
	}
	if f != asLong && f != asHeader {
		f = asText
	}
	return excelize.Cell{StyleID: b.styles[f], Value: cellText(fmt.Sprint(v))}
}

// rounded keeps the 15 significant digits that a spreadsheet holds; the library
// would cut the rest off.
func rounded(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 15, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// cellText fits a text to what a cell can hold: 32,767 UTF-16 units, no control
// characters, no characters that XML forbids.
func cellText(s string) string {
	const most = 32_767
	units := 0
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = clean(lines[i], most)
	}
	s = strings.Join(lines, "\n")
	for i, r := range s {
		size := 1
		if r > 0xffff {
			size = 2
		}
		if units += size; units >= most && i+len(string(r)) < len(s) {
			return s[:i] + "…"
		}
	}
	return s
}

// tint colours the cells of a column by their text.
func (s *sheet) tint(column int, meaning map[string]string) error {
	if s.rows < 2 {
		return nil
	}
	from, err := excelize.CoordinatesToCellName(column, 2)
	if err != nil {
		return err
	}
	to, err := excelize.CoordinatesToCellName(column, s.rows)
	if err != nil {
		return err
	}
	var rules []excelize.ConditionalFormatOptions
	for _, word := range sortedKeys(meaning) {
		rules = append(rules, excelize.ConditionalFormatOptions{
			Type: "cell", Criteria: "==", Value: `"` + word + `"`, Format: s.book.tints[meaning[word]],
		})
	}
	return s.book.file.SetConditionalFormat(s.name, from+":"+to, rules)
}

// end finishes the sheet; filtered puts filters on the header.
func (s *sheet) end(filtered bool) error {
	if filtered {
		to, err := excelize.CoordinatesToCellName(len(s.columns), s.rows)
		if err != nil {
			return err
		}
		if err := s.book.file.AutoFilter(s.name, "A1:"+to, nil); err != nil {
			return err
		}
	}
	return s.stream.Flush()
}
