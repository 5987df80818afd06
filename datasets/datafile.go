package datasets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"loadgate/internal/datafile"
	"loadgate/internal/kind"
)

// dataFile is a section's file, open and cut into rows.
type dataFile struct {
	*datafile.File
	name   string // as messages have it
	rows   rowSource
	render func(raw []byte) ([]byte, error) // makes a row's JSON of the bytes at its span
	sum    string                           // SHA-256 of the whole file, hexadecimal; set by scan
}

// errChanged is what a row that cannot be read again shows.
var errChanged = errors.New("the file changed since it was opened")

// layout says how a file is cut into rows.
type layout struct {
	format  datafile.Format // Unknown: as the file's name says, else JSON
	columns []string        // of a table without a header line
	lists   bool            // a row may be a list of messages; then the file has one a line
	member  string          // JSON: rows may be the elements of this member of the file's one object
	unless  string          // a table has one if this column stands in its first line
}

// openData opens the section's file; nil: it reported why not.
func (s *section) openData(ctx kind.Context, path string, how layout) *dataFile {
	if !filepath.IsAbs(path) {
		path = filepath.Join(ctx.Dir, path)
	}
	full := path
	if abs, err := filepath.Abs(path); err == nil {
		full = abs
	}
	file, err := datafile.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.errorAt("path", "a path is relative to the scenario's file", "there is no file %s", full)
		return nil
	case errors.Is(err, datafile.ErrIrregular):
		s.errorAt("path", "", "%s %v", full, err)
		return nil
	case err != nil:
		s.errorAt("path", "", "cannot read %s: %v", full, err)
		return nil
	}
	d := &dataFile{File: file, name: path}
	d.cut(how)
	return d
}

// cut chooses the reader of the rows.
func (d *dataFile) cut(how layout) {
	if how.format == datafile.Unknown || d.Format == datafile.Parquet {
		how.format = d.Format
	}
	table := func(comma rune) {
		r := newTableReader(d, comma, how.columns)
		r.unless = how.unless
		d.rows, d.render = r, r.render
	}
	switch how.format {
	case datafile.CSV:
		table(',')
	case datafile.TSV:
		table('\t')
	case datafile.Text:
		d.rows = newLineReader(d)
		d.render = func(raw []byte) ([]byte, error) { return (&lineReader{}).render(raw), nil }
	default:
		r := newRowReader(d)
		r.lists, r.member = how.lists, how.member
		d.rows = r
		d.render = func(raw []byte) ([]byte, error) { return raw, nil }
	}
}

// read fetches the row at a span. It is safe for concurrent use, and costs the
// row's own bytes.
func (d *dataFile) read(at span) (rawRow, error) {
	raw := make([]byte, at.size)
	if n, err := d.ReadAt(raw, at.from); n < len(raw) {
		if err == io.EOF {
			err = errChanged
		}
		return rawRow{}, fmt.Errorf("read %s: %w", d.name, err)
	}
	text, err := d.render(raw)
	if err != nil {
		return rawRow{}, fmt.Errorf("read %s: %w", d.name, err)
	}
	return rawRow{text: text, at: at}, nil
}

// parser makes a T of a row. keep is false for a row that is sound but of no
// use. An error is a *fault. The T shares no memory with the row.
type parser[T any] func(rawRow) (t T, keep bool, err error)

// scan goes through the rows of a file from the top and gives each that parse
// keeps to take, until take has had enough or there are no more. Mistakes in
// the file carry the file's own name and line, or in a Parquet file the row.
func scan[T any](s *section, d *dataFile, parse parser[T], take func(t T, at span) (more bool)) {
	faults := faultList{file: d.name, numbered: d.Format == datafile.Parquet}
	err := scanRows(d.rows, parse, take, &faults)
	if err == nil {
		d.sum, err = d.Sum() // what is behind the last row read counts
	}
	if err != nil {
		s.errorAt("path", "", "cannot read %s: %v", d.name, err)
	}
	s.list = append(s.list, faults.diagnostics()...)
}

// scanRows does it for a source. The error is the file's; bad rows go to faults.
func scanRows[T any](rows rowSource, parse parser[T], take func(t T, at span) (more bool), faults *faultList) error {
	for more := true; more; {
		t, at, keep, err := nextRow(rows, parse)
		var bad *fault
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			faults.add(bad)
		case err != nil:
			return err
		case keep:
			more = take(t, at)
		}
	}
	return nil
}

func nextRow[T any](rows rowSource, parse parser[T]) (t T, at span, keep bool, err error) {
	raw, err := rows.next()
	if err != nil {
		return t, at, false, err
	}
	t, keep, err = parse(raw)
	return t, raw.at, keep, err
}
