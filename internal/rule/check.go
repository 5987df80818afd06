package rule

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// checker turns expr's tree into nodes of ours and collects every mistake on
// the way. What it lets through evaluates without failing.
type checker struct {
	src      *source
	voc      *Vocabulary
	scope    Scope
	request  bool    // inside share(…), or a predicate of its own: names are one request's
	answer   bool    // an expectation: names are one answer's (request is set too)
	elements []typed // of the predicates around, innermost last

	problems  []Problem
	uses      map[string]bool // measured paths
	fields    map[string]bool // a predicate's request fields
	quantiles []Quantile
	shares    []*Predicate
	baseline  bool // a value of the baseline has been named
	named     bool // something measured has been named
}

func (c *checker) complain(at span, message, hint string) typed {
	c.problems = append(c.problems, Problem{at.from, max(1, at.to-at.from), message, hint})
	return typed{node: constant{missing("", -1)}, shape: broken, at: at}
}

func (c *checker) place(n ast.Node) span {
	from, to := c.src.span(n)
	return span{from, to}
}

// check compiles any node. The list of types is the whole language: what is
// not here is refused.
func (c *checker) check(n ast.Node) typed {
	t := c.compile(n)
	if t.node == nil {
		t.node = constant{missing("", -1)}
	}
	t.at, t.text = c.place(n), shortened(c.src.text(n))
	return t
}

func (c *checker) compile(n ast.Node) typed {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if lit, ok := c.src.literals[n.Location().From]; ok {
			return c.literal(lit)
		}
		return c.path(n)
	case *ast.MemberNode, *ast.PointerNode:
		return c.path(n)
	case *ast.IntegerNode:
		return typed{node: constant{number(float64(n.Value))}, constant: true}
	case *ast.FloatNode:
		return typed{node: constant{number(n.Value)}, constant: true}
	case *ast.StringNode:
		return typed{node: constant{value{what: isText, text: n.Value, index: -1}}, dim: Text, constant: true}
	case *ast.BoolNode:
		return typed{node: constant{truth(n.Value)}, dim: Bool, constant: true}
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.ArrayNode:
		return c.array(n, n.Nodes)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && !c.isLiteral(callee) {
			return c.call(n, callee.Value, n.Arguments)
		}
		return c.method(n)
	default:
		return c.foreign(n)
	}
}

// method refuses a call of a field.
func (c *checker) method(n *ast.CallNode) typed {
	callee := c.src.text(n.Callee)
	if i := strings.LastIndex(callee, "."); i >= 0 && functions()[callee[i+1:]] != "" {
		name := callee[i+1:]
		return c.complain(c.place(n.Callee), name+"(…) is called without a dot before it", "write "+functions()[name]+"; a cell's metric keeps its dot: quantile(.ttft, 97.5%)")
	}
	return c.complain(c.place(n.Callee), callee+" is a value, not a function", "write "+callee+" without brackets")
}

func (c *checker) isLiteral(n ast.Node) bool {
	_, ok := c.src.literals[n.Location().From]
	return ok
}

func (c *checker) literal(lit literal) typed {
	if lit.bad {
		return typed{shape: broken}
	}
	return typed{node: constant{number(lit.value)}, dim: lit.dim, constant: true}
}

// foreign refuses what expr has and rules do not.
func (c *checker) foreign(n ast.Node) typed {
	what, hint := "this", ""
	switch n.(type) {
	case *ast.NilNode:
		what, hint = "nil", "a missing value makes the rule inconclusive by itself"
	case *ast.MapNode:
		what, hint = "a map", ""
	case *ast.SliceNode:
		what, hint = "a slice of a list", "choose cells with filter(cells, …)"
	case *ast.BytesNode:
		what, hint = "a list of bytes", "write text in plain quotes"
	case *ast.PredicateNode:
		what = "a condition without a list"
	}
	return c.complain(c.place(n), what+" is not part of rules", hint)
}

func (c *checker) unary(n *ast.UnaryNode) typed {
	switch n.Operator {
	case "not", "!":
		of := c.negated(n)
		return typed{node: negation{of}, dim: Bool, shape: of.shape, constant: of.constant}
	}
	of := c.check(n.Node)
	switch {
	case of.broken():
		return of
	case !of.numeric():
		return c.complain(of.at, of.text+" is "+of.describe()+", and "+n.Operator+" needs a number", "")
	case n.Operator == "+":
		return of
	}
	return typed{node: opposite{of}, dim: of.dim, constant: of.constant}
}

