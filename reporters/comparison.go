package reporters

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"loadgate/internal/result"
)

// Comparison writes what a person reads after `compare`: the sides, the table of
// what was found, the worst first, why, and how.
func Comparison(w io.Writer, of *result.Comparison, opts ConsoleOptions) error {
	if opts.Width <= 0 {
		opts.Width = 100
	}
	opts.Width = max(opts.Width, 40)
	doc := &result.Document{Comparison: of, Verdict: of.Verdict, ExitCode: of.ExitCode}
	c := &console{r: &Report{Doc: doc}, doc: doc, opts: opts}
	c.comparison()
	c.blank()
	c.outcome()
	_, err := io.WriteString(w, strings.TrimLeft(c.out.String(), "\n"))
	return err
}

// inks of changes; the others have none.
var changeInk = map[result.Change]ink{
	result.Regressed: red, result.Suspect: yellow, result.Incomparable: yellow, result.NoData: yellow, result.Unclear: yellow,
	result.Removed: yellow, result.Improved: green, result.Unchanged: green, result.Cleared: green,
}

// comparedColumn is a column of the table of deltas.
type comparedColumn = tableColumn[result.Delta]

// comparedColumns are the columns of every report; without a matrix there is no
// cell to name. Two sides of one run go by their names.
func comparedColumns(of *result.Comparison, deltas []result.Delta) []comparedColumn {
	left := func(head string, text func(result.Delta) string) comparedColumn {
		return comparedColumn{head: head, left: true, text: text}
	}
	right := func(head string, text func(result.Delta) string) comparedColumn {
		return comparedColumn{head: head, text: text}
	}
	columns := []comparedColumn{left("", func(d result.Delta) string { return changeWord(d.Change) })}
	for _, d := range deltas {
		if d.Title != "" {
			columns = append(columns, left("cell", func(d result.Delta) string { return clean(d.Title, maxName) }))
			break
		}
	}
	return append(columns,
		left("metric", func(d result.Delta) string { return clean(d.Metric, maxName) }),
		right(columnName(of.Base, "base"), func(d result.Delta) string { return comparedValue(d, d.Base) }),
		right(columnName(of.Head, "head"), func(d result.Delta) string { return comparedValue(d, d.Head) }),
		right("change", comparedChange),
		right("interval", comparedInterval),
		right("margin", marginOf),
	)
}

// changeWord is a change as people write it.
func changeWord(c result.Change) string { return strings.ReplaceAll(string(c), "_", " ") }

// comparedValue is a value of a side with its unit; ratios are in percent.
func comparedValue(d result.Delta, v result.Number) string {
	if !v.Ok() {
		return none
	}
	if d.Scale == result.Points {
		return percent(v) + " %"
	}
	return digits(v) + " " + clean(d.Unit, maxName)
}

// natural is an effect as a change of the value: a throughput that got worse by
// 10 % changed by -10.
func natural(d result.Delta, effect result.Number) string {
	v := 100 * float64(effect)
	if d.Better == "higher" {
		v = -v
	}
	switch {
	case math.IsNaN(v):
		return none
	case math.Abs(v) < 0.05:
		return "0"
	}
	return fmt.Sprintf("%+.1f", v)
}

// comparedUnit is what follows a change or a margin.
func comparedUnit(d result.Delta) string {
	if d.Scale == result.Points {
		return " pp"
	}
	return " %"
}

func comparedChange(d result.Delta) string {
	if !d.Effect.Ok() {
		return none
	}
	return natural(d, d.Effect) + comparedUnit(d)
}

func comparedInterval(d result.Delta) string {
	if d.Interval == nil {
		return none
	}
	low, high := natural(d, d.Interval[0]), natural(d, d.Interval[1])
	if d.Better == "higher" {
		low, high = high, low
	}
	return low + " to " + high
}

// marginOf is the margin, and that it was raised.
func marginOf(d result.Delta) string {
	if !d.Margin.Ok() {
		return none
	}
	s := strconv.FormatFloat(math.Round(1000*float64(d.Margin))/10, 'f', -1, 64) + comparedUnit(d)
	if d.Margin > d.Asked {
		s += " ↑"
	}
	return strings.TrimSpace(s)
}

