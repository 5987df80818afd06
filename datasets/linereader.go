package datasets

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// lineReader makes a row of each line that is not blank: a JSON object with the
// line as its text.
type lineReader struct {
	in     *bufio.Reader
	line   int
	offset int64
	buf    []byte
	out    []byte
}

// textColumn is the only column of a plain text.
const textColumn = "text"

func newLineReader(in io.Reader) *lineReader { return &lineReader{in: bufio.NewReaderSize(in, 1<<16)} }

// next implements rowSource.
func (r *lineReader) next() (rawRow, error) {
	for {
		from := r.offset
		if err := r.read(); err != nil {
			return rawRow{}, err
		}
		text := bytes.TrimRight(r.buf, "\r\n")
		row := rawRow{line: r.line, col: 1, at: span{from, int64(len(text))}}
		if from == 0 {
			row.at.from = int64(len(text) - len(bytes.TrimPrefix(text, []byte("\ufeff"))))
			text = text[row.at.from:]
			row.at.size -= row.at.from
		}
		switch {
		case len(bytes.TrimSpace(text)) == 0:
			continue
		case len(text) > maxRowBytes:
			return rawRow{}, row.fault("the row has more than %d bytes", maxRowBytes)
		case !utf8.Valid(text):
			row.text = text
			return rawRow{}, row.faultAt(invalidAt(text), "this is not UTF-8 text", "save the file as UTF-8")
		}
		row.text = r.render(text)
		return row, nil
	}
}

// read reads a line into buf, of one that is too long the beginning.
func (r *lineReader) read() error {
	r.buf = r.buf[:0]
	r.line++
	for {
		part, err := r.in.ReadSlice('\n')
		r.offset += int64(len(part))
		if len(r.buf) <= maxRowBytes {
			r.buf = append(r.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(r.buf) > 0:
			return nil
		default:
			return err
		}
	}
}

// render makes a row's JSON of its line.
func (r *lineReader) render(text []byte) []byte {
	r.out = append(r.out[:0], `{"`+textColumn+`":`...)
	r.out = append(appendJSON(r.out, string(text)), '}')
	return r.out
}
