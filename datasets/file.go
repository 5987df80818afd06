package datasets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
)

// maxFileBytes is the largest file that is read: rows are kept in memory.
const maxFileBytes = 1 << 30

// fileConfig is what the kinds that read rows from a file have in common.
type fileConfig struct {
	Kind      string `yaml:"kind"`
	Path      string `yaml:"path"`
	Limit     int    `yaml:"limit"`
	Order     string `yaml:"order"`
	Tokenizer string `yaml:"tokenizer"`
}

// Orders in which rows are handed out.
const (
	orderFile     = "file"
	orderShuffled = "shuffled"
)

// check reports wrong values and opens the tokenizer, nil where none is wanted.
func (c *fileConfig) check(s *section) *tokenizer {
	s.require("path", "prompts.jsonl")
	s.notEmpty("path")
	s.within("limit", 1, 1e9, "a whole number from 1")
	s.oneOf("order", orderFile, orderShuffled)
	return s.openCounter(c.Tokenizer)
}

// open makes the dataset of the rows of a file, unless there were mistakes.
func (c *fileConfig) open(s *section, t *tokenizer, rows func() []row, digest string) (llm.Dataset, diag.List) {
	if s.list.HasErrors() {
		return nil, s.list
	}
	return &rowSet{counted{t}, rows, c.Order == orderShuffled, digest}, s.list
}

// content is what was read of a file.
type content[T any] struct {
	rows []T
	sum  string // SHA-256 of the whole file, hexadecimal
	name string // as messages have it
}

func (c content[T]) all() []T { return c.rows }

// needRows reports a file without rows.
func (c content[T]) needRows(s *section) {
	if len(c.rows) == 0 && !s.list.HasErrors() {
		s.errorAt("path", "", "%s has no rows", c.name)
	}
}

// parser makes a T of a row. keep is false for a row that is sound but of no
// use. An error is a *fault. The T shares no memory with the row.
type parser[T any] func(rawRow) (t T, keep bool, err error)

// readRows reads the rows of the section's file, up to limit of those that
// parse keeps (0: all). Mistakes in the file carry the file's own name and line.
func readRows[T any](s *section, ctx kind.Context, path string, limit int, parse parser[T]) content[T] {
	if !filepath.IsAbs(path) {
		path = filepath.Join(ctx.Dir, path)
	}
	out := content[T]{name: path}
	file := s.openFile(path)
	if file == nil {
		return out
	}
	defer file.Close()
	hash := sha256.New()
	input := io.TeeReader(file, hash)
	faults := faultList{file: path}
	var err error
	if out.rows, err = collect(newRowReader(input), limit, parse, &faults); err == nil {
		_, err = io.Copy(io.Discard, input) // what is behind the limit counts for the sum
	}
	if err != nil {
		s.errorAt("path", "", "cannot read %s: %v", path, reason(err))
	}
	out.sum = hex.EncodeToString(hash.Sum(nil))
	s.list = append(s.list, faults.diagnostics()...)
	return out
}

// collect reads rows until there are limit of them or no more. The error is
// the file's; bad rows go to faults.
func collect[T any](rows *rowReader, limit int, parse parser[T], faults *faultList) ([]T, error) {
	var out []T
	for limit == 0 || len(out) < limit {
		t, keep, err := nextRow(rows, parse)
		var bad *fault
		switch {
		case err == io.EOF:
			return out, nil
		case errors.As(err, &bad):
			faults.add(bad)
		case err != nil:
			return out, err
		case keep:
			out = append(out, t)
		}
	}
	return out, nil
}

func nextRow[T any](rows *rowReader, parse parser[T]) (t T, keep bool, err error) {
	raw, err := rows.next()
	if err != nil {
		return t, false, err
	}
	return parse(raw)
}

// openFile opens a regular file of bearable size, or reports why not.
func (s *section) openFile(path string) *os.File {
	full := path
	if abs, err := filepath.Abs(path); err == nil {
		full = abs
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.errorAt("path", "a path is relative to the scenario's file", "there is no file %s", full)
	case err != nil:
		s.errorAt("path", "", "cannot read %s: %v", full, reason(err))
	case !info.Mode().IsRegular():
		s.errorAt("path", "", "%s is no regular file", full)
	case info.Size() > maxFileBytes:
		s.errorAt("path", "keep a part of it, for example its first 100,000 rows", "%s has %.1f GiB: files of up to 1 GiB are read", full, float64(info.Size())/(1<<30))
	default:
		file, err := os.Open(path)
		if err == nil {
			return file
		}
		s.errorAt("path", "", "cannot read %s: %v", full, reason(err))
	}
	return nil
}

// reason is an error without the path, which the message has already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// faultList collects what is wrong in a file: the first few in full.
type faultList struct {
	file  string
	shown []*fault
	more  int
	from  int // line of the first that is not shown
}

const maxFaults = 5

func (l *faultList) add(f *fault) {
	if len(l.shown) < maxFaults {
		l.shown = append(l.shown, f)
		return
	}
	if l.more == 0 {
		l.from = f.line
	}
	l.more++
}

func (l *faultList) diagnostics() diag.List {
	var list diag.List
	for _, f := range l.shown {
		list.Errorf(diag.Pos{File: l.file, Line: f.line, Col: f.col}, 1, f.hint, "%s", f.message)
	}
	switch {
	case l.more == 1:
		list.Errorf(diag.Pos{File: l.file, Line: l.from}, 1, "", "and 1 more bad row")
	case l.more > 1:
		list.Errorf(diag.Pos{File: l.file, Line: l.from}, 1, "", "and %d more bad rows from here on", l.more)
	}
	return list
}
