package split

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// compile makes a Pattern with an engine for regular expressions. Vocabularies
// write for Oniguruma; what regexp2 reads in another way is refused.
func compile(expression string) (Pattern, error) {
	v := vetting{text: expression}
	if err := v.vet(); err != nil {
		return nil, fmt.Errorf("pattern %s: %w", expression, err)
	}
	re, err := regexp2.Compile(expression, regexp2.None)
	if err != nil {
		return nil, fmt.Errorf("pattern %s: %w", expression, err)
	}
	if empty, _ := re.MatchString(""); empty {
		return nil, fmt.Errorf("pattern %s: it matches nothing at all, which is not supported", expression)
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

// vetting walks through an expression for what both engines read alike:
// literals, classes, general categories and scripts, groups, lookaround, greedy
// and lazy quantifiers.
type vetting struct {
	text string
	at   int
}

func (v *vetting) vet() error {
	for v.at < len(v.text) {
		c := v.text[v.at]
		switch {
		case c == '\\':
			if err := v.escape(); err != nil {
				return err
			}
		case c == '[':
			if err := v.class(); err != nil {
				return err
			}
		case c == '(':
			if err := v.group(); err != nil {
				return err
			}
		case c == '^' || c == '$':
			return fmt.Errorf("%c is not supported", c)
		case strings.IndexByte("?*+}", c) >= 0:
			v.at++
			if v.at < len(v.text) && (v.text[v.at] == '+' || c == '}' && v.text[v.at] == '?') {
				return fmt.Errorf("the quantifier %s is not supported", v.text[v.at-1:v.at+1])
			}
			if v.at < len(v.text) && v.text[v.at] == '?' {
				v.at++
			}
		default:
			v.at++
		}
	}
	return nil
}

// group allows (?: (?= (?! (?<= (?<! (?> and plain groups.
func (v *vetting) group() error {
	rest := v.text[v.at+1:]
	v.at++
	if !strings.HasPrefix(rest, "?") {
		return nil
	}
	for _, kind := range []string{"?:", "?=", "?!", "?<=", "?<!", "?>"} {
		if strings.HasPrefix(rest, kind) {
			v.at += len(kind)
			return nil
		}
	}
	return fmt.Errorf("the group (%s… is not supported", rest[:min(3, len(rest))])
}

// escape allows escaped punctuation, \r \n \t, \s \S \d \D, and \p with a
// general category or a script.
func (v *vetting) escape() error {
	if v.at+1 >= len(v.text) {
		return fmt.Errorf(`it ends with \`)
	}
	c := v.text[v.at+1]
	v.at += 2
	switch {
	case strings.IndexByte("rntsSdD", c) >= 0 || c < utf8.RuneSelf && unicode.In(rune(c), unicode.P, unicode.S):
		return nil
	case c == 'p' || c == 'P':
		name, _, closed := strings.Cut(strings.TrimPrefix(v.text[v.at:], "{"), "}")
		if !closed || !strings.HasPrefix(v.text[v.at:], "{") {
			return fmt.Errorf(`\%c without a name in braces is not supported`, c)
		}
		v.at += len(name) + 2
		_, category := unicode.Categories[name]
		_, script := unicode.Scripts[name]
		if !category && !script || strings.HasPrefix(name, "C") && category {
			return fmt.Errorf(`\%c{%s} is not supported`, c, name)
		}
		return nil
	default:
		return fmt.Errorf(`\%c is not supported`, c)
	}
}

// class allows runes, ranges and escapes in brackets, and no brackets or
// operators within.
func (v *vetting) class() error {
	v.at++
	if strings.HasPrefix(v.text[v.at:], "^") {
		v.at++
	}
	for first := true; v.at < len(v.text); first = false {
		switch c := v.text[v.at]; {
		case c == ']' && !first:
			v.at++
			return nil
		case c == ']' || c == '[' || strings.HasPrefix(v.text[v.at:], "&&") || strings.HasPrefix(v.text[v.at:], "-["):
			return fmt.Errorf("%q within brackets is not supported", v.text[v.at:min(v.at+2, len(v.text))])
		case c == '\\':
			if err := v.escape(); err != nil {
				return err
			}
		default:
			v.at++
		}
	}
	return fmt.Errorf("a bracket is not closed")
}
