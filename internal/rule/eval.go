package rule

import (
	"math"
	"slices"
)

// node is one compiled part of an expression. Nodes are immutable, so that a
// rule may be evaluated by several goroutines at once.
type node interface{ eval(f *frame) value }

// frame is what an evaluation can see.
type frame struct {
	here    Values   // the cell of a cell scope
	cells   []Values // of a run scope
	request func(field string) (float64, bool)
	answer  func(field string) (any, bool) // of an expectation
	element value                          // of the innermost predicate's list
	cell    int                            // index of the cell being looked at, else -1
	trace   *trace
}

// trace collects what an outcome tells. A nil trace collects nothing.
type trace struct {
	clauses  []Clause
	operands []Operand
	seen     map[place]bool
}

// place identifies a value that was read.
type place struct {
	path string
	cell int
}

func (t *trace) clause(c Clause) []int {
	if t == nil {
		return nil
	}
	t.clauses = append(t.clauses, c)
	return []int{len(t.clauses) - 1}
}

func (t *trace) operand(o Operand) {
	at := place{o.Path, o.Cell}
	if t == nil || t.seen[at] {
		return
	}
	t.seen[at] = true
	t.operands = append(t.operands, o)
}

// within is the frame of a predicate for one element of its list.
func (f *frame) within(element value, quiet bool) *frame {
	g := *f
	g.element = element
	g.cell = element.index
	if quiet {
		g.trace = nil
	}
	return &g
}

type constant struct{ v value }

func (c constant) eval(*frame) value { return c.v }

// hereNode is the cell of a cell scope, elementNode what a leading dot or #
// stands for, cellsNode the list of a run scope.
type (
	hereNode    struct{}
	elementNode struct{}
	cellsNode   struct{}
)

func (hereNode) eval(f *frame) value {
	if f.here == nil {
		return missing("the cell", -1)
	}
	return value{what: isCell, cell: f.here, index: f.cell}
}

// baselineNode is the baseline of a cell.
type baselineNode struct{ of node }

func (b baselineNode) eval(f *frame) value {
	cell := b.of.eval(f)
	if cell.what != isCell {
		return lacking(cell)
	}
	based, ok := cell.cell.(Based)
	if !ok {
		return missing(baselineRoot, cell.index)
	}
	earlier, ok := based.Baseline()
	if !ok {
		return missing(baselineRoot, cell.index)
	}
	return value{what: isCell, cell: earlier, index: cell.index}
}

func (elementNode) eval(f *frame) value { return f.element }

func (cellsNode) eval(f *frame) value {
	if len(f.cells) == 0 {
		return missing("cells", -1)
	}
	list := make([]value, len(f.cells))
	for i, c := range f.cells {
		list[i] = value{what: isCell, cell: c, index: i}
	}
	return value{what: isList, list: list, index: -1}
}

// reading is a value of a cell: measured, a share, a quantile or its own.
type reading struct {
	of   node // the cell
	kind readingKind
	op   Operand // Text, Path, Dim, Metric, Q, Share
}

type readingKind int

const (
	readMeasured readingKind = iota
	readQuantile
	readShare
	readCell
)

func (r reading) eval(f *frame) value {
	cell := r.of.eval(f)
	if cell.what != isCell || cell.cell == nil {
		return lacking(cell)
	}
	op := r.op
	op.Cell = cell.index
	v := r.read(cell.cell, &op)
	if _, earlier := r.of.(baselineNode); earlier {
		op.Path, op.Metric, op.Q, op.N, op.CI = baselineRoot+"."+op.Path, "", 0, 0, nil
	}
	op.Missing = v.what == isMissing
	if op.Missing {
		v = missing(op.Text, cell.index)
		v.undefined = r.kind == readCell
	}
	f.trace.operand(op)
	v.from, v.n, v.index = &op, op.N, cell.index
	return v
}

