package datasets

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// tableReader cuts a file of separated values into its records, and makes a
// JSON object of each, with all values as texts. The first record names the
// columns, unless the names are given.
type tableReader struct {
	guard  *lengthGuard
	in     *csv.Reader
	header []string
	unless string   // the first record is the header after all if it has this column
	first  []string // a record that was read and found to be no header
	base   int64    // bytes before what in has read: of a byte order mark
	end    int64    // of the last record
	line   int      // of the last record
	out    []byte
	begun  bool
	ended  bool
}

// lengthGuard ends a record that does not end: one whose quotes are not closed
// would take the rest of the file, whatever its length.
type lengthGuard struct {
	in   *bufio.Reader
	left int
}

func (g *lengthGuard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errTooLong
	}
	n, err := g.in.Read(p)
	g.left -= n
	return n, err
}

var errTooLong = errors.New("too long")

func newTableReader(in io.Reader, comma rune, header []string) *tableReader {
	guard := &lengthGuard{in: bufio.NewReaderSize(in, 1<<16)}
	r := &tableReader{guard: guard, in: csvReader(guard, comma), header: header}
	r.in.ReuseRecord = true
	return r
}

func csvReader(in io.Reader, comma rune) *csv.Reader {
	r := csv.NewReader(in)
	r.Comma = comma
	r.FieldsPerRecord = -1
	return r
}

// next implements rowSource.
func (r *tableReader) next() (rawRow, error) {
	if err := r.begin(); err != nil {
		r.ended = true
		return rawRow{}, err
	}
	record, err := r.record()
	if err != nil {
		return rawRow{}, err
	}
	line, col := r.in.FieldPos(0)
	from := r.end
	r.end, r.line = r.in.InputOffset(), line
	row := rawRow{line: line, col: col, at: span{r.base + from, r.end - from}}
	if len(record) != len(r.header) {
		return rawRow{}, row.fault("the row has %d values, and there are %d columns", len(record), len(r.header))
	}
	for i, value := range record {
		if !utf8.ValidString(value) {
			line, col := r.in.FieldPos(i)
			return rawRow{}, &fault{line, col, "this is not UTF-8 text", "save the file as UTF-8"}
		}
	}
	r.out = appendRecord(r.out[:0], r.header, record)
	row.text = r.out
	return row, nil
}

// record reads the next record that is one.
func (r *tableReader) record() ([]string, error) {
	if r.ended {
		return nil, io.EOF
	}
	if first := r.first; first != nil {
		r.first = nil
		return first, nil
	}
	r.guard.left = maxRowBytes
	record, err := r.in.Read()
	var bad *csv.ParseError
	switch {
	case err == nil:
		return record, nil
	case errors.As(err, &bad):
		r.end, r.line = r.in.InputOffset(), bad.Line
		return nil, csvFault(bad)
	case errors.Is(err, errTooLong):
		r.ended = true
		return nil, &fault{r.line + 1, 1, fmt.Sprintf("a row from here on has more than %d bytes", maxRowBytes), `is a " not closed?`}
	default:
		return nil, err
	}
}

func csvFault(e *csv.ParseError) *fault {
	message, hint := "this is not CSV: "+e.Err.Error(), ""
	switch {
	case errors.Is(e.Err, csv.ErrQuote):
		hint = `a text that begins with " ends with ", and a " within it is written ""`
	case errors.Is(e.Err, csv.ErrBareQuote):
		message, hint = `a " within a value that does not begin with one`, `put the value into "…" and write "" for a " within it`
	}
	return &fault{e.Line, e.Column, message, hint}
}

// begin skips a byte order mark and reads the names of the columns, once.
func (r *tableReader) begin() error {
	if r.begun {
		return nil
	}
	r.begun = true
	if mark, _ := r.guard.in.Peek(3); string(mark) == "\ufeff" {
		r.base = 3
		_, _ = r.guard.in.Discard(3) // what was peeked at is there
	}
	if r.header != nil && r.unless == "" {
		return nil
	}
	record, err := r.record()
	if err != nil {
		return err
	}
	if r.header != nil && !slices.Contains(record, r.unless) {
		r.first = record
		return nil
	}
	r.end, r.line = r.in.InputOffset(), 1
	names := slices.Clone(record)
	for i, name := range names {
		line, col := r.in.FieldPos(i)
		switch {
		case !utf8.ValidString(name):
			return &fault{line, col, "this is not UTF-8 text", "save the file as UTF-8"}
		case name == "":
			return &fault{line, col, fmt.Sprintf("column %d has no name", i+1), "the first line names the columns; or name them in the scenario: columns: [question, answer]"}
		case slices.Contains(names[:i], name):
			return &fault{line, col, fmt.Sprintf("two columns are named %q", name), "the first line names the columns; or name them in the scenario: columns: [question, answer]"}
		}
	}
	r.header = names
	return nil
}

// render makes the JSON of a record that stands at a span.
func (r *tableReader) render(raw []byte) ([]byte, error) {
	record, err := csvReader(bytes.NewReader(raw), r.in.Comma).Read()
	if err != nil || len(record) != len(r.header) {
		return nil, errChanged
	}
	return appendRecord(nil, r.header, record), nil
}

// appendRecord appends a record as a JSON object.
func appendRecord(out []byte, header, record []string) []byte {
	out = append(out, '{')
	for i, value := range record {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendJSON(out, header[i]), ':')
		out = appendJSON(out, value)
	}
	return append(out, '}')
}

// appendJSON appends a text as JSON.
func appendJSON(out []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(out, '"'), s...), '"')
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic("datasets: a text does not marshal: " + err.Error()) // every text does
	}
	return append(out, b...)
}

// isPlain reports whether json.Marshal would put a text into quotes as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}
