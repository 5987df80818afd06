package rule

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// literal is a number with a unit: what stands in the source and what it means.
type literal struct {
	text  string
	value float64 // base units
	dim   Dim
	bad   bool // has been complained of; keep quiet about it
}

// unit is a suffix: value = number × scale × 10^power. The power is applied to
// the decimal text, so that 99.9% is the float64 nearest to 0.999.
type unit struct {
	dim   Dim
	scale float64
	power int
	rank  int // compound durations go from large to small
}

func units() map[string]unit {
	return map[string]unit{
		"ns": {Time, 1, -6, 1}, "us": {Time, 1, -3, 2}, "µs": {Time, 1, -3, 2}, "μs": {Time, 1, -3, 2},
		"ms": {Time, 1, 0, 3}, "s": {Time, 1, 3, 4}, "m": {Time, 60e3, 0, 5}, "h": {Time, 3600e3, 0, 6},
		"k": {Number, 1, 3, 0}, "M": {Number, 1, 6, 0}, "%": {Ratio, 1, -2, 0},
	}
}

// unitAliases are suffixes that people write, with the one that is meant.
func unitAliases() map[string]string {
	return map[string]string{
		"sec": "s", "secs": "s", "second": "s", "seconds": "s", "S": "s", "msec": "ms", "msecs": "ms", "MS": "ms", "Ms": "ms",
		"mS": "ms", "millis": "ms", "milliseconds": "ms", "usec": "us", "micros": "us", "min": "m", "mins": "m",
		"minutes": "m", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "K": "k", "pct": "%", "percent": "%",
	}
}

const unitHint = "units: ns, us, ms, s, m, h for durations (also 1m30s), % for ratios, k and M for numbers"

// scanner finds the literals with units, which expr's lexer does not know, and
// blanks each with an identifier of the same width, so that every offset of
// the rewritten text is an offset of the source.
type scanner struct {
	src, out []rune
	pos      int
	units    map[string]unit
	found    map[int]literal // by offset
	problems []Problem

	openQuote int // of the text that was skipped last
}

// rewrite finds the source's literals and returns the text for expr's parser.
func (src *source) rewrite() (text string, problems []Problem) {
	s := &scanner{src: src.runes, out: slices.Clone(src.runes), units: units(), found: map[int]literal{}}
	defer func() { src.literals, src.openQuote = s.found, s.openQuote }()
	for s.pos < len(s.src) {
		switch r := s.src[s.pos]; {
		case r == '"' || r == '\'' || r == '`':
			s.skipString(r)
		case isWord(r) && !unicode.IsDigit(r):
			s.word()
		case isDigit(r) || r == '.' && isDigit(s.at(s.pos+1)) && !s.endsOperand(s.pos):
			s.number()
		default:
			s.pos++
		}
	}
	return string(s.out), s.problems
}

