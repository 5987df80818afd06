package rule

import (
	"regexp"
	"slices"
	"strings"
)

// side is what a clause tells of one side beyond its value.
type side struct {
	text     string
	dim      Dim
	constant bool
}

func (s side) operand(v value, cell int) Operand {
	if v.from != nil {
		return *v.from
	}
	o := Operand{Text: s.text, Dim: s.dim, N: v.n, Cell: cell, Constant: s.constant, Missing: v.what == isMissing}
	if v.what == isNumber {
		o.Value = v.num
	} else {
		o.Words = words(v)
	}
	return o
}

// compare is a comparison of two values.
type compare struct {
	op          string
	left, right node
	l, r        side
	text        string
	pattern     *regexp.Regexp // of matches
}

func (c compare) eval(f *frame) value {
	l, r := c.left.eval(f), c.right.eval(f)
	v := c.decide(l, r, f.cell)
	if f.trace == nil {
		return v
	}
	clause := Clause{
		Text: c.text, Op: c.op, Result: resultOf(v), Cell: f.cell,
		Got: c.l.operand(l, f.cell), Want: c.r.operand(r, f.cell),
	}
	if c.l.constant && strings.ContainsAny(c.op, "<>=") {
		clause.Got, clause.Want, clause.Op = clause.Want, clause.Got, turned(c.op)
	}
	v.why = slices.Concat(l.why, r.why, f.trace.clause(clause))
	return v
}

func (c compare) decide(l, r value, cell int) value {
	if anyMissing(l, r) {
		return lacking(l, r)
	}
	switch c.op {
	case "==", "!=":
		return truth(same(l, r) == (c.op == "=="))
	case "in":
		if anyMissing(r.list...) && !slices.ContainsFunc(r.list, func(e value) bool { return same(l, e) }) {
			return lacking(r.list...)
		}
		return truth(slices.ContainsFunc(r.list, func(e value) bool { return same(l, e) }))
	}
	switch {
	case l.what == isNumber && r.what == isNumber:
		return truth(ordered(c.op, l.num, r.num))
	case l.what == isText && r.what == isText:
		return c.texts(l.text, r.text, cell)
	default:
		return missing(c.text+" compares values of different kinds", cell)
	}
}

func (c compare) texts(l, r string, cell int) value {
	switch c.op {
	case "contains":
		return truth(strings.Contains(l, r))
	case "startsWith":
		return truth(strings.HasPrefix(l, r))
	case "endsWith":
		return truth(strings.HasSuffix(l, r))
	case "matches":
		return truth(c.pattern.MatchString(l))
	default:
		return missing(c.text+" orders text", cell)
	}
}

func ordered(op string, l, r float64) bool {
	switch op {
	case "<":
		return l < r
	case "<=":
		return l <= r
	case ">":
		return l > r
	case ">=":
		return l >= r
	default:
		return false
	}
}

// same reports whether two present values are equal; values of different kinds
// are not.
func same(l, r value) bool {
	if l.what != r.what {
		return false
	}
	switch l.what {
	case isNumber:
		return l.num == r.num
	case isTruth:
		return l.truth == r.truth
	case isText:
		return l.text == r.text
	default:
		return false
	}
}

// turned is the operator as seen from its other side.
func turned(op string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '<':
			return '>'
		case '>':
			return '<'
		default:
			return r
		}
	}, op)
}

// words is a value that is not a number, as messages write it.
func words(v value) string {
	switch v.what {
	case isTruth:
		if v.truth {
			return "true"
		}
		return "false"
	case isText:
		return quoted(v.text)
	case isNumber:
		return significant(v.num, 6)
	case isList:
		parts := make([]string, len(v.list))
		for i, e := range v.list {
			parts[i] = words(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return "n/a"
	}
}

func quoted(s string) string { return `"` + s + `"` }
