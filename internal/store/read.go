package store

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"loadgate/engine"

	"github.com/klauspost/compress/zstd"
)

// maxLine bounds a line of samples, texts included.
const maxLine = 64 << 20

// Record is one stored request.
type Record struct {
	Repeat int // from 0
	Sample engine.Sample
}

// Samples reads a cell's requests in the order in which they ended: of its
// committed attempt, else of its newest one, a running one included. A cell
// that was never begun has none. A torn end of an attempt that was not
// committed is left out; other damage is a *CorruptError, which ends the
// sequence. Each Record is the caller's own.
func (r *Run) Samples(cell string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for line, err := range r.lines(cell) {
			if err != nil {
				yield(Record{}, err)
				return
			}
			if isRepeatEnd(line.text) {
				continue
			}
			rec, err := decodeSample(line.text)
			if err != nil {
				err = &CorruptError{File: line.file, Line: line.number, Reason: err.Error()}
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// Repeats lists the repeats of the attempt that Samples reads which came to
// their end, in order.
func (r *Run) Repeats(cell string) ([]RepeatInfo, error) {
	var out []RepeatInfo
	for line, err := range r.lines(cell) {
		if err != nil {
			return nil, err
		}
		if !isRepeatEnd(line.text) {
			continue
		}
		info, err := decodeRepeatEnd(line.text)
		if err != nil {
			return nil, &CorruptError{File: line.file, Line: line.number, Reason: err.Error()}
		}
		out = append(out, info)
	}
	return out, nil
}

// Summary reads the summary of a committed cell into v.
func (r *Run) Summary(cell string, v any) error {
	info, ok := r.Committed()[cell]
	if !ok {
		return fmt.Errorf("cell %q is not committed", cell)
	}
	name := path.Join(cellsName, cell, summaryName)
	data, err := r.root.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read summary: %w", err)
	}
	if sumOf(data) != info.SummaryCRC {
		return &CorruptError{File: name, Reason: "its checksum is not the one in the journal"}
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// sampleLine is a line of a samples file; text is valid until the next one.
type sampleLine struct {
	file   string
	number int // from 1
	text   []byte
}

// lines reads the samples file of a cell line by line.
func (r *Run) lines(cell string) iter.Seq2[sampleLine, error] {
	return func(yield func(sampleLine, error) bool) {
		src, err := r.source(cell)
		if err != nil {
			yield(sampleLine{}, err)
			return
		}
		if src == nil {
			return
		}
		defer src.close()
		for {
			line, err := src.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// source is an open samples file.
type source struct {
	name      string
	committed bool
	lines     *bufio.Reader
	number    int
	spare     []byte
	verify    func() error
	close     func()
}

// source opens what Samples reads; nil when the cell was never begun.
func (r *Run) source(cell string) (*source, error) {
	r.mu.Lock()
	info, committed := r.state.commits[cell]
	last, begun := r.state.last[cell]
	live := r.live[cell]
	r.mu.Unlock()
	switch {
	case committed:
		return r.openPacked(info)
	case !begun:
		return nil, nil
	}
	if live != nil {
		if err := live.sync(); err != nil {
			return nil, err
		}
	}
	name := path.Join(attemptDir(cell, last.Attempt), samplesName)
	f, err := r.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	return &source{
		name: name, lines: bufio.NewReaderSize(f, 64<<10),
		verify: func() error { return nil },
		close:  func() { _ = f.Close() },
	}, nil
}

func (r *Run) openPacked(info CommitInfo) (*source, error) {
	name := path.Join(attemptDir(info.Cell, info.Attempt), packedName)
	f, err := r.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	sum := newChecksum()
	raw := io.TeeReader(f, sum)
	z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", name, err), f.Close())
	}
	return &source{
		name: name, committed: true, lines: bufio.NewReaderSize(z, 64<<10),
		verify: func() error {
			if _, err := io.Copy(io.Discard, raw); err != nil {
				return err
			}
			if sum.n != info.Bytes || sum.String() != info.CRC32C {
				return errors.New("its checksum is not the one in the journal")
			}
			return nil
		},
		close: func() { z.Close(); _ = f.Close() },
	}, nil
}

// next reads a line; io.EOF after the last.
func (s *source) next() (sampleLine, error) {
	text, err := s.readLine()
	switch {
	case err == nil:
		s.number++
		return sampleLine{file: s.name, number: s.number, text: text}, nil
	case errors.Is(err, errLongLine):
		return sampleLine{}, &CorruptError{File: s.name, Line: s.number + 1, Reason: err.Error()}
	case !errors.Is(err, io.EOF):
		return sampleLine{}, &CorruptError{File: s.name, Line: s.number + 1, Reason: strings.TrimSpace(err.Error())}
	case !s.committed:
		return sampleLine{}, io.EOF // text is what a kill left of the last line
	case len(text) > 0:
		return sampleLine{}, &CorruptError{File: s.name, Line: s.number + 1, Reason: "it ends within a line"}
	}
	if err := s.verify(); err != nil {
		return sampleLine{}, &CorruptError{File: s.name, Reason: err.Error()}
	}
	return sampleLine{}, io.EOF
}

var errLongLine = fmt.Errorf("longer than %d bytes", maxLine)

// readLine reads up to a line feed, which it drops.
func (s *source) readLine() ([]byte, error) {
	s.spare = s.spare[:0]
	for {
		part, err := s.lines.ReadSlice('\n')
		if err == nil && len(s.spare) == 0 {
			return bytes.TrimSuffix(part, []byte("\n")), nil
		}
		s.spare = append(s.spare, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(s.spare, []byte("\n")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return s.spare, err
		case len(s.spare) > maxLine:
			return nil, errLongLine
		}
	}
}
