package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"path"

	"github.com/klauspost/compress/zstd"
)

// Names inside a cell's folder and its attempts'.
const (
	samplesName = "samples.jsonl"
	packedName  = "samples.jsonl.zst"
	summaryName = "summary.json"
)

// Commit ends the attempt and makes the cell part of the run for good: samples
// compressed, synced and renamed, then the summary the same way, then the line
// in the journal. When it fails the cell is not committed, and the samples stay
// readable as an unfinished attempt.
func (a *Attempt) Commit(summary any) error {
	if err := a.stop(); err != nil {
		return fmt.Errorf("commit cell %s: %w", a.ref.ID, err)
	}
	r := a.run
	r.mu.Lock()
	delete(r.live, a.ref.ID)
	r.mu.Unlock()
	if err := a.commit(summary); err != nil {
		return fmt.Errorf("commit cell %s: %w", a.ref.ID, err)
	}
	// The journal names the compressed file; the plain one is no longer needed.
	_ = r.disk.Remove(path.Join(a.dir, samplesName))
	return nil
}

func (a *Attempt) commit(summary any) error {
	r := a.run
	packed, err := a.pack()
	if err != nil {
		return err
	}
	doc, err := r.indented(summary)
	if err != nil {
		return err
	}
	name := path.Join(cellsName, a.ref.ID, summaryName)
	err = replaceFile(r.disk, name, r.modes.file, func(w io.Writer) error {
		_, err := w.Write(doc)
		return err
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record(Entry{Event: EventCommit, Cell: a.ref.ID, Attempt: a.n}, commitData{
		Samples: a.samples, Bytes: packed.n, CRC32C: packed.String(), SummaryCRC: sumOf(doc),
	})
}

// pack compresses the samples file beside itself.
func (a *Attempt) pack() (*checksum, error) {
	r := a.run
	in, err := r.root.Open(path.Join(a.dir, samplesName))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	sum := newChecksum()
	err = replaceFile(r.disk, path.Join(a.dir, packedName), r.modes.file, func(w io.Writer) error {
		z, err := zstd.NewWriter(io.MultiWriter(w, sum), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		if _, err := io.Copy(z, in); err != nil {
			return errors.Join(err, z.Close())
		}
		return z.Close()
	})
	return sum, err
}

// indented renders a document for people and programs, without secrets.
func (r *Run) indented(v any) ([]byte, error) {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(redactJSON(raw, r.redact), '\n'), nil
}

func (r *Run) writeIndented(w io.Writer, v any) error {
	doc, err := r.indented(v)
	if err != nil {
		return err
	}
	_, err = w.Write(doc)
	return err
}

// writeJSON passes what encode writes on to w, without secrets.
func (r *Run) writeJSON(w io.Writer, encode func(io.Writer) error) error {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		return err
	}
	_, err := w.Write(redactJSON(b.Bytes(), r.redact))
	return err
}

// checkCommitted makes sure that what the journal promises is there, before
// hours are spent on the rest.
func (r *Run) checkCommitted() error {
	for id, c := range r.state.commits {
		name := path.Join(attemptDir(id, c.Attempt), packedName)
		info, err := r.root.Stat(name)
		if err != nil {
			return fmt.Errorf("cell %s is committed: %w", id, err)
		}
		if info.Size() != c.Bytes {
			return &CorruptError{File: name, Reason: fmt.Sprintf("it has %d bytes where %d were written", info.Size(), c.Bytes)}
		}
	}
	return nil
}

// checksum is a CRC-32C and the number of bytes that it covers.
type checksum struct {
	hash.Hash32
	n int64
}

func newChecksum() *checksum { return &checksum{Hash32: crc32.New(castagnoli)} }

func (c *checksum) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.Hash32.Write(p)
}

// String is the sum in eight hexadecimal digits.
func (c *checksum) String() string { return fmt.Sprintf("%08x", c.Sum32()) }

func sumOf(data []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(data, castagnoli)) }
