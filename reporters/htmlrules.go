package reporters

import (
	"fmt"
	"strings"

	"loadgate/internal/result"
)

// htmlRule is one rule and its judgements of one outcome.
type htmlRule struct {
	Tone, Tag string
	Name      string
	Assert    string // "" where the name says it
	Place     string
	Judged    []htmlJudgement
	More      int // judgements that are not listed
}

// htmlJudgement is why a rule was judged as it was.
type htmlJudgement struct {
	Cell     string // "" for a rule on the run, and in a run of one cell
	Reasons  []string
	Neighbor string
}

// maxJudged is the number of judgements that are listed of one rule.
const maxJudged = 200

// rulesOf lists the rules that did not pass, the worst first, and the others.
func rulesOf(r *Report) (broken, passed []htmlRule) {
	for _, kind := range unpassed() {
		broken = append(broken, rulesWhere(r, kind)...)
	}
	for _, kind := range []trouble{
		{"pass", green, func(j result.SLO) bool { return j.Outcome == result.RulePass }},
		{"skipped", faint, func(j result.SLO) bool { return j.Outcome == result.RuleSkipped }},
	} {
		passed = append(passed, rulesWhere(r, kind)...)
	}
	return broken, passed
}

func rulesWhere(r *Report, kind trouble) []htmlRule {
	var out []htmlRule
	for _, group := range byRule(r.Doc.SLO, kind.is) {
		first := group[0]
		rule := htmlRule{Tone: tones[kind.ink], Tag: kind.tag, Name: ruleName(first), Place: clean(placeOf(first), 2*maxName)}
		if assert := clean(first.Assert, maxReason); assert != rule.Name {
			rule.Assert = assert
		}
		for _, j := range group {
			if len(rule.Judged) == maxJudged {
				rule.More = len(group) - maxJudged
				break
			}
			rule.Judged = append(rule.Judged, judgementOf(r, j))
		}
		out = append(out, rule)
	}
	return out
}

func judgementOf(r *Report, j result.SLO) htmlJudgement {
	var out htmlJudgement
	if j.Cell != "" && len(r.Doc.Cells) > 1 {
		out.Cell = r.titleOfID(j.Cell)
	}
	for l := range strings.SplitSeq(reasonOf(j), "\n") {
		if l = clean(l, maxReason); l != "" {
			out.Reasons = append(out.Reasons, l)
		}
	}
	out.Neighbor = clean(j.Neighbor, maxName)
	return out
}

// htmlFailure is one class of failed requests.
type htmlFailure struct {
	Class    string
	Requests string
	Where    string
	Examples []string
}

// failuresByCell says which requests failed, and where.
func failuresByCell(r *Report) []htmlFailure {
	const mostExamples, mostCells = 3, 6
	var out []htmlFailure
	for _, f := range failuresOf(r.Doc.Cells) {
		row := htmlFailure{Class: clean(f.class, maxName), Requests: grouped(int64(f.requests))}
		var where []string
		seen := map[string]bool{"": true}
		for _, c := range r.Doc.Cells {
			n := c.Counts.Errors[f.class]
			if n == 0 {
				continue
			}
			where = append(where, fmt.Sprintf("%s: %s of %s", nameOf(r, c), grouped(int64(n)), grouped(int64(c.Counts.Sent))))
			if text := clean(c.Counts.Examples[f.class], maxReason); !seen[text] && len(row.Examples) < mostExamples {
				seen[text] = true
				row.Examples = append(row.Examples, text)
			}
		}
		if len(where) > mostCells {
			where = append(where[:mostCells-1], fmt.Sprintf("and %d other cells", len(where)-mostCells+1))
		}
		row.Where = strings.Join(where, "; ")
		out = append(out, row)
	}
	return out
}

// htmlFinding is what one check found in one cell.
type htmlFinding struct {
	Tone, Tag    string
	Check, Cause string
	Cell, Text   string
}

// findingsByCell lists the findings, those that make a cell invalid first.
func findingsByCell(r *Report) []htmlFinding {
	var invalid, warned []htmlFinding
	for _, c := range r.Doc.Cells {
		for _, f := range findingsOf(c) {
			row := htmlFinding{
				Tone: "warn", Tag: markWarned, Check: clean(f.Check, maxName), Cause: clean(f.Cause, maxName), Cell: nameOf(r, c),
				Text: clean(f.Message, maxReason),
			}
			if row.Text == "" {
				row.Text = strings.TrimSpace(fmt.Sprintf("%s, limit %s %s", digits(f.Value), digits(f.Limit), clean(f.Unit, maxName)))
			}
			if repeatsOf(c) > 1 {
				row.Cell += fmt.Sprintf(", repeat %d", f.Repeat+1)
			}
			if severity(f) > 0 {
				row.Tone, row.Tag = "bad", markInvalid
				invalid = append(invalid, row)
			} else {
				warned = append(warned, row)
			}
		}
	}
	return append(invalid, warned...)
}
