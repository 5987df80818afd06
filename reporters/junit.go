package reporters

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/result"
)

// JUnit writes the verdicts for the test views of CI systems: a suite is a
// cell, or the run for rules over the run, and a case is an assertion.
//
//   - failure: the rule is broken
//   - error: it could not be decided
//   - skipped: its `when` is false
//   - a metric of a comparison is a case of the suite "comparison"
//   - a rule of severity warn that is missed is a passing case which says so in
//     its system-out and in the property "warning"
//
// The file is red exactly where the exit code is not 0: what no case says, such
// as a run that could not start, is a case of its own in the suite of the run.
func JUnit(ctx context.Context, r *Report, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	out, err := xml.MarshalIndent(junitOf(r), "", "  ")
	if err != nil {
		return fmt.Errorf("encode the suites: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(out)+"\n")
	return err
}

// The elements that Jenkins, GitLab and the readers of GitHub's marketplace
// have in common. Times are seconds. Texts are cleaned before: CDATA is written
// as it is.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []*junitSuite `xml:"testsuite"`
	}
	junitCounts struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"`

		seconds float64
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Timestamp  string          `xml:"timestamp,attr,omitempty"`
		Hostname   string          `xml:"hostname,attr,omitempty"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name       string           `xml:"name,attr"`
		Class      string           `xml:"classname,attr"`
		Time       string           `xml:"time,attr"`
		File       string           `xml:"file,attr,omitempty"`
		Line       int              `xml:"line,attr,omitempty"`
		Properties *junitProperties `xml:"properties"`
		Skipped    *junitProblem    `xml:"skipped"`
		Error      *junitProblem    `xml:"error"`
		Failure    *junitProblem    `xml:"failure"`
		SystemOut  *junitText       `xml:"system-out"`
	}
	junitProperties struct {
		Property []junitProperty `xml:"property"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"`
	}
	junitText struct {
		Text string `xml:",cdata"`
	}
)

func junitOf(r *Report) junitSuites {
	all := junitSuites{Name: clean(r.Doc.Name, maxName)}
	for _, c := range r.Doc.Cells {
		all.add(cellSuite(r, c))
	}
	if r.Doc.Comparison != nil {
		all.add(comparisonSuite(r))
	}
	if run := runSuite(r, all.junitCounts); len(run.Cases) > 0 {
		all.add(run)
	}
	all.Time = seconds(all.seconds)
	return all
}

// add appends a suite and counts its cases.
func (all *junitSuites) add(s *junitSuite) {
	s.Tests = len(s.Cases)
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	s.Time = seconds(s.seconds)
	all.Tests += s.Tests
	all.Failures += s.Failures
	all.Errors += s.Errors
	all.Skipped += s.Skipped
	all.seconds += s.seconds
	all.Suites = append(all.Suites, s)
}

// cellSuite is a cell. Its time is that of its measured windows; judging takes
// none, so that the cases' times are 0.
func cellSuite(r *Report, c *result.Cell) *junitSuite {
	s := &junitSuite{Name: nameOf(r, c), Hostname: clean(r.Doc.Environment.Host, maxName), Properties: cellProperties(r, c)}
	s.seconds = measuredSeconds(c)
	if !c.StartedAt.IsZero() {
		s.Timestamp = c.StartedAt.UTC().Format("2006-01-02T15:04:05")
	}
	s.addRules(r, func(j result.SLO) bool { return j.Cell == c.ID })
	return s
}

const runSuiteName = "run"

// runSuite holds the rules over the run, those of cells that are missing, and
// what made the exit code where no case says it.
func runSuite(r *Report, told junitCounts) *junitSuite {
	d := r.Doc
	s := &junitSuite{Name: runSuiteName, Hostname: clean(d.Environment.Host, maxName), Properties: labelProperties(d.Labels)}
	if !d.StartedAt.IsZero() {
		s.Timestamp = d.StartedAt.UTC().Format("2006-01-02T15:04:05")
	}
	known := map[string]bool{}
	for _, c := range d.Cells {
		known[c.ID] = true
	}
	s.addRules(r, func(j result.SLO) bool { return !known[j.Cell] })
	red := told.Failures+told.Errors > 0
	for _, c := range s.Cases {
		red = red || c.Failure != nil || c.Error != nil
	}
	bad := d.Verdict != result.Pass
	if (bad && !red) || d.Error != "" || d.Verdict == result.Interrupted || told.Tests+len(s.Cases) == 0 {
		outcome := junitCase{Name: "outcome", Class: className(d.Name, runSuiteName), Time: "0"}
		word, _ := unadorned(r).verdict()
		if bad {
			outcome.Error = &junitProblem{Message: word, Type: string(d.Verdict), Text: word}
		} else {
			outcome.SystemOut = &junitText{word}
		}
		s.Cases = append(s.Cases, outcome)
	}
	return s
}

