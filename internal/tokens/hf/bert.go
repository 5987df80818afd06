package hf

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// readBert makes the normaliser of BERT's models.
func readBert(raw json.RawMessage) (normalizer, error) {
	var c struct {
		CleanText   bool  `json:"clean_text"`
		Chinese     bool  `json:"handle_chinese_chars"`
		Lowercase   bool  `json:"lowercase"`
		StripAccent *bool `json:"strip_accents"`
	}
	err := json.Unmarshal(raw, &c)
	strip := c.Lowercase
	if c.StripAccent != nil {
		strip = *c.StripAccent
	}
	return normalizerFunc(func(text string) string {
		if c.CleanText {
			text = strings.Map(cleanRune, text)
		}
		if isASCII(text) { // of what follows only one step does anything
			if c.Lowercase {
				text = strings.ToLower(text)
			}
			return text
		}
		if c.Chinese {
			text = spaceHan(text)
		}
		if strip {
			text = drop(forms["NFD"].String(text), isNonspacing)
		}
		if c.Lowercase {
			text = lowercase(text)
		}
		return text
	}), err
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func cleanRune(r rune) rune {
	switch {
	case r >= ' ' && r < 0x7F:
		return r
	case r == 0 || r == 0xFFFD:
		return -1
	case r == '\t' || r == '\n' || r == '\r':
		return ' '
	case isOther(r): // other controls that are white space, too
		return -1
	case isSpace(r):
		return ' '
	default:
		return r
	}
}

// spaceHan puts a space around each Chinese character.
func spaceHan(text string) string {
	if strings.IndexFunc(text, isHan) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isHan(r) {
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isHan is BERT's own idea of Chinese characters.
func isHan(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x2A6DF ||
		r >= 0x2A700 && r <= 0x2B73F || r >= 0x2B740 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF ||
		r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}
