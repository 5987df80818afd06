package rule

import (
	"maps"
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// Options say what an expression may name.
type Options struct {
	Scope      Scope
	Vocabulary *Vocabulary
}

// Rule is a compiled expression. It is immutable and may be evaluated by
// several goroutines at once.
type Rule struct {
	text      string
	scope     Scope
	root      node
	uses      []string
	baseline  bool
	quantiles []Quantile
	shares    []*Predicate
}

// Compile checks an expression and makes a rule of it. With any problem, all
// of which are listed in source order, the rule is nil.
func Compile(text string, opts Options) (*Rule, []Problem) {
	tree, src, problems := parse(text)
	if tree == nil {
		return nil, problems
	}
	c := newChecker(src, opts.Vocabulary)
	c.scope, c.problems = opts.Scope, problems
	top := c.condition(tree)
	if len(c.problems) == 0 && c.scope != WhenScope && !c.named {
		c.complain(top.at, "this rule names nothing that is measured", "a choice of cells belongs in `when:`")
	}
	if len(c.problems) > 0 {
		return nil, inOrder(c.problems)
	}
	return &Rule{
		text: text, scope: opts.Scope, root: top.node,
		uses: slices.Sorted(maps.Keys(c.uses)), baseline: c.baseline, quantiles: c.quantiles, shares: c.shares,
	}, nil
}

func newChecker(src *source, voc *Vocabulary) *checker {
	if voc == nil {
		voc = &Vocabulary{}
	}
	return &checker{src: src, voc: voc, uses: map[string]bool{}, fields: map[string]bool{}}
}

func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Offset - b.Offset })
	return slices.Compact(problems)
}

// String is the source.
func (r *Rule) String() string { return r.text }

// Scope is where the rule stands.
func (r *Rule) Scope() Scope { return r.scope }

// Uses lists the paths of everything measured that the rule names, sorted:
// "ttft.p99", "errors.http_429", "quantile(ttft, 0.975)", "share(ttft < 500ms)".
func (r *Rule) Uses() []string { return slices.Clone(r.uses) }

// Baseline reports whether the rule reads the baseline of a cell.
func (r *Rule) Baseline() bool { return r.baseline }

// Quantiles lists what Values.Quantile will be asked for.
func (r *Rule) Quantiles() []Quantile { return slices.Clone(r.quantiles) }

// Shares lists the predicates whose shares Values.Share will be asked for.
func (r *Rule) Shares() []*Predicate { return slices.Clone(r.shares) }

// Eval judges one cell. In a when scope a missing value means that the cell is
// not chosen: compare the result with True.
func (r *Rule) Eval(cell Values) Outcome {
	return r.outcome(&frame{here: cell, cell: -1})
}

// EvalRun judges a run by its cells, in the order of their indices.
func (r *Rule) EvalRun(cells []Values) Outcome {
	return r.outcome(&frame{cells: cells, cell: -1})
}

func (r *Rule) outcome(f *frame) Outcome {
	f.trace = &trace{seen: map[place]bool{}}
	v := r.root.eval(f)
	out := Outcome{Result: resultOf(v), Clauses: f.trace.clauses, Operands: f.trace.operands}
	if out.Result == Missing {
		out.Absent = v.absent
	}
	for _, i := range v.why {
		out.Clauses[i].Decisive = true
	}
	return out
}

// Predicate is a compiled condition on one request.
type Predicate struct {
	key    string
	root   node
	fields []string
}

// CompilePredicate compiles a condition on one request, as it stands inside
// share(…).
func CompilePredicate(text string, voc *Vocabulary) (*Predicate, []Problem) {
	tree, src, problems := parse(text)
	if tree == nil {
		return nil, problems
	}
	c := newChecker(src, voc)
	c.request, c.problems = true, problems
	p := c.predicate(tree)
	if len(c.problems) > 0 {
		return nil, inOrder(c.problems)
	}
	return p, nil
}

// predicate compiles a condition on one request; nil after a complaint.
func (c *checker) predicate(n ast.Node) *Predicate {
	t := c.condition(n)
	if t.broken() {
		return nil
	}
	return &Predicate{key: c.src.text(n), root: t.node, fields: slices.Sorted(maps.Keys(c.fields))}
}

// Key is the predicate's source on one line; equal keys mean equal predicates.
func (p *Predicate) Key() string { return p.key }

// String is the key.
func (p *Predicate) String() string { return p.key }

// Fields lists the request values that the predicate names, sorted.
func (p *Predicate) Fields() []string { return slices.Clone(p.fields) }

// Match reports whether a request meets the predicate. field returns a value
// in base units. Without one (ok false) the predicate is not met, unless the
// other values settle it. NaN with ok true says that the value is not defined
// for this request, such as the tpot of a one-token answer: it can break no
// limit. Requests that failed are not the predicate's business: they meet none.
func (p *Predicate) Match(field func(name string) (value float64, ok bool)) bool {
	v := p.root.eval(&frame{request: field, cell: -1})
	return v.what == isTruth && v.truth || v.what == isMissing && v.undefined
}

// path names the quantile in results: quantile(ttft, 0.975).
func (q Quantile) path() string {
	return "quantile(" + q.Metric + ", " + strconv.FormatFloat(q.Q, 'g', -1, 64) + ")"
}
