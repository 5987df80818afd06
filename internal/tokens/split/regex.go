package split

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// compile makes a Pattern of an expression, with an engine for regular expressions
// unless it is simple. Vocabularies write for Oniguruma; what regexp2 reads in
// another way is refused.
func compile(expression string) (Pattern, error) {
	v := vetting{text: expression}
	if err := v.vet(); err != nil {
		return nil, fmt.Errorf("pattern %s: %w", expression, err)
	}
	re, err := regexp2.Compile(v.out.String(), regexp2.None)
	if err != nil {
		return nil, fmt.Errorf("pattern %s: %w", expression, err)
	}
	if empty, _ := re.MatchString(""); empty {
		return nil, fmt.Errorf("pattern %s: it matches nothing at all, which is not supported", expression)
	}
	if s, ok := newSimple(v.out.String()); ok {
		return s, nil
	}
	return regex{re}, nil
}

type regex struct{ re *regexp2.Regexp }

// Append implements Pattern.
func (x regex) Append(matches []Match, text string) []Match {
	// The engine counts runes.
	runes, bytes := 0, 0
	offset := func(rune int) int {
		for ; runes < rune; runes++ {
			_, size := utf8.DecodeRuneInString(text[bytes:])
			bytes += size
		}
		return bytes
	}
	m, err := x.re.FindStringMatch(text)
	for ; m != nil && err == nil; m, err = x.re.FindNextMatch(m) {
		if m.Length > 0 {
			start := offset(m.Index)
			matches = append(matches, Match{start, offset(m.Index + m.Length)})
		}
	}
	if err != nil {
		panic(fmt.Sprintf("split: %v", err)) // a match timed out, for which no limit is set
	}
	return matches
}

// vetting copies an expression while it looks for what both engines read alike:
// literals, classes, general categories and scripts, groups, lookaround, greedy
// and lazy quantifiers. Categories get what the engine does not know of them.
type vetting struct {
	text string
	at   int
	out  strings.Builder
}

// take copies n bytes.
func (v *vetting) take(n int) {
	v.out.WriteString(v.text[v.at : v.at+n])
	v.at += n
}

var counted = regexp.MustCompile(`^\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}`)

func (v *vetting) vet() error {
	for v.at < len(v.text) {
		var err error
		switch c := v.text[v.at]; c {
		case '\\':
			err = v.escape(false)
		case '[':
			err = v.class()
		case '(':
			err = v.group()
		case '^', '$':
			err = fmt.Errorf("%c is not supported", c)
		case '?', '*', '+':
			err = v.quantifier(1)
		case '{':
			n := len(counted.FindString(v.text[v.at:]))
			if n == 0 {
				return errors.New("a brace that is no quantifier is not supported")
			}
			err = v.quantifier(n)
		default:
			v.take(1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// quantifier allows a ? after one that is no count. A + makes it possessive in
// one engine only.
func (v *vetting) quantifier(n int) error {
	if end := v.at + n; end < len(v.text) && (v.text[end] == '+' || v.text[end] == '?' && n > 1) {
		return fmt.Errorf("the quantifier %s is not supported", v.text[v.at:end+1])
	}
	v.take(n)
	if strings.HasPrefix(v.text[v.at:], "?") {
		v.take(1)
	}
	return nil
}

// group allows (?: (?= (?! (?<= (?<! (?> and plain groups.
func (v *vetting) group() error {
	v.take(1)
	rest := v.text[v.at:]
	if !strings.HasPrefix(rest, "?") {
		return nil
	}
	for _, kind := range []string{"?:", "?=", "?!", "?<=", "?<!", "?>"} {
		if strings.HasPrefix(rest, kind) {
			v.take(len(kind))
			return nil
		}
	}
	return fmt.Errorf("the group (%s… is not supported", rest[:min(3, len(rest))])
}

// escape allows escaped punctuation, \r \n \t, \s \S \d \D, and \p with a
// general category or a script.
func (v *vetting) escape(inClass bool) error {
	if v.at+1 >= len(v.text) {
		return errors.New(`it ends with \`)
	}
	c := v.text[v.at+1]
	switch {
	case c == 's' || c == 'S':
		return v.white(c == 'S', inClass)
	case c == 'd' || c == 'D':
		return v.category(2, "Nd", c == 'D', inClass)
	case strings.IndexByte("rnt", c) >= 0 || c < utf8.RuneSelf && unicode.In(rune(c), unicode.P, unicode.S):
		v.take(2)
		return nil
	case c == 'p' || c == 'P':
		return v.named(c == 'P', inClass)
	default:
		return fmt.Errorf(`\%c is not supported`, c)
	}
}

// white writes White_Space out, of which other engines have ideas of their own.
func (v *vetting) white(not, inClass bool) error {
	const set = "\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
	if not && inClass {
		return errors.New(`\S within brackets is not supported`)
	}
	v.at += 2
	v.set(set, not, inClass)
	return nil
}

var categoryName = regexp.MustCompile(`^\\[pP]\{(\w+)\}`)

// named copies \p{…} or \P{…}.
func (v *vetting) named(not, inClass bool) error {
	m := categoryName.FindStringSubmatch(v.text[v.at:])
	if m == nil {
		return errors.New(`\p without a plain name in braces is not supported`)
	}
	return v.category(len(m[0]), m[1], not, inClass)
}

// category writes a category or script that is named in n bytes, with the
// characters that the engine misses.
func (v *vetting) category(n int, name string, not, inClass bool) error {
	_, category := unicode.Categories[name]
	_, script := unicode.Scripts[name]
	missed := added[name]
	if !category && !script || category && name[0] == 'C' || not && inClass && missed != nil {
		return fmt.Errorf("%s is not supported here", v.text[v.at:v.at+n])
	}
	v.at += n
	set := `\p{` + name + `}`
	if r, ok := gone[name]; ok {
		set = without(unicode.Categories[name], r)
	}
	for i := 0; i < len(missed); i += 2 {
		set += string(missed[i]) + "-" + string(missed[i+1])
	}
	if not && inClass { // and nothing is missed
		set, not = `\P{`+name+`}`, false
	}
	v.set(set, not, inClass)
	return nil
}

// without spells out a table except for a rune.
func without(table *unicode.RangeTable, but rune) string {
	var b strings.Builder
	for r := range rune(unicode.MaxRune + 1) {
		if r != but && unicode.Is(table, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// set writes what a class holds.
func (v *vetting) set(members string, not, inClass bool) {
	switch {
	case inClass:
		v.out.WriteString(members)
	case not:
		v.out.WriteString("[^" + members + "]")
	default:
		v.out.WriteString("[" + members + "]")
	}
}

// class allows runes, ranges and escapes in brackets, and no brackets or
// operators within.
func (v *vetting) class() error {
	v.take(1)
	if strings.HasPrefix(v.text[v.at:], "^") {
		v.take(1)
	}
	for first := true; v.at < len(v.text); first = false {
		switch c := v.text[v.at]; {
		case c == ']' && !first:
			v.take(1)
			return nil
		case c == ']' || c == '[' || strings.HasPrefix(v.text[v.at:], "&&") || strings.HasPrefix(v.text[v.at:], "-["):
			return fmt.Errorf("%q within brackets is not supported", v.text[v.at:min(v.at+2, len(v.text))])
		case c == '\\':
			if err := v.escape(true); err != nil {
				return err
			}
		default:
			v.take(1)
		}
	}
	return errors.New("a bracket is not closed")
}