// negated compiles what `not` belongs to. It binds tighter than comparisons,
// which is a trap worth a message of its own.
func (c *checker) negated(n *ast.UnaryNode) typed {
	t := c.check(n.Node)
	if t.shape == scalar && !t.is(Bool) {
		return c.complain(c.place(n), "`"+n.Operator+"` belongs to "+t.text+" alone here, which is "+t.describe(),
			"put the comparison in brackets: not (a > b)")
	}
	return c.asCondition(n.Node, t)
}

func (c *checker) binary(n *ast.BinaryNode) typed {
	switch n.Operator {
	case "&&", "and", "||", "or":
		l, r := c.condition(n.Left), c.condition(n.Right)
		out := typed{node: logic{strings.HasPrefix(n.Operator, "&") || n.Operator == "and", l, r}, dim: Bool}
		if l.broken() || r.broken() {
			out.shape = broken
		}
		return out
	case "==", "!=", "<", "<=", ">", ">=":
		return c.comparison(n)
	case "in":
		return c.membership(n)
	case "contains", "startsWith", "endsWith", "matches":
		return c.textual(n)
	case "+", "-", "*", "/", "%", "**", "^":
		return c.arithmetic(n)
	default:
		return c.complain(c.place(n), quoted(n.Operator)+" is not part of rules", refused()[n.Operator])
	}
}

// condition compiles a node that must be true or false and may differ.
func (c *checker) condition(n ast.Node) typed { return c.asCondition(n, c.check(n)) }

func (c *checker) asCondition(n ast.Node, t typed) typed {
	switch {
	case t.broken():
		return t
	case !t.is(Bool):
		return c.complain(t.at, t.text+" is "+t.describe()+", and a condition is needed here", c.limitHint(t))
	case t.constant:
		return c.complain(t.at, t.text+" is the same in every run", "leave it out")
	}
	switch n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.PointerNode:
		t.node = flag{of: t.node, text: t.text}
	}
	return t
}

// limitHint shows how a value becomes a condition.
func (c *checker) limitHint(t typed) string {
	const otherwise = "compare it with something"
	switch {
	case t.shape == dist && c.request:
		return "write " + t.text + " < 500ms, say"
	case t.shape == dist:
		return "write " + t.text + ".p99 < 500ms, say"
	case t.shape != scalar, strings.HasSuffix(t.text, "…"):
		return otherwise
	}
	switch t.dim {
	case Time:
		return "write " + t.text + " < 500ms, say"
	case Ratio:
		return "write " + t.text + " >= 99%, say"
	case Count:
		return "write " + t.text + " == 0, say"
	case PerSecond:
		return "write " + t.text + " >= 1000, say"
	default:
		return otherwise
	}
}

func (c *checker) conditional(n *ast.ConditionalNode) typed {
	cond, yes, no := c.condition(n.Cond), c.check(n.Exp1), c.check(n.Exp2)
	dim, ok := c.fit(yes, no, "choose between", c.place(n))
	if !ok || cond.broken() {
		return typed{shape: broken}
	}
	if dim == Bool {
		yes.node, no.node = c.asFlag(n.Exp1, yes), c.asFlag(n.Exp2, no)
	}
	return typed{node: conditional{cond, yes, no}, dim: dim}
}

// asFlag makes a truth that stands alone tell its value in the outcome.
func (c *checker) asFlag(n ast.Node, t typed) node {
	switch n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.PointerNode:
		return flag{of: t.node, text: t.text}
	default:
		return t.node
	}
}

func (c *checker) array(n ast.Node, items []ast.Node) typed {
	if len(items) == 0 {
		return c.complain(c.place(n), "the list is empty", "")
	}
	out := array{}
	elem := c.check(items[0])
	out.items = append(out.items, elem)
	same := elem.constant
	for _, it := range items[1:] {
		t := c.check(it)
		dim, ok := c.fit(elem, t, "put together", c.place(n))
		if !ok {
			return typed{shape: broken}
		}
		elem.dim = dim
		same = same && t.constant
		out.items = append(out.items, t)
	}
	if elem.broken() {
		return typed{shape: broken}
	}
	elem.text, elem.constant = "an element of the list", false
	return typed{node: out, shape: list, elem: &elem, constant: same}
}