// isWord agrees with expr's lexer on what an identifier is made of.
func isWord(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func (s *scanner) at(i int) rune {
	if i < 0 || i >= len(s.src) {
		return 0
	}
	return s.src[i]
}

// endsOperand reports whether what stands before i is a name or a closing
// bracket, so that a dot at i is a member access.
func (s *scanner) endsOperand(i int) bool {
	r := s.at(i - 1)
	return r == ')' || r == ']' || isWord(r)
}

func (s *scanner) skipString(quote rune) {
	s.openQuote = s.pos
	s.pos++
	for s.pos < len(s.src) && s.src[s.pos] != quote && (s.src[s.pos] != '\n' || quote == '`') {
		if s.src[s.pos] == '\\' && quote != '`' {
			s.pos++
		}
		s.pos++
	}
	s.pos++
}

// word skips a name, and catches p99.9, which would be a name and a number.
func (s *scanner) word() {
	start := s.pos
	for isWord(s.at(s.pos)) {
		s.pos++
	}
	name := string(s.src[start:s.pos])
	if !isPercentile(name) || s.at(s.pos) != '.' || !isDigit(s.at(s.pos+1)) {
		return
	}
	end := s.pos + 1
	for isDigit(s.at(end)) {
		end++
	}
	digits := string(s.src[s.pos+1 : end])
	hint := "write quantile(ttft, " + name[1:] + "." + digits + "%), with the metric's name"
	if slices.Contains(DistFields(), name+digits) {
		hint = "write " + name + digits
	}
	s.problem(start, end, "a percentile's name has no decimal point", hint)
	for i := s.pos; i < end; i++ {
		s.out[i] = '_'
	}
	s.found[start] = literal{bad: true}
	s.pos = end
}

func isPercentile(name string) bool {
	if len(name) < 2 || name[0] != 'p' {
		return false
	}
	return strings.Trim(name[1:], "0123456789") == ""
}

// number reads a number with its unit; one without is left to expr.
func (s *scanner) number() {
	start := s.pos
	if s.at(start) == '0' && strings.ContainsRune("xXoObB", s.at(start+1)) && s.at(start+1) != 0 {
		for isWord(s.at(s.pos)) {
			s.pos++
		}
		return
	}
	mantissa, suffix := s.mantissa(), s.suffix()
	if suffix == "" {
		s.detached(start)
		return
	}
	lit, ok := s.value(mantissa, suffix)
	for ok && lit.dim == Time && isDigit(s.at(s.pos)) {
		var part literal
		part, ok = s.compound(suffix)
		lit.value += part.value
		suffix = part.text
	}
	if !ok || isWord(s.at(s.pos)) {
		s.badUnit(start, mantissa, suffix)
		return
	}
	lit.text = string(s.src[start:s.pos])
	s.place(start, lit)
}

// compound reads the next part of a duration; its unit is smaller than last.
func (s *scanner) compound(last string) (literal, bool) {
	mantissa, suffix := s.mantissa(), s.suffix()
	part, ok := s.value(mantissa, suffix)
	part.text = suffix
	return part, ok && part.dim == Time && s.units[suffix].rank < s.units[last].rank
}

// mantissa reads digits, a fraction and an exponent.
func (s *scanner) mantissa() string {
	start := s.pos
	s.digits()
	if s.at(s.pos) == '.' && isDigit(s.at(s.pos+1)) {
		s.pos++
		s.digits()
	}
	if r := s.at(s.pos); r == 'e' || r == 'E' {
		next := s.pos + 1
		if r := s.at(next); r == '+' || r == '-' {
			next++
		}
		if isDigit(s.at(next)) {
			s.pos = next
			s.digits()
		}
	}
	return strings.ReplaceAll(string(s.src[start:s.pos]), "_", "")
}

func (s *scanner) digits() {
	for isDigit(s.at(s.pos)) || s.at(s.pos) == '_' {
		s.pos++
	}
}

// suffix reads the letters of a unit, or a percent sign unless an operand
// follows it directly: 10%3 and 10%x are modulo.
func (s *scanner) suffix() string {
	start := s.pos
	if s.at(s.pos) == '%' && !isWord(s.at(s.pos+1)) {
		s.pos++
		return "%"
	}
	for unicode.IsLetter(s.at(s.pos)) {
		s.pos++
	}
	return string(s.src[start:s.pos])
}

func (s *scanner) value(mantissa, suffix string) (literal, bool) {
	u, ok := s.units[suffix]
	if !ok || mantissa == "" {
		return literal{}, false
	}
	text := mantissa
	if u.power != 0 {
		if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
			exp, err := strconv.Atoi(mantissa[i+1:])
			if err != nil {
				return literal{}, false
			}
			text = mantissa[:i] + "e" + strconv.Itoa(exp+u.power)
		} else {
			text += "e" + strconv.Itoa(u.power)
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	v *= u.scale
	return literal{value: v, dim: u.dim}, err == nil && !math.IsInf(v, 0)
}

func (s *scanner) place(start int, lit literal) {
	for i := start; i < s.pos; i++ {
		s.out[i] = '_'
	}
	s.found[start] = lit
}

func (s *scanner) badUnit(start int, mantissa, suffix string) {
	for isWord(s.at(s.pos)) {
		s.pos++
	}
	text := string(s.src[start:s.pos])
	hint := unitHint
	if meant := unitAliases()[suffix]; meant != "" {
		hint = "write " + mantissa + meant
	}
	message := strconv.Quote(text) + " is a number with an unknown unit"
	if _, known := s.units[suffix]; known {
		message = strconv.Quote(text) + " is not a number with a unit"
	}
	s.problem(start, s.pos, message, hint)
	s.place(start, literal{text: text, bad: true})
}

// detached catches `5 ms` and `99 %`: a unit that is not attached.
func (s *scanner) detached(start int) {
	i := s.pos
	for unicode.IsSpace(s.at(i)) {
		i++
	}
	if i == s.pos {
		return
	}
	end := i
	for isWord(s.at(end)) {
		end++
	}
	word := string(s.src[i:end])
	if s.at(i) == '%' && s.nothingAfter(i+1) {
		word, end = "%", i+1
	}
	if _, ok := s.units[word]; !ok || s.at(end) == '(' || s.at(end) == '.' {
		return
	}
	number := string(s.src[start:s.pos])
	s.problem(start, end, "a unit stands directly after its number", "write "+number+word)
	s.pos = end
	s.place(start, literal{text: number + word, bad: true})
}

// nothingAfter reports whether no operand can begin at i, so that a percent
// sign before it cannot be a modulo.
func (s *scanner) nothingAfter(i int) bool {
	for unicode.IsSpace(s.at(i)) {
		i++
	}
	end := i
	for isWord(s.at(end)) {
		end++
	}
	if word := string(s.src[i:end]); word != "" {
		return slices.Contains([]string{"and", "or", "in"}, word)
	}
	return i >= len(s.src) || !strings.ContainsRune("(.\"'`[#+-!", s.src[i])
}

func (s *scanner) problem(start, end int, message, hint string) {
	s.problems = append(s.problems, Problem{start, end - start, message, hint})
}
