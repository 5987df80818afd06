package split

import (
	"math"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// step is a node of the pattern: from low to high runes of a set, and then the
// next step; or, where there are alternatives, the first of them that matches. One
// of neither is the end.
type step struct {
	set          *runeSet
	low, high    int
	next         *step
	alternatives []*step
}

// newSimple makes a Pattern of literals and classes, each with a greedy quantifier
// or none, in groups and alternatives, and returns false where the expression has
// anything else. It is several times as fast as the engine, which turns texts into
// runes, and finds the same: the first alternative that matches, with the most
// runes each step can take. It reads what vetting wrote: no category in it is left
// to the reader's idea of it.
func newSimple(expression string) (Pattern, bool) {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, false
	}
	start, ok := build(re, &step{})
	return matcher{match: func(_ classes, text string, i int) int { return start.match(text, i) }}, ok
}

// build puts an expression before what follows it.
func build(re *syntax.Regexp, next *step) (first *step, ok bool) {
	low, high := 1, 1
	switch re.Op {
	case syntax.OpEmptyMatch:
		return next, true
	case syntax.OpCapture:
		return build(re.Sub[0], next)
	case syntax.OpConcat:
		for _, sub := range slices.Backward(re.Sub) {
			if next, ok = build(sub, next); !ok {
				return nil, false
			}
		}
		return next, true
	case syntax.OpAlternate:
		choice := &step{}
		for _, sub := range re.Sub {
			one, ok := build(sub, next)
			if !ok {
				return nil, false
			}
			choice.alternatives = append(choice.alternatives, one)
		}
		return choice, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return nil, false
		}
		for _, r := range slices.Backward(re.Rune) {
			next = &step{set: newRuneSet([]rune{r, r}), low: 1, high: 1, next: next}
		}
		return next, true
	case syntax.OpCharClass:
	case syntax.OpQuest:
		low, high = 0, 1
	case syntax.OpStar:
		low, high = 0, math.MaxInt
	case syntax.OpPlus:
		low, high = 1, math.MaxInt
	case syntax.OpRepeat:
		low, high = re.Min, re.Max
		if high < 0 {
			high = math.MaxInt
		}
	default:
		return nil, false
	}
	set := setOf(re)
	return &step{set: set, low: low, high: high, next: next}, set != nil
}

// setOf is what a class, or the class or letter that is repeated, matches; nil
// for what is no single rune, or is repeated as seldom as can be.
func setOf(re *syntax.Regexp) *runeSet {
	if re.Op != syntax.OpCharClass {
		if re.Flags&syntax.NonGreedy != 0 {
			return nil
		}
		re = re.Sub[0]
	}
	switch {
	case re.Op == syntax.OpCharClass:
		return newRuneSet(re.Rune)
	case re.Op == syntax.OpLiteral && len(re.Rune) == 1 && re.Flags&syntax.FoldCase == 0:
		return newRuneSet([]rune{re.Rune[0], re.Rune[0]})
	default:
		return nil
	}
}

// match returns where the match ends that starts at i, or -1.
func (s *step) match(text string, i int) int {
	if s.alternatives != nil {
		for _, one := range s.alternatives {
			if end := one.match(text, i); end >= 0 {
				return end
			}
		}
		return -1
	}
	if s.next == nil {
		return i
	}
	n, end := 0, i
	for n < s.high {
		size := s.set.size(text, end)
		if size == 0 {
			break
		}
		end += size
		n++
	}
	for ; n >= s.low; n-- {
		if found := s.next.match(text, end); found >= 0 {
			return found
		}
		_, size := utf8.DecodeLastRuneInString(text[i:end])
		end -= size
	}
	return -1
}

// runeSet is a set of runes: a bit each of those up to tabled, ranges of all.
type runeSet struct {
	bits   [(tabled + 63) / 64]uint64
	ranges []rune // first and last in turn, in order
}

func newRuneSet(ranges []rune) *runeSet {
	s := &runeSet{ranges: ranges}
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= min(ranges[i+1], tabled-1); r++ {
			s.bits[r/64] |= 1 << (r % 64)
		}
	}
	return s
}

// size is that of the rune at text[i:], in bytes, if it is in the set; else 0.
func (s *runeSet) size(text string, i int) int {
	if i >= len(text) {
		return 0
	}
	if b := text[i]; b < utf8.RuneSelf {
		return int(s.bits[b/64] >> (b % 64) & 1)
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	if r < tabled {
		return size & -int(s.bits[r/64]>>(r%64)&1)
	}
	for i := 0; i < len(s.ranges); i += 2 {
		if s.ranges[i] <= r && r <= s.ranges[i+1] {
			return size
		}
	}
	return 0
}
