package store

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// redacted takes the place of a secret. It is shorter than any secret that is
// looked for, so that replacing comes to an end.
const redacted = "***"

// minSecret is the length in bytes from which a value is looked for: one of
// three letters would take the rest of a text with it.
const minSecret = len(redacted) + 1

// minPrefix is the length in bytes from which the beginning of a secret at the
// end of a text is taken for one: messages are shortened, sometimes within a
// secret.
const minPrefix = 8

// Redactor removes the values of secrets from texts. It is safe for concurrent
// use.
type Redactor struct {
	forms    []string // longest first
	replacer *strings.Replacer
}

// NewRedactor makes a Redactor for values in all the spellings in which they
// come back from a server or a library: as they are, URL-encoded, in JSON and Go
// strings, in HTML, hexadecimal, and in base64 alone or within a longer text.
// Values of fewer than four bytes are not looked for.
func NewRedactor(values []string) *Redactor {
	var forms []string
	for _, v := range values {
		if len(v) >= minSecret {
			forms = append(forms, spellings(v)...)
		}
	}
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	forms = slices.Compact(forms)
	var pairs []string
	for _, f := range forms {
		pairs = append(pairs, f, redacted)
	}
	return &Redactor{forms: forms, replacer: strings.NewReplacer(pairs...)}
}

// Redact returns s with every secret replaced by three stars. Redacting again
// changes nothing.
func (r *Redactor) Redact(s string) string {
	if len(r.forms) == 0 {
		return s
	}
	for {
		t := r.cutEnd(r.replacer.Replace(s))
		if t == s {
			return s
		}
		s = t // shorter than before; what is left may have grown together to a secret
	}
}

// cutEnd replaces the beginning of a secret at the end of s, with or without
// dots after it.
func (r *Redactor) cutEnd(s string) string {
	text := strings.TrimRight(s, ".…")
	for _, f := range r.forms {
		for n := min(len(f)-1, len(text)); n >= minPrefix; n-- {
			if strings.HasSuffix(text, f[:n]) {
				return text[:len(text)-n] + redacted + s[len(text):]
			}
		}
	}
	return s
}

// spellings lists the forms of a secret that are worth looking for.
func spellings(v string) []string {
	forms := []string{v, url.QueryEscape(v), url.PathEscape(v), percentAll(v), html.EscapeString(v), hex.EncodeToString([]byte(v))}
	forms = append(forms, inBase64(v)...)
	quoted := strconv.Quote(v)
	forms = append(forms, quoted[1:len(quoted)-1])
	for _, escapeHTML := range []bool{true, false} {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(escapeHTML)
		if enc.Encode(v) == nil {
			j := strings.TrimSpace(b.String())
			forms = append(forms, j[1:len(j)-1])
		}
	}
	for _, f := range forms {
		forms = append(forms, lowerEscapes(f))
	}
	forms = append(forms, strings.ToUpper(hex.EncodeToString([]byte(v))))
	return slices.DeleteFunc(forms, func(f string) bool { return len(f) < minSecret })
}

// percentAll writes every byte that is no letter or digit as %XX.
func percentAll(v string) string {
	var b strings.Builder
	for _, c := range []byte(v) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], bytes.ToLower(b[i+1:i+3]))
		}
	}
	return string(b)
}

// inBase64 gives the characters that v alone decides when it stands at any
// offset of an encoded text: six bits are in each, so with 0, 1 or 2 bytes
// before it the first 0, 2 or 3 also hold bits of those, and the last may hold
// bits of what follows.
func inBase64(v string) []string {
	var out []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before, skip := range []int{0, 2, 3} {
			full := enc.EncodeToString(append(make([]byte, before), v...))
			whole := (before + len(v)) * 8 / 6 // characters without foreign bits behind them
			if whole-skip >= minPrefix {
				out = append(out, full[skip:whole])
			}
		}
		if full := enc.EncodeToString([]byte(v)); len(full) >= minPrefix {
			out = append(out, full)
		}
	}
	return out
}

// redactJSON passes every string of a JSON document through redact, keys
// included, and leaves all other bytes alone.
func redactJSON(doc []byte, redact func(string) string) []byte {
	out := make([]byte, 0, len(doc))
	for i := 0; i < len(doc); {
		if doc[i] != '"' {
			out = append(out, doc[i])
			i++
			continue
		}
		end := stringEnd(doc, i)
		out = append(out, redactLiteral(doc[i:end], redact)...)
		i = end
	}
	return out
}

// stringEnd is the index after the string literal that starts at i.
func stringEnd(doc []byte, i int) int {
	for j := i + 1; j < len(doc); j++ {
		switch doc[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(doc)
}

func redactLiteral(literal []byte, redact func(string) string) []byte {
	var s string
	if json.Unmarshal(literal, &s) != nil {
		return literal // no JSON: not ours to judge
	}
	clean := redact(s)
	if clean == s {
		return literal
	}
	j, err := json.Marshal(clean)
	if err != nil {
		return []byte(`"` + redacted + `"`)
	}
	return j
}
