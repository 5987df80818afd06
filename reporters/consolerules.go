package reporters

import (
	"fmt"
	"slices"
	"strings"

	"loadgate/internal/result"
)

// indent is how far what belongs to a verdict stands in.
const indent = "      "

// ruleKey tells rules apart: several judgements (one a cell) share a rule.
type ruleKey struct {
	name, assert, file string
	line, col          int
}

func keyOf(j result.SLO) ruleKey { return ruleKey{j.Name, j.Assert, j.File, j.Line, j.Col} }

// verdicts writes how many judgements went which way, then every one that did
// not pass in full, those of one rule together.
func (c *console) verdicts() {
	if len(c.doc.SLO) == 0 {
		return
	}
	c.blank()
	c.hanging("rules: ", len("rules: "), c.tally())
	for _, kind := range unpassed() {
		for _, rule := range byRule(c.doc.SLO, kind.is) {
			c.rule(kind.tag, kind.ink, rule)
		}
	}
}

// trouble is a way in which a judgement does not pass.
type trouble struct {
	tag string
	ink ink
	is  func(result.SLO) bool
}

// unpassed lists the ways in which a judgement does not pass, the worst first.
func unpassed() []trouble {
	return []trouble{
		{"FAIL", red, func(j result.SLO) bool { return j.Outcome == result.RuleFail && !isWarning(j) }},
		{"ERROR", red, func(j result.SLO) bool { return j.Outcome == result.RuleError }},
		{"WARN", yellow, func(j result.SLO) bool { return j.Outcome == result.RuleFail && isWarning(j) }},
		{"UNSURE", yellow, func(j result.SLO) bool { return j.Outcome == result.RuleInconclusive }},
	}
}

func isWarning(j result.SLO) bool { return j.Severity == "warn" }

// tally is "34 passed, 2 failed", each kind only where there is one.
func (c *console) tally() string {
	counts := map[string]int{}
	for _, j := range c.doc.SLO {
		switch {
		case j.Outcome == result.RuleFail && isWarning(j):
			counts["warned"]++
		default:
			counts[string(j.Outcome)]++
		}
	}
	var parts []string
	for _, p := range []struct {
		key, word string
		ink       ink
	}{
		{"pass", "passed", green},
		{"fail", "failed", red},
		{"error", "could not be judged", red},
		{"warned", "missed with a warning", yellow},
		{"inconclusive", "inconclusive", yellow},
		{"skipped", "skipped", faint},
	} {
		if n := counts[p.key]; n > 0 {
			parts = append(parts, c.paint(p.ink, grouped(int64(n))+" "+p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// byRule groups the judgements that is accepts by their rule, in order.
func byRule(all []result.SLO, is func(result.SLO) bool) [][]result.SLO {
	var groups [][]result.SLO
	place := map[ruleKey]int{}
	for _, j := range all {
		if !is(j) {
			continue
		}
		at, seen := place[keyOf(j)]
		if !seen {
			at = len(groups)
			place[keyOf(j)] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], j)
	}
	return groups
}

// rule writes one rule and its judgements of one outcome.
func (c *console) rule(tag string, ink ink, group []result.SLO) {
	c.blank()
	c.ruleHead(tag, ink, group[0])
	if group[0].Outcome == result.RuleInconclusive || group[0].Outcome == result.RuleError {
		c.byReason(group)
		return
	}
	for _, j := range group {
		if j.Cell != "" && len(c.doc.Cells) > 1 {
			c.hanging(indent, len(indent), "cell "+c.r.titleOfID(j.Cell))
		}
		c.reason(j)
		if j.Neighbor != "" {
			axis, value, _ := strings.Cut(clean(j.Neighbor, maxName), " ")
			c.hanging(indent, len(indent), "passes at "+lastSegment(axis)+" "+value)
		}
	}
}

// ruleHead writes the tag and the rule, and its place in the file on the right
// if there is room, else below.
func (c *console) ruleHead(tag string, ink ink, j result.SLO) {
	const farthest = 100 // a place beyond is too far from its rule
	rule := clean(j.Assert, maxReason)
	if j.Name != "" && j.Name != j.Assert {
		rule = clean(j.Name, maxName) + ": " + rule
	}
	lead := fmt.Sprintf("%-*s", len(indent), tag)
	if len(tag) >= len(indent) {
		lead = tag + "  "
	}
	place := clean(placeOf(j), maxName)
	gap := min(c.opts.Width, farthest) - displayWidth(lead) - displayWidth(rule) - displayWidth(place)
	lead = c.paint(ink, tag) + lead[len(tag):]
	if gap >= 2 {
		c.line(lead + rule + strings.Repeat(" ", gap) + c.paint(faint, place))
		return
	}
	c.hanging(lead, max(len(indent), len(tag)+2), rule)
	if place != "" {
		c.line(indent + c.paint(faint, "at "+place))
	}
}

// reason writes the judgement in words.
func (c *console) reason(j result.SLO) {
	for l := range strings.SplitSeq(reasonOf(j), "\n") {
		c.hanging(indent, len(indent), clean(l, maxReason))
	}
}

// byReason writes why judgements could not be made, each reason once with the
// number of cells.
func (c *console) byReason(group []result.SLO) {
	const most = 5
	var reasons []string
	cells := map[string][]result.SLO{}
	for _, j := range group {
		if !slices.Contains(reasons, j.Reason) {
			reasons = append(reasons, j.Reason)
		}
		cells[j.Reason] = append(cells[j.Reason], j)
	}
	for i, why := range reasons {
		if i == most {
			c.line(fmt.Sprintf("%sand %d other reasons, see the results", indent, len(reasons)-most))
			return
		}
		first := cells[why][0]
		switch {
		case len(cells[why]) > 1:
			c.hanging(indent, len(indent), strings.TrimSpace(c.inCells(len(cells[why]))))
		case first.Cell != "" && len(c.doc.Cells) > 1:
			c.hanging(indent, len(indent), "cell "+c.r.titleOfID(first.Cell))
		}
		c.reason(first)
	}
}
