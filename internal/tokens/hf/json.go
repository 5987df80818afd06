package hf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON piece by piece. A tokenizer.json may have 33 MB and a
// million strings, of which package encoding/json would make as many values.
// Small parts are left to that package: see raw.
type scanner struct {
	data []byte
	at   int
	text []byte // of the last string that had escapes
}

var errJSON = errors.New("it is not valid JSON")

func (s *scanner) fail() error { return fmt.Errorf("%w at byte %d", errJSON, s.at) }

// next returns the first byte that is no white space, without taking it; 0 at
// the end.
func (s *scanner) next() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// object calls member at each value of an object; member must read it. key is
// valid until then.
func (s *scanner) object(member func(key []byte) error) error {
	return s.list('{', '}', func() error {
		key, err := s.string()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return s.fail()
		}
		return member(key)
	})
}

// array calls item at each value of an array; item must read it.
func (s *scanner) array(item func() error) error { return s.list('[', ']', item) }

func (s *scanner) list(open, end byte, item func() error) error {
	if !s.take(open) {
		return s.fail()
	}
	if s.take(end) {
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if s.take(end) {
			return nil
		}
		if !s.take(',') {
			return s.fail()
		}
	}
}

// string reads a string. It is valid until the next one.
func (s *scanner) string() ([]byte, error) {
	if !s.take('"') {
		return nil, s.fail()
	}
	start := s.at
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[start : s.at-1], nil
		case c == '\\':
			s.text = append(s.text[:0], s.data[start:s.at]...)
			return s.escaped()
		case c < ' ':
			return nil, s.fail()
		}
	}
	return nil, s.fail()
}

// escaped reads the rest of a string from an escape on.
func (s *scanner) escaped() ([]byte, error) {
	for s.at < len(s.data) {
		c := s.data[s.at]
		s.at++
		switch {
		case c == '"':
			return s.text, nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, s.fail()
		default:
			s.text = append(s.text, c)
		}
	}
	return nil, s.fail()
}

// escape reads what follows a backslash.
func (s *scanner) escape() error {
	if s.at >= len(s.data) {
		return s.fail()
	}
	c := s.data[s.at]
	s.at++
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), c); i >= 0 {
		s.text = append(s.text, "\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return s.fail()
	}
	r, ok := s.hex()
	if ok && utf16.IsSurrogate(r) {
		var low rune
		if ok = bytes.HasPrefix(s.data[s.at:], []byte(`\u`)); ok {
			s.at += 2
			low, ok = s.hex()
			r = utf16.DecodeRune(r, low)
			ok = ok && r != utf8.RuneError
		}
	}
	if !ok {
		return s.fail()
	}
	s.text = utf8.AppendRune(s.text, r)
	return nil
}

// hex reads four hexadecimal digits.
func (s *scanner) hex() (rune, bool) {
	if s.at+4 > len(s.data) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[s.at:s.at+4]), 16, 16)
	s.at += 4
	return rune(n), err == nil
}

// raw takes a value of any kind as it is written. What is in it is not checked.
func (s *scanner) raw() (json.RawMessage, error) {
	s.next()
	start, depth := s.at, 0
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case '"':
			if err := s.skipString(); err != nil {
				return nil, err
			}
			if depth == 0 {
				return s.data[start:s.at], nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',', ' ', '\n', '\t', '\r':
			closes := c == '}' || c == ']'
			if depth == 0 { // what ends a number, true, false or null
				if s.at == start {
					return nil, s.fail()
				}
				return s.data[start:s.at], nil
			}
			if closes {
				if depth--; depth == 0 {
					s.at++
					return s.data[start:s.at], nil
				}
			}
		}
		s.at++
	}
	if depth > 0 || s.at == start {
		return nil, s.fail()
	}
	return s.data[start:s.at], nil
}

// skipString passes over a string.
func (s *scanner) skipString() error {
	for s.at++; ; s.at++ {
		i := bytes.IndexByte(s.data[s.at:], '"')
		if i < 0 {
			return s.fail()
		}
		end := s.at + i
		escapes := 0
		for end-1-escapes >= s.at && s.data[end-1-escapes] == '\\' {
			escapes++
		}
		s.at = end
		if escapes%2 == 0 {
			s.at++
			return nil
		}
	}
}

// integer reads a whole number that fits.
func (s *scanner) integer() (int32, error) {
	s.next()
	start, n := s.at, int64(0)
	for ; s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' && n <= 1<<31; s.at++ {
		n = 10*n + int64(s.data[s.at]-'0')
	}
	if s.at == start || n >= 1<<31 {
		return 0, s.fail()
	}
	return int32(n), nil
}

// float reads a number as the library's JSON reader does: its digits as a whole
// number, times or over a power of ten. That may be one off in the last place,
// which decides between tokens whose scores add up to the same.
func (s *scanner) float() (float64, error) {
	raw, err := s.raw()
	if err != nil {
		return 0, err
	}
	exact, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return 0, s.fail()
	}
	mantissa, exponent, _ := bytes.Cut(bytes.ToLower(raw), []byte("e"))
	power := 0
	if len(exponent) > 0 {
		if power, err = strconv.Atoi(string(exponent)); err != nil {
			return 0, s.fail()
		}
	}
	mantissa, negative := bytes.CutPrefix(mantissa, []byte("-"))
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits, err := strconv.ParseUint(string(whole)+string(fraction), 10, 64)
	power -= len(fraction)
	if err != nil || power < -300 || power > 300 { // more digits than any score has
		return exact, nil
	}
	x := float64(digits)
	if power < 0 {
		x /= math.Pow10(-power)
	} else {
		x *= math.Pow10(power)
	}
	if negative {
		x = -x
	}
	return x, nil
}
