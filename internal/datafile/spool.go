package datafile

import (
	"fmt"
	"io"
	"os"
)

// maxHeld is how much of what was unpacked is held in memory before it goes to
// a file.
const maxHeld = 16 << 20

// spool keeps what is written to it. Writing ends before the first ReadAt that
// another goroutine makes.
type spool struct {
	held []byte
	file *os.File // once held would be too long
	size int64
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.held)+len(p) > maxHeld {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	if s.file == nil {
		s.held = append(s.held, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	if err != nil {
		err = fmt.Errorf("keep the unpacked rows in %s: %w", os.TempDir(), reason(err))
	}
	return n, err
}

// spill moves what is held to a file, whose name is taken away at once: it goes
// when the process does, however that ends. (Windows keeps it.)
func (s *spool) spill() error {
	file, err := os.CreateTemp("", "loadgate-rows-*")
	if err == nil {
		_ = os.Remove(file.Name())
		_, err = file.Write(s.held)
	}
	if err != nil {
		return fmt.Errorf("keep the unpacked rows in %s: %w", os.TempDir(), reason(err))
	}
	s.file, s.held = file, nil
	return nil
}

func (s *spool) ReadAt(p []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, at)
	}
	if at < 0 || at > int64(len(s.held)) {
		return 0, io.EOF
	}
	n := copy(p, s.held[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
