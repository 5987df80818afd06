package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"loadgate/internal/result"
	"loadgate/internal/rule"
	"loadgate/internal/stat"
	"loadgate/metrics"
)

// How a rule is judged over the repeats of a cell.
const (
	OverMedian = "median" // on the medians over the repeats
	OverWorst  = "worst"  // in each repeat; the worst one decides
	OverEach   = "each"   // in each repeat, one verdict for each
	OverPooled = "pooled" // on all requests of all repeats as one sample
)

// Input is what is judged.
type Input struct {
	Cells       []*result.Cell
	Pooled      map[string]*result.Repeat // by cell id, where Needs asks for it
	Interrupted map[string]bool           // cells that were not measured to their end
	// Baselines are what cells are compared with, by cell id. A rule on the
	// baseline is skipped in a cell that has none.
	Baselines map[string]*Baseline
	// NoBaseline says why no cell has one; "" where there is a baseline.
	NoBaseline string
}

// onBaseline settles a rule that reads the baseline of a cell that has none, or
// none to compare with; ok is false where the rule can be judged.
func (in *Input) onBaseline(c *compiled, cell string, e *result.SLO) (ok bool) {
	if !c.assert.Baseline() {
		return false
	}
	b := in.Baselines[cell]
	switch {
	case in.NoBaseline != "":
		e.Outcome, e.Reason = result.RuleSkipped, in.NoBaseline
	case cell == "":
		return false
	case b == nil:
		e.Outcome, e.Reason = result.RuleSkipped, "the baseline has no such cell"
	case b.Refused != "":
		e.Outcome, e.Reason = result.RuleInconclusive, "the baseline did not measure the same: "+b.Refused
	default:
		return false
	}
	return true
}

// Judge evaluates every rule on every cell that it is about, in the order of the
// file and then of the plan.
func (g *Gate) Judge(in Input) []result.SLO {
	out := []result.SLO{}
	for i := range g.rules {
		c := &g.rules[i]
		if c.Scope == ScopeRun {
			out = append(out, g.judgeRun(c, in))
			continue
		}
		for _, cell := range in.Cells {
			out = append(out, g.judgeCell(c, cell, in)...)
		}
	}
	addNeighbors(out, in.Cells)
	return out
}

// entry begins a judgement with what is known beforehand.
func entry(c *compiled, cell string) result.SLO {
	return result.SLO{
		Name: c.Name, Assert: strings.TrimSpace(c.Assert.Text), Scope: c.Scope, Cell: cell, Severity: c.Severity,
		Got: result.None(), Want: result.None(),
		File: c.Assert.Pos.File, Line: c.Assert.Pos.Line, Col: c.Assert.Pos.Col,
	}
}

func (g *Gate) judgeCell(c *compiled, cell *result.Cell, in Input) []result.SLO {
	e := entry(c, cell.ID)
	facts := g.facts[cell.ID]
	switch {
	case !c.cells[cell.ID]:
		e.Outcome, e.Reason = result.RuleSkipped, "`when` does not hold in this cell"
		return []result.SLO{e}
	case in.Interrupted[cell.ID]:
		e.Outcome, e.Reason = result.RuleInconclusive, "the cell was not measured to its end"
		return []result.SLO{e}
	case in.onBaseline(c, cell.ID, &e):
		return []result.SLO{e}
	}
	switch c.Over {
	case OverWorst, OverEach:
		return g.judgeRepeats(c, cell, facts, in.Baselines[cell.ID])
	case OverPooled:
		if pooled := in.Pooled[cell.ID]; pooled != nil {
			return []result.SLO{judged(c, e, c.assert.Eval(ofRepeat(facts, pooled).against(in.Baselines[cell.ID])), trustIn(cell.Validity, pooled.Metrics))}
		}
	}
	return []result.SLO{judged(c, e, c.assert.Eval(ofCell(facts, cell).against(in.Baselines[cell.ID])), trustIn(cell.Validity, cell.Metrics))}
}

// judgeRepeats judges a rule in each repeat and keeps all verdicts, or the
// worst one.
func (g *Gate) judgeRepeats(c *compiled, cell *result.Cell, facts map[string]any, b *Baseline) []result.SLO {
	var all []result.SLO
	for _, r := range cell.Repeats {
		e := judged(c, entry(c, cell.ID), c.assert.Eval(ofRepeat(facts, r).against(b)), trustIn(r.Validity, r.Metrics))
		if len(cell.Repeats) > 1 {
			e.Reason = fmt.Sprintf("repeat %d: %s", r.Index+1, e.Reason)
		}
		all = append(all, e)
	}
	if c.Over == OverEach || len(all) == 0 {
		return all
	}
	order := []result.Outcome{result.RulePass, result.RuleInconclusive, result.RuleFail, result.RuleError}
	return []result.SLO{slices.MaxFunc(all, func(a, b result.SLO) int {
		return slices.Index(order, a.Outcome) - slices.Index(order, b.Outcome)
	})}
}

