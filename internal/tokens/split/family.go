package split

// family is a pattern of the kind that GPT-2 began: a choice of contractions,
// words, numbers, everything else, and space, that together cover any text.
type family struct {
	contractions contractions
	words        words
	digits       int  // most in a piece; 0: any number, after at most one space
	marks        bool // \p{M} is part of words
	newlines     bool // those right after punctuation belong to it, and those in white space end a piece
	slashes      bool // those right after punctuation belong to it, too
	tail         bool // white space at the end of the text is one piece, even after a newline
}

type contractions int

const (
	noContractions     contractions = iota
	plainContractions               // 's|'t|'re|'ve|'m|'ll|'d before all else
	foldedContractions              // the same in either case
	endingContractions              // in either case, at the end of a word
)

type words int

const (
	spacedWords  words = iota // " ?\p{L}+"
	startedWords              // one rune that is no newline, letter or number, then letters
	casedWords                // the same, upper-case letters before lower-case ones
)

// Append implements Pattern.
func (f *family) Append(matches []Match, text string) []Match {
	c := classes{table()}
	for i := 0; i < len(text); {
		end := f.next(c, text, i)
		matches = append(matches, Match{i, end})
		i = end
	}
	return matches
}

// next returns where the piece that starts at i ends; i is before text's end.
func (f *family) next(c classes, text string, i int) int {
	first, size := c.at(text, i)
	if f.contractions == plainContractions || f.contractions == foldedContractions {
		if end := contraction(text, i, f.contractions == foldedContractions); end > i {
			return end
		}
	}
	if end := f.word(c, text, i, first, size); end > i {
		return end
	}
	if end := f.number(c, text, i, first); end > i {
		return end
	}
	if end := f.other(c, text, i, first); end > i {
		return end
	}
	return f.white(c, text, i)
}

func (f *family) word(c classes, text string, i int, first class, size int) int {
	in := letter
	if f.marks {
		in |= mark
	}
	switch f.words {
	case spacedWords:
		if first&in != 0 {
			return c.run(text, i+size, in)
		}
		if text[i] == ' ' {
			if end := c.run(text, i+1, in); end > i+1 {
				return end
			}
		}
		return i
	case startedWords:
		if first&(newline|letter|number) == 0 {
			if end := c.run(text, i+size, in); end > i+size {
				return end
			}
		}
		return c.run(text, i, in)
	default:
		end := cased(c, text, i, first, size)
		if end > i && f.contractions == endingContractions {
			return contraction(text, end, true)
		}
		return end
	}
}

// number matches \p{N}{1,n}, or " ?\p{N}+".
func (f *family) number(c classes, text string, i int, first class) int {
	if f.digits == 0 {
		start := i
		if text[i] == ' ' {
			start++
		}
		if end := c.run(text, start, number); end > start {
			return end
		}
		return i
	}
	if first&number == 0 {
		return i
	}
	for range f.digits {
		k, size := c.at(text, i)
		if k&number == 0 {
			break
		}
		i += size
	}
	return i
}

// other matches " ?[^\s\p{L}\p{N}]+" and the newlines and slashes after it.
func (f *family) other(c classes, text string, i int, first class) int {
	start := i
	if text[i] == ' ' {
		start++
	} else if first&space != 0 {
		return i
	}
	not := space | letter | number
	if f.marks {
		not |= mark
	}
	end := c.runNot(text, start, not)
	if end == start {
		return i
	}
	for f.newlines && end < len(text) && (text[end] == '\r' || text[end] == '\n' || f.slashes && text[end] == '/') {
		end++
	}
	return end
}

// white matches white space: up to the last newline in it, if newlines matter;
// else all but the last rune before something else; else that rune.
func (f *family) white(c classes, text string, i int) int {
	end, last, lastLine := i, i, i
	for {
		k, size := c.at(text, end)
		if k&space == 0 {
			break
		}
		last = end
		end += size
		if k&newline != 0 {
			lastLine = end
		}
	}
	switch {
	case f.tail && end == len(text):
		return end
	case f.newlines && lastLine > i:
		return lastLine
	case end == len(text) || last == i:
		return end
	default:
		return last
	}
}

// contraction returns where 's, 't, 're, 've, 'm, 'll or 'd at i ends, else i.
func contraction(text string, i int, fold bool) int {
	if i+1 >= len(text) || text[i] != '\'' {
		return i
	}
	lower := func(at int) byte {
		if at >= len(text) {
			return 0
		}
		b := text[at]
		if fold && 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		return b
	}
	switch first := lower(i + 1); first {
	case 's', 't', 'm', 'd':
		return i + 2
	case 'r', 'v':
		if lower(i+2) == 'e' {
			return i + 3
		}
	case 'l':
		if lower(i+2) == 'l' {
			return i + 3
		}
	case 0xC5: // U+017F, the long s, which is an s in another case
		if fold && lower(i+2) == 0xBF {
			return i + 3
		}
	}
	return i
}

// cased matches a word in which upper-case letters, if any, come first:
//
//	[^\r\n\p{L}\p{N}]? U* L+  |  [^\r\n\p{L}\p{N}]? U+ L*
//
// where U is any letter but a lower-case one, L any but an upper-case one, and
// marks are both.
func cased(c classes, text string, i int, first class, size int) int {
	starts := [2]int{i, i}
	if first&(newline|letter|number) == 0 {
		starts[0] = i + size // a mark may start a word or stand before one
	}
	for _, start := range starts {
		if end := casedLower(c, text, start); end > start {
			return end
		}
	}
	for _, start := range starts {
		if end := runUpper(c, text, start); end > start {
			return end // and no L follows, or casedLower had matched
		}
	}
	return i
}

func isUpper(k class) bool { return k&(letter|mark) != 0 && k&lower == 0 }
func isLower(k class) bool { return k&(letter|mark) != 0 && k&upper == 0 }

func runUpper(c classes, text string, i int) int {
	for {
		k, size := c.at(text, i)
		if !isUpper(k) {
			return i
		}
		i += size
	}
}

// casedLower matches U* L+. If no L follows all of the U, the last of those
// that is an L too ends the match.
func casedLower(c classes, text string, start int) int {
	i, both := start, start
	for {
		k, size := c.at(text, i)
		if !isUpper(k) {
			break
		}
		i += size
		if isLower(k) {
			both = i
		}
	}
	end := i
	for {
		k, size := c.at(text, end)
		if !isLower(k) {
			break
		}
		end += size
	}
	if end > i {
		return end
	}
	return both
}