func (r reading) read(cell Values, op *Operand) value {
	var m Measure
	ok := false
	switch r.kind {
	case readMeasured:
		m, ok = cell.Measured(op.Path)
	case readQuantile:
		m, ok = cell.Quantile(op.Metric, op.Q)
	case readShare:
		m, ok = cell.Share(op.Share)
	case readCell:
		own, has := cell.Cell(op.Path)
		if !has {
			return value{}
		}
		return plain(own, op)
	}
	if !ok || math.IsNaN(m.Value) {
		return value{}
	}
	op.Value, op.N, op.CI = m.Value, m.N, m.CI
	return number(m.Value)
}

// plain turns a cell's own value into one of ours.
func plain(own any, op *Operand) value {
	switch own := own.(type) {
	case float64:
		op.Value = own
	case int:
		op.Value = float64(own)
	case int64:
		op.Value = float64(own)
	case string:
		op.Words = quoted(own)
		return value{what: isText, text: own}
	case bool:
		op.Words = words(truth(own))
		return truth(own)
	default:
		return value{}
	}
	if math.IsNaN(op.Value) {
		return value{}
	}
	return number(op.Value)
}

// requestField is a value of one request.
type requestField struct{ name string }

func (r requestField) eval(f *frame) value {
	v, ok := f.request(r.name)
	if !ok || math.IsNaN(v) {
		m := missing(r.name, -1)
		m.undefined = ok
		return m
	}
	return number(v)
}

// arithmetic is a computation with two numbers; factor corrects the units.
type arithmetic struct {
	op          string
	left, right node
	factor      float64
	text        string
}

func (a arithmetic) eval(f *frame) value {
	l, r := a.left.eval(f), a.right.eval(f)
	switch {
	case anyMissing(l, r):
		return lacking(l, r)
	case l.what != isNumber || r.what != isNumber:
		return missing(a.text+" is not a number", f.cell)
	case r.num == 0 && (a.op == "/" || a.op == "%"):
		return missing(a.text+" divides by zero", f.cell)
	}
	v := number(a.compute(l.num, r.num) * a.factor)
	if math.IsNaN(v.num) {
		return missing(a.text+" is not a number", f.cell)
	}
	v.n, v.index = fewest(l.n, r.n), f.cell
	return v
}

func (a arithmetic) compute(l, r float64) float64 {
	switch a.op {
	case "+":
		return l + r
	case "-":
		return l - r
	case "*":
		return l * r
	case "/":
		return l / r
	case "%":
		return math.Mod(l, r)
	default: // ** and ^
		return math.Pow(l, r)
	}
}

// conditional is cond ? yes : no. Only the branch taken is evaluated.
type conditional struct{ cond, yes, no node }

func (c conditional) eval(f *frame) value {
	cond := c.cond.eval(f)
	if cond.what != isTruth {
		return lacking(cond)
	}
	branch := c.no
	if cond.truth {
		branch = c.yes
	}
	v := branch.eval(f)
	v.why = append(slices.Clone(cond.why), v.why...)
	return v
}

// logic is and, or.
type logic struct {
	and         bool
	left, right node
}

func (l logic) eval(f *frame) value {
	return combine(l.and, []value{l.left.eval(f), l.right.eval(f)})
}

type negation struct{ of node }

func (n negation) eval(f *frame) value {
	v := n.of.eval(f)
	v.truth = !v.truth // of a missing value it means nothing
	return v
}

// flag is a truth that stands alone as a condition, such as load.stream.
type flag struct {
	of   node
	text string
}

func (n flag) eval(f *frame) value {
	v := n.of.eval(f)
	c := Clause{Text: n.text, Result: resultOf(v), Cell: f.cell}
	c.Got = side{text: n.text, dim: Bool}.operand(v, f.cell)
	if v.what != isTruth {
		v = lacking(v)
		if len(v.absent) == 0 {
			v = missing(n.text+" is neither true nor false", f.cell)
		}
	}
	v.why = f.trace.clause(c)
	return v
}