// addRules adds the judgements that is accepts. Readers tell cases apart by
// their name, so that a second one of a name is given its line.
func (s *junitSuite) addRules(r *Report, is func(result.SLO) bool) {
	taken := map[string]bool{}
	for _, j := range r.Doc.SLO {
		if !is(j) {
			continue
		}
		c := caseOf(j)
		c.Class = className(r.Doc.Name, s.Name)
		if s.Name == runSuiteName && j.Cell != "" {
			c.Name += ", " + r.titleOfID(j.Cell)
		}
		name := c.Name
		for n := 1; taken[c.Name]; n++ {
			c.Name = fmt.Sprintf("%s (line %d)", name, j.Line)
			if n > 1 {
				c.Name = fmt.Sprintf("%s (line %d, no. %d)", name, j.Line, n)
			}
		}
		taken[c.Name] = true
		s.Cases = append(s.Cases, c)
	}
}

func caseOf(j result.SLO) junitCase {
	c := junitCase{Name: ruleName(j), Time: "0", File: clean(j.File, 4*maxName), Line: max(0, j.Line)}
	problem := &junitProblem{Message: clean(reasonOf(j), maxReason), Text: detailsOf(j)}
	if isWarning(j) {
		c.Properties = &junitProperties{[]junitProperty{{"severity", "warn"}}}
	}
	switch {
	case j.Outcome == result.RuleSkipped:
		c.Skipped = &junitProblem{Message: problem.Message}
	case j.Outcome == result.RulePass:
		if clean(j.Reason, maxReason) != "" {
			c.SystemOut = &junitText{problem.Text}
		}
	case j.Outcome == result.RuleError:
		problem.Type = "error"
		c.Error = problem
	case isWarning(j):
		c.Properties.Property = append(c.Properties.Property, junitProperty{"warning", problem.Message})
		c.SystemOut = &junitText{"warning: " + problem.Text}
	case j.Outcome == result.RuleFail:
		problem.Type = "slo"
		c.Failure = problem
	default:
		problem.Type = "inconclusive"
		c.Error = problem
	}
	return c
}

// detailsOf says all about a judgement, a line each.
func detailsOf(j result.SLO) string {
	lines := []string{clean(j.Assert, maxReason)}
	for l := range strings.SplitSeq(reasonOf(j), "\n") {
		lines = append(lines, clean(l, maxReason))
	}
	if len(j.Clauses) > 1 {
		for _, c := range j.Clauses {
			lines = append(lines, fmt.Sprintf("%s: got %s %s, want %s %s (n %d): %s",
				clean(c.Text, maxReason), digits(c.Got), clean(c.Unit, maxName), clean(c.Op, maxName), digits(c.Want), c.N, clean(c.Holds, maxName)))
		}
	}
	if j.Neighbor != "" {
		lines = append(lines, "passes at "+clean(j.Neighbor, maxName))
	}
	if place := clean(placeOf(j), 4*maxName); place != "" {
		lines = append(lines, "at "+place)
	}
	return strings.Join(lines, "\n")
}

// cellProperties are a cell's axes, labels and whether it may be believed.
func cellProperties(r *Report, c *result.Cell) []junitProperty {
	props := []junitProperty{{"cell", clean(c.ID, maxName)}, {"validity", clean(string(c.Validity), maxName)}}
	if checks := checksOf(c); checks != "" {
		props = append(props, junitProperty{"findings", checks})
	}
	for _, a := range c.Axes {
		props = append(props, junitProperty{"axis." + clean(a.Name, maxName), scalar(a.Value)})
	}
	for _, p := range []junitProperty{
		{"backend", c.Backend}, {"kind", c.Kind}, {"model", c.Model}, {"dataset", c.Dataset},
	} {
		if p.Value = clean(p.Value, maxName); p.Value != "" {
			props = append(props, p)
		}
	}
	props = append(props, labelProperties(r.Doc.Labels)...)
	for _, name := range sortedKeys(c.Labels) {
		if _, shared := r.Doc.Labels[name]; !shared {
			props = append(props, junitProperty{"label." + clean(name, maxName), scalar(c.Labels[name])})
		}
	}
	return props
}

func labelProperties(labels map[string]any) []junitProperty {
	var props []junitProperty
	for _, name := range sortedKeys(labels) {
		props = append(props, junitProperty{"label." + clean(name, maxName), scalar(labels[name])})
	}
	return props
}

// className is what Jenkins cuts at its last dot into package and class.
func className(run, suite string) string {
	undotted := func(s string) string { return strings.ReplaceAll(clean(s, maxName), ".", "_") }
	if run == "" {
		run = "loadgate"
	}
	return undotted(run) + "." + undotted(suite)
}

// measuredSeconds is how long a cell was measured, all repeats together.
func measuredSeconds(c *result.Cell) float64 {
	sum := 0.0
	for _, r := range c.Repeats {
		if m := r.Metrics["duration"]; m.Dist == nil && m.Value.Ok() {
			sum += float64(m.Value)
		}
	}
	return sum
}

// seconds prints seconds to the millisecond.
func seconds(x float64) string {
	return strconv.FormatFloat(time.Duration(x*float64(time.Second)).Seconds(), 'f', 3, 64)
}
