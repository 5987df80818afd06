package rule

import (
	"math"
	"strconv"
	"strings"
)

// Dim is what a number measures. Numbers are float64 in the dimension's base
// unit throughout.
type Dim int

// Dimensions, with their base units.
const (
	Number    Dim = iota // a plain number
	Time                 // milliseconds
	Ratio                // 0 to 1
	PerSecond            // events (requests, tokens) a second
	Count                // whole things: requests, errors, samples
	Tokens               // tokens
	Bool                 // true or false
	Text                 // text
	Any                  // of a kind that differs between cells; checked when evaluated
)

// String names the dimension as messages do: "a duration", "a ratio".
func (d Dim) String() string {
	names := [...]string{
		"a plain number", "a duration", "a ratio", "a rate per second", "a count",
		"a number of tokens", "true or false", "text", "a value of any kind",
	}
	if d < 0 || int(d) >= len(names) {
		return "of an unknown kind"
	}
	return names[d]
}

// Unit is the base unit's sign in result documents: "ms", "ratio", "1/s",
// "tokens", or "" for what has none.
func (d Dim) Unit() string {
	switch d {
	case Time:
		return "ms"
	case Ratio:
		return "ratio"
	case PerSecond:
		return "1/s"
	case Tokens:
		return "tokens"
	default:
		return ""
	}
}

func (d Dim) numeric() bool { return d != Bool && d != Text }

// timePower is the exponent of time in the dimension.
func (d Dim) timePower() int {
	switch d {
	case Time:
		return 1
	case PerSecond:
		return -1
	default:
		return 0
	}
}

// product is the dimension of a×b and the factor that brings the product of
// the two base values to its base unit: milliseconds times 1/s is a plain
// number only after a division by 1000.
func product(a, b Dim) (d Dim, factor float64, ok bool) {
	if a == Any || b == Any {
		return Any, 1, true
	}
	switch power := a.timePower() + b.timePower(); {
	case power == 1:
		return Time, 1, true
	case power == -1:
		return PerSecond, 1, true
	case power != 0:
		return 0, 0, false
	case a.timePower() != 0:
		return Number, 1e-3, true
	case a == Ratio && b == Ratio:
		return Ratio, 1, true
	case a == Number || a == Ratio:
		return countable(b), 1, true
	case b == Number || b == Ratio:
		return countable(a), 1, true
	default:
		return Number, 1, true
	}
}

// quotient is the dimension of a/b, with the factor of product.
func quotient(a, b Dim) (d Dim, factor float64, ok bool) {
	if a == Any || b == Any {
		return Any, 1, true
	}
	switch power := a.timePower() - b.timePower(); {
	case power == 1 && b == PerSecond:
		return Time, 1e3, true
	case power == 1:
		return Time, 1, true
	case power == -1 && b == Time:
		return PerSecond, 1e3, true
	case power == -1:
		return PerSecond, 1, true
	case power != 0:
		return 0, 0, false
	case a == Tokens && b != Tokens, a == Count && (b == Number || b == Ratio):
		return a, 1, true
	default:
		return Number, 1, true
	}
}

// countable keeps what is counted and forgets that something was a ratio.
func countable(d Dim) Dim {
	if d == Ratio {
		return Number
	}
	return d
}

// Format writes a value of dimension d for people, with four significant
// digits: 612.4ms, 1.2s, 99.5%, 1234/s, 128 tokens, inf.
func Format(v float64, d Dim) string { return format(v, d, 4) }

func format(v float64, d Dim, digits int) string {
	switch {
	case math.IsNaN(v):
		return "n/a"
	case math.IsInf(v, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(v, 'f', -1, 64)), "+")
	case d == Time && math.Abs(v) >= 1000:
		return significant(v/1000, digits) + "s"
	case d == Time:
		return significant(v, digits) + "ms"
	case d == Ratio:
		return significant(v*100, digits) + "%"
	case d == PerSecond:
		return significant(v, digits) + "/s"
	case d == Tokens:
		return significant(v, digits) + " tokens"
	default:
		return significant(v, digits)
	}
}

// formatApart writes two values with as many digits as it takes to tell them
// apart, so that no message says "500ms is not below 500ms".
func formatApart(a, b float64, da, db Dim) (sa, sb string) {
	for digits := 4; ; digits++ {
		sa, sb = format(a, da, digits), format(b, db, digits)
		if sa != sb || a == b || digits == 17 {
			return sa, sb
		}
	}
}

// significant rounds to so many significant digits, never in front of the
// decimal point, and drops trailing zeros.
func significant(v float64, digits int) string {
	if v == 0 {
		return "0"
	}
	decimals := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	if decimals > 12 {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	s := strconv.FormatFloat(v, 'f', max(0, decimals), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
