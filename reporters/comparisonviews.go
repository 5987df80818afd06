package reporters

import (
	"cmp"
	"fmt"
	"strings"

	"loadgate/internal/result"
)

// comparison is one row a gated metric, and one for each other that changed.
func (m *markdown) comparison() {
	of := m.c.doc.Comparison
	if of == nil {
		return
	}
	shown := shownDeltas(of)
	columns := comparedColumns(of, shown)
	heads := make([]string, len(columns), len(columns)+1)
	for i, c := range columns {
		heads[i] = c.head
	}
	t := newMarkdownTable("Compared with "+markdownText(sideName(of.Base)), append(heads, "why")...)
	for i, c := range columns {
		if !c.left {
			t.frame = alignRight(t.frame, i)
		}
	}
	for _, d := range shown {
		row := make([]string, len(columns), len(columns)+1)
		for i, c := range columns {
			row[i] = markdownText(c.text(d))
		}
		row[0] = "**" + row[0] + "**"
		if !d.Gated {
			row[0] += " (not gated)"
		}
		t.add(append(row, markdownText(deltaReason(d)))...)
	}
	lines := []string{markdownText(capital(comparedVerdict(of)) + ".")}
	for _, w := range of.Warnings {
		lines = append(lines, "Warning: "+markdownText(clean(w, maxReason))+".")
	}
	t.foot = strings.Join(append(lines, "Method: "+markdownText(clean(of.Method.Text, maxReason))+"."), "\n\n")
	m.tables = append(m.tables, t)
}

// deltaReason is why a delta was judged as it was, with the remarks on it.
func deltaReason(d result.Delta) string {
	return clean(strings.Join(append([]string{d.Reason}, d.Notes...), "; "), maxReason)
}

