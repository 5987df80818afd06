package reporters

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"loadgate/internal/result"
)

// Names of the sheet that holds the charts and of the one that they draw.
const (
	chartsSheet    = "Charts"
	chartDataSheet = "Chart Data"
)

// mostSeries is how many groups of cells a chart draws: beyond it nobody can
// tell the lines apart.
const mostSeries = 12

// mostFlat is how many names of cells fit beside one another.
const mostFlat = 9

// inkColor is the colour of texts.
const inkColor = "404040"

// palette are colours that differ for the colour-blind too. Charts with more
// series come back to them with a dashed line.
var palette = []string{"0072B2", "D55E00", "009E73", "CC79A7", "E69F00", "56B4E9"}

// Size of a chart in pixels as the library reckons (64 to a column, 18 to a row
// of 15 points), and the columns and rows from one chart to the next.
const (
	chartWidth, chartHeight = 750, 23 * 18
	chartColumns, chartRows = 12, 24
)

// writeCharts draws two charts side by side. They refer to the sheet of their
// data, which is written later, and keep no copy.
func (p *chartPlan) writeCharts(b *workbook, _ *Report, name string) error {
	if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	charts := p.charts()
	if err := layOut(b.file, name, 3+(len(charts)+1)/2*chartRows); err != nil {
		return err
	}
	if err := b.file.SetCellStr(name, "A1", p.note()); err != nil {
		return err
	}
	for i, c := range charts {
		at, err := excelize.CoordinatesToCellName(1+i%2*chartColumns, 3+i/2*chartRows)
		if err != nil {
			return err
		}
		if err := b.file.AddChart(name, at, c.build(p)); err != nil {
			return err
		}
	}
	forgetPictures(b.file)
	return nil
}

// forgetPictures takes back the types of pictures, which the workbook does not
// hold. With a chart the library declares them all, in the order of a Go map.
func forgetPictures(f *excelize.File) {
	types := f.ContentTypes.Defaults[:0]
	for _, t := range f.ContentTypes.Defaults {
		if !strings.HasPrefix(t.ContentType, "image/") {
			types = append(types, t)
		}
	}
	f.ContentTypes.Defaults = types
}

// layOut gives the rows one height, since readers differ in theirs, hides the
// grid and prints all on one page.
func layOut(f *excelize.File, name string, rows int) error {
	for i := range rows {
		if err := f.SetRowHeight(name, i+1, 15); err != nil {
			return err
		}
	}
	one, yes, no := 1, true, false
	if err := f.SetSheetView(name, 0, &excelize.ViewOptions{ShowGridLines: &no}); err != nil {
		return err
	}
	if err := f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &yes}); err != nil {
		return err
	}
	return f.SetPageLayout(name, &excelize.PageLayoutOptions{FitToWidth: &one, FitToHeight: &one})
}

// note says where the numbers are, what is not drawn, and what should not be
// believed.
func (p *chartPlan) note() string {
	s := "The numbers are in the sheet " + chartDataSheet + "."
	if len(p.other) > 0 {
		s += " A line is one combination of the axes other than the load."
	}
	if left := len(p.groups) - len(p.drawn()); left > 0 {
		s += " " + plural(left, "combination") + " more are not drawn."
	}
	invalid := 0
	for _, g := range p.groups {
		for _, pt := range g.points {
			if pt.cell.Validity == result.Invalid {
				invalid++
			}
		}
	}
	if invalid > 0 {
		s += " " + plural(invalid, "cell") + " INVALID: drawn, not to be believed."
	}
	return s
}

// chart is one chart: a column of the data against another one, with a line a
// group, or columns against all cells.
type chart struct {
	title, xTitle, yTitle string
	x, y                  int                                    // columns
	across                []string                               // names of the columns from y on, drawn against all cells
	of                    func(*chartPoint) (x, y result.Number) // what is drawn, to see whether there is enough
	only                  func(*chartGroup) bool                 // groups that belong here; nil = all
}

// charts lists the charts that have something to show: two cells at least that
// differ.
func (p *chartPlan) charts() []chart {
	output := func(pt *chartPoint) result.Number { return pt.throughput }
	byLoad := func(pt *chartPoint) (x, y result.Number) { return result.Number(pt.load), output(pt) }
	closed := func(g *chartGroup) bool { return g.closed }
	open := func(g *chartGroup) bool { return !g.closed }
	median := func(metric string) func(pt *chartPoint) (x, y result.Number) {
		return func(pt *chartPoint) (x, y result.Number) { return output(pt), stat(pt.cell, metric, "p50") }
	}
	perUser := func(pt *chartPoint) (x, y result.Number) { return pt.perUser, pt.perGPU }
	percentiles := []string{"p50", "p90", "p99"}
	all := []chart{
		{"Throughput against concurrency", "requests in flight", "output tokens/s", loadColumn, outputColumn, nil, byLoad, closed},
		{"Throughput against rate", "requests/s sent", "output tokens/s", loadColumn, outputColumn, nil, byLoad, open},
		{"Time to first token", p.cellsTitle(), "ttft, ms", labelColumn, ttftColumn, percentiles, median("ttft"), nil},
		{"Time between tokens", p.cellsTitle(), "itl, ms", labelColumn, itlColumn, percentiles, median("itl"), nil},
		{"Time to first token against throughput", "output tokens/s", "ttft p50, ms", outputColumn, ttftColumn, nil, median("ttft"), nil},
		{"Time of a whole request against throughput", "output tokens/s", "e2el p50, ms", outputColumn, e2elColumn, nil, median("e2el"), nil},
		{
			"Throughput per GPU against speed for each user", "output tokens/s per user (1000 / tpot p50)", "output tokens/s per GPU",
			perUserColumn, perGPUColumn, nil, perUser, nil,
		},
	}
	return slices.DeleteFunc(all, func(c chart) bool { return !c.shows(p) })
}

