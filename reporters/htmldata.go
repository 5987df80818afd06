package reporters

import (
	"context"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"loadgate/internal/result"
)

// What is drawn is thinned, so that a report of a million requests is not
// larger than one of ten thousand.
const (
	maxRows      = 10_000 // requests drawn one by one, in the whole file
	minRows      = 40     // the same, of each cell at least
	maxTimeSlots = 256    // slots of a timeline as drawn
	minTimeSlots = 32
	allTimeSlots = 8_000 // in the whole file
	maxLengths   = 48    // bars of a distribution of lengths
)

// drawing is the data of the charts.
type drawing struct {
	Cells       []drawnCell  `json:"cells"`
	Limits      []drawnLimit `json:"limits"`
	Percentiles []string     `json:"percentiles"`
}

// drawnCell is one cell. Its samples' part is nil in a report without samples.
type drawnCell struct {
	Title    string             `json:"title"`
	Group    string             `json:"group"` // what it has in common with the cells of its curve
	Load     string             `json:"load"`
	Order    short              `json:"order"` // concurrency or rate
	Validity string             `json:"validity"`
	Failed   bool               `json:"failed"` // a rule failed
	Dists    map[string][]short `json:"dists"`  // by metric, in the order of Percentiles
	Values   map[string]short   `json:"values"`
	Limits   []int              `json:"limits"` // into drawing.Limits
	Time     *drawnTime         `json:"time,omitempty"`
	Rows     *drawnRows         `json:"rows,omitempty"`
	Input    *drawnLengths      `json:"input,omitempty"`
	Output   *drawnLengths      `json:"output,omitempty"`
}

// drawnLimit is what a rule allows a metric to be.
type drawnLimit struct {
	Metric string `json:"metric"`
	Stat   string `json:"stat"`
	Want   short  `json:"want"`
	Text   string `json:"text"`
}

// drawnTime holds one value a slot; the first slot begins at From seconds, and
// 0 is when the cell's first request was due.
type drawnTime struct {
	From      short      `json:"from"`
	Width     short      `json:"width"`
	Warmup    [][2]short `json:"warmup"`
	Due       []short    `json:"due"` // per second, as the others
	Sent      []short    `json:"sent"`
	Completed []short    `json:"completed"`
	Failed    []short    `json:"failed"`
	InFlight  []short    `json:"in_flight"`
	TTFT      [3][]short `json:"ttft"` // p50, p95, max
	Gap       [3][]short `json:"itl"`
}

// drawnRows holds requests in columns, in the order in which they were due;
// sched and index are differences to the row before.
type drawnRows struct {
	Of      int      `json:"of"` // requests there were
	Sched   []int64  `json:"sched"`
	Queued  []int64  `json:"queued"`
	First   []int64  `json:"first"`
	Last    []int64  `json:"last"`
	Done    []int64  `json:"done"`
	Index   []int    `json:"index"`
	Input   []int    `json:"input"`
	Output  []int    `json:"output"`
	State   string   `json:"state"` // a letter a row: c f a x, large in the warm-up
	Class   []int    `json:"class"` // into Classes, -1 = none
	Classes []string `json:"classes"`
}

// drawnLengths is a distribution of numbers of tokens.
type drawnLengths struct {
	From  int   `json:"from"`
	Width int   `json:"width"`
	Mean  short `json:"mean"`
	Bars  []int `json:"bars"`
}

// short is a number with four digits, null where there is none or no finite one.
type short float64

func (s short) MarshalJSON() ([]byte, error) {
	x := float64(s)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, x, 'g', 4, 64), nil
}

// drawnStats are the percentiles of the curves.
var drawnStats = []string{"p1", "p10", "p25", "p50", "p75", "p90", "p95", "p99", "p999"}

