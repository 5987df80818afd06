package datafile

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory that a zstd file may ask for; `zstd --long=27`
// asks for as much.
const maxWindow = 128 << 20

// unpack returns the reader that undoes the packing which the head shows, nil
// where there is none. An error names a packing that is not known.
func unpack(head []byte, in io.Reader) (io.Reader, error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, failed("the gzip data", err)
		}
		return damaged{z, "the gzip data"}, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, failed("the zstd data", err)
		}
		return damaged{z, "the zstd data"}, nil
	case bytes.HasPrefix(head, []byte("BZh")):
		return damaged{bzip2.NewReader(in), "the bzip2 data"}, nil
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return nil, errors.New("it is packed with xz, which is not read: unpack it, or pack it with zstd or gzip")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, errors.New("it is a zip archive, which is not read: unpack it")
	case bytes.HasPrefix(head, []byte("ARROW1")):
		return nil, errors.New("it is an Arrow file, which is not read: save it as Parquet or JSON Lines")
	}
	return nil, nil
}

// damaged says of an error what it is in.
type damaged struct {
	in   io.Reader
	what string
}

func (d damaged) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	if err != nil && err != io.EOF {
		err = failed(d.what, err)
	}
	return n, err
}