// shownDeltas are the deltas that reports list: all that are gated, and of the
// others those that changed.
func shownDeltas(c *result.Comparison) []result.Delta {
	var out []result.Delta
	for _, d := range c.Deltas {
		if d.Gated || notable(d) {
			out = append(out, d)
		}
	}
	return out
}

// notable reports whether a delta that can fail nothing is worth a line.
func notable(d result.Delta) bool {
	return d.Change == result.Regressed || d.Change == result.Suspect || d.Change == result.Improved
}

// comparison writes the section of a run's summary, or the whole of a
// comparison's.
func (c *console) comparison() {
	if c.doc.Comparison == nil {
		return
	}
	of := c.doc.Comparison
	c.blank()
	const lead = "compared with "
	c.hanging(c.paint(bold, "compared with")+" ", len(lead), sideName(of.Base))
	if of.Base.Reason != "" {
		c.hanging(strings.Repeat(" ", len(lead)), len(lead), strings.TrimPrefix(acceptedBecause(of.Base), ", "))
	}
	if of.Head.Path != "" || len(of.Head.Sides) > 0 {
		c.hanging(strings.Repeat(" ", len(lead)), len(lead), sideName(of.Head))
	}
	c.comparedTable(of)
	c.comparedReasons(of)
	c.comparedPairs(of)
	c.comparedBlind(of)
	c.blank()
	if len(of.Differences) > 0 {
		var parts []string
		for _, d := range of.Differences {
			parts = append(parts, fmt.Sprintf("%s %s → %s", clean(d.What, maxName), orNone(d.Base), orNone(d.Head)))
		}
		c.hanging("differs: ", 9, strings.Join(parts, " · "))
	}
	for _, w := range of.Warnings {
		c.hanging(c.paint(yellow, "warning")+": ", 9, clean(w, maxReason))
	}
	c.hanging("method: ", 8, clean(of.Method.Text, maxReason))
}

func orNone(s string) string { return cmp.Or(clean(s, maxName), "none") }

// columnName is what a side is called above its values; a side of several
// values has them in the titles of its cells.
func columnName(r result.ComparedRun, otherwise string) string {
	if len(r.Sides) == 1 {
		return clean(r.Sides[0], maxName)
	}
	return otherwise
}

