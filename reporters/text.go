package reporters

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"

	"loadgate/internal/diag"
	"loadgate/internal/result"
)

// Limits in runes for texts of others.
const (
	maxName    = 120
	maxExample = 160
	maxReason  = 1200
)

// clean makes one harmless line of a text: no control characters, none that
// turn the direction of writing, at most most runes.
func clean(s string, most int) string {
	if len(s) <= most && isPlain(s) {
		return strings.TrimSpace(s)
	}
	s = oneLine.Replace(s)
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || r == '\ufffe' || r == '\uffff' {
			return unicode.ReplacementChar
		}
		return r
	}, diag.Printable(s))
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return strings.TrimSpace(s)
}

// isPlain reports whether a text is printable ASCII, as nearly all are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")

// scalar prints a value of an axis, a label or a load, numbers without grouping
// so that it can be copied into a scenario.
func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case string:
		return clean(v, maxName)
	case float64:
		return number(v)
	case result.Number:
		return number(float64(v))
	case map[string]any, []any:
		j, err := json.Marshal(v)
		if err != nil {
			return "-"
		}
		return clean(string(j), maxName)
	default:
		return clean(fmt.Sprint(v), maxName)
	}
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// displayWidth is the number of columns that a text takes on a terminal.
func displayWidth(s string) int { return text.StringWidthWithoutEscSequences(s) }

// shorten cuts a text to a number of columns.
func shorten(s string, columns int) string {
	if displayWidth(s) <= columns {
		return s
	}
	out := ""
	for _, r := range s {
		if displayWidth(out+string(r)) > columns-1 {
			break
		}
		out += string(r)
	}
	return out + "…"
}

// wrap breaks a text at spaces into lines of at most width columns; a word that
// is longer is broken anywhere.
func wrap(s string, width int) []string {
	width = max(width, 10)
	var lines []string
	line := ""
	for _, word := range words(s) {
		switch {
		case line == "":
			line = word
		case displayWidth(line)+1+displayWidth(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
		for displayWidth(line) > width {
			head, rest := splitAt(line, width)
			lines = append(lines, head)
			line = rest
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// words splits at spaces, but keeps a percent sign with its number.
func words(s string) []string {
	var out []string
	for _, w := range strings.Fields(s) {
		if strings.HasPrefix(w, "%") && len(out) > 0 {
			out[len(out)-1] += " " + w
			continue
		}
		out = append(out, w)
	}
	return out
}

// splitAt cuts s after as many runes as fit into width columns, at least one.
func splitAt(s string, width int) (head, rest string) {
	columns := 0
	for i, r := range s {
		columns += displayWidth(string(r))
		if columns > width && i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// plural is "1 cell", "3 cells".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return grouped(int64(n)) + " " + noun
}
