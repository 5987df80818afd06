package gate

import (
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/rule"
	"loadgate/internal/yamlpos"
	"loadgate/metrics"
	"loadgate/scenario"
)

// Gate is a plan's compiled rules. It is immutable.
type Gate struct {
	rules []compiled
	facts map[string]map[string]any // by cell id
	cells []string                  // ids in the order of the plan
}

// compiled is one rule with the cells that it is about.
type compiled struct {
	*scenario.Rule
	assert *rule.Rule
	cells  map[string]bool // by id; of a rule with scope run: those that it sees
}

// Compile compiles the rules of a plan. Mistakes come back at their places in
// the file; a rule that selects no cell is one.
func Compile(plan *scenario.Plan) (*Gate, diag.List) {
	g := &Gate{facts: map[string]map[string]any{}}
	goodput := false
	for _, c := range plan.Cells {
		g.facts[c.ID] = c.Facts
		g.cells = append(g.cells, c.ID)
		goodput = goodput || len(c.Goodput) > 0
	}
	voc := vocabulary(factsOf(plan.Cells), goodput)
	if voc.Baseline = plan.Compare != nil; !voc.Baseline {
		voc.Unavailable["baseline"] = "the scenario has no `compare:` section with a baseline"
	}
	var list diag.List
	for _, r := range plan.Rules {
		c, mistakes := compileRule(r, plan.Cells, voc)
		list = append(list, mistakes...)
		if c != nil {
			g.rules = append(g.rules, *c)
		}
	}
	return g, list
}

func compileRule(r *scenario.Rule, cells []*scenario.Cell, voc *rule.Vocabulary) (*compiled, diag.List) {
	scope := rule.CellScope
	if r.Scope == ScopeRun {
		scope = rule.RunScope
	}
	assert, problems := rule.Compile(r.Assert.Text, rule.Options{Scope: scope, Vocabulary: voc})
	list := located(r.Assert, aboutMetrics(problems, r.Assert.Text, len(cells)))
	out := &compiled{Rule: r, assert: assert, cells: map[string]bool{}}
	if r.When == nil {
		for _, c := range cells {
			out.cells[c.ID] = true
		}
	} else {
		var mistakes diag.List
		out.cells, mistakes = selected(r.When, cells, voc, "so the rule would never be judged")
		list = append(list, mistakes...)
	}
	if list.HasErrors() || assert == nil {
		return nil, list
	}
	return out, append(list, checkConfidence(r, assert)...)
}

// selected gives the cells, by id, that a `when` selects. One that selects none
// is a mistake, whose consequence the caller names.
func selected(when *yamlpos.Node, cells []*scenario.Cell, voc *rule.Vocabulary, consequence string) (map[string]bool, diag.List) {
	hits, problems := choose(when.Text, factsOf(cells), voc)
	list := located(when, aboutMetrics(problems, when.Text, len(cells)))
	out := map[string]bool{}
	for i, hit := range hits {
		if hit {
			out[cells[i].ID] = true
		}
	}
	if len(problems) == 0 && len(out) == 0 && len(cells) > 0 {
		list.Errorf(when.Pos, when.Width, "`loadgate plan` shows the cells and their rules", "this `when` selects none of the %d cells, %s", len(cells), consequence)
	}
	return out, list
}

// aboutMetrics leaves out complaints about the cells' own values where a mistake
// elsewhere in the file has left no cells to know them from.
func aboutMetrics(problems []rule.Problem, text string, cells int) []rule.Problem {
	if cells > 0 {
		return problems
	}
	runes := []rune(text)
	return slices.DeleteFunc(slices.Clone(problems), func(p rule.Problem) bool {
		rest := string(runes[min(p.Offset, len(runes)):])
		return slices.ContainsFunc(rule.CellRoots(), func(root string) bool { return strings.HasPrefix(rest, root) })
	})
}

