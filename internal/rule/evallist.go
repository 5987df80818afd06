package rule

import "math"

// quantifier is any, all or none over a list. Over an empty list it is
// missing: a rule that looks at nothing has not passed.
type quantifier struct {
	name string
	list node
	body node
	of   string // the list's text
	text string
}

func (q quantifier) eval(f *frame) value {
	list := q.list.eval(f)
	if list.what != isList {
		return lacking(list)
	}
	if len(list.list) == 0 {
		return missing(q.of+" is empty", f.cell)
	}
	inner := f.cell >= 0 // inside another's body: its comparisons are too many to tell
	parts := make([]value, len(list.list))
	for i, e := range list.list {
		parts[i] = q.body.eval(f.within(e, inner))
		if p := &parts[i]; p.what == isMissing && p.undefined && q.name != "all" {
			p.what, p.truth = isTruth, false // not one of those that are looked for
		}
	}
	v := combine(q.name == "all", parts)
	if q.name == "none" {
		v.truth = !v.truth
	}
	if inner {
		got := side{text: q.text, dim: Bool}.operand(v, f.cell)
		v.why = f.trace.clause(Clause{Text: q.text, Got: got, Result: resultOf(v), Cell: f.cell})
	}
	return v
}

// choice is filter, find or count: the elements that meet a condition. A cell
// without the field that is asked for does not meet it; one whose measurement
// is missing makes the choice missing.
type choice struct {
	name string
	list node
	body node
	text string
}

func (c choice) eval(f *frame) value {
	list := c.list.eval(f)
	if list.what != isList {
		return lacking(list)
	}
	var chosen []value
	for _, e := range list.list {
		v := c.body.eval(f.within(e, true))
		switch {
		case v.what != isTruth && v.undefined:
			continue
		case v.what != isTruth:
			return lacking(v)
		case v.truth && c.name == "find":
			return e
		case v.truth:
			chosen = append(chosen, e)
		}
	}
	switch c.name {
	case "find":
		return missing(c.text+" finds nothing", f.cell)
	case "count":
		return number(float64(len(chosen)))
	default:
		return value{what: isList, list: chosen, index: -1}
	}
}

// mapping computes a value for each element.
type mapping struct{ list, body node }

func (m mapping) eval(f *frame) value {
	list := m.list.eval(f)
	if list.what != isList {
		return lacking(list)
	}
	out := make([]value, len(list.list))
	for i, e := range list.list {
		out[i] = m.body.eval(f.within(e, false))
		out[i].index = e.index
	}
	return value{what: isList, list: out, index: -1}
}

// array is a list written out, or the arguments of max(a, b).
type array struct{ items []typed }

func (a array) eval(f *frame) value {
	out := make([]value, len(a.items))
	for i, it := range a.items {
		out[i] = it.eval(f)
	}
	return value{what: isList, list: out, index: -1}
}

// aggregate is max, min, sum or mean of a list of numbers. One missing number
// makes it missing, and so does an empty list.
type aggregate struct {
	name string
	list node
	text string
}

func (a aggregate) eval(f *frame) value {
	list := a.list.eval(f)
	switch {
	case list.what != isList:
		return lacking(list)
	case len(list.list) == 0:
		return missing(a.text+" is of an empty list", f.cell)
	case anyMissing(list.list...):
		return lacking(list.list...)
	}
	out := number(0)
	for i, e := range list.list {
		if e.what != isNumber {
			return missing(a.text+" is of values that are not numbers", f.cell)
		}
		switch {
		case i == 0:
			out.num = e.num
		case a.name == "max":
			out.num = max(out.num, e.num)
		case a.name == "min":
			out.num = min(out.num, e.num)
		default:
			out.num += e.num
		}
		out.n = fewest(out.n, e.n)
	}
	if a.name == "mean" {
		out.num /= float64(len(list.list))
	}
	if math.IsNaN(out.num) {
		return missing(a.text+" is not a number", f.cell)
	}
	return out
}

// absolute is abs(x).
type absolute struct{ of node }

func (a absolute) eval(f *frame) value {
	v := a.of.eval(f)
	v.num, v.from = math.Abs(v.num), nil
	return v
}

// opposite is -x.
type opposite struct{ of node }

func (o opposite) eval(f *frame) value {
	v := o.of.eval(f)
	v.num, v.from = -v.num, nil
	return v
}