// draw collects the data of all charts, reading each cell's samples once. The
// JSON holds no character that could end a script element.
func draw(ctx context.Context, r *Report) ([]byte, error) {
	d := drawing{Cells: []drawnCell{}, Limits: []drawnLimit{}, Percentiles: drawnStats}
	wants := make([]int, len(r.Doc.Cells))
	for i, c := range r.Doc.Cells {
		wants[i] = c.Counts.Sent + c.Counts.Warmup
	}
	rows := shareOut(maxRows, minRows, wants)
	slots := min(maxTimeSlots, max(minTimeSlots, allTimeSlots/max(1, len(r.Doc.Cells))))
	failed := map[string]bool{}
	for _, j := range r.Doc.SLO {
		if j.Outcome == result.RuleFail && !isWarning(j) {
			failed[j.Cell] = true
		}
	}
	for i, c := range r.Doc.Cells {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cell := summaryOf(r, c)
		cell.Failed = failed[c.ID]
		cell.Limits = d.limitsOf(r.Doc, c)
		if r.Samples != nil {
			t := newTracer(c, rows[i])
			if err := t.read(ctx, r, c.ID); err != nil {
				return nil, err
			}
			t.into(&cell, slots)
		}
		d.Cells = append(d.Cells, cell)
	}
	return json.Marshal(d)
}

// summaryOf takes what the document says.
func summaryOf(r *Report, c *result.Cell) drawnCell {
	l := loadOf(c)
	out := drawnCell{
		Title: nameOf(r, c), Load: l.String(), Order: short(l.concurrency), Validity: string(c.Validity),
		Dists: map[string][]short{}, Values: map[string]short{},
	}
	if math.IsNaN(l.concurrency) {
		out.Order = short(l.rate)
	}
	var rest result.Axes
	for _, a := range c.Axes {
		if a.Name != "load.concurrency" && a.Name != "load.rate" {
			rest = append(rest, a)
		}
	}
	out.Group = axesTitle(rest)
	for _, metric := range []string{"ttft", "itl", "tpot", "e2el"} {
		if m, ok := c.Metrics[metric]; !ok || m.Dist == nil || m.Dist.N == 0 {
			continue
		}
		for _, p := range drawnStats {
			out.Dists[metric] = append(out.Dists[metric], short(stat(c, metric, p)))
		}
	}
	for _, metric := range []string{"output_throughput", "request_throughput", "total_throughput"} {
		if v := value(c, metric); v.Ok() {
			out.Values[metric] = short(v)
		}
	}
	return out
}

var (
	// percentileRule is "ttft.p99 < …": a limit on a statistic.
	percentileRule = regexp.MustCompile(`^\s*([a-z_0-9]+)\.([a-z0-9]+)\s*<=?\s*\S`)
	// shareRule is "share(ttft < 800ms) >= 95%": a limit on a request.
	shareRule = regexp.MustCompile(`^\s*share\(\s*([a-z_0-9]+)\s*<=?\s*([0-9.]+(?:us|ms|s|m))\s*\)\s*>=?\s*([0-9.]+)%`)
)

// limitsOf returns the limits on times that rules set for a cell, as places in
// d.Limits, which grows.
func (d *drawing) limitsOf(doc *result.Document, c *result.Cell) []int {
	places := []int{}
	for _, j := range doc.SLO {
		if j.Cell != c.ID {
			continue
		}
		clauses := j.Clauses
		if len(clauses) == 0 {
			clauses = []result.Clause{{Text: j.Assert, Want: j.Want, Unit: j.Unit}}
		}
		for _, clause := range clauses {
			limit, ok := limitOf(clause)
			if !ok {
				continue
			}
			at := slices.Index(d.Limits, limit)
			if at < 0 {
				at = len(d.Limits)
				d.Limits = append(d.Limits, limit)
			}
			if !slices.Contains(places, at) {
				places = append(places, at)
			}
		}
	}
	return places
}

func limitOf(c result.Clause) (drawnLimit, bool) {
	if m := percentileRule.FindStringSubmatch(c.Text); m != nil && c.Unit == "ms" && c.Want.Ok() {
		return drawnLimit{m[1], m[2], short(c.Want), clean(c.Text, maxName)}, true
	}
	if m := shareRule.FindStringSubmatch(c.Text); m != nil {
		limit, err := time.ParseDuration(m[2])
		if err != nil {
			return drawnLimit{}, false
		}
		return drawnLimit{m[1], "p" + m[3], short(limit.Seconds() * 1000), clean(c.Text, maxName)}, true
	}
	return drawnLimit{}, false
}
