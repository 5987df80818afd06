package datafile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// parquetRows reads a Parquet file as JSON, one object a line.
type parquetRows struct {
	groups []parquet.RowGroup // still to be read
	rows   parquet.Rows       // of the group that is being read, or nil
	root   *branch
	batch  []parquet.Row
	cells  [][]parquet.Value // of one row, by column
	out    []byte            // made and not yet read
	from   int
}

// rowsAtOnce is small, since a row may hold an image.
const rowsAtOnce = 16

// openParquet reads the file's footer.
func openParquet(in io.ReaderAt, size int64) (rows *parquetRows, err error) {
	defer func() { err = recovered(recover(), err) }()
	if err := checkFooter(in, size); err != nil {
		return nil, failed("the Parquet file", err)
	}
	f, err := parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, failed("the Parquet file", err)
	}
	if err := checkCodecs(f.Metadata()); err != nil {
		return nil, err
	}
	if err := checkPages(in, size, f.Metadata()); err != nil {
		return nil, failed("the Parquet file", err)
	}
	root, columns := treeOf(f.Schema())
	groups := slices.DeleteFunc(slices.Clone(f.RowGroups()), func(g parquet.RowGroup) bool { return g.NumRows() == 0 })
	return &parquetRows{
		groups: groups, root: root, batch: make([]parquet.Row, rowsAtOnce), cells: make([][]parquet.Value, columns),
	}, nil
}

// checkFooter refuses a file whose last bytes, the length of its footer (four bytes,
// little-endian) and PAR1, cannot be true, or whose footer has a list that cannot: the
// library would make room for what they say, up to 4 GiB and more, before it reads any
// of it.
func checkFooter(in io.ReaderAt, size int64) error {
	const around = 4 + 8 // PAR1 at the beginning, the length and PAR1 at the end
	var end [8]byte
	if size < around {
		return fmt.Errorf("%d bytes are no Parquet file", size)
	}
	if _, err := in.ReadAt(end[:], size-int64(len(end))); err != nil && err != io.EOF {
		return err
	}
	if magic := string(end[4:]); magic != "PAR1" {
		return errors.New("it does not end with PAR1: it is cut off, damaged or encrypted")
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if length > size-around {
		return fmt.Errorf("its footer is said to have %d bytes, and the file has %d", length, size)
	}
	footer := make([]byte, length)
	if _, err := in.ReadAt(footer, size-int64(len(end))-length); err != nil {
		return err
	}
	_, err := skipThrift(footer, thriftStruct, 0)
	return err
}

// recovered makes an error of a panic: the library panics on some damaged
// files.
func recovered(panicked any, err error) error {
	if panicked != nil {
		return failed("the Parquet file", fmt.Errorf("%v", panicked))
	}
	return err
}

func (p *parquetRows) Read(into []byte) (n int, err error) {
	defer func() { err = recovered(recover(), err) }()
	for p.from == len(p.out) {
		p.out, p.from = p.out[:0], 0
		if err := p.fill(); err != nil {
			return 0, err
		}
	}
	n = copy(into, p.out[p.from:])
	p.from += n
	return n, nil
}

// fill makes the next lines, possibly none. io.EOF: there are no more.
func (p *parquetRows) fill() error {
	if p.rows == nil {
		if len(p.groups) == 0 {
			return io.EOF
		}
		p.rows, p.groups = p.groups[0].Rows(), p.groups[1:]
	}
	n, err := p.rows.ReadRows(p.batch)
	for _, row := range p.batch[:n] {
		p.line(row)
	}
	switch {
	case err == io.EOF:
		err = p.rows.Close()
		p.rows = nil
	case err == nil && n == 0:
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return failed("the Parquet file", err)
	}
	return nil
}

// line appends a row as JSON.
func (p *parquetRows) line(row parquet.Row) {
	clear(p.cells)
	row.Range(func(column int, values []parquet.Value) bool {
		if column < len(p.cells) {
			p.cells[column] = values
		}
		return true
	})
	p.out = append(p.root.append(p.out, p.cells), '\n')
}