// checkConfidence refuses what the stored summaries cannot answer: intervals of
// percentiles are kept at 95 %.
func checkConfidence(r *scenario.Rule, assert *rule.Rule) diag.List {
	var list diag.List
	if r.Confidence == 0 || r.Confidence == 0.95 || len(assert.Uses()) == len(assert.Shares()) {
		return nil
	}
	list.Errorf(r.Assert.Pos, r.Assert.Width, "write confidence: 95%, or assert share(…)", "a confidence other than 95%% needs a rule made of share(…) alone")
	return list
}

// Scopes of a rule.
const (
	ScopeCell = "cell"
	ScopeRun  = "run"
)

// located turns problems of an expression into diagnostics in the file.
func located(n *yamlpos.Node, problems []rule.Problem) diag.List {
	var list diag.List
	for _, p := range problems {
		list.Errorf(n.PosAt(p.Offset), p.Width, p.Hint, "%s", p.Message)
	}
	return list
}

// Choose says which cells, given by their facts, an expression selects. It
// serves `override: when:` and --only.
func Choose(expr string, cells []map[string]any) ([]bool, []rule.Problem) {
	return choose(expr, cells, vocabulary(cells, false))
}

func choose(expr string, cells []map[string]any, voc *rule.Vocabulary) ([]bool, []rule.Problem) {
	r, problems := rule.Compile(expr, rule.Options{Scope: rule.WhenScope, Vocabulary: voc})
	if len(problems) > 0 {
		return nil, problems
	}
	hits := make([]bool, len(cells))
	for i, facts := range cells {
		hits[i] = r.Eval(values{facts: facts}).Result == rule.True
	}
	return hits, nil
}

// Needs is what a cell's summary must hold beyond the usual for the rules to be
// judged on it.
type Needs struct {
	Shares    []metrics.Predicate
	Quantiles []metrics.Quantile
	Pooled    bool // a rule pools the requests of all repeats
}

// Needs collects what the rules ask of a cell.
func (g *Gate) Needs(cellID string) Needs {
	var n Needs
	seen := map[string]bool{}
	for _, c := range g.rules {
		if !c.cells[cellID] {
			continue
		}
		n.Pooled = n.Pooled || c.Over == OverPooled
		for _, p := range c.assert.Shares() {
			if !seen[p.Key()] {
				seen[p.Key()] = true
				n.Shares = append(n.Shares, p)
			}
		}
		for _, q := range c.assert.Quantiles() {
			if m := (metrics.Quantile{Metric: q.Metric, Q: q.Q}); !slices.Contains(n.Quantiles, m) {
				n.Quantiles = append(n.Quantiles, m)
			}
		}
	}
	return n
}

// Uses lists what the rules read on a cell: "ttft.p99", "share(ttft < 500ms)".
func (g *Gate) Uses(cellID string) []string {
	var out []string
	for _, c := range g.rules {
		if c.cells[cellID] {
			out = append(out, c.assert.Uses()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// LatencyLimit is the smallest limit that a rule sets to a cell's ttft or e2el,
// in ms; 0 when none does.
func (g *Gate) LatencyLimit(cellID string) float64 {
	least := 0.0
	for _, c := range g.rules {
		if !c.cells[cellID] || c.Scope == ScopeRun {
			continue
		}
		for _, clause := range c.assert.Eval(values{facts: g.facts[cellID]}).Clauses {
			timed := clause.Got.Metric == "ttft" || clause.Got.Metric == "e2el"
			if timed && clause.Want.Constant && (least == 0 || clause.Want.Value < least) {
				least = clause.Want.Value
			}
		}
	}
	return least
}

// Len is the number of rules.
func (g *Gate) Len() int { return len(g.rules) }

// Applies lists the names of the rules that are judged on a cell.
func (g *Gate) Applies(cellID string) []string {
	var out []string
	for _, c := range g.rules {
		if c.Scope != ScopeRun && c.cells[cellID] {
			out = append(out, c.Name)
		}
	}
	return out
}
