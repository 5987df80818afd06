package hf

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"loadgate/internal/tokens/split"
)

// normalizer rewrites a text. It serves any number of goroutines.
type normalizer interface{ normalize(text string) string }

type normalizerFunc func(text string) string

func (f normalizerFunc) normalize(text string) string { return f(text) }

// readNormalizer makes the normaliser of a file; nil for null.
func readNormalizer(raw json.RawMessage) (normalizer, error) {
	kind, err := kindOf(raw)
	if kind == "" || err != nil {
		return nil, err
	}
	switch kind {
	case "NFC", "NFD", "NFKC", "NFKD":
		return normalizerFunc(forms[kind].String), nil
	case "Lowercase":
		return normalizerFunc(lowercase), nil
	case "StripAccents":
		return normalizerFunc(func(text string) string { return drop(text, isCombining) }), nil
	case "Nmt":
		return normalizerFunc(nmt), nil
	case "ByteLevel":
		return normalizerFunc(byteLevel), nil
	case "Strip":
		return readStrip(raw)
	case "Prepend":
		return readPrepend(raw)
	case "Replace":
		return readReplace(raw)
	case "BertNormalizer":
		return readBert(raw)
	case "Precompiled":
		return readPrecompiled(raw)
	case "Sequence":
		return readNormalizers(raw)
	default:
		return nil, fmt.Errorf("the normalizer %s is not supported", kind)
	}
}

type normalizerSequence []normalizer

func (s normalizerSequence) normalize(text string) string {
	for _, n := range s {
		text = n.normalize(text)
	}
	return text
}

func readNormalizers(raw json.RawMessage) (normalizer, error) {
	var c struct {
		Normalizers []json.RawMessage `json:"normalizers"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	var list normalizerSequence
	for _, raw := range c.Normalizers {
		n, err := readNormalizer(raw)
		if err != nil {
			return nil, err
		}
		if n != nil {
			list = append(list, n)
		}
	}
	return list, nil
}

func readStrip(raw json.RawMessage) (normalizer, error) {
	var c struct {
		Left  bool `json:"strip_left"`
		Right bool `json:"strip_right"`
	}
	err := json.Unmarshal(raw, &c)
	return normalizerFunc(func(text string) string {
		if c.Left {
			text = strings.TrimLeftFunc(text, isSpace)
		}
		if c.Right {
			text = strings.TrimRightFunc(text, isSpace)
		}
		return text
	}), err
}

func readPrepend(raw json.RawMessage) (normalizer, error) {
	var c struct {
		Prepend string `json:"prepend"`
	}
	err := json.Unmarshal(raw, &c)
	return normalizerFunc(func(text string) string {
		if text == "" {
			return ""
		}
		return c.Prepend + text
	}), err
}

// pattern is what Replace and Split look for.
type pattern struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

func (p pattern) compile() (split.Pattern, error) {
	switch {
	case p.Regex != nil:
		return split.Compile(*p.Regex)
	case p.String != nil && *p.String != "":
		return split.Literal(*p.String), nil
	default:
		return nil, fmt.Errorf("an empty pattern is not supported")
	}
}

func readReplace(raw json.RawMessage) (normalizer, error) {
	var c struct {
		Pattern pattern `json:"pattern"`
		Content string  `json:"content"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	if c.Pattern.String != nil && *c.Pattern.String != "" {
		return normalizerFunc(func(text string) string { return strings.ReplaceAll(text, *c.Pattern.String, c.Content) }), nil
	}
	p, err := c.Pattern.compile()
	if err != nil {
		return nil, err
	}
	return normalizerFunc(func(text string) string {
		var b strings.Builder
		done := 0
		for _, m := range p.Append(nil, text) {
			b.WriteString(text[done:m.Start])
			b.WriteString(c.Content)
			done = m.End
		}
		b.WriteString(text[done:])
		return b.String()
	}), nil
}

// lowercase maps each rune by itself, as Rust does: a final sigma is no other
// than any.
func lowercase(text string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		if r == 'İ' { // the only one that becomes two
			return r
		}
		if lower, ok := addedLower(r); ok {
			return lower
		}
		return unicode.ToLower(r)
	}, text), "İ", "i\u0307")
}

// drop leaves out the runes that is wants.
func drop(text string, is func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if is(r) {
			return -1
		}
		return r
	}, text)
}

// nmt is the clean-up of texts for machine translation: controls are left out,
// and what passes for white space is a space.
func nmt(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x1 && r <= 0x8, r == 0xB, r >= 0xE && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
			return -1
		case r == 0x9, r == 0xA, r == 0xC, r == 0xD, r == 0x1680, r >= 0x200B && r <= 0x200F,
			r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			return ' '
		default:
			return r
		}
	}, text)
}

func readPrecompiled(raw json.RawMessage) (normalizer, error) {
	var c struct {
		Charsmap string `json:"precompiled_charsmap"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(c.Charsmap)
	if err != nil {
		return nil, fmt.Errorf("precompiled_charsmap: %w", err)
	}
	return newCharsmap(data)
}
