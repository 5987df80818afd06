package hf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// charsmap rewrites characters as a SentencePiece model says: a trie from what
// is replaced to where in texts its replacement is, which ends with a zero byte.
//
// The trie is Darts' double array: of each unit, 8 bits are a label, bit 8 says
// that a value follows, and bits 9 to 31 are the distance to the children.
// Source: https://github.com/s-yata/darts-clone
type charsmap struct {
	units []uint32
	texts string
	ascii [utf8.RuneSelf]string // replacements of single bytes, themselves if there are none
}

func newCharsmap(data []byte) (*charsmap, error) {
	bad := errors.New("the precompiled_charsmap is damaged")
	if len(data) < 4 {
		return nil, bad
	}
	size := int(binary.LittleEndian.Uint32(data))
	if size%4 != 0 || size > len(data)-4 || !utf8.Valid(data[4+size:]) {
		return nil, bad
	}
	m := &charsmap{make([]uint32, size/4), string(data[4+size:]), [utf8.RuneSelf]string{}}
	if err := binary.Read(bytes.NewReader(data[4:4+size]), binary.LittleEndian, m.units); err != nil || len(m.units) == 0 {
		return nil, bad
	}
	for b := range m.ascii {
		text := string(rune(b))
		m.ascii[b] = text
		if replacement, ok := m.replacement(text); ok {
			m.ascii[b] = replacement
		}
	}
	return m, nil
}

// replacement returns what stands for text. The library takes the shortest
// beginning of text that the trie knows for all of it.
func (m *charsmap) replacement(text string) (string, bool) {
	offset := func(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }
	at := offset(m.units[0])
	for i := range len(text) {
		c := uint32(text[i])
		if c == 0 {
			break
		}
		if at ^= c; at >= uint32(len(m.units)) {
			break
		}
		unit := m.units[at]
		if unit&(1<<31|0xFF) != c {
			break
		}
		at ^= offset(unit)
		if unit>>8&1 == 1 && at < uint32(len(m.units)) {
			start := m.units[at] & (1<<31 - 1)
			if start > uint32(len(m.texts)) {
				break
			}
			rest := m.texts[start:]
			if end := strings.IndexByte(rest, 0); end >= 0 {
				rest = rest[:end]
			}
			return rest, true
		}
	}
	return "", false
}

// normalize replaces graphemes of up to five bytes as a whole, and what is left
// character by character, as the library does.
func (m *charsmap) normalize(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		if alone(text, i) {
			b.WriteString(m.ascii[text[i]])
			i++
			continue
		}
		end := i + 1
		for end < len(text) && !(text[end-1] < utf8.RuneSelf && alone(text, end)) {
			end++
		}
		m.replace(&b, text[i:end])
		i = end
	}
	return b.String()
}

// alone reports whether the byte is ASCII, and no part of a longer grapheme with
// what follows.
func alone(text string, i int) bool {
	return text[i] < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf && text[i:i+2] != "\r\n")
}

// replace is normalize for a text that begins and ends with graphemes.
func (m *charsmap) replace(b *strings.Builder, text string) {
	for all := graphemes.FromString(text); all.Next(); {
		grapheme := all.Value()
		if len(grapheme) < 6 {
			if replacement, ok := m.replacement(grapheme); ok {
				b.WriteString(replacement)
				continue
			}
		}
		for _, r := range grapheme {
			if replacement, ok := m.replacement(string(r)); ok {
				b.WriteString(replacement)
			} else {
				b.WriteRune(r)
			}
		}
	}
}
