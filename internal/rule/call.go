package rule

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// functions lists what may be called, each with its shape for messages.
func functions() map[string]string {
	return map[string]string{
		"quantile": "quantile(ttft, 97.5%)", "share": "share(ttft < 500ms)",
		"any": "any(cells, .ttft.p95 < 1s)", "all": "all(cells, .failed == 0)", "none": "none(cells, .failed > 0)",
		"filter": "filter(cells, .load.concurrency > 4)", "find": "find(cells, .load.concurrency == 4).ttft.p95",
		"count": "count(cells, .ttft.p95 < 1s)", "map": "map(cells, .ttft.p95)",
		"sum": "sum(cells, .sent)", "mean": "mean(map(cells, .ttft.p95))",
		"max": "max(map(cells, .ttft.p95)) or max(a, b)", "min": "min(map(cells, .ttft.p95)) or min(a, b)",
		"abs": "abs(a - b)",
	}
}

// call compiles a function call, builtin to expr or not.
func (c *checker) call(n ast.Node, name string, args []ast.Node) typed {
	if c.request && name != "max" && name != "min" && name != "abs" {
		if c.answer {
			return c.complain(c.head(n, name), name+"(…) is not part of expectations", "compare the values of one answer")
		}
		return c.complain(c.head(n, name), name+"(…) cannot stand inside share(…)", "compare the values of one request")
	}
	switch name {
	case "quantile":
		return c.quantile(n, args)
	case "share":
		return c.share(n, args)
	case "any", "all", "none":
		return c.quantifier(n, name, args)
	case "filter", "find", "count":
		return c.choice(n, name, args)
	case "map":
		l, body, ok := c.over(n, name, args, (*checker).check)
		if !ok || body.broken() {
			return typed{shape: broken}
		}
		body.constant, body.text = false, "an element of the list"
		return typed{node: mapping{l, body}, shape: list, elem: &body}
	case "sum", "mean", "max", "min":
		return c.aggregate(n, name, args)
	case "abs":
		return c.absolute(n, args)
	}
	return c.unknownFunction(n, name)
}

// head is the place of a call's name.
func (c *checker) head(n ast.Node, name string) span {
	at := n.Location().From
	return span{at, at + len([]rune(name))}
}

func (c *checker) unknownFunction(n ast.Node, name string) typed {
	at := c.head(n, name)
	meant := map[string]string{
		"percentile": "quantile", "avg": "mean", "average": "mean", "len": "count", "one": "count", "every": "all", "some": "any",
		"good": "share", "ratio": "share", "exists": "any", "findLast": "find", "reduce": "sum", "median": "quantile",
	}[name]
	known := make([]string, 0, 16)
	for f := range functions() {
		known = append(known, f)
	}
	slices.Sort(known)
	hint := nearest(name, known)
	switch {
	case c.knows(name):
		return c.complain(at, name+" is a value, not a function", "write "+name+" without brackets")
	case meant != "":
		hint = "write " + functions()[meant]
	case hint == "":
		hint = "the functions are " + strings.Join(known, ", ")
	}
	return c.complain(at, "unknown function "+quoted(name), hint)
}

func (c *checker) usage(n ast.Node, name string) typed {
	return c.complain(c.place(n), name+"(…) is called differently", "write "+functions()[name])
}

// quantile compiles quantile(metric, q).
func (c *checker) quantile(n ast.Node, args []ast.Node) typed {
	if len(args) != 2 {
		return c.usage(n, "quantile")
	}
	metric, q := c.check(args[0]), c.check(args[1])
	if metric.broken() || q.broken() {
		return typed{shape: broken}
	}
	if metric.shape != dist {
		return c.complain(metric.at, metric.text+" is "+metric.describe()+", and quantile needs a distribution", "write quantile(ttft, 97.5%), with a metric alone")
	}
	v, ok := q.value()
	switch {
	case !ok || q.dim != Ratio && q.dim != Number:
		return c.complain(q.at, "the quantile is a ratio that is written out", "write quantile("+metric.text+", 97.5%)")
	case q.dim == Number && v >= 1 && v < 100:
		return c.complain(q.at, "a quantile lies between 0% and 100%", "write "+q.text+"%")
	case v <= 0 || v >= 1:
		return c.complain(q.at, "a quantile lies between 0% and 100%, without the ends", "write "+metric.text+".min or "+metric.text+".max")
	}
	want := Quantile{metric.name, v}
	if !slices.Contains(c.quantiles, want) {
		c.quantiles = append(c.quantiles, want)
	}
	op := Operand{Path: want.path(), Dim: metric.dim, Metric: metric.name, Q: v}
	return c.measured(metric.node, reading{kind: readQuantile, op: op}, chain{whole: n})
}

