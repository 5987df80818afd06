package reporters

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/result"
)

// Columns of the sheet Chart Data, counted from 1.
const (
	groupColumn = 1 + iota
	labelColumn
	_ // the cell's id
	_ // its validity
	loadColumn
	outputColumn
	ttftColumn // p50, p90, p99
	_
	_
	itlColumn // p50, p90, p99
	_
	_
	e2elColumn
	perGPUColumn
	perUserColumn
)

// chartPlan is what the charts draw: the cells in groups, with their rows in the
// sheet Chart Data.
type chartPlan struct {
	groups []*chartGroup
	other  []string // axes that make the groups
	last   int      // row
}

// chartGroup holds cells that differ in their load alone: one line of a chart.
type chartGroup struct {
	name   string
	closed bool // by concurrency, else by rate
	points []chartPoint
	first  int // row; each point has one, in order
}

// chartPoint is one cell.
type chartPoint struct {
	cell                        *result.Cell
	label                       string
	load                        float64 // concurrency or requests/s, +Inf for all at once
	perGPU, perUser, throughput result.Number
}

// planCharts puts the cells into groups, in the order in which they come, and
// each group in the order of its load.
func planCharts(r *Report) *chartPlan {
	p := &chartPlan{}
	for _, name := range axisNames(r.Doc.Cells) {
		if name != "load.concurrency" && name != "load.rate" {
			p.other = append(p.other, name)
		}
	}
	type key struct {
		name   string
		closed bool
	}
	byKey := map[key]*chartGroup{}
	for _, c := range r.Doc.Cells {
		l := loadOf(c)
		k := key{p.groupName(c), !math.IsNaN(l.concurrency)}
		g := byKey[k]
		if g == nil {
			g = &chartGroup{name: k.name, closed: k.closed}
			byKey[k] = g
			p.groups = append(p.groups, g)
		}
		g.points = append(g.points, p.point(r, c, l))
	}
	row := 2
	for _, g := range p.groups {
		slices.SortStableFunc(g.points, func(a, b chartPoint) int { return cmp.Compare(a.load, b.load) })
		g.first = row
		p.last = row + len(g.points) - 1
		row = p.last + 2 // an empty row ends the line
	}
	return p
}

// groupName is what the cells of a group have in common.
func (p *chartPlan) groupName(c *result.Cell) string {
	var axes result.Axes
	for _, a := range c.Axes {
		if slices.Contains(p.other, a.Name) {
			axes = append(axes, a)
		}
	}
	switch name := axesTitle(axes); {
	case name != "":
		return name
	case len(p.other) > 0:
		var names []string
		for _, name := range p.other {
			names = append(names, lastSegment(clean(name, maxName)))
		}
		return "without " + strings.Join(names, ", ")
	}
	return "all cells"
}

func (p *chartPlan) point(r *Report, c *result.Cell, l load) chartPoint {
	pt := chartPoint{cell: c, load: l.rate, throughput: value(c, "output_throughput"), perGPU: result.None(), perUser: result.None()}
	switch {
	case !math.IsNaN(l.concurrency):
		pt.load = l.concurrency
		pt.label = number(l.concurrency)
	case math.IsInf(l.rate, 1):
		pt.label = "at once"
	default:
		pt.label = number(l.rate) + "/s"
	}
	for _, name := range p.other {
		if v := axisOf(c, name); v != nil {
			pt.label += " · " + clean(scalar(v), 20)
		}
	}
	if tpot := stat(c, "tpot", "p50"); tpot > 0 {
		pt.perUser = 1000 / tpot
	}
	if n := gpusOf(r, c); n > 0 {
		pt.perGPU = pt.throughput / result.Number(n)
	}
	return pt
}

// gpusOf is the label hardware_num as a number, 0 without one.
func gpusOf(r *Report, c *result.Cell) float64 {
	for _, labels := range []map[string]any{c.Labels, r.Doc.Labels} {
		switch v := labels["hardware_num"].(type) {
		case nil:
		case string:
			if n, err := strconv.ParseFloat(v, 64); err == nil && !math.IsInf(n, 0) {
				return n
			}
			return 0
		default:
			n, _ := asNumber(v)
			return n
		}
	}
	return 0
}

// scaled is the number of points whose load has a place on a scale: all but
// those that are sent at once, which come last.
func (g *chartGroup) scaled() int {
	n := len(g.points)
	for n > 0 && math.IsInf(g.points[n-1].load, 1) {
		n--
	}
	return n
}

// writeChartData writes the numbers behind the charts: a row a cell, an empty
// one between groups.
func (p *chartPlan) writeChartData(b *workbook, _ *Report, name string) error {
	s, err := b.sheet(name, []column{
		{"Group", 30, asText},
		{"Label", 24, asText},
		{"Cell", 30, asText},
		{"Validity", 10, asText},
		{"Concurrency or Rate(1/s)", 14, asGeneral},
		{"Output(tokens/s)", 12, asMeasure},
		{"ttft.p50(ms)", 12, asMeasure},
		{"ttft.p90(ms)", 12, asMeasure},
		{"ttft.p99(ms)", 12, asMeasure},
		{"itl.p50(ms)", 12, asMeasure},
		{"itl.p90(ms)", 12, asMeasure},
		{"itl.p99(ms)", 12, asMeasure},
		{"e2el.p50(ms)", 12, asMeasure},
		{"Output per GPU(tokens/s)", 14, asMeasure},
		{"Output per User(tokens/s), 1000/tpot.p50", 18, asMeasure},
	})
	if err != nil {
		return err
	}
	for i, g := range p.groups {
		if i > 0 {
			if err := s.add(); err != nil {
				return err
			}
		}
		for _, pt := range g.points {
			c := pt.cell
			err := s.add(g.name, pt.label, c.ID, string(c.Validity), pt.load, pt.throughput,
				stat(c, "ttft", "p50"), stat(c, "ttft", "p90"), stat(c, "ttft", "p99"),
				stat(c, "itl", "p50"), stat(c, "itl", "p90"), stat(c, "itl", "p99"),
				stat(c, "e2el", "p50"), pt.perGPU, pt.perUser)
			if err != nil {
				return err
			}
		}
	}
	return s.end(false)
}
