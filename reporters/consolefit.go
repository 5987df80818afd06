package reporters

import (
	"fmt"
	"math"

	"loadgate/internal/result"
)

// mostFits is how many cells say on the console how they fit.
const mostFits = 3

// asAsked says how the load that was sent fits the one that was asked for, where that
// was more than numbers: of replays, and of conversations.
func (c *console) asAsked() {
	shown, more := 0, 0
	for _, cell := range c.doc.Cells {
		if len(cell.Repeats) == 0 || !fits(cell) {
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
		for _, l := range f.Lines {
			c.line(fmt.Sprintf("  %-15s %s", fitName(l), asked(l)))
		}
		if f.Duplicates > 0 {
			c.line(fmt.Sprintf("  %-15s %s with a body that was sent before", "duplicates", plural(f.Duplicates, "request")))
		}
	}
	if more > 0 {
		c.line(fmt.Sprintf("  and %s more: see fit in result.json", plural(more, "cell")))
	}
}

// fits reports whether a cell's load was recorded, or held conversations.
func fits(c *result.Cell) bool {
	f := c.Repeats[0].Fit
	_, replay := c.Load["replay"]
	return f != nil && (replay || f.Line("think_time") != nil)
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
