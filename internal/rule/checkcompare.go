package rule

import (
	"regexp"

	"github.com/expr-lang/expr/ast"
)

func (c *checker) comparison(n *ast.BinaryNode) typed {
	l, r := c.check(n.Left), c.check(n.Right)
	at := c.place(n)
	if _, ok := c.fit(l, r, "compare", at); !ok {
		return typed{shape: broken}
	}
	equality := n.Operator == "==" || n.Operator == "!="
	for _, t := range []typed{l, r} {
		if !equality && !t.numeric() {
			return c.complain(at, t.text+" is "+t.describe()+": it has no order", "compare it with == or !=")
		}
	}
	return c.compared(n, l, r, at)
}

// compared builds the node of a comparison whose sides fit.
func (c *checker) compared(n *ast.BinaryNode, l, r typed, at span) typed {
	if l.constant && r.constant {
		return c.complain(at, "this compares two constants", "name something measured on one side")
	}
	cmp := compare{op: n.Operator, left: l, right: r, text: c.src.text(n)}
	cmp.l = side{c.src.text(n.Left), l.dim, l.constant}
	cmp.r = side{c.src.text(n.Right), r.dim, r.constant}
	return typed{node: cmp, dim: Bool}
}

func (c *checker) membership(n *ast.BinaryNode) typed {
	l, r := c.check(n.Left), c.check(n.Right)
	at := c.place(n)
	switch {
	case l.broken() || r.broken():
		return typed{shape: broken}
	case r.shape != list:
		return c.complain(r.at, r.text+" is "+r.describe()+", and `in` needs a list", "write "+l.text+" in [1, 2, 4], say")
	}
	if written, ok := r.node.(array); ok && l.shape == scalar {
		for _, it := range written.items {
			if _, ok := c.fit(l, it, "compare", it.at); !ok {
				return typed{shape: broken}
			}
		}
	} else if _, ok := c.fit(l, *r.elem, "compare", at); !ok {
		return typed{shape: broken}
	}
	return c.compared(n, l, r, at)
}

func (c *checker) textual(n *ast.BinaryNode) typed {
	l, r := c.check(n.Left), c.check(n.Right)
	at := c.place(n)
	for _, t := range []typed{l, r} {
		if !t.is(Text) {
			return c.complain(t.at, t.text+" is "+t.describe()+", and `"+n.Operator+"` works on text", "")
		}
	}
	out := c.compared(n, l, r, at)
	cmp, ok := out.node.(compare)
	if !ok || n.Operator != "matches" {
		return out
	}
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		return c.complain(r.at, "the pattern of `matches` is written out", `for example axis.shape matches "^short"`)
	}
	re, err := regexp.Compile(pattern.Value)
	if err != nil {
		return c.complain(r.at, "the pattern is not a regular expression: "+err.Error(), "patterns are Go's (RE2)")
	}
	cmp.pattern = re
	out.node = cmp
	return out
}