// comparisonSuite has one case a gated metric: a failure where it fails the
// comparison, an error where a strict one cannot tell, skipped where there is
// nothing to compare. What is only suspect passes and says so.
func comparisonSuite(r *Report) *junitSuite {
	of := r.Doc.Comparison
	s := &junitSuite{Name: "comparison", Properties: []junitProperty{
		{"base", sideName(of.Base)}, {"method", clean(of.Method.Text, maxReason)},
	}}
	for _, d := range of.Deltas {
		if !d.Gated {
			continue
		}
		name := clean(d.Metric, maxName)
		if d.Title != "" {
			name += ", " + clean(d.Title, maxName)
		}
		c := junitCase{Name: name, Class: className(r.Doc.Name, s.Name), Time: "0"}
		why := deltaReason(d)
		problem := &junitProblem{Message: changeWord(d.Change) + ": " + why, Type: string(d.Change), Text: deltaText(of, d)}
		switch {
		case d.Outcome == result.RuleFail:
			c.Failure = problem
		case d.Outcome == result.RuleInconclusive:
			c.Error = problem
		case d.Interval == nil && d.Change != result.Unchanged && d.Change != result.Unclear:
			c.Skipped = &junitProblem{Message: problem.Message}
		case d.Change == result.Suspect || d.Change == result.Unclear:
			c.Properties = &junitProperties{[]junitProperty{{"warning", problem.Message}}}
			c.SystemOut = &junitText{"warning: " + problem.Message + "\n" + problem.Text}
		default:
			c.SystemOut = &junitText{problem.Message + "\n" + problem.Text}
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

// deltaText is a delta in lines.
func deltaText(of *result.Comparison, d result.Delta) string {
	var lines []string
	for _, c := range comparedColumns(of, nil)[1:] {
		lines = append(lines, c.head+": "+c.text(d))
	}
	lines = append(lines, fmt.Sprintf("evidence: %s of %s, against %s of %s", plural(d.HeadRepeats, "repeat"), plural(d.HeadSamples, "request"),
		plural(d.BaseRepeats, "repeat"), plural(d.BaseSamples, "request")))
	if d.P.Ok() {
		lines = append(lines, fmt.Sprintf("p: %s, adjusted %s", digits(d.P), digits(d.Adjusted)))
		lines = append(lines, fmt.Sprintf("would have been seen: %s%s", digits(100*d.Detectable), comparedUnit(d)))
	}
	if d.Needed > 0 {
		lines = append(lines, fmt.Sprintf("the margin takes: %s a side", plural(d.Needed, "repeat")))
	}
	return strings.Join(lines, "\n")
}

// writeComparison writes one row a statistic of a cell, all that were compared.
func writeComparison(b *workbook, r *Report, name string) error {
	const change = 4 // counted from 1
	s, err := b.sheet(name, []column{
		{"Cell", 30, asText},
		{"Metric", 20, asText},
		{"Gated", 8, asText},
		{"Change", 14, asText},
		{"Base", 12, asMeasure},
		{"Head", 12, asMeasure},
		{"Unit", 10, asText},
		{"Worse By", 11, asGeneral},
		{"Low", 11, asGeneral},
		{"High", 11, asGeneral},
		{"Scale", 10, asText},
		{"Margin", 9, asGeneral},
		{"Margin Asked", 9, asGeneral},
		{"Noise Floor", 11, asGeneral},
		{"Detectable", 11, asGeneral},
		{"Repeats Needed", 9, asCount},
		{"p", 11, asGeneral},
		{"p Adjusted", 11, asGeneral},
		{"Base Repeats", 9, asCount},
		{"Head Repeats", 9, asCount},
		{"Base Requests", 11, asCount},
		{"Head Requests", 11, asCount},
		{"Reason", 70, asLong},
	})
	if err != nil {
		return err
	}
	for _, d := range r.Doc.Comparison.Deltas {
		low, high := result.None(), result.None()
		if d.Interval != nil {
			low, high = d.Interval[0], d.Interval[1]
		}
		gated := map[bool]string{true: "yes", false: "no"}[d.Gated]
		err := s.add(cmp.Or(d.Title, d.Cell), d.Metric, gated, changeWord(d.Change), d.Base, d.Head, d.Unit, d.Effect, low, high, d.Scale,
			d.Margin, d.Asked, d.NoiseFloor, d.Detectable, d.Needed, d.P, d.Adjusted, d.BaseRepeats, d.HeadRepeats, d.BaseSamples, d.HeadSamples, deltaReason(d))
		if err != nil {
			return err
		}
	}
	tints := map[string]string{}
	for change, ink := range changeInk {
		tints[changeWord(change)] = tones[ink]
	}
	if err := s.tint(change, tints); err != nil {
		return err
	}
	return s.end(true)
}

// htmlComparison is the comparison as the page shows it.
type htmlComparison struct {
	Verdict  headline
	Base     string
	Heads    []htmlHead
	Rows     []htmlRow
	Refused  []fact // cells and why they were not compared
	Differs  []fact
	Warnings []string
	Method   string
}

// comparisonOf prepares it; nil without one.
func comparisonOf(r *Report) *htmlComparison {
	of := r.Doc.Comparison
	if of == nil {
		return nil
	}
	inks := map[result.Verdict]ink{result.Pass: green, result.Inconclusive: yellow}
	p := &htmlComparison{
		Verdict: head(capital(comparedVerdict(of)), cmp.Or(inks[of.Verdict], red)),
		Base:    sideName(of.Base) + acceptedBecause(of.Base), Method: clean(of.Method.Text, maxReason),
	}
	shown := shownDeltas(of)
	columns := comparedColumns(of, shown)
	for _, c := range columns {
		p.Heads = append(p.Heads, htmlHead{Text: c.head, Right: !c.left})
	}
	p.Heads = append(p.Heads, htmlHead{Text: "why"})
	for _, d := range shown {
		row := htmlRow{}
		for i, c := range columns {
			v := htmlValue{Text: c.text(d), Right: !c.left}
			if i == 0 {
				v.Tone = tones[changeInk[d.Change]]
				if !d.Gated {
					v.Text += " (not gated)"
				}
			}
			row.Cells = append(row.Cells, v)
		}
		row.Cells = append(row.Cells, htmlValue{Text: deltaReason(d)})
		p.Rows = append(p.Rows, row)
	}
	for _, pair := range of.Pairs {
		if len(pair.Reasons) > 0 {
			p.Refused = append(p.Refused, fact{cmp.Or(clean(pair.Title, maxName), "the only cell"), clean(strings.Join(pair.Reasons, "; "), maxReason)})
		}
	}
	for _, d := range of.Differences {
		p.Differs = append(p.Differs, fact{clean(d.What, maxName), orNone(d.Base) + " → " + orNone(d.Head)})
	}
	for _, w := range of.Warnings {
		p.Warnings = append(p.Warnings, clean(w, maxReason))
	}
	return p
}

// comparisonAnnotations are GitHub's messages on a comparison: errors for what
// fails it, warnings for what is suspect or could not be told.
func comparisonAnnotations(of *result.Comparison, level string) []annotation {
	if of == nil {
		return nil
	}
	var all []annotation
	for _, d := range of.Deltas {
		failed := d.Outcome == result.RuleFail || d.Outcome == result.RuleInconclusive
		if !d.Gated || failed != (level == "error") || !failed && d.Change != result.Suspect {
			continue
		}
		title := clean(d.Metric, maxName) + " " + changeWord(d.Change)
		message := deltaReason(d)
		if d.Title != "" {
			message = clean(d.Title, maxName) + ": " + message
		}
		all = append(all, annotation{level: level, title: title, message: message})
	}
	if level == "warning" {
		for _, w := range of.Warnings {
			all = append(all, annotation{level: level, title: "comparison", message: clean(w, maxReason)})
		}
	}
	return all
}
