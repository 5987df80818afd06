package reporters

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strings"

	"loadgate/internal/result"
)

// sparks are the heights of a line of text.
var sparks = []rune("▁▂▃▄▅▆▇█")

// Trend writes metrics over runs for a console: a line of bars, the range and
// the changes of level of each.
func Trend(w io.Writer, t *result.Trend, opts ConsoleOptions) error {
	if opts.Width <= 0 {
		opts.Width = 100
	}
	c := &console{r: &Report{Doc: &result.Document{}}, doc: &result.Document{}, opts: opts}
	if len(t.Runs) > 0 {
		first, last := t.Runs[0], t.Runs[len(t.Runs)-1]
		c.line(plural(len(t.Runs), "run") + fmt.Sprintf(", %s to %s", runLabel(first), runLabel(last)))
	}
	cell := ""
	for i, s := range t.Series {
		if title := clean(s.Cell, maxName); i == 0 || title != cell {
			cell = title
			c.blank()
			if title != "" {
				c.line(c.paint(bold, title))
			}
		}
		c.line(fmt.Sprintf("%-18s %s  %s", clean(s.Metric, maxName), sparkline(s.Values, opts.Width-60), trendRange(s)))
		for _, change := range s.Changes {
			ink := green
			if change.Change > 0 {
				ink = red
			}
			c.hanging(indent+c.paint(ink, changeSign(change))+" ", len(indent)+2, trendChange(t, s, change))
		}
	}
	if len(t.Series) == 0 {
		c.line("no run has any of these metrics")
	}
	_, err := io.WriteString(w, c.out.String())
	return err
}

func changeSign(c result.TrendChange) string {
	if c.Change > 0 {
		return "▲"
	}
	return "▼"
}

// trendChange is a change of level in words.
func trendChange(t *result.Trend, s result.TrendSeries, c result.TrendChange) string {
	word := "better"
	if c.Change > 0 {
		word = "worse"
	}
	unit := "%"
	if c.Scale == result.Points {
		unit = " percentage points"
	}
	return fmt.Sprintf("%s by %s%s from %s on: %s → %s (p %s)", word, digits(result.Number(100*math.Abs(float64(c.Change)))), unit,
		runLabel(t.Runs[c.Run]), trendValue(s, c.Before), trendValue(s, c.After), digits(c.P))
}

func trendValue(s result.TrendSeries, v result.Number) string {
	if s.Unit == "ratio" {
		return percent(v) + " %"
	}
	return strings.TrimSpace(digits(v) + " " + clean(s.Unit, maxName))
}

// runLabel names a run: its commit or id, and when it was.
func runLabel(r result.TrendRun) string {
	name := clean(r.Commit, 12)
	name = cmp.Or(strings.TrimSuffix(name, "…"), clean(r.RunID, maxName), clean(r.Path, maxName))
	if !r.StartedAt.IsZero() {
		name += " (" + r.StartedAt.UTC().Format("2006-01-02 15:04") + ")"
	}
	return name
}

func trendRange(s result.TrendSeries) string {
	low, high := bounds(s.Values)
	last := result.None()
	for _, v := range s.Values {
		if v.Ok() {
			last = v
		}
	}
	if low == high {
		return trendValue(s, last)
	}
	return fmt.Sprintf("last %s, between %s and %s", trendValue(s, last), withoutUnit(s, low), trendValue(s, high))
}

// withoutUnit is a value without its unit.
func withoutUnit(s result.TrendSeries, v result.Number) string {
	if s.Unit == "ratio" {
		return percent(v)
	}
	return digits(v)
}

func bounds(values []result.Number) (low, high result.Number) {
	low, high = result.None(), result.None()
	for _, v := range values {
		if !v.Ok() {
			continue
		}
		if !low.Ok() || v < low {
			low = v
		}
		high = larger(high, v)
	}
	return low, high
}

// sparkline draws the newest values that fit.
func sparkline(values []result.Number, width int) string {
	if over := len(values) - max(width, 10); over > 0 {
		values = values[over:]
	}
	low, high := bounds(values)
	var b strings.Builder
	for _, v := range values {
		switch {
		case !v.Ok():
			b.WriteByte(' ')
		case high == low:
			b.WriteRune(sparks[len(sparks)/2])
		default:
			b.WriteRune(sparks[int(math.Round(float64((v-low)/(high-low))*float64(len(sparks)-1)))])
		}
	}
	return b.String()
}
