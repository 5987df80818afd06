package rule

import (
	"strings"
)

// fit reports whether two values may be compared, added or listed together
// (verb says which), and the dimension they have in common. A mistake is
// complained of at the side that is written out, else at the whole.
func (c *checker) fit(l, r typed, verb string, at span) (Dim, bool) {
	switch {
	case l.broken() || r.broken():
		return 0, false
	case l.shape != scalar:
		return 0, c.notOne(l)
	case r.shape != scalar:
		return 0, c.notOne(r)
	case l.dim == r.dim, r.dim == Any:
		return l.dim, true
	case l.dim == Any:
		return r.dim, true
	}
	if dim, ok := common(l, r); ok {
		return dim, true
	}
	written, other := r, l
	if l.constant && !r.constant {
		written, other = l, r
	}
	if written.constant {
		at = written.at
	}
	message, hint := misfit(other, written, verb)
	c.complain(at, message, hint)
	return 0, false
}

// notOne complains of a name that is not one value, and is always false.
func (c *checker) notOne(t typed) bool {
	switch t.shape {
	case dist:
		hint := "write " + t.text + ".p99, or share(" + t.name + " < 500ms) for single requests"
		if c.scope != CellScope {
			hint = "write " + t.text + ".p99"
		}
		c.complain(t.at, t.text+" is a distribution: say which value of it", hint)
	case section:
		c.complain(t.at, t.text+" is a section, not a value", c.fieldsHint(t.name))
	case cell:
		c.complain(t.at, "this is a whole cell, not a value", "name a value of it, such as .ttft.p95")
	default:
		c.complain(t.at, t.text+" is a list, not a value", "use any, all, max, min, sum or count on it")
	}
	return false
}

// common is the dimension of numbers of different dimensions that may meet:
// 0 has every unit; plain numbers meet counts, tokens and rates, and they meet
// ratios if they are computed or lie between 0 and 1.
func common(l, r typed) (Dim, bool) {
	if !l.dim.numeric() || !r.dim.numeric() {
		return 0, false
	}
	if l.dim != Number {
		l, r = r, l
	}
	if l.dim != Number {
		return 0, false
	}
	v, constant := l.value()
	switch {
	case constant && v == 0:
		return r.dim, true
	case r.dim == Count, r.dim == Tokens, r.dim == PerSecond:
		return r.dim, true
	case r.dim == Ratio:
		return Ratio, !constant || v >= 0 && v <= 1
	default:
		return 0, false
	}
}

// misfit words why b does not fit a, and what to write instead. b is the side
// that is written out, if one is.
func misfit(a, b typed, verb string) (message, hint string) {
	bare := strings.Trim(b.text, `"'`+"`")
	switch {
	case a.dim == Time && b.dim == Number && b.constant:
		return a.text + " is a duration, and " + b.text + " has no unit", unitChoice(b)
	case a.dim == Ratio && b.dim == Number && b.constant:
		message = a.text + " is a ratio (0 to 1, or 0% to 100%), and " + b.text + " is a bare number"
		if v, _ := b.value(); v > 100 || v < 0 {
			return message, "a ratio lies between 0% and 100%"
		}
		return message, "write " + b.text + "%"
	case b.dim == Text && b.constant && a.dim.numeric() && looksLikeValue(bare):
		return a.text + " is " + a.dim.String() + ", and " + b.text + " is text", "write " + bare + " without quotes"
	}
	message = "cannot " + verb + " " + a.dim.String() + " (" + a.text + ") and " + b.dim.String() + " (" + b.text + ")"
	switch {
	case a.dim == Text && b.constant:
		hint = "write " + quoted(bare)
	case a.dim == Time && b.dim == Ratio:
		hint = "write a duration such as 500ms; the share of requests within a limit is share(ttft < 500ms) >= 99%"
	case a.dim == Count && b.dim == Ratio:
		hint = "divide by what it is a part of, such as " + a.text + " / sent"
	case a.dim == PerSecond:
		hint = "write a plain number, such as 1200"
	case a.dim == Ratio:
		hint = "write a ratio such as 99%"
	}
	return message, hint
}

// unitChoice offers the units that a bare number may have meant.
func unitChoice(b typed) string {
	text := b.text
	if strings.ContainsAny(text, " ()*/+^") || strings.HasPrefix(text, "0x") {
		return "give it a unit, as in 500ms"
	}
	return "write " + text + "ms or " + text + "s"
}

// looksLikeValue reports whether text is a number, perhaps with a unit.
func looksLikeValue(text string) bool {
	return text != "" && isDigit([]rune(text)[0]) && !strings.ContainsRune(text, ' ')
}
