package reporters

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"loadgate/internal/result"
)

// maxAnnotations is how many errors, and how many warnings, GitHub shows of one
// step.
const maxAnnotations = 10

// annotation is a workflow command that GitHub shows at a line of a file.
type annotation struct {
	level     string // error | warning
	file      string // "" = at no line
	line, col int
	title     string
	message   string // may have several lines
}

// Annotations writes GitHub's workflow commands: one a rule that did not pass,
// at its line of the scenario, and what else made the exit code. Rules of
// severity warn, and checks that made cells INVALID, are warnings. What is more
// than GitHub shows is counted in the last one. Place turns the file of a rule
// into a path from the repository's root; "" leaves the place out.
func Annotations(w io.Writer, r *Report, place func(file string) string) error {
	var out strings.Builder
	for _, level := range []string{"error", "warning"} {
		all := annotationsOf(r, level)
		if more := len(all) - maxAnnotations + 1; more > 1 {
			all = append(all[:maxAnnotations-1], annotation{
				level: level, title: "loadgate", message: fmt.Sprintf("and %d more %ss: see the summary of the job", more, level),
			})
		}
		for _, a := range all {
			if a.file != "" {
				a.file = place(a.file)
			}
			out.WriteString(a.String() + "\n")
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func annotationsOf(r *Report, level string) []annotation {
	var all []annotation
	c := unadorned(r)
	for _, kind := range unpassed() {
		for _, group := range byRule(r.Doc.SLO, kind.is) {
			if j := group[0]; level == levelOf(j) {
				all = append(all, annotation{
					level: level, file: clean(j.File, 4*maxName), line: j.Line, col: j.Col, title: ruleName(j), message: c.groupMessage(group),
				})
			}
		}
	}
	all = append(all, comparisonAnnotations(r.Doc.Comparison, level)...)
	if word, _ := c.verdict(); level == "error" && (r.Doc.Error != "" || (r.Doc.ExitCode != 0 && len(all) == 0)) {
		all = slices.Insert(all, 0, annotation{level: level, title: "loadgate", message: word})
	}
	if level == "warning" {
		for _, f := range findingsByCheck(r.Doc.Cells) {
			if severity(f.worst) > 0 {
				message := markInvalid + c.inCells(f.cells) + ": " + clean(findingText(f.worst), maxReason)
				all = append(all, annotation{level: level, title: clean(f.worst.Check, maxName), message: message})
			}
		}
	}
	return all
}

// levelOf is error for what makes the exit code.
func levelOf(j result.SLO) string {
	if isWarning(j) && j.Outcome != result.RuleError {
		return "warning"
	}
	return "error"
}

// groupMessage says why a rule did not pass in its first cell, and in which
// others it did not.
func (c *console) groupMessage(group []result.SLO) string {
	const most = 5
	j := group[0]
	var lines []string
	if j.Name != "" && j.Name != j.Assert {
		lines = append(lines, clean(j.Assert, maxReason))
	}
	reason := clean(reasonOf(j), maxReason)
	if j.Cell != "" && len(c.doc.Cells) > 1 {
		reason = c.r.titleOfID(j.Cell) + ": " + reason
	}
	lines = append(lines, reason)
	var others []string
	for _, o := range group[1:] {
		others = append(others, c.r.titleOfID(o.Cell))
	}
	if n := len(others); n > most {
		others = append(others[:most], fmt.Sprintf("and %d more", n-most))
	}
	if len(others) > 0 {
		lines = append(lines, "also in: "+strings.Join(others, "; "))
	}
	return strings.Join(lines, "\n")
}

// String is the command. A text cannot end it or begin another one.
func (a annotation) String() string {
	var properties []string
	add := func(name, value string) { properties = append(properties, name+"="+commandProperty.Replace(value)) }
	if a.file != "" && a.line > 0 {
		add("file", a.file)
		add("line", fmt.Sprint(a.line))
		if a.col > 0 {
			add("col", fmt.Sprint(a.col))
		}
	}
	add("title", a.title)
	return "::" + a.level + " " + strings.Join(properties, ",") + "::" + commandData.Replace(a.message)
}

// How GitHub's runner wants a command's message and its properties escaped.
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
