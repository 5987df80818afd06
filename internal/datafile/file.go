package datafile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Format is how the rows of a file are written.
type Format string

// Formats.
const (
	Unknown Format = ""        // the name does not say
	JSON    Format = "json"    // one array, or an object a line
	CSV     Format = "csv"     // comma-separated, with a header line
	TSV     Format = "tsv"     // the same with tabs
	Text    Format = "text"    // a row a line
	Parquet Format = "parquet" // its bytes are JSON, an object a line
)

// extensions are the names' ends by format.
var extensions = map[string]Format{
	".json": JSON, ".jsonl": JSON, ".ndjson": JSON, ".csv": CSV, ".tsv": TSV, ".tab": TSV, ".txt": Text, ".text": Text, ".parquet": Parquet,
}

// packed are the names' ends of packed files.
var packed = map[string]bool{".gz": true, ".zst": true, ".zstd": true, ".bz2": true}

// FormatOf is what a file's name says of its rows.
func FormatOf(path string) Format {
	ext := strings.ToLower(filepath.Ext(path))
	if packed[ext] {
		ext = strings.ToLower(filepath.Ext(strings.TrimSuffix(path, filepath.Ext(path))))
	}
	return extensions[ext]
}

// File is an open data file. Read goes through it once, by one goroutine;
// ReadAt then gives any part of what was read, to any number of them. The file
// stays open as long as somebody holds the File.
type File struct {
	Format Format

	raw  *os.File
	hash hash.Hash
	in   io.Reader   // unpacked, from the front
	at   io.ReaderAt // unpacked, what was read
	rest io.Reader   // what is to be read for the sum
}

// ErrIrregular is the error of a folder, a pipe or a device.
var ErrIrregular = errors.New("is no regular file")

// Open opens a file. An error is for the user, without the path: it is not
// there, or is packed in a way that is not known.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, ErrIrregular
	}
	raw, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	f := &File{Format: FormatOf(path), raw: raw, hash: sha256.New()}
	if err := f.begin(info.Size()); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return f, nil
}

// begin chooses how the file is read, by its first bytes.
func (f *File) begin(size int64) error {
	head := make([]byte, 8)
	n, err := f.raw.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return reason(err)
	}
	head = head[:n]
	hashed := io.TeeReader(f.raw, f.hash)
	if bytes.HasPrefix(head, []byte("PAR1")) {
		rows, err := openParquet(f.raw, size)
		if err != nil {
			return err
		}
		f.Format, f.rest = Parquet, hashed
		f.spooled(rows)
		return nil
	}
	unpacked, err := unpack(head, bufio.NewReaderSize(hashed, 1<<16))
	switch {
	case err != nil:
		return err
	case unpacked != nil:
		f.rest = hashed
		f.spooled(unpacked)
	case f.Format == Parquet:
		return errors.New("it is no Parquet file: its first bytes are not PAR1")
	default:
		f.in, f.at, f.rest = hashed, f.raw, hashed
	}
	return nil
}

// spooled reads what comes out of in, and keeps it.
func (f *File) spooled(in io.Reader) {
	s := &spool{}
	f.in, f.at = io.TeeReader(in, s), s
}

// Read gives the file's next bytes, unpacked.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	return n, reason(err)
}

// ReadAt gives bytes that Read has passed.
func (f *File) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.at.ReadAt(p, at)
	return n, reason(err)
}

// Sum reads what is left of the file and returns the SHA-256 of all of it, as
// it stands on the disk, in hexadecimal.
func (f *File) Sum() (string, error) {
	if _, err := io.Copy(io.Discard, f.rest); err != nil {
		return "", reason(err)
	}
	return hex.EncodeToString(f.hash.Sum(nil)), nil
}

// reason is an error without the path, which messages have already.
func reason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// failed is an error of a packed file's content.
func failed(what string, err error) error { return fmt.Errorf("%s is damaged: %w", what, err) }
