package reporters

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"loadgate/internal/result"
)

// trendPage is what the page of a trend shows. It has no script: charts are SVG.
type trendPage struct {
	Style  template.CSS
	Policy string
	Title  string
	Charts []trendChart
}

type trendChart struct {
	Title, Range  string
	Points, Level string // of polylines
	Dots          []trendDot
	Changes       []trendMark
	Low, High     string
}

type trendDot struct {
	X, Y float64
	Hint string
}

type trendMark struct {
	X    float64
	Tone string
	Text string
}

// Size of a chart in the units of its drawing.
const (
	trendWidth  = 900.0
	trendHeight = 160.0
	trendEdge   = 8.0
)

// TrendHTML writes a page of its own: one chart a series, changes of level
// marked. It asks for nothing from the network.
func TrendHTML(w io.Writer, t *result.Trend) error {
	parts, err := htmlParts()
	if err != nil {
		return err
	}
	page := trendPage{
		Style: parts.Style, Policy: "default-src 'none'; style-src " + hashOf(string(parts.Style)) + "; base-uri 'none'; form-action 'none'",
		Title: "History of " + plural(len(t.Runs), "run"),
	}
	for _, s := range t.Series {
		page.Charts = append(page.Charts, chartOf(t, s))
	}
	if err := parts.page.ExecuteTemplate(w, "trend", page); err != nil {
		return fmt.Errorf("fill the page: %w", err)
	}
	return nil
}

func chartOf(t *result.Trend, s result.TrendSeries) trendChart {
	low, high := bounds(s.Values)
	out := trendChart{
		Title: strings.TrimPrefix(clean(s.Cell, maxName)+": "+clean(s.Metric, maxName), ": "), Range: trendRange(s),
		Low: trendValue(s, low), High: trendValue(s, high),
	}
	x := func(run int) float64 {
		return trendEdge + (trendWidth-2*trendEdge)*float64(run)/max(1, float64(len(s.Values)-1))
	}
	y := func(v result.Number) float64 {
		if high == low {
			return trendHeight / 2
		}
		return trendHeight - trendEdge - (trendHeight-2*trendEdge)*float64((v-low)/(high-low))
	}
	var points, level []string
	for i, v := range s.Values {
		if !v.Ok() {
			continue
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", x(i), y(v)))
		out.Dots = append(out.Dots, trendDot{x(i), y(v), runLabel(t.Runs[i]) + ": " + trendValue(s, v)})
	}
	for i, c := range s.Changes {
		if i == 0 {
			level = append(level, fmt.Sprintf("%.1f,%.1f", x(0), y(c.Before)))
		}
		level = append(level, fmt.Sprintf("%.1f,%.1f", x(c.Run), y(c.Before)), fmt.Sprintf("%.1f,%.1f", x(c.Run), y(c.After)))
		if i+1 == len(s.Changes) {
			level = append(level, fmt.Sprintf("%.1f,%.1f", x(len(s.Values)-1), y(c.After)))
		}
		tone := "good"
		if c.Change > 0 {
			tone = "bad"
		}
		out.Changes = append(out.Changes, trendMark{x(c.Run), tone, trendChange(t, s, c)})
	}
	out.Points, out.Level = strings.Join(points, " "), strings.Join(level, " ")
	return out
}
