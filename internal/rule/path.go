package rule

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// chain is a name with its fields: axis.shape, .ttft.p95, find(cells, …).sent.
type chain struct {
	root  ast.Node
	steps []step // the fields after the root
	whole ast.Node
}

type step struct {
	name string
	at   span
}

// flatten unrolls members; ok is false, with a complaint, for an index.
func (c *checker) flatten(n ast.Node) (chain, bool) {
	ch := chain{root: n, whole: n}
	for {
		m, ok := ch.root.(*ast.MemberNode)
		if !ok {
			slices.Reverse(ch.steps)
			return ch, true
		}
		prop, ok := m.Property.(*ast.StringNode)
		if !ok {
			c.complain(c.place(m.Property), "values are not indexed", "choose a cell with find(cells, …) or filter(cells, …)")
			return ch, false
		}
		at := span{prop.Location().From, prop.Location().To}
		name := prop.Value
		if lit, ok := c.src.literals[at.from]; ok {
			if lit.bad {
				return ch, false
			}
			name = lit.text
		}
		ch.steps = append(ch.steps, step{name, at})
		ch.root = m.Node
	}
}

// path compiles a name.
func (c *checker) path(n ast.Node) typed {
	ch, ok := c.flatten(n)
	if !ok {
		return typed{shape: broken}
	}
	switch root := ch.root.(type) {
	case *ast.IdentifierNode:
		if c.isLiteral(root) {
			return c.complain(ch.steps[0].at, "a number has no fields", "")
		}
		at := span{root.Location().From, root.Location().To}
		return c.byName(ch, append([]step{{root.Value, at}}, ch.steps...))
	case *ast.PointerNode:
		return c.element(ch, root)
	default:
		of := c.check(ch.root)
		switch {
		case of.broken():
			return of
		case of.shape != cell:
			return c.complain(ch.steps[0].at, of.text+" is "+of.describe()+" and has no fields", "")
		}
		return c.resolve(of.node, ch.steps, ch)
	}
}

// element compiles a leading dot or #.
func (c *checker) element(ch chain, root *ast.PointerNode) typed {
	at := c.place(ch.whole)
	if root.Name != "" || len(c.elements) == 0 {
		return c.complain(at, "#"+root.Name+" is not part of rules", "an element is # alone, and its fields are .ttft.p95")
	}
	elem := c.elements[len(c.elements)-1]
	switch {
	case elem.shape == cell && len(ch.steps) > 0:
		return c.resolve(elementNode{}, ch.steps, ch)
	case len(ch.steps) > 0:
		return c.complain(ch.steps[0].at, "the elements of this list have no fields: each is "+elem.describe(), "write # for the element")
	}
	return typed{node: elementNode{}, shape: elem.shape, dim: elem.dim, elem: elem.elem}
}

// byName compiles a chain that begins with a name, by where it stands.
func (c *checker) byName(ch chain, steps []step) typed {
	root := steps[0]
	switch {
	case c.request:
		return c.requestField(ch, steps)
	case c.scope != RunScope && root.name == "cells":
		return c.complain(root.at, "`cells` exists in rules on the whole run only", "add `scope: run` to the rule")
	case c.scope != RunScope:
		return c.resolve(hereNode{}, steps, ch)
	case root.name == "cells" && len(steps) == 1:
		return typed{node: cellsNode{}, shape: list, elem: &typed{shape: cell, text: "a cell"}}
	case root.name == "cells":
		return c.complain(steps[1].at, "cells is a list and has no fields", "write any(cells, ."+steps[1].name+" …), or all, max(map(…)), filter, count")
	case !c.knows(root.name):
		return c.unknown(root)
	}
	text := c.src.text(ch.whole)
	if len(c.elements) > 0 {
		return c.complain(root.at, root.name+" belongs to a cell", "write ."+text+" with a leading dot")
	}
	return c.complain(root.at, root.name+" belongs to a cell, and this rule is on the whole run", "write any(cells, ."+text+" …) or all(cells, …), or leave out `scope: run`")
}

func (c *checker) knows(root string) bool {
	_, named := c.voc.Unavailable[root]
	return named || root == baselineRoot || slices.Contains(c.roots(), root)
}

