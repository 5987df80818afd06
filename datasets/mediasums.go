package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
)

// mediaSums identifies the files that the rows of a dataset name, so that a run
// whose pictures changed is not taken for the same one. It is filled by one
// goroutine while the dataset is opened; after sum, add does nothing. A nil one
// never does.
type mediaSums struct {
	hash   hash.Hash           // of the sums, in the order in which rows name files
	known  map[string][32]byte // of files that were met lately, by path
	any    bool
	closed bool
}

func newMediaSums() *mediaSums {
	return &mediaSums{hash: sha256.New(), known: map[string][32]byte{}}
}

const (
	wholeMedia = 1 << 20 // bytes up to which a file counts whole; of a larger one as many, half from each end
	knownMedia = 1 << 12 // files
)

// add takes a file that a row names.
func (m *mediaSums) add(path string, file io.ReaderAt, size int64) error {
	if m == nil || m.closed {
		return nil
	}
	sum, ok := m.known[path]
	if !ok {
		var err error
		if sum, err = mediaSum(file, size); err != nil {
			return err
		}
		if len(m.known) == knownMedia { // a file of millions of pictures takes no more memory
			clear(m.known)
		}
		m.known[path] = sum
	}
	m.any = true
	m.hash.Write(sum[:])
	return nil
}

// mediaSum is the SHA-256 of a file's size, as eight bytes, and of its content, or
// of a large file's beginning and end.
func mediaSum(file io.ReaderAt, size int64) (sum [32]byte, err error) {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
	parts := []*io.SectionReader{io.NewSectionReader(file, 0, size)}
	if size > wholeMedia {
		const half = wholeMedia / 2
		parts = []*io.SectionReader{io.NewSectionReader(file, 0, half), io.NewSectionReader(file, size-half, half)}
	}
	for _, part := range parts {
		if _, err := io.Copy(h, part); err != nil {
			return sum, err
		}
	}
	return [32]byte(h.Sum(nil)), nil
}

// sum ends the gathering. The result is for the dataset's digest: nothing where no
// row names a file.
func (m *mediaSums) sum() []any {
	if m == nil {
		return nil
	}
	m.closed = true
	if !m.any {
		return nil
	}
	return []any{hex.EncodeToString(m.hash.Sum(nil))}
}
