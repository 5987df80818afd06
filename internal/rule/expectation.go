package rule

import (
	"maps"
	"math"
	"slices"
)

// Expectation is a compiled condition on one answer: its status, its finish
// reason, its length, its text. It is immutable and may be judged by several
// goroutines at once.
type Expectation struct {
	text   string
	root   node
	fields []string
}

// CompileExpectation checks an expression over the values of one answer, given
// by name with their dimensions, and makes an Expectation of it. With any
// problem, all of which are listed in source order, it is nil.
func CompileExpectation(text string, fields map[string]Dim, aliases map[string]string) (*Expectation, []Problem) {
	tree, src, problems := parse(text)
	if tree == nil {
		return nil, problems
	}
	c := newChecker(src, &Vocabulary{Request: fields, Aliases: aliases})
	c.request, c.answer, c.problems = true, true, problems
	top := c.condition(tree)
	if len(c.problems) == 0 && len(c.fields) == 0 {
		c.complain(top.at, "this expectation names nothing of an answer", "")
	}
	if len(c.problems) > 0 {
		return nil, inOrder(c.problems)
	}
	return &Expectation{text: text, root: top.node, fields: slices.Sorted(maps.Keys(c.fields))}, nil
}

// String is the source.
func (e *Expectation) String() string { return e.text }

// Uses reports whether the expectation names a value.
func (e *Expectation) Uses(field string) bool { return slices.Contains(e.fields, field) }

// Judge says whether an answer is as expected. answer gives a value as float64
// (base units), string or bool; false means that the answer does not have it,
// which never makes an expectation hold.
func (e *Expectation) Judge(answer func(field string) (any, bool)) Outcome {
	r := Rule{text: e.text, root: e.root}
	return r.outcome(&frame{answer: answer, cell: -1})
}

// answerField is a value of one answer.
type answerField struct {
	name string
	dim  Dim
}

func (a answerField) eval(f *frame) value {
	op := Operand{Text: a.name, Path: a.name, Dim: a.dim, Cell: -1}
	v := missing(a.name, -1)
	got, ok := f.answer(a.name)
	switch x := got.(type) {
	case float64:
		if ok && !math.IsNaN(x) {
			v, op.Value = number(x), x
		}
	case string:
		if ok {
			v, op.Words = value{what: isText, text: x, index: -1}, quoted(shortened(x))
		}
	case bool:
		if ok {
			v = truth(x)
			op.Words = words(v)
		}
	}
	op.Missing = v.what == isMissing
	f.trace.operand(op)
	v.from = &op
	return v
}