// roots are the first names of the vocabulary, sorted.
func (c *checker) roots() []string {
	out := slices.Concat(slices.Collect(maps.Keys(c.voc.Dists)), slices.Collect(maps.Keys(c.voc.Scalars)),
		slices.Collect(maps.Keys(c.voc.Groups)), CellRoots())
	slices.Sort(out)
	return out
}

// requestField compiles a name inside share(…).
func (c *checker) requestField(ch chain, steps []step) typed {
	root, one, a := steps[0], "one request's", "a request"
	if c.answer {
		one, a = "one answer's", "an answer"
	}
	dim, ok := c.voc.Request[root.name]
	switch {
	case ok && len(steps) > 1:
		return c.complain(steps[1].at, root.name+" is "+one+" value here and has no fields", "write "+root.name+" alone")
	case ok && c.answer:
		c.fields[root.name] = true
		return typed{node: answerField{root.name, dim}, dim: dim}
	case ok:
		c.fields[root.name] = true
		return typed{node: requestField{root.name}, dim: dim}
	}
	known := slices.Sorted(maps.Keys(c.voc.Request))
	hint := "the values of " + a + " are " + strings.Join(known, ", ")
	if near := nearest(root.name, known); near != "" {
		hint = near
	}
	if alias := c.voc.Aliases[root.name]; alias != "" {
		hint = "write " + alias
	}
	return c.complain(root.at, quoted(root.name)+" is not a value of "+a, hint)
}

// resolve compiles a name of a cell: what the steps lead to in the vocabulary.
func (c *checker) resolve(of node, steps []step, ch chain) typed {
	root := steps[0]
	if reason, ok := c.voc.Unavailable[root.name]; ok {
		return c.complain(root.at, root.name+" is not available: "+reason, "")
	}
	if slices.Contains(CellRoots(), root.name) {
		return c.cellValue(of, steps, ch)
	}
	if root.name == baselineRoot && c.voc.Baseline {
		return c.ofBaseline(of, steps, ch)
	}
	dim, isDist := c.voc.Dists[root.name]
	scalarDim, isScalar := c.voc.Scalars[root.name]
	group, isGroup := c.voc.Groups[root.name]
	switch {
	case !isDist && !isScalar && !isGroup:
		return c.unknown(root)
	case c.scope == WhenScope:
		return c.complain(root.at, root.name+" is measured, and `when` is decided before the run",
			"it sees the cell's own values: "+strings.Join(CellRoots(), ", "))
	case isDist && len(steps) == 1:
		return typed{node: of, shape: dist, dim: dim, name: root.name}
	case isDist:
		return c.distField(of, steps, dim, ch)
	case isGroup:
		return c.groupField(of, steps, group, ch)
	case len(steps) > 1:
		return c.complain(steps[1].at, root.name+" is one number and has no fields", "write "+root.name+" alone")
	}
	return c.measured(of, reading{kind: readMeasured, op: Operand{Path: root.name, Dim: scalarDim}}, ch)
}

// baselineRoot is the name under which a cell's baseline stands.
const baselineRoot = "baseline"

// ofBaseline compiles a measured value of the cell's baseline.
func (c *checker) ofBaseline(of node, steps []step, ch chain) typed {
	switch {
	case c.scope == WhenScope:
		return c.complain(steps[0].at, "baseline is measured, and `when` is decided before the run",
			"it sees the cell's own values: "+strings.Join(CellRoots(), ", "))
	case len(steps) == 1:
		return c.complain(steps[0].at, "baseline is a cell: say which value of it", "write baseline.ttft.p99, say")
	case slices.Contains(CellRoots(), steps[1].name):
		return c.complain(steps[1].at, "baseline has measured values only", "write "+steps[1].name+" without baseline: it is the same there")
	}
	c.baseline = true
	out := c.resolve(baselineNode{of}, steps[1:], ch)
	if out.shape == dist && len(steps) == 2 {
		return c.complain(steps[1].at, "baseline."+steps[1].name+" is a distribution: say which value of it", "write baseline."+steps[1].name+".p99, say")
	}
	return out
}

// measured finishes the reading of something measured.
func (c *checker) measured(of node, r reading, ch chain) typed {
	c.named = true
	if _, earlier := of.(baselineNode); !earlier { // a baseline's values are another run's
		c.uses[r.op.Path] = true
	}
	r.of, r.op.Text = of, c.src.text(ch.whole)
	return typed{node: r, dim: r.op.Dim}
}

