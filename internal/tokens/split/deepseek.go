package split

import "unicode/utf8"

// matcher is a Pattern by what matches at one place.
type matcher struct {
	match func(c classes, text string, i int) int // the end of the match; none: i or less
	rare  bool                                    // of ASCII, only digits begin a match
}

// Append implements Pattern.
func (m matcher) Append(matches []Match, text string) []Match {
	c := classes{table()}
	for i := 0; i < len(text); {
		if b := text[i]; m.rare && b < utf8.RuneSelf && !('0' <= b && b <= '9') {
			i++
			continue
		}
		if end := m.match(c, text, i); end > i {
			matches = append(matches, Match{i, end})
			i = end
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return matches
}

var threeDigits = matcher{match: func(c classes, text string, i int) int {
	f := family{digits: 3}
	k, _ := c.at(text, i)
	return f.number(c, text, i, k)
}, rare: true}

// eastAsian matches Han, Hiragana and Katakana.
var eastAsian = matcher{match: func(_ classes, text string, i int) int {
	for i < len(text) && text[i] >= utf8.RuneSelf {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !('一' <= r && r <= '龥' || 0x3040 <= r && r <= 0x30FF) {
			break
		}
		i += size
	}
	return i
}, rare: true}

const deepSeekWords = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"

// deepSeek matches words with the sign of ASCII or the rune before them,
// punctuation with the space before and the newlines after it, and white space.
// Control characters are left over.
var deepSeek = matcher{match: func(c classes, text string, i int) int {
	first, size := c.at(text, i)
	if first&symbol != 0 && text[i] < utf8.RuneSelf {
		end := i + 1
		for end < len(text) && ('a' <= text[end]|0x20 && text[end]|0x20 <= 'z') {
			end++
		}
		if end > i+1 {
			return end
		}
	}
	if first&(newline|letter|symbol) == 0 {
		if end := c.run(text, i+size, letter|mark); end > i+size {
			return end
		}
	}
	if first&(letter|mark) != 0 {
		return c.run(text, i, letter|mark)
	}
	start := i
	if text[i] == ' ' {
		start++
	}
	if end := c.run(text, start, symbol); end > start {
		for end < len(text) && (text[end] == '\r' || text[end] == '\n') {
			end++
		}
		return end
	}
	f := family{newlines: true}
	return f.white(c, text, i)
}}
