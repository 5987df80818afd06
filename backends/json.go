package backends

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner stands at a place in a JSON text. Its methods return false when they
// meet what they do not know; then the place means nothing any more.
type scanner struct {
	b    []byte
	i    int
	c    *chunk // of the OpenAI family; may be nil
	deep bool   // skip however deep it goes

	// The texts met: how many, and of the last one the place of its two quotes
	// and whether it is reasoning.
	texts      int
	open, shut int
	reasoning  bool

	usageSeen bool // an object
	numbers   numbers
}

const maxSkipDepth = 32

// object walks the members of an object; member reads the value of key.
func (s *scanner) object(member func(key []byte) bool) bool {
	if !s.eat('{') {
		return false
	}
	if s.eat('}') {
		return true
	}
	for {
		key, ok := s.plainString()
		if !ok || !s.eat(':') || !member(key) {
			return false
		}
		if !s.eat(',') {
			return s.eat('}')
		}
	}
}

// array walks the elements of an array.
func (s *scanner) array(element func() bool) bool {
	if !s.eat('[') {
		return false
	}
	if s.eat(']') {
		return true
	}
	for {
		if !element() {
			return false
		}
		if !s.eat(',') {
			return s.eat(']')
		}
	}
}

// text appends a string that may be null.
func (s *scanner) text(to *[]byte) bool {
	if s.null() {
		return true
	}
	if !s.eat('"') {
		return false
	}
	s.texts++
	s.open, s.reasoning = s.i-1, s.c != nil && to == &s.c.reasoning
	for {
		end := plainEnd(s.b, s.i)
		piece := s.b[s.i:end]
		if end == len(s.b) || !utf8.Valid(piece) {
			return false
		}
		*to = append(*to, piece...)
		s.i = end
		switch s.b[end] {
		case '"':
			s.shut = s.i
			s.i++
			return true
		case '\\':
			if !s.escape(to) {
				return false
			}
		default:
			return false // a control character
		}
	}
}

// escape appends what an escape sequence stands for.
func (s *scanner) escape(to *[]byte) bool {
	if s.i+1 >= len(s.b) {
		return false
	}
	c := s.b[s.i+1]
	if c == 'u' {
		r, ok := hex4(s.b, s.i+2)
		s.i += 6
		if ok && utf16.IsSurrogate(r) {
			r = s.pair(r)
		}
		*to = utf8.AppendRune(*to, r)
		return ok
	}
	s.i += 2
	for i, from := range []byte(`"\/bfnrt`) {
		if c == from {
			*to = append(*to, "\"\\/\b\f\n\r\t"[i])
			return true
		}
	}
	return false
}

// pair joins a surrogate with the one that follows; alone it stands for the
// replacement character.
func (s *scanner) pair(first rune) rune {
	if s.i+1 < len(s.b) && s.b[s.i] == '\\' && s.b[s.i+1] == 'u' {
		if second, ok := hex4(s.b, s.i+2); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				s.i += 6
				return r
			}
		}
	}
	return utf8.RuneError
}

func hex4(b []byte, at int) (rune, bool) {
	if at+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[at : at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// count takes a whole number from 0 to maxCount.
func (s *scanner) count() (int, bool) {
	s.space()
	return s.here()
}

// here takes a count that stands right here.
func (s *scanner) here() (int, bool) {
	n, from := 0, s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' && s.i-from < 10 {
		n = 10*n + int(s.b[s.i]-'0')
		s.i++
	}
	digits := s.i - from
	odd := digits == 0 || digits > 9 || (digits > 1 && s.b[from] == '0') ||
		(s.i < len(s.b) && (s.b[s.i] == '.' || s.b[s.i]|0x20 == 'e'))
	return n, !odd
}

// null takes null, or leaves the place where it is.
func (s *scanner) null() bool {
	s.space()
	return s.literal("null")
}

func (s *scanner) literal(word string) bool {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return false
	}
	s.i += len(word)
	return true
}

// plainString takes a string without escapes.
func (s *scanner) plainString() ([]byte, bool) {
	if !s.eat('"') {
		return nil, false
	}
	from, end := s.i, plainEnd(s.b, s.i)
	if end == len(s.b) || s.b[end] != '"' {
		return nil, false
	}
	s.i = end + 1
	return s.b[from:end], true
}

// skip passes over any value and checks that it is JSON.
func (s *scanner) skip(depth int) bool {
	s.space()
	if s.i >= len(s.b) || (depth > maxSkipDepth && !s.deep) {
		return false
	}
	switch s.b[s.i] {
	case '"':
		s.i++
		return s.skipString()
	case '{':
		return s.skipObject(depth)
	case '[':
		return s.array(func() bool { return s.skip(depth + 1) })
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.skipNumber()
	}
}

func (s *scanner) skipObject(depth int) bool {
	s.i++
	if s.eat('}') {
		return true
	}
	for {
		if !s.eat('"') || !s.skipString() || !s.eat(':') || !s.skip(depth+1) {
			return false
		}
		if !s.eat(',') {
			return s.eat('}')
		}
	}
}

// skipString passes over the rest of a string.
func (s *scanner) skipString() bool {
	for {
		s.i = plainEnd(s.b, s.i)
		if s.take('"') {
			return true
		}
		if !s.take('\\') || !s.skipEscape() {
			return false
		}
	}
}

// skipEscape passes over what follows a backslash.
func (s *scanner) skipEscape() bool {
	if s.take('u') {
		_, ok := hex4(s.b, s.i)
		s.i += 4
		return ok
	}
	if s.i >= len(s.b) || !strings.ContainsRune(`"\/bfnrt`, rune(s.b[s.i])) {
		return false
	}
	s.i++
	return true
}

func (s *scanner) skipNumber() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > from
}

// take passes over one byte if it is c.
func (s *scanner) take(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// eat passes over white space, and then over c if it stands there.
func (s *scanner) eat(c byte) bool {
	s.space()
	return s.take(c)
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// end says that nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	return s.i == len(s.b)
}

// plainEnd is the place of the first byte from i on that ends the plain part of
// a string: a quote, a backslash or a control character; len(b) if none does.
// It looks at eight bytes at a time.
func plainEnd(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		// The lowest set top bit marks the first match; bits above it may be false.
		hit := ((w - ones*' ') &^ w) | ((quote - ones) &^ quote) | ((slash - ones) &^ slash)
		if hit &= tops; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}
