package reporters

import (
	"fmt"
	"math"
	"slices"

	"loadgate/internal/result"
)

// mostFits is how many cells say on the console how they fit.
const mostFits = 3

// asAsked says how the load that was sent fits the one that was asked for, where that
// was more than numbers: of replays, of conversations, and of lengths from
// distributions.
func (c *console) asAsked() {
	shown, more := 0, 0
	for _, cell := range c.doc.Cells {
		if len(cell.Repeats) == 0 || !c.fits(cell) {
			continue
		}
		if shown == mostFits {
			more++
			continue
		}
		shown++
		c.blank()
		title := "fit: asked for → sent"
		if name := c.r.Titles[cell.ID]; name != "" {
			title += ", " + clean(name, maxName)
		}
		c.line(title)
		f := cell.Repeats[0].Fit
		lines := slices.DeleteFunc(slices.Clone(f.Lines), alwaysAlike)
		width := 15
		for _, l := range lines {
			width = max(width, displayWidth(fitName(l)))
		}
		for _, l := range lines {
			c.line(fmt.Sprintf("  %-*s %s", width, fitName(l), asked(l)))
		}
		if f.Duplicates > 0 {
			c.line(fmt.Sprintf("  %-*s %s with a body that was sent before", width, "duplicates", plural(f.Duplicates, "request")))
		}
	}
	if more > 0 {
		c.line(fmt.Sprintf("  and %s more: see fit in result.json", plural(more, "cell")))
	}
}

// fits reports whether a cell's load was recorded, held conversations, or, where it is
// the only one, had lengths that spread.
func (c *console) fits(of *result.Cell) bool {
	f := of.Repeats[0].Fit
	_, replay := of.Load["replay"]
	if f == nil || replay || f.Line("think_time") != nil {
		return f != nil
	}
	spreads := func(name string) bool { l := f.Line(name); return l != nil && !alwaysAlike(*l) }
	return len(c.doc.Cells) == 1 && (spreads("drawn_input_tokens") || spreads("drawn_output_tokens"))
}

// alwaysAlike reports whether a line says that what can only be drawn in one way was.
func alwaysAlike(l result.FitLine) bool {
	return l.Text != "" && l.Asked != nil && l.Sent != nil && l.Asked.CV == 0 && l.Asked.Avg == l.Sent.Avg
}

// fitName is what a line of a fit is about.
func fitName(l result.FitLine) string {
	if l.Of == "" {
		return l.Name
	}
	return l.Name + " " + clean(l.Of, maxName)
}

// asked is a line of a fit: the averages, and the tail of what was sent.
func asked(l result.FitLine) string {
	unit := " " + l.Unit
	scale := 1.0
	switch l.Unit {
	case "ratio":
		unit, scale = "%", 100
	case "tokens":
		unit = ""
	}
	number := func(n result.Number) string { return fmt.Sprintf("%.4g", math.Round(float64(n)*scale*1000)/1000) }
	switch {
	case l.Text != "" && l.Sent != nil && l.Asked != nil:
		pair := func(asked, sent result.Number) string { return number(asked) + " → " + number(sent) + unit }
		return fmt.Sprintf("avg %s, p50 %s, p95 %s", pair(l.Asked.Avg, l.Sent.Avg), pair(l.Asked.P50, l.Sent.P50), pair(l.Asked.P95, l.Sent.P95))
	case l.Sent == nil:
		return number(l.Asked.Avg) + unit + " → not known"
	case l.Asked == nil:
		return fmt.Sprintf("avg %s%s, p99 %s%s", number(l.Sent.Avg), unit, number(l.Sent.P99), unit)
	case !l.Sent.P99.Ok():
		return fmt.Sprintf("%s → %s%s", number(l.Asked.Avg), number(l.Sent.Avg), unit)
	default:
		return fmt.Sprintf("avg %s → %s%s, p99 %s → %s%s", number(l.Asked.Avg), number(l.Sent.Avg), unit, number(l.Asked.P99), number(l.Sent.P99), unit)
	}
}
