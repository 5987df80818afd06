package datafile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// growth is how many bytes a packed one can become at most, by codec; the others have
// no limit that means anything. Snappy's longest copy makes 64 bytes of 3, deflate's
// 258 of 2 bits.
var growth = map[format.CompressionCodec]int64{format.Uncompressed: 1, format.Snappy: 22, format.Gzip: 1032}

// checkCodecs refuses LZ4: of most of its pages, the library (v0.32.0) gives zeros in
// place of what is in them, and for a damaged one it takes twice the memory until
// there is none.
func checkCodecs(meta *format.FileMetaData) error {
	for _, group := range meta.RowGroups {
		for i := range group.Columns {
			if c := group.Columns[i].MetaData.Codec; c == format.Lz4Raw || c == format.Lz4 {
				return errors.New("its columns are packed with LZ4, which is not read: write the file with zstd or snappy")
			}
		}
	}
	return nil
}

// checkPages refuses a file with a page that cannot be what it is said to be: the
// library makes room for what a page's header and a Snappy block say of themselves, up
// to 4 GiB, before it looks at the page. Only headers are read.
func checkPages(in io.ReaderAt, size int64, meta *format.FileMetaData) error {
	for _, group := range meta.RowGroups {
		for i := range group.Columns {
			column := &group.Columns[i].MetaData
			at := column.DataPageOffset
			if d := column.DictionaryPageOffset; d > 0 && d < at {
				at = d
			}
			end := min(size, at+column.TotalCompressedSize)
			for at > 0 && at < end {
				next, err := checkPage(in, size, at, column)
				if err != nil {
					return err
				}
				at = next
			}
		}
	}
	return nil
}

// checkPage checks the page at a place and says where the next one is.
func checkPage(in io.ReaderAt, size, at int64, column *format.ColumnMetaData) (next int64, err error) {
	h, length, err := readPageHeader(in, size, at)
	if err != nil {
		return 0, err
	}
	data := at + int64(length)
	packed, unpacked := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	most, known := growth[column.Codec]
	switch {
	case packed < 0 || unpacked < 0:
		return 0, fmt.Errorf("a page at %d is said to have %d bytes, and %d when unpacked", at, packed, unpacked)
	case data+packed > size:
		return 0, fmt.Errorf("a page at %d is said to have %d bytes, and the file has %d", at, packed, size)
	case known && unpacked > roomFor(packed, most):
		return 0, fmt.Errorf("a page at %d of %d bytes is said to have %d when unpacked", at, packed, unpacked)
	case valuesOf(&h) > column.NumValues && h.Type != format.DictionaryPage, valuesOf(&h) > 8*unpacked && h.Type == format.DictionaryPage:
		return 0, fmt.Errorf("a page at %d is said to have %d values, and cannot", at, valuesOf(&h))
	}
	if block, length, ok := blockOf(&h, data, packed); ok && column.Codec == format.Snappy {
		err = checkSnappy(in, at, block, length)
	}
	return data + packed, err
}

// valuesOf is how many values a page is said to have.
func valuesOf(h *format.PageHeader) int64 {
	return int64(max(h.DataPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues, h.DictionaryPageHeader.V.NumValues))
}

// blockOf is where the packed block of a page is. In pages of the second version it
// stands behind the levels, which are not packed.
func blockOf(h *format.PageHeader, data, packed int64) (block, length int64, ok bool) {
	v2 := h.DataPageHeaderV2
	if h.Type != format.DataPageV2 {
		return data, packed, true
	}
	levels := int64(v2.V.RepetitionLevelsByteLength) + int64(v2.V.DefinitionLevelsByteLength)
	isPacked := !v2.V.IsCompressed.Valid || v2.V.IsCompressed.V
	return data + levels, packed - levels, isPacked && levels >= 0 && levels <= packed
}

// readPageHeader reads a header and says how long it is. It stands in some hundred
// bytes, unless there are long values in its statistics. It is read out of memory:
// out of a stream the library makes room for texts of whatever length they are said to
// have.
func readPageHeader(in io.ReaderAt, size, at int64) (h format.PageHeader, length int, err error) {
	const most = 64 << 20
	for window := int64(1 << 10); ; window *= 16 {
		head := make([]byte, min(window, size-at))
		if _, err := in.ReadAt(head, at); err != nil && err != io.EOF {
			return h, 0, err
		}
		r := (&thrift.CompactProtocol{}).NewReaderFromBytes(head)
		h = format.PageHeader{}
		err := thrift.NewDecoder(r).Decode(&h)
		if err == nil {
			return h, r.BytesRead(), nil
		}
		if int64(len(head)) == size-at || window > most {
			return h, 0, fmt.Errorf("the header of a page at %d is damaged: %w", at, err)
		}
	}
}

// roomFor is more than any data of packed bytes can become.
func roomFor(packed, most int64) int64 { return packed*most + 1024 }

// checkSnappy checks what a block says of its own length.
func checkSnappy(in io.ReaderAt, page, block, length int64) error {
	begin := make([]byte, min(length, binary.MaxVarintLen64))
	if _, err := in.ReadAt(begin, block); err != nil && err != io.EOF {
		return err
	}
	if n, _ := binary.Uvarint(begin); n > uint64(roomFor(length, growth[format.Snappy])) {
		return fmt.Errorf("the data of a page at %d, of %d bytes, are said to have %d when unpacked", page, length, n)
	}
	return nil
}