// sideName says which run a side is, or which part of one.
func sideName(r result.ComparedRun) string {
	if len(r.Sides) > 0 {
		return clean(strings.Join(r.Sides, ", "), 4*maxName)
	}
	s := clean(r.Path, 4*maxName)
	var parts []string
	if r.RunID != "" {
		parts = append(parts, "run "+clean(r.RunID, maxName))
	}
	if !r.StartedAt.IsZero() {
		parts = append(parts, r.StartedAt.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if len(parts) > 0 {
		s += " (" + strings.Join(parts, ", ") + ")"
	}
	return s
}

// acceptedBecause is why a baseline was accepted.
func acceptedBecause(r result.ComparedRun) string {
	if r.Reason == "" {
		return ""
	}
	return ", accepted because: " + clean(r.Reason, maxExample)
}

// comparedTable writes the gated deltas, then the others that changed.
func (c *console) comparedTable(of *result.Comparison) {
	shown, more := mostOf(shownDeltas(of))
	if len(shown) == 0 {
		return
	}
	columns := comparedColumns(of, shown)
	word := columns[0].text
	columns[0].text = func(d result.Delta) string {
		if !d.Gated {
			return "(" + word(d) + ")"
		}
		return word(d)
	}
	lines := renderRows(columns, shown)
	c.blank()
	for i, l := range lines {
		if i < 2 {
			c.line(c.paint(faint, l))
			continue
		}
		word := changeWord(shown[i-2].Change)
		c.line(strings.Replace(l, word, c.paint(changeInk[shown[i-2].Change], word), 1))
	}
	if more > 0 {
		c.line(c.paint(faint, fmt.Sprintf("and %s, see --json", plural(more, "more row"))))
	}
	if last := shown[len(shown)-1]; !last.Gated {
		c.line(c.paint(faint, "in brackets: not gated, reported only"))
	}
}

// mostOf keeps the rows that a console has room for: gated ones before others.
func mostOf(deltas []result.Delta) (shown []result.Delta, more int) {
	const most, mostReported = 60, 8
	reported := 0
	for _, d := range deltas {
		if !d.Gated {
			reported++
		}
		if len(shown) == most || !d.Gated && reported > mostReported {
			more++
			continue
		}
		shown = append(shown, d)
	}
	return shown, more
}

// comparedReasons says in words what did not go well, the worst first.
func (c *console) comparedReasons(of *result.Comparison) {
	const most = 8
	told := 0
	for _, d := range of.Deltas {
		if !worthWords(of, d) {
			continue
		}
		if told++; told > most {
			continue
		}
		c.blank()
		tag := strings.ToUpper(changeWord(d.Change))
		title := clean(d.Metric, maxName)
		if d.Title != "" {
			title += " at " + clean(d.Title, maxName)
		}
		c.hanging(c.paint(changeInk[d.Change], tag)+"  ", displayWidth(tag)+2, title)
		c.hanging(indent, len(indent), clean(strings.Join(append([]string{d.Reason}, d.Notes...), "; "), maxReason))
	}
	if told > most {
		c.blank()
		c.line(fmt.Sprintf("and %s, see --json", plural(told-most, "more")))
	}
}

// worthWords reports whether a delta needs more than its row: it is gated, did
// not go well, and says more than its cell does.
func worthWords(of *result.Comparison, d result.Delta) bool {
	fine := d.Change == result.Unchanged || d.Change == result.Improved || d.Change == result.Added || d.Change == result.Removed
	return d.Gated && !fine && d.Reason != "" && !refused(of, d)
}

// comparedBlind names the gated metrics whose margin this comparison cannot see.
func (c *console) comparedBlind(of *result.Comparison) {
	const most = 6
	var blind []string
	raised := false
	for _, d := range of.Deltas {
		if !d.Gated || !(d.Margin > d.Asked) {
			continue
		}
		raised = true
		if worthWords(of, d) { // has been said
			continue
		}
		s := clean(d.Metric, maxName)
		if d.Title != "" {
			s += " at " + clean(d.Title, maxName)
		}
		s += fmt.Sprintf(" (%s%s", digits(100*d.Asked), comparedUnit(d))
		if d.Needed > 0 {
			s += fmt.Sprintf(" takes %d repeats", d.Needed)
		}
		blind = append(blind, s+")")
	}
	if !raised {
		return
	}
	if more := len(blind) - most; more > 0 {
		blind = append(blind[:most], fmt.Sprintf("and %d more", more))
	}
	c.blank()
	legend := "↑ margin raised to the noise floor, since these repeats cannot show what was asked for"
	if len(blind) > 0 {
		legend += ": " + strings.Join(blind, ", ")
	}
	c.hanging("", 0, legend)
}

// refused reports whether a delta only repeats what its cell says.
func refused(of *result.Comparison, d result.Delta) bool {
	for _, p := range of.Pairs {
		if p.Head == d.Cell && p.Status == result.PairIncomparable {
			return true
		}
	}
	return false
}

// comparedPairs says which cells were not compared, or only on demand, and why.
func (c *console) comparedPairs(of *result.Comparison) {
	const most = 8
	told := 0
	for _, p := range of.Pairs {
		tag := strings.ToUpper(p.Status)
		switch {
		case p.Allowed:
			tag = "DIFFERENT, COMPARED ON DEMAND"
		case p.Status == result.PairCompared:
			continue
		}
		if told++; told > most {
			continue
		}
		c.blank()
		title := cmp.Or(clean(p.Title, maxName), "the only cell")
		c.hanging(c.paint(yellow, tag)+"  ", displayWidth(tag)+2, title)
		if len(p.Reasons) > 0 {
			c.hanging(indent, len(indent), clean(strings.Join(p.Reasons, "; "), maxReason))
		}
	}
	if told > most {
		c.blank()
		c.line(fmt.Sprintf("and %s, see --json", plural(told-most, "more cell")))
	}
}

// comparedVerdict is the outcome of a comparison in words.
func comparedVerdict(of *result.Comparison) string {
	switch of.Verdict {
	case result.Pass:
		return "nothing regressed: " + clean(of.Reason, maxReason)
	case result.Errored:
		return "refused: " + clean(of.Reason, maxReason)
	}
	return "comparison: " + clean(of.Reason, maxReason)
}