// judgeRun judges a rule on the list of cells.
func (g *Gate) judgeRun(c *compiled, in Input) result.SLO {
	e := entry(c, "")
	if in.onBaseline(c, "", &e) {
		return e
	}
	var cells []rule.Values
	validity := result.Valid
	for _, cell := range in.Cells {
		if !c.cells[cell.ID] {
			continue
		}
		cells = append(cells, ofCell(g.facts[cell.ID], cell).against(in.Baselines[cell.ID]))
		if cell.Validity == result.Invalid {
			validity = result.Invalid
		}
		if in.Interrupted[cell.ID] {
			e.Outcome, e.Reason = result.RuleInconclusive, "not every cell was measured to its end"
			return e
		}
	}
	if len(in.Cells) < len(g.cells) {
		e.Outcome, e.Reason = result.RuleInconclusive, fmt.Sprintf("%d of %d cells were measured", len(in.Cells), len(g.cells))
		return e
	}
	return judged(c, e, c.assert.EvalRun(cells), trust{validity, math.Inf(1)})
}

// trust is how far a measurement may be believed: its validity, and the most
// that the client itself can have added to a latency, in ms.
type trust struct {
	validity result.Validity
	added    float64
}

func trustIn(v result.Validity, m map[string]result.Metric) trust {
	t := trust{v, math.Inf(1)}
	if d := m["schedule_delay"].Dist; d != nil && d.Max.Ok() {
		t.added = float64(d.Max)
	}
	if d := m["client_lag"].Dist; d != nil && d.Max.Ok() {
		t.added += float64(d.Max)
	}
	return t
}

// beyondDoubt reports whether clauses are broken whatever the client did: they
// are about counts, or about a latency that is over its limit even without all
// that the client can have added.
func (t trust) beyondDoubt(decisive []rule.Clause) bool {
	return len(decisive) > 0 && !slices.ContainsFunc(decisive, func(c rule.Clause) bool {
		late := c.Got.Dim == rule.Time && (c.Op == "<" || c.Op == "<=") && c.Want.Constant && c.Got.Value-t.added > c.Want.Value
		return !late && !onlyCounts([]rule.Clause{c})
	})
}

// judged turns an evaluation into a verdict.
func judged(c *compiled, e result.SLO, o rule.Outcome, t trust) result.SLO {
	e.Clauses = clauses(o.Clauses)
	decisive := o.Decisive()
	describe(&e, o, decisive)
	switch o.Result {
	case rule.Missing:
		e.Outcome, e.Reason = result.RuleInconclusive, absent(o)
		return e
	case rule.True:
		e.Outcome = result.RulePass
	default:
		e.Outcome = result.RuleFail
	}
	broken := e.Outcome == result.RuleFail && t.beyondDoubt(decisive)
	if t.validity == result.Invalid && !broken && !onlyCounts(decisive) {
		e.Outcome = result.RuleInconclusive
		e.Reason = "the measurement is INVALID, so this proves nothing: " + e.Reason
		return e
	}
	if c.Confidence > 0 {
		if why := unproven(decisive, c.Confidence); why != "" {
			e.Outcome = result.RuleInconclusive
			e.Reason += "; " + why
		}
	} else if note := doubt(decisive); note != "" {
		e.Reason += "; " + note
	}
	return e
}

// describe fills in the values of the clause that decided.
func describe(e *result.SLO, o rule.Outcome, decisive []rule.Clause) {
	show := decisive
	if len(show) == 0 {
		show = o.Clauses
	}
	var reasons []string
	for _, c := range show {
		reasons = append(reasons, c.Explain())
	}
	const most = 4
	if len(reasons) > most {
		reasons = append(reasons[:most], fmt.Sprintf("and %d more", len(reasons)-most))
	}
	e.Reason = strings.Join(reasons, "; ")
	if len(show) > 0 && show[0].Got.Words == "" && !show[0].Got.Missing {
		c := show[0]
		e.Got, e.Want, e.Op, e.Unit, e.N = result.Number(c.Got.Value), result.Number(c.Want.Value), c.Op, c.Got.Dim.Unit(), c.Got.N
	}
}

