package rule

import "loadgate/internal/diag"

// shape is the static type of a node beside its dimension.
type shape int

const (
	scalar  shape = iota
	list          // of elem
	cell          // a cell of a run scope
	dist          // a distribution without a field
	section       // a name that only leads to fields: load, errors
	broken        // has been complained of; fits everything, quietly
)

// typed is a node with what the checker knows of it.
type typed struct {
	node
	shape    shape
	dim      Dim
	elem     *typed // of a list: its element's shape and dimension
	constant bool   // the same in every cell
	name     string // of a dist or section
	at       span
	text     string // for messages, shortened
}

// span is a place in the source, in runes.
type span struct{ from, to int }

func (t typed) broken() bool { return t.shape == broken }

// is reports whether t is a scalar of the dimension, or of one known later.
func (t typed) is(d Dim) bool {
	return t.shape == broken || t.shape == scalar && (t.dim == d || t.dim == Any)
}

func (t typed) numeric() bool {
	return t.shape == broken || t.shape == scalar && t.dim.numeric()
}

// value is a constant's number; ok is false for everything else.
func (t typed) value() (v float64, ok bool) {
	if !t.constant || t.shape != scalar || !t.dim.numeric() {
		return 0, false
	}
	got := t.eval(&frame{cell: -1})
	return got.num, got.what == isNumber
}

// describe names what t is, for messages.
func (t typed) describe() string {
	switch t.shape {
	case list:
		return "a list"
	case cell:
		return "a cell"
	case dist:
		return "a distribution"
	case section:
		return "a section"
	default:
		return t.dim.String()
	}
}

// shortened keeps a message readable when it quotes a whole expression.
func shortened(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// nearest is the known word that word was probably meant to be, quoted for a
// hint, or "".
func nearest(word string, known []string) string {
	if n := diag.Nearest(word, known); n != "" {
		return "did you mean " + quoted(n) + "?"
	}
	return ""
}
