package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a diagnostic stops the run.
type Severity string

// Severities, in the spelling that is printed.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Pos is a place in a file: Line and Col count from 1, Col in runes. The zero
// Pos means "nowhere in particular"; a Pos with File alone means the file as a
// whole. File may also name a flag, such as "--set".
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// String gives file:line:col, leaving out what is unknown.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	}
}

// Shift returns the position n runes to the right on the same line.
func (p Pos) Shift(n int) Pos { p.Col += n; return p }

// Diagnostic is one mistake (or warning) at one place. Message has no capital
// and no full stop; Hint says what to write instead and may be empty. Width is
// the number of runes to underline, at least 1 when printed.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Pos
	Width   int    `json:"width,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// String is the one-line form: file:line:col: error: message.
func (d Diagnostic) String() string {
	var b strings.Builder
	if at := d.Pos.String(); at != "" {
		b.WriteString(at + ": ")
	}
	fmt.Fprintf(&b, "%s: %s", d.Severity, d.Message)
	return b.String()
}

// List is a set of diagnostics in the order in which they were found.
type List []Diagnostic

// Errorf appends an error at pos that underlines width runes. Hint may be "".
func (l *List) Errorf(pos Pos, width int, hint, format string, args ...any) {
	*l = append(*l, Diagnostic{Severity: Error, Pos: pos, Width: width, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// Warnf appends a warning at pos that underlines width runes. Hint may be "".
func (l *List) Warnf(pos Pos, width int, hint, format string, args ...any) {
	*l = append(*l, Diagnostic{Severity: Warning, Pos: pos, Width: width, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// HasErrors reports whether any diagnostic of the list stops the run.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sorted returns the list in file order (file, line, column, then as found)
// without exact repetitions.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.Pos == b.Pos && a.Message == b.Message && a.Severity == b.Severity
	})
}

// Err returns the list as an error, or nil when it holds no error.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return &ListError{List: l.Sorted()}
}

// ListError carries diagnostics through code that passes errors on. Callers
// find it with errors.As and print its List.
type ListError struct{ List List }

// Error joins the one-line forms.
func (e *ListError) Error() string {
	lines := make([]string, len(e.List))
	for i, d := range e.List {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}
