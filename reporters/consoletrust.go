package reporters

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"loadgate/internal/result"
)

// finding is what one check found, over all cells.
type finding struct {
	worst result.Finding
	cells int
}

// findingsByCheck folds the findings of all cells to one a check and level, the
// invalidating ones first. What a check says stands for its most distant value.
func findingsByCheck(cells []*result.Cell) []finding {
	var all []finding
	for _, c := range cells {
		seen := map[[2]string]bool{}
		for _, f := range findingsOf(c) {
			at := slices.IndexFunc(all, func(g finding) bool { return g.worst.Check == f.Check && g.worst.Level == f.Level })
			if at < 0 {
				at = len(all)
				all = append(all, finding{worst: f})
			}
			if farther(f, all[at].worst) {
				all[at].worst = f
			}
			if key := [2]string{f.Check, f.Level}; !seen[key] {
				seen[key] = true
				all[at].cells++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int { return cmp.Compare(severity(b.worst), severity(a.worst)) })
	return all
}

func severity(f result.Finding) int {
	if f.Level == "invalid" {
		return 1
	}
	return 0
}

// farther reports whether a lies farther from its limit than b.
func farther(a, b result.Finding) bool {
	distance := func(f result.Finding) float64 { return max(float64(f.Value-f.Limit), float64(f.Limit-f.Value)) }
	return distance(a) > distance(b)
}

// findings writes what the validity checks found, once a check.
func (c *console) findings() {
	all := findingsByCheck(c.doc.Cells)
	if len(all) == 0 {
		return
	}
	c.blank()
	for _, f := range all {
		tag, ink := markWarned, yellow
		if severity(f.worst) > 0 {
			tag, ink = markInvalid, red
		}
		head := clean(f.worst.Check, maxName) + c.inCells(f.cells) + ": "
		if f.worst.Message == "" {
			head += fmt.Sprintf("%s %s, limit %s", digits(f.worst.Value), f.worst.Unit, digits(f.worst.Limit))
		}
		c.hanging(c.paint(ink, tag)+strings.Repeat(" ", 9-len(tag)), 9, head+clean(f.worst.Message, maxReason))
	}
}

// failure is one class of failed requests, over all cells.
type failure struct {
	class           string
	requests, cells int
	example         string // cleaned; may be empty
}

// failuresOf folds the failed requests of all cells to one a class.
func failuresOf(cells []*result.Cell) []failure {
	total, places, example := map[string]int{}, map[string]int{}, map[string]string{}
	for _, cell := range cells {
		for class, n := range cell.Counts.Errors {
			if n > 0 {
				total[class] += n
				places[class]++
			}
			if text := clean(cell.Counts.Examples[class], maxExample); example[class] == "" {
				example[class] = text
			}
		}
	}
	var all []failure
	for _, class := range classesOf(total) {
		all = append(all, failure{class, total[class], places[class], example[class]})
	}
	return all
}

// errors writes the failures by class, with one example each.
func (c *console) errors() {
	c.audits()
	all := failuresOf(c.doc.Cells)
	if len(all) == 0 {
		return
	}
	c.blank()
	c.line("failed requests:")
	for _, f := range all {
		head := fmt.Sprintf("%s %s%s", clean(f.class, maxName), grouped(int64(f.requests)), c.inCells(f.cells))
		if f.example != "" {
			head += ", for example: " + f.example
		}
		c.hanging("  ", 4, head)
	}
	c.waits()
}

// waits says what refused requests were told to wait.
func (c *console) waits() {
	told, cells := 0, 0
	shortest, longest := result.None(), result.None()
	for _, cell := range c.doc.Cells {
		d := cell.Metrics["retry_after"].Dist
		if d == nil || d.N == 0 {
			continue
		}
		told += d.N
		cells++
		longest = larger(longest, d.Max)
		if !shortest.Ok() || d.Min < shortest {
			shortest = d.Min
		}
	}
	if told == 0 {
		return
	}
	span := digits(longest/1000) + " s"
	if shortest != longest {
		span = digits(shortest/1000) + " to " + span
	}
	c.hanging("  ", 4, fmt.Sprintf("%s of them%s were told to wait %s (Retry-After); loadgate goes on with its schedule and sends none twice", grouped(int64(told)), c.inCells(cells), span))
}

// audits says how many answers an audit blocked: they are neither completed nor
// failed, so no other number shows them.
func (c *console) audits() {
	hits, sent, cells := 0, 0, 0
	for _, cell := range c.doc.Cells {
		sent += cell.Counts.Sent
		if cell.Counts.AuditHits > 0 {
			hits += cell.Counts.AuditHits
			cells++
		}
	}
	if hits > 0 {
		c.blank()
		c.hanging("", 2, fmt.Sprintf("audit hits: %s of %s answers%s were blocked, and count as neither completed nor failed",
			grouped(int64(hits)), grouped(int64(sent)), c.inCells(cells)))
	}
}

// trust writes in one line why the numbers may be believed, or not.
func (c *console) trust() {
	if len(c.doc.Cells) == 0 {
		return
	}
	cpu, late, lag, loop := result.None(), result.None(), result.None(), false
	for _, cell := range c.doc.Cells {
		for _, r := range cell.Repeats {
			loop = loop || r.Client.Carrier == "event_loop"
			cpu, late, lag = larger(cpu, r.Client.CPURatio), larger(late, r.Client.LateP99MS), larger(lag, r.Client.LagP99MS)
		}
	}
	var parts []string
	if cpu.Ok() {
		parts = append(parts, fmt.Sprintf("client CPU %s %%", digits(100*cpu)))
	}
	switch clock := clean(c.doc.Environment.Clock, maxName); {
	case lag.Ok():
		how := ""
		if loop {
			how = ", event loop"
		}
		parts = append(parts, fmt.Sprintf("receive lag %s ms (p99%s)", digits(lag), how))
	case clock == "user":
		parts = append(parts, "user-space stamps")
	case clock != "":
		parts = append(parts, clock+" stamps")
	}
	if late.Ok() {
		parts = append(parts, fmt.Sprintf("sends %s ms late (p99)", digits(late)))
	}
	word, ink, why := c.validity()
	c.hanging("", 0, strings.Join(append(parts, c.paint(ink, word)+why), " · "))
}

func larger(a, b result.Number) result.Number {
	if !a.Ok() || b > a {
		return b
	}
	return a
}

// validity sums the cells' validity up.
func (c *console) validity() (word string, ink ink, why string) {
	invalid, warned := 0, 0
	for _, cell := range c.doc.Cells {
		switch cell.Validity {
		case result.Invalid:
			invalid++
		case result.Warned:
			warned++
		}
	}
	switch {
	case invalid > 0:
		return markInvalid, red, c.inCells(invalid) + c.because()
	case warned > 0:
		return "VALID", green, " (" + plural(warned, "cell") + " warned)"
	}
	return "VALID", green, ""
}

// because names the checks that made cells invalid.
func (c *console) because() string {
	var checks []string
	for _, f := range findingsByCheck(c.doc.Cells) {
		if severity(f.worst) > 0 {
			checks = append(checks, clean(f.worst.Check, maxName))
		}
	}
	if len(checks) == 0 {
		return ""
	}
	return ": " + strings.Join(checks, ", ")
}

// outcome writes the last line: the verdict, the exit code, the place.
func (c *console) outcome() {
	word, ink := c.verdict()
	line := c.paint(ink, word) + fmt.Sprintf(" · exit %d", c.doc.ExitCode)
	place := ""
	if c.opts.Path != "" {
		place = "results in " + clean(c.opts.Path, 4*maxName)
	}
	if joined := line + " · " + place; place != "" && displayWidth(joined) <= c.opts.Width {
		line, place = joined, ""
	}
	c.hanging("", 0, line)
	if place != "" {
		c.line(place) // whole, so that it can be copied
	}
}

func (c *console) verdict() (string, ink) {
	switch c.doc.Verdict {
	case result.Pass:
		return c.passed(), green
	case result.Fail:
		return "gate failed" + c.blame(func(j result.SLO) bool { return j.Outcome == result.RuleFail && !isWarning(j) }), red
	case result.Inconclusive:
		return "inconclusive" + c.blame(func(j result.SLO) bool { return j.Outcome == result.RuleInconclusive }), yellow
	case result.Interrupted:
		return "interrupted, the numbers cover what was measured until then", yellow
	}
	if of := c.doc.Comparison; of != nil && of.Verdict == result.Errored && c.doc.Error == "" {
		return comparedVerdict(of), red
	}
	if why := clean(c.doc.Error, maxReason); why != "" {
		return "could not run: " + why, red
	}
	return "could not run", red
}

// passed is what a passing run passed.
func (c *console) passed() string {
	var parts []string
	if len(c.doc.SLO) > 0 {
		parts = append(parts, plural(len(byRule(c.doc.SLO, everyRule)), "rule")+" on "+plural(len(c.doc.Cells), "cell"))
	}
	if of := c.doc.Comparison; of != nil {
		parts = append(parts, comparedVerdict(of))
	}
	if len(parts) == 0 {
		return "done, no rules to judge"
	}
	return "gate passed: " + strings.Join(parts, "; ")
}

// blame is what made the verdict: rules, and the comparison where it shares
// it.
func (c *console) blame(is func(result.SLO) bool) string {
	s := c.ruleCount(is)
	of := c.doc.Comparison
	if of == nil || of.Verdict != c.doc.Verdict {
		return s
	}
	if s == "" {
		return ": " + clean(of.Reason, maxReason)
	}
	return s + "; " + comparedVerdict(of)
}

func everyRule(result.SLO) bool { return true }

// ruleCount is ": 2 of 3 rules in 5 of 36 cells", or nothing when no judgement
// is meant.
func (c *console) ruleCount(is func(result.SLO) bool) string {
	groups := byRule(c.doc.SLO, is)
	if len(groups) == 0 {
		return ""
	}
	cells := map[string]bool{}
	for _, group := range groups {
		for _, j := range group {
			if j.Cell != "" {
				cells[j.Cell] = true
			}
		}
	}
	s := fmt.Sprintf(": %d of %s", len(groups), plural(len(byRule(c.doc.SLO, everyRule)), "rule"))
	if len(cells) > 0 {
		s += c.inCells(len(cells))
	}
	return s
}
