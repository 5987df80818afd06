package diag

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Sources holds the bytes of the files that diagnostics point into, by the
// name used in Pos.File. A file that is absent is printed without its line.
type Sources map[string][]byte

// maxShown bounds how many diagnostics are printed as text; the rest is counted.
const maxShown = 50

// WriteText prints the list in file order, each with its source line, a caret
// and its hint, and ends with a count. Colour is ANSI and only for terminals.
func WriteText(w io.Writer, l List, src Sources, color bool) error {
	var b strings.Builder
	for i, d := range l.Sorted() {
		if i == maxShown {
			fmt.Fprintf(&b, "… and %d more\n", len(l)-maxShown)
			break
		}
		writeOne(&b, d, src, color)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeOne(b *strings.Builder, d Diagnostic, src Sources, color bool) {
	head := Printable(d.String())
	if color {
		code := "31"
		if d.Severity == Warning {
			code = "33"
		}
		tag := string(d.Severity) + ":"
		head = strings.Replace(head, tag, "\x1b["+code+";1m"+tag+"\x1b[0m", 1)
	}
	b.WriteString(head + "\n")
	if line, ok := lineOf(src[d.File], d.Line); ok && d.Col > 0 {
		text, caret := window(line, d.Col, d.Width)
		fmt.Fprintf(b, "%5d | %s\n      | %s\n", d.Line, text, caret)
	}
	if d.Hint != "" {
		fmt.Fprintf(b, "      = hint: %s\n", Printable(d.Hint))
	}
}

func lineOf(src []byte, n int) (string, bool) {
	if src == nil || n < 1 {
		return "", false
	}
	lines := strings.SplitN(string(src), "\n", n+1)
	if len(lines) < n {
		return "", false
	}
	return strings.TrimRight(lines[n-1], "\r"), true
}

// window cuts a long source line round the column and returns it with the
// caret line. Tabs become one space, so that the caret stays under its rune.
func window(line string, col, width int) (text, caret string) {
	const most = 110
	line = Printable(strings.ReplaceAll(line, "\t", " "))
	runes := []rune(line)
	start := 0
	if len(runes) > most && col > most/2 {
		start = min(col-most/2, len(runes)-most)
	}
	start = max(start, 0)
	end := min(len(runes), start+most)
	prefix, suffix := "", ""
	if start > 0 {
		prefix = "…"
	}
	if end < len(runes) {
		suffix = "…"
	}
	text = prefix + string(runes[start:end]) + suffix
	pad := max(0, min(col-1-start, end-start)) + utf8.RuneCountInString(prefix)
	width = max(1, min(width, end-start-(col-1-start)))
	return text, strings.Repeat(" ", pad) + strings.Repeat("^", width)
}

// Printable replaces control characters, which a hostile file or server could
// use to steer the terminal, by the replacement rune.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || (r >= 0x7f && r < 0xa0) || r == 0x2028 || r == 0x2029 {
			return utf8.RuneError
		}
		return r
	}, s)
}

// WriteJSON prints {"diagnostics": […]} in file order; an empty list is [].
func WriteJSON(w io.Writer, l List) error {
	out := struct {
		Diagnostics List `json:"diagnostics"`
	}{l.Sorted()}
	if out.Diagnostics == nil {
		out.Diagnostics = List{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