// share compiles share(predicate): its names are one request's.
func (c *checker) share(n ast.Node, args []ast.Node) typed {
	switch {
	case c.scope == WhenScope:
		return c.complain(c.place(n), "share(…) is measured, and `when` is decided before the run", "")
	case c.scope == RunScope:
		return c.complain(c.place(n), "share(…) belongs to rules on one cell", "leave out `scope: run`")
	case len(args) != 1:
		return c.usage(n, "share")
	}
	if quoted, ok := args[0].(*ast.StringNode); ok {
		return c.complain(c.place(args[0]), "the condition of share(…) is not quoted", "write share("+quoted.Value+")")
	}
	inner := &checker{src: c.src, voc: c.voc, request: true, fields: map[string]bool{}, uses: map[string]bool{}}
	p := inner.predicate(args[0])
	c.problems = append(c.problems, inner.problems...)
	if p == nil {
		return typed{shape: broken}
	}
	if !slices.ContainsFunc(c.shares, func(x *Predicate) bool { return x.key == p.key }) {
		c.shares = append(c.shares, p)
	}
	op := Operand{Path: "share(" + p.key + ")", Dim: Ratio, Share: p.key}
	return c.measured(hereNode{}, reading{kind: readShare, op: op}, chain{whole: n})
}

// over compiles the list and the body of any(list, body) and the like.
func (c *checker) over(n ast.Node, name string, args []ast.Node, compile func(*checker, ast.Node) typed) (l, body typed, ok bool) {
	if len(args) != 2 {
		return l, body, !c.usage(n, name).broken()
	}
	l = c.check(args[0])
	predicate, isPredicate := args[1].(*ast.PredicateNode)
	switch {
	case l.broken():
		return l, body, false
	case l.shape != list:
		c.complain(l.at, l.text+" is "+l.describe()+", and "+name+" needs a list", "write "+functions()[name])
		return l, body, false
	case !isPredicate:
		return l, body, !c.usage(n, name).broken()
	case len(c.elements) >= maxLoops:
		c.complain(c.place(n), "lists are gone through more than two deep", "split it into several rules")
		return l, body, false
	}
	c.elements = append(c.elements, *l.elem)
	body = compile(c, predicate.Node)
	c.elements = c.elements[:len(c.elements)-1]
	return l, body, true
}

func (c *checker) quantifier(n ast.Node, name string, args []ast.Node) typed {
	l, body, ok := c.over(n, name, args, (*checker).condition)
	if !ok || body.broken() {
		return typed{shape: broken}
	}
	return typed{node: quantifier{name: name, list: l, body: body, of: l.text, text: c.src.text(n)}, dim: Bool}
}

func (c *checker) choice(n ast.Node, name string, args []ast.Node) typed {
	l, body, ok := c.over(n, name, args, (*checker).condition)
	if !ok || body.broken() {
		return typed{shape: broken}
	}
	out := typed{node: choice{name: name, list: l, body: body, text: c.src.text(n)}}
	switch name {
	case "count":
		out.dim = Count
	case "find":
		out.shape, out.dim, out.elem = l.elem.shape, l.elem.dim, l.elem.elem
	default:
		out.shape, out.elem = list, l.elem
	}
	return out
}

// aggregate compiles max, min, mean and sum: of one list, of several numbers,
// and sum(list, body).
func (c *checker) aggregate(n ast.Node, name string, args []ast.Node) typed {
	var l typed
	switch {
	case len(args) == 0:
		return c.usage(n, name)
	case name == "sum" && len(args) == 2:
		of, body, ok := c.over(n, name, args, (*checker).check)
		if !ok || body.broken() {
			return typed{shape: broken}
		}
		l = typed{node: mapping{of, body}, shape: list, elem: &body, text: body.text, at: body.at}
	case len(args) == 1:
		l = c.check(args[0])
	default:
		l = c.array(n, args)
	}
	switch {
	case l.broken():
		return typed{shape: broken}
	case l.shape != list:
		return c.complain(l.at, l.text+" is "+l.describe()+", and "+name+" needs a list", "write "+functions()[name])
	case l.elem.shape == dist:
		return c.complain(c.place(args[0]), name+" needs numbers, and each of these is a distribution", "write ."+l.elem.name+".p99, say")
	case !l.elem.numeric():
		return c.complain(c.place(args[0]), name+" needs numbers, and each of these is "+l.elem.describe(), "write "+functions()[name])
	}
	out := typed{node: aggregate{name: name, list: l, text: c.src.text(n)}, dim: l.elem.dim, constant: l.constant}
	if _, ok := out.value(); out.constant && !ok {
		return c.complain(c.place(n), c.src.text(n)+" has no value", "")
	}
	return out
}

func (c *checker) absolute(n ast.Node, args []ast.Node) typed {
	if len(args) != 1 {
		return c.usage(n, "abs")
	}
	of := c.check(args[0])
	switch {
	case of.broken():
		return of
	case !of.numeric():
		return c.complain(of.at, of.text+" is "+of.describe()+", and abs needs a number", "")
	}
	return typed{node: absolute{of}, dim: of.dim, constant: of.constant}
}
