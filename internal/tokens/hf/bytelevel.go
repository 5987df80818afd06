package hf

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// byteRunes are the characters as which ByteLevel writes bytes: printable ones
// as themselves, the others as those from U+0100 on. Source: GPT-2's encoder.
var byteRunes = sync.OnceValue(func() (runes [256]rune) {
	next := rune(0x100)
	for b := range runes {
		switch r := rune(b); {
		case r >= '!' && r <= '~', r >= 0xA1 && r <= 0xAC, r >= 0xAE:
			runes[b] = r
		default:
			runes[b] = next
			next++
		}
	}
	return runes
})

// runeBytes is the inverse, for runes below 0x144; -1: stands for no byte.
var runeBytes = sync.OnceValue(func() (bytes [0x144]int16) {
	for r := range bytes {
		bytes[r] = -1
	}
	for b, r := range byteRunes() {
		bytes[r] = int16(b)
	}
	return bytes
})

// byteLevel writes a text's bytes as characters.
func byteLevel(text string) string {
	runes := byteRunes()
	var b strings.Builder
	b.Grow(len(text) + len(text)/2)
	for i := range len(text) {
		b.WriteRune(runes[text[i]])
	}
	return b.String()
}

// appendBytes undoes byteLevel; ok is false when a character stands for no byte.
func appendBytes(to []byte, text []byte, bytes *[0x144]int16) (_ []byte, ok bool) {
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		if r >= rune(len(bytes)) || bytes[r] < 0 {
			return to, false
		}
		to = append(to, byte(bytes[r]))
		i += size
	}
	return to, true
}