// cellsTitle says what the names on an axis of cells are made of.
func (p *chartPlan) cellsTitle() string {
	title := "rate"
	if slices.ContainsFunc(p.groups, func(g *chartGroup) bool { return g.closed }) {
		title = "concurrency"
		if slices.ContainsFunc(p.groups, func(g *chartGroup) bool { return !g.closed }) {
			title = "concurrency or rate"
		}
	}
	for _, name := range p.other {
		title += " · " + lastSegment(clean(name, maxName))
	}
	return title
}

// drawn are the groups that charts with a line a group show.
func (p *chartPlan) drawn() []*chartGroup { return p.groups[:min(len(p.groups), mostSeries)] }

// lines are the groups that a chart has a line for.
func (c *chart) lines(p *chartPlan) []*chartGroup {
	return slices.DeleteFunc(slices.Clone(p.drawn()), func(g *chartGroup) bool {
		return c.only != nil && !c.only(g) || len(c.points(g)) == 0
	})
}

// points are those of a group that the chart has a place for.
func (c *chart) points(g *chartGroup) []chartPoint {
	if c.x == loadColumn {
		return g.points[:g.scaled()]
	}
	return g.points
}

// shows reports whether the chart has anything to compare: two cells in
// different places, for a chart of load two of one group.
func (c *chart) shows(p *chartPlan) bool {
	seen := map[result.Number]bool{}
	for _, g := range c.lines(p) {
		if c.x == loadColumn {
			clear(seen)
		}
		for i, pt := range c.points(g) {
			x, y := c.of(&pt)
			if c.across != nil {
				x = result.Number(g.first + i)
			}
			if x.Ok() && y.Ok() {
				seen[x] = true
			}
		}
		if len(seen) > 1 {
			return true
		}
	}
	return false
}

// build makes the chart. Its texts are ours, or names of cells that hold them.
func (c *chart) build(p *chartPlan) *excelize.Chart {
	zero, axisFont := 0.0, excelize.Font{Color: inkColor, Size: 9}
	out := &excelize.Chart{
		Type:         excelize.Scatter,
		Title:        chartTitle(c.title, 13),
		Legend:       excelize.ChartLegend{Position: "bottom"},
		XAxis:        excelize.ChartAxis{Title: chartTitle(c.xTitle, 10), Font: axisFont, MajorGridLines: c.across == nil},
		YAxis:        excelize.ChartAxis{Title: chartTitle(c.yTitle, 10), Font: axisFont, MajorGridLines: true, Minimum: &zero},
		Dimension:    excelize.ChartDimension{Width: chartWidth, Height: chartHeight},
		ShowBlanksAs: "gap",
	}
	if c.across != nil {
		out.Type = excelize.Line
		if p.last > mostFlat {
			out.XAxis.Alignment.TextRotation = -60
		}
		for i := range c.across {
			y := c.y + i
			out.Series = append(out.Series, series(i, reference(y, 1, 1), reference(c.x, 2, p.last), reference(y, 2, p.last)))
		}
		return out
	}
	out.XAxis.Minimum = &zero
	for i, g := range c.lines(p) {
		last := g.first + len(c.points(g)) - 1
		out.Series = append(out.Series,
			series(i, reference(groupColumn, g.first, g.first), reference(c.x, g.first, last), reference(c.y, g.first, last)))
	}
	if len(out.Series) == 1 {
		out.Legend.Position = "none"
	}
	return out
}

func chartTitle(text string, size float64) excelize.ChartTitle {
	return excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: text, Font: &excelize.Font{Size: size, Bold: size > 11, Color: inkColor}}}}
}

func series(i int, name, x, y string) excelize.ChartSeries {
	fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{palette[i%len(palette)]}}
	s := excelize.ChartSeries{
		Name: name, Categories: x, Values: y, Fill: fill,
		Line:   excelize.LineOptions{Type: excelize.LineSolid, Width: 2},
		Marker: excelize.ChartMarker{Symbol: "circle", Size: 7, Fill: fill},
	}
	if i >= len(palette) {
		s.Line.Dash, s.Marker.Symbol = excelize.LineDashDash, "diamond"
	}
	return s
}

// reference names cells of the data by their place. It holds no text of others.
func reference(column, from, to int) string {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		panic(err) // the columns are constants
	}
	if from == to {
		return fmt.Sprintf("'%s'!$%s$%d", chartDataSheet, name, from)
	}
	return fmt.Sprintf("'%s'!$%s$%d:$%s$%d", chartDataSheet, name, from, name, to)
}