func clauses(in []rule.Clause) []result.Clause {
	var out []result.Clause
	for _, c := range in {
		r := result.Clause{Text: c.Text, Got: result.None(), Want: result.None(), Op: c.Op, Unit: c.Got.Dim.Unit(), N: c.Got.N, Holds: holds(c.Result)}
		if c.Got.Words == "" && !c.Got.Missing {
			r.Got = result.Number(c.Got.Value)
		}
		if c.Want.Words == "" && !c.Want.Missing {
			r.Want = result.Number(c.Want.Value)
		}
		if c.Got.CI != nil {
			r.CI95 = &[2]result.Number{result.Number(c.Got.CI[0]), result.Number(c.Got.CI[1])}
		}
		out = append(out, r)
	}
	return out
}

func holds(r rule.Result) string {
	return map[rule.Result]string{rule.True: "true", rule.False: "false", rule.Missing: "unknown"}[r]
}

// absent says what a judgement lacks.
func absent(o rule.Outcome) string {
	var parts []string
	for _, a := range o.Absent {
		part := a.Text
		if slices.ContainsFunc(o.Operands, func(op rule.Operand) bool { return op.Missing && op.Text == a.Text }) {
			part = "there is no value of " + part
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "a value that the rule needs is missing"
	}
	return strings.Join(parts, "; ")
}

// onlyCounts reports whether a judgement rests on counts of requests alone: the
// client's lateness does not touch these.
func onlyCounts(decisive []rule.Clause) bool {
	if len(decisive) == 0 {
		return false
	}
	return !slices.ContainsFunc(decisive, func(c rule.Clause) bool { return !isCount(c.Got) || !(c.Want.Constant || isCount(c.Want)) })
}

func isCount(o rule.Operand) bool {
	name, _, _ := strings.Cut(o.Path, ".")
	if name == "success_rate" {
		return true
	}
	d, ok := metrics.Find(name)
	return ok && d.InCounts()
}

// isGiven reports whether an operand is a property of its cell, which nobody
// measured: load.concurrency.
func isGiven(o rule.Operand) bool {
	root, _, _ := strings.Cut(o.Path, ".")
	return slices.Contains(rule.CellRoots(), root)
}

// unproven says why the samples do not settle the clauses that decided, "" when
// they do. A clause is settled when the interval of its measured side lies on
// one side of a constant limit.
func unproven(decisive []rule.Clause, confidence float64) string {
	for _, c := range decisive {
		exact := c.Op == "==" || c.Op == "!=" // no number of samples proves equality
		if exact || isCount(c.Got) && c.Got.Path != "success_rate" || isGiven(c.Got) {
			continue
		}
		ci := interval(c.Got, confidence)
		switch {
		case ci == nil:
			return "not proven at " + percent(confidence) + needed(c.Got)
		case c.Want.Constant && ci[0] <= c.Want.Value && c.Want.Value <= ci[1]:
			return fmt.Sprintf("not proven at %s: the interval holds the limit%s", percent(confidence), enough(c, confidence))
		}
	}
	return ""
}

// doubt is the remark on a verdict that the point value alone decided.
func doubt(decisive []rule.Clause) string {
	if why := unproven(decisive, 0.95); why != "" {
		return "decided by the point value, " + why
	}
	return ""
}

// interval is the measured side's interval at a confidence, nil where there is
// none.
func interval(o rule.Operand, confidence float64) *[2]float64 {
	if o.Share != "" && o.N > 0 {
		lo, hi := stat.Binomial(int(math.Round(o.Value*float64(o.N))), o.N, confidence)
		return &[2]float64{lo, hi}
	}
	return o.CI
}

// needed says how many samples a percentile's interval takes.
func needed(o rule.Operand) string {
	if o.Metric == "" || o.Q <= 0 || o.Q >= 1 {
		return ": there is no interval for " + o.Text
	}
	return fmt.Sprintf(": an interval for %s needs %d samples, there are %d", o.Text, stat.MinN(o.Q, 0.95), o.N)
}

// maxEnough bounds the search for a sufficient number of requests.
const maxEnough = 10_000_000

// enough says how many requests would settle a share, if it stayed what it is.
func enough(c rule.Clause, confidence float64) string {
	if c.Got.Share == "" && c.Got.Path != "success_rate" || c.Got.Value == c.Want.Value {
		return ""
	}
	for n := max(c.Got.N, 1); n < maxEnough; n += max(1, n/10) {
		lo, hi := stat.Binomial(int(math.Round(c.Got.Value*float64(n))), n, confidence)
		if c.Want.Value < lo || c.Want.Value > hi {
			return fmt.Sprintf(", about %d requests would settle it", n)
		}
	}
	return ""
}

func percent(ratio float64) string { return fmt.Sprintf("%g%%", math.Round(ratio*1e6)/1e4) }
