package datasets

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxRowBytes is the longest row: a body with some images fits, a file whose
// line breaks were lost does not. Its length fits into a span.
const maxRowBytes = 64<<20 - 1

// fault is what is wrong at one place of a data file. It is an error.
type fault struct {
	line, col     int // from 1; col in runes
	message, hint string
}

func (f *fault) Error() string { return f.message }

// rawRow is one row as it stands in its file. The text belongs to the reader
// and is valid until its next row.
type rawRow struct {
	text      []byte // without space round it; not yet known to be JSON
	line, col int    // of its first character
	at        span   // in the file, unpacked
	private   bool   // messages must not quote it: it may hold a secret
}

// span is a part of a file, in bytes.
type span struct{ from, size int64 }

// rowSource cuts a file into rows. next returns the next row. io.EOF: there are
// no more. A *fault: what stands there is no row, and the next call goes on
// behind it. Any other error is the file's.
type rowSource interface{ next() (rawRow, error) }

// rowReader cuts a file into its rows: the elements of the file's one JSON
// array, or the lines that are not blank (JSON Lines). The first character
// decides which. It looks into a row only as far as it takes to find its end.
type rowReader struct {
	in        *bufio.Reader
	line, col int   // of the next byte
	offset    int64 // of the next byte
	buf       []byte
	most      int // bytes of a row

	started bool
	array   bool
	comma   bool // array: a row must follow
	lists   bool // rows may be lists of messages
	ended   bool
	member  string // of the file's one object, whose elements are the rows; "" = none
	wrapped bool   // rows are that member's
}

func newRowReader(r io.Reader) *rowReader {
	return &rowReader{in: bufio.NewReaderSize(r, 1<<16), line: 1, col: 1, most: maxRowBytes}
}

// next implements rowSource.
func (r *rowReader) next() (rawRow, error) {
	if !r.started {
		r.started = true
		if mark, _ := r.in.Peek(3); string(mark) == "\ufeff" {
			_, _ = r.in.Discard(3) // what was peeked at is there
			r.offset = 3
		}
		r.openMember()
		if first, err := r.skipSpace(); err == nil && first == '[' && !(r.lists && r.messageAhead()) {
			_, _ = r.readByte()
			r.array = true
		}
	}
	if r.array {
		return r.element()
	}
	return r.nextLine()
}

// nextLine reads the next line that is not blank.
func (r *rowReader) nextLine() (rawRow, error) {
	if _, err := r.skipSpace(); err != nil {
		return rawRow{}, err
	}
	row := rawRow{line: r.line, col: r.col, at: span{from: r.offset}}
	r.buf = r.buf[:0]
	tooLong := false
	for more := true; more; {
		part, err := r.in.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return rawRow{}, err
		}
		r.offset += int64(len(part))
		more = errors.Is(err, bufio.ErrBufferFull)
		tooLong = tooLong || len(r.buf)+len(part) > r.most
		if !tooLong {
			r.buf = append(r.buf, part...)
		}
	}
	r.line, r.col = r.line+1, 1
	if tooLong {
		return rawRow{}, r.tooLong(row)
	}
	return row.with(r.buf), nil
}

// element reads the next element of the array.
func (r *rowReader) element() (rawRow, error) {
	if r.ended {
		return rawRow{}, io.EOF
	}
	first, err := r.skipSpace()
	if err != nil {
		return rawRow{}, r.cutOff(err)
	}
	row := rawRow{line: r.line, col: r.col, at: span{from: r.offset}}
	if first == ']' && !r.comma {
		_, _ = r.readByte()
		return rawRow{}, r.close()
	}
	if err := r.scan(row); err != nil {
		return rawRow{}, err
	}
	row = row.with(r.buf)
	if len(row.text) == 0 {
		return rawRow{}, &fault{row.line, row.col, "a row is missing", "remove the comma before it"}
	}
	return row, nil
}