func (c *checker) distField(of node, steps []step, dim Dim, ch chain) typed {
	root, field := steps[0], steps[1]
	switch {
	case len(steps) > 2:
		return c.complain(steps[2].at, root.name+"."+field.name+" is one number and has no fields", "")
	case !slices.Contains(DistFields(), field.name):
		return c.complain(field.at, root.name+" has no field "+quoted(field.name), fieldHint(root.name, field.name))
	case field.name == "n":
		dim = Count
	}
	op := Operand{Path: root.name + "." + field.name, Dim: dim}
	if q, ok := percentile(field.name); ok {
		op.Metric, op.Q = root.name, q
	}
	return c.measured(of, reading{kind: readMeasured, op: op}, ch)
}

// fieldHint says what to write instead of a field that a distribution lacks.
func fieldHint(metric, field string) string {
	meant := map[string]string{
		"mean": "avg", "average": "avg", "median": "p50", "med": "p50", "std": "stddev", "sd": "stddev", "stdev": "stddev",
		"maximum": "max", "minimum": "min", "count": "n", "p0": "min", "p100": "max", "len": "n",
	}
	if m := meant[strings.ToLower(field)]; m != "" {
		return "write " + metric + "." + m
	}
	if isPercentile(field) {
		digits := field[1:]
		if slices.Contains(DistFields(), field+"0") {
			return "write " + metric + "." + field + "0; the one that this names is quantile(" + metric + ", " + digits + "%)"
		}
		if len(digits) > 2 {
			digits = digits[:2] + "." + digits[2:]
		}
		return "write quantile(" + metric + ", " + digits + "%)"
	}
	if near := nearest(field, DistFields()); near != "" {
		return near
	}
	return "its fields are " + strings.Join(DistFields(), ", ") + "; other percentiles are quantile(" + metric + ", 97.5%)"
}

// percentile is the quantile that a field stands for: p50 is 0.5, p999 0.999.
func percentile(field string) (float64, bool) {
	q := map[string]float64{
		"p1": .01, "p10": .1, "p25": .25, "p50": .5, "p75": .75, "p90": .9, "p95": .95, "p99": .99, "p999": .999,
	}[field]
	return q, q != 0
}

func (c *checker) groupField(of node, steps []step, group map[string]Dim, ch chain) typed {
	root := steps[0]
	if len(steps) == 1 {
		return typed{node: of, shape: section, name: root.name}
	}
	field := steps[1]
	dim, ok := group[field.name]
	switch {
	case !ok:
		known := slices.Sorted(maps.Keys(group))
		hint := nearest(field.name, known)
		if hint == "" {
			hint = "its fields are " + strings.Join(known, ", ")
		}
		return c.complain(field.at, root.name+" has no field "+quoted(field.name), hint)
	case len(steps) > 2:
		return c.complain(steps[2].at, root.name+"."+field.name+" is one number and has no fields", "")
	}
	return c.measured(of, reading{kind: readMeasured, op: Operand{Path: root.name + "." + field.name, Dim: dim}}, ch)
}

// fullName finds a field that is named without its section: concurrency.
func (c *checker) fullName(field string) string {
	var found []string
	for path := range c.voc.Cell {
		if strings.HasSuffix(path, "."+field) {
			found = append(found, path)
		}
	}
	for group, fields := range c.voc.Groups {
		if _, ok := fields[field]; ok && c.scope != WhenScope {
			found = append(found, group+"."+field)
		}
	}
	slices.SortFunc(found, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// unknown complains of a first name that nothing has.
func (c *checker) unknown(root step) typed {
	known := c.roots()
	hint := nearest(root.name, known)
	if full := c.fullName(root.name); full != "" {
		hint = "write " + full
	}
	switch alias := c.voc.Aliases[root.name]; {
	case alias != "":
		hint = "write " + alias
	case isPercentile(root.name):
		hint = "write it after a metric: ttft." + root.name
	case hint == "" && c.scope == WhenScope:
		hint = "`when` sees " + strings.Join(CellRoots(), ", ")
	case hint == "":
		hint = "known names: " + strings.Join(known, ", ")
	}
	return c.complain(root.at, "unknown name "+quoted(root.name), hint)
}
