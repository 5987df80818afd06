package datasets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unmarshal reads the row's JSON. What is wrong comes back as a *fault.
func (r rawRow) unmarshal(into any) error {
	if !utf8.Valid(r.text) {
		return r.faultAt(invalidAt(r.text), "this is not UTF-8 text", "save the file as UTF-8")
	}
	err := json.Unmarshal(r.text, into)
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		hint := ""
		if !bytes.HasPrefix(r.text, []byte("{")) || !bytes.HasSuffix(r.text, []byte("}")) { // a part of a row
			hint = "a file holds one array [ … ] of rows, or one row a line"
		}
		return r.faultAt(int(syntax.Offset)-1, "this is not JSON: "+syntax.Error(), hint)
	case errors.As(err, &mistyped):
		return r.fault("%s", mistype(mistyped))
	default:
		return r.fault("%v", err)
	}
}

// fault is a mistake of the row as a whole.
func (r rawRow) fault(format string, args ...any) *fault {
	return &fault{r.line, r.shown(r.col), fmt.Sprintf(format, args...), ""}
}

// faultAt is a mistake at a byte of the row.
func (r rawRow) faultAt(offset int, message, hint string) *fault {
	before := r.text[:min(max(offset, 0), len(r.text))]
	line, col := r.line, r.col
	if last := bytes.LastIndexByte(before, '\n'); last >= 0 {
		line, col = line+bytes.Count(before, []byte{'\n'}), 1
		before = before[last+1:]
	}
	return &fault{line, r.shown(col + utf8.RuneCount(before)), message, hint}
}

// shown is a column for a message. What has none is not quoted.
func (r rawRow) shown(col int) int {
	if r.private {
		return 0
	}
	return col
}

// invalidAt finds the first byte that is not UTF-8.
func invalidAt(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// jsonWords are the words of messages for the types of JSON and Go.
var jsonWords = map[string]string{
	"string": "text", "number": "a number", "int64": "a whole number", "bool": "true or false", "array": "a list", "object": "an object",
	"float64": "a number", "slice": "a list", "struct": "an object", "map": "an object",
}

func mistype(e *json.UnmarshalTypeError) string {
	got, _, _ := strings.Cut(e.Value, " ") // "number 1.5"
	message := fmt.Sprintf("expected %s, got %s", jsonWords[e.Type.Kind().String()], jsonWords[got])
	if e.Field != "" {
		message = e.Field + ": " + message
	}
	return message
}

// number is a number in a row; 0 stands for one that is not there. Tables have
// numbers as texts.
type number float64

// UnmarshalJSON reads a number, a text that is one, or null.
func (n *number) UnmarshalJSON(b []byte) error {
	if x, ok := digits(b); ok { // most are short whole numbers
		*n = number(x)
		return nil
	}
	text := string(b)
	if len(b) > 1 && b[0] == '"' {
		text = string(bytes.TrimSpace(b[1 : len(b)-1]))
	}
	if text == "" || text == "null" {
		return nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return &json.UnmarshalTypeError{Value: jsonType(b), Type: reflect.TypeFor[float64]()}
	}
	*n = number(x)
	return nil
}

// digits reads a whole number that a float64 holds exactly.
func digits(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 15 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// jsonType is what a value of JSON is, by its first byte.
func jsonType(b []byte) string {
	switch b[0] {
	case '"':
		return "string"
	case '[':
		return "array"
	case '{':
		return "object"
	case 't', 'f':
		return "bool"
	default:
		return "number"
	}
}

// count reads a number of tokens. Files written through tables have 10.0 for 10.
func (r rawRow) count(name string, n number) (int, error) {
	x := float64(n)
	if x != math.Trunc(x) || x < 0 || x > maxTokens {
		return 0, r.fault("%s: expected a whole number from 0 to %d, got %v", name, maxTokens, x)
	}
	return int(x), nil
}

// identifier is a row's `id` or `idx` as text; rows have them as text or as
// numbers.
func identifier(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// isNull reports a value that is as good as not there.
func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// within is a value that begins with {, an object, or with [, a list, or the one
// that a text holds: tables and some tools keep JSON as text.
func within(raw json.RawMessage, begin byte) (json.RawMessage, error) {
	value := raw
	if value[0] == '"' {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, err
		}
		value = bytes.TrimSpace([]byte(text))
		if !json.Valid(value) {
			return nil, errors.New("the text is not JSON")
		}
	}
	if value[0] != begin {
		what := jsonWords[jsonType([]byte{begin})]
		return nil, fmt.Errorf("expected %s, or text that holds one", what)
	}
	return value, nil
}