// with is the row of a text, without the space behind it.
func (r rawRow) with(text []byte) rawRow {
	r.text = bytes.TrimRight(text, " \t\r\n")
	r.at.size = int64(len(r.text))
	return r
}

// scan fills buf up to the comma or bracket that ends the element which starts
// at row.
func (r *rowReader) scan(row rawRow) error {
	r.buf = r.buf[:0]
	depth, text, escaped := 0, false, false
	for {
		b, err := r.readByte()
		switch {
		case err != nil:
			return r.cutOff(err)
		case len(r.buf) >= r.most:
			r.ended = true
			return r.tooLong(row)
		case text && b == '\n':
			r.ended = true
			return &fault{r.line - 1, 0, "a text is not closed before its line ends", `close it with ", and write \n for a line break`}
		case text:
			text = escaped || b != '"'
			escaped = !escaped && b == '\\'
		case b == '"':
			text = true
		case b == '{' || b == '[':
			depth++
		case depth > 0 && (b == '}' || b == ']'):
			depth--
		case b == ',' && depth == 0:
			r.comma = true
			return nil
		case b == ']':
			_ = r.in.UnreadByte() // it was the last thing read; the next call finds the array's end there
			r.col--
			r.offset--
			r.comma = false
			return nil
		}
		r.buf = append(r.buf, b)
	}
}

// close reads what follows the array: nothing.
func (r *rowReader) close() error {
	r.ended = true
	next, err := r.skipSpace()
	if err == nil && r.wrapped && next == '}' {
		_, _ = r.readByte()
		_, err = r.skipSpace()
	}
	if err == nil {
		return &fault{r.line, r.col, "the file goes on after the end of the array", "one file holds one array, or one row a line without brackets"}
	}
	return err
}

// cutOff words the end of the file within the array.
func (r *rowReader) cutOff(err error) error {
	if err != io.EOF {
		return err
	}
	r.ended = true
	return &fault{r.line, r.col, "the file ends before its array does", "the file may be cut off; an array ends with ]"}
}

func (r *rowReader) tooLong(row rawRow) *fault {
	return &fault{row.line, row.col, fmt.Sprintf("the row has more than %d bytes", r.most), ""}
}

// skipSpace skips white space and returns the byte behind it without reading
// it.
func (r *rowReader) skipSpace() (byte, error) {
	for {
		next, err := r.in.Peek(1)
		if len(next) == 0 {
			return 0, err
		}
		switch next[0] {
		case ' ', '\t', '\r', '\n':
			_, _ = r.readByte()
		default:
			return next[0], nil
		}
	}
}

func (r *rowReader) readByte() (byte, error) {
	b, err := r.in.ReadByte()
	if err != nil {
		return b, err
	}
	r.offset++
	switch {
	case b == '\n':
		r.line, r.col = r.line+1, 1
	case utf8.RuneStart(b):
		r.col++
	}
	return b, nil
}

// openMember goes up to the list of the member that holds the rows, if that is what
// the file begins with.
func (r *rowReader) openMember() {
	if r.member == "" {
		return
	}
	head, _ := r.in.Peek(256) // less, where the file is shorter
	rest := head
	for _, part := range []string{"{", `"` + r.member + `"`, ":"} {
		var ok bool
		if rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(part)); !ok {
			return
		}
	}
	for range len(head) - len(rest) {
		_, _ = r.readByte() // what was peeked at is there
	}
	r.wrapped = true
}

// messageAhead reports whether what comes is a list of messages, and so a row, and
// not a list of rows.
func (r *rowReader) messageAhead() bool {
	head, _ := r.in.Peek(256) // less, where the file is shorter
	inner := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("[")), " \t\r\n")
	inner, ok := bytes.CutPrefix(inner, []byte("{"))
	inner = bytes.TrimLeft(inner, " \t\r\n")
	return ok && (bytes.HasPrefix(inner, []byte(`"role"`)) || bytes.HasPrefix(inner, []byte(`"content"`)))
}
