package datafile

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// A page's header and a Snappy block are believed only where they can be true: the
// library makes room for what they say.
func TestImpossiblePages(t *testing.T) {
	t.Parallel()
	page := func(packed, unpacked, values int32, data []byte) []byte {
		h := format.PageHeader{Type: format.DataPage, CompressedPageSize: packed, UncompressedPageSize: unpacked}
		h.DataPageHeader.Valid, h.DataPageHeader.V.NumValues = true, values
		b, err := thrift.Marshal(&thrift.CompactProtocol{}, &h)
		if err != nil {
			t.Fatal(err)
		}
		return append(append([]byte("PAR1"), b...), data...)
	}
	block := func(n uint64) []byte { return append(binary.AppendUvarint(nil, n), make([]byte, 100)...)[:100] }
	for name, c := range map[string]struct {
		codec format.CompressionCodec
		page  []byte
		want  string
	}{
		"sound":           {format.Snappy, page(100, 2000, 10, block(2000)), ""},
		"unpacked":        {format.Snappy, page(100, 4000, 10, block(4000)), "a page at 4 of 100 bytes is said to have 4000 when unpacked"},
		"zstd":            {format.Zstd, page(100, 1<<20, 10, block(2)), ""},
		"block":           {format.Snappy, page(100, 2000, 10, block(1<<31)), "the data of a page at 4, of 100 bytes, are said to have 2147483648 when unpacked"},
		"packed":          {format.Uncompressed, page(1<<30, 1<<30, 10, block(2)), "a page at 4 is said to have 1073741824 bytes, and the file has "},
		"values":          {format.Zstd, page(100, 2000, 11, block(2)), "a page at 4 is said to have 11 values, and cannot"},
		"negative":        {format.Zstd, page(-1, 2000, 10, block(2)), "a page at 4 is said to have -1 bytes, and 2000 when unpacked"},
		"not even header": {format.Zstd, []byte("PAR1\x88\xff\xff\xff\xff"), "the header of a page at 4 is damaged"},
	} {
		column := format.ColumnMetaData{Codec: c.codec, NumValues: 10, DataPageOffset: 4, TotalCompressedSize: int64(len(c.page)) - 4}
		meta := &format.FileMetaData{RowGroups: []format.RowGroup{{Columns: []format.ColumnChunk{{MetaData: column}}}}}
		err := checkPages(bytes.NewReader(c.page), int64(len(c.page)), meta)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// What the library reads wrong is refused by name; the other codecs, and a file
// without rows, are read.
func TestParquetCodecs(t *testing.T) {
	t.Parallel()
	type row struct {
		Text string `parquet:"text"`
	}
	for _, c := range []struct {
		codec parquet.WriterOption
		rows  int
		want  string
	}{
		{parquet.Compression(&parquet.Uncompressed), 300, ""},
		{parquet.Compression(&parquet.Snappy), 300, ""},
		{parquet.Compression(&parquet.Gzip), 300, ""},
		{parquet.Compression(&parquet.Zstd), 300, ""},
		{parquet.Compression(&parquet.Brotli), 300, ""},
		{parquet.Compression(&parquet.Lz4Raw), 300, "its columns are packed with LZ4, which is not read: write the file with zstd or snappy"},
		{parquet.Compression(&parquet.Snappy), 0, ""},
	} {
		var file bytes.Buffer
		w := parquet.NewGenericWriter[row](&file, c.codec)
		want := ""
		for i := range c.rows {
			text := strings.Repeat("x", i)
			if _, err := w.Write([]row{{text}}); err != nil {
				t.Fatal(err)
			}
			want += `{"text":"` + text + `"}` + "\n"
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		rows, err := openParquet(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if c.want != "" {
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(rows); err != nil || string(got) != want {
			t.Errorf("%d bytes, want %d: %v", len(got), len(want), err)
		}
	}
}
