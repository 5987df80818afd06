package reporters

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// sortedZip is a zip archive whose bytes depend on its entries alone: they are
// sorted by name and carry no time. (The library that makes the workbook hands
// streamed sheets over in the order of a Go map.) Entries are compressed as
// they come, and written on Close.
type sortedZip struct {
	w       io.Writer
	entries []*zipEntry
}

type zipEntry struct {
	name    string
	packed  bytes.Buffer
	deflate *flate.Writer
	crc     uint32
	size    uint64
}

// Create begins an entry; it is complete when the archive is closed.
func (z *sortedZip) Create(name string) (io.Writer, error) {
	e := &zipEntry{name: name}
	var err error
	if e.deflate, err = flate.NewWriter(&e.packed, flate.DefaultCompression); err != nil {
		return nil, err
	}
	z.entries = append(z.entries, e)
	return e, nil
}

// AddFS is a part of the interface that no workbook uses.
func (*sortedZip) AddFS(fs.FS) error {
	return fmt.Errorf("add files to a workbook: %w", errors.ErrUnsupported)
}

func (e *zipEntry) Write(p []byte) (int, error) {
	e.crc = crc32.Update(e.crc, crc32.IEEETable, p)
	e.size += uint64(len(p))
	return e.deflate.Write(p)
}

// Close writes the archive. It does not close the writer below.
func (z *sortedZip) Close() error {
	slices.SortFunc(z.entries, func(a, b *zipEntry) int { return strings.Compare(a.name, b.name) })
	out := zip.NewWriter(z.w)
	for _, e := range z.entries {
		if err := e.deflate.Close(); err != nil {
			return err
		}
		entry, err := out.CreateRaw(&zip.FileHeader{
			Name: e.name, Method: zip.Deflate, CRC32: e.crc,
			CompressedSize64: uint64(e.packed.Len()), UncompressedSize64: e.size,
		})
		if err != nil {
			return err
		}
		if _, err := e.packed.WriteTo(entry); err != nil {
			return err
		}
	}
	return out.Close()
}
