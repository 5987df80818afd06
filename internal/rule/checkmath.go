package rule

import (
	"math"
	"slices"

	"github.com/expr-lang/expr/ast"
)

func (c *checker) arithmetic(n *ast.BinaryNode) typed {
	l, r := c.check(n.Left), c.check(n.Right)
	at := c.place(n)
	if l.broken() || r.broken() {
		return typed{shape: broken}
	}
	for _, t := range []typed{l, r} {
		if !t.numeric() {
			return c.complain(t.at, t.text+" is "+t.describe()+", and "+n.Operator+" needs a number", c.limitlessHint(t))
		}
	}
	dim, factor, ok := c.combined(n.Operator, l, r, at)
	if !ok {
		return typed{shape: broken}
	}
	node := arithmetic{op: n.Operator, left: l, right: r, factor: factor, text: c.src.text(n)}
	out := typed{node: node, dim: dim, constant: l.constant && r.constant}
	if v, ok := out.value(); out.constant && (!ok || math.IsInf(v, 0)) {
		return c.complain(at, node.text+" has no value", "")
	}
	return out
}

func (c *checker) limitlessHint(t typed) string {
	if t.shape == dist {
		return "write " + t.text + ".p99, say"
	}
	return ""
}

// combined is the dimension of an arithmetic operation.
func (c *checker) combined(op string, l, r typed, at span) (dim Dim, factor float64, ok bool) {
	switch op {
	case "+", "-":
		dim, ok = c.fit(l, r, "add", at)
		return dim, 1, ok
	case "*":
		dim, factor, ok = product(l.dim, r.dim)
	case "/":
		dim, factor, ok = quotient(l.dim, r.dim)
	default: // % ** ^
		flat := []Dim{Number, Ratio, Count, Tokens, Any}
		dim, factor, ok = Number, 1, slices.Contains(flat, l.dim) && slices.Contains(flat, r.dim)
	}
	if !ok {
		c.complain(at, l.text+" is "+l.describe()+" and "+r.text+" "+r.describe()+": "+op+" has no meaning between them", "")
	}
	return dim, factor, ok
}
