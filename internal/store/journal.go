package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"
)

// Entry is one line of the journal.
type Entry struct {
	Seq     int             `json:"seq"` // from 1, without gaps
	Time    time.Time       `json:"t"`
	Event   string          `json:"event"`
	Cell    string          `json:"cell,omitempty"`
	Attempt int             `json:"attempt,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// Events that the store writes itself. Callers add their own with Run.Event.
const (
	EventCreated   = "created"
	EventResumed   = "resumed"
	EventCellStart = "cell_start"
	EventCommit    = "cell_commit"
	EventAbandon   = "cell_abandon"
)

// CorruptError says that a stored file is not what was written: a line in its
// middle is damaged, or its checksum is wrong.
type CorruptError struct {
	File   string
	Line   int // from 1; 0 = the file as a whole
	Reason string
}

// Error names file, line and what is wrong with it.
func (e *CorruptError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s is damaged: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s line %d is damaged: %s", e.File, e.Line, e.Reason)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A journal line is a JSON object whose last member is the CRC-32C, in eight
// lower-case hexadecimal digits, of all the bytes before that member.
const (
	crcHead   = `,"crc":"`
	crcTail   = `"}`
	crcLength = len(crcHead) + 8 + len(crcTail)
)

// encodeEntry renders a line with its checksum and line feed.
func encodeEntry(e *Entry) ([]byte, error) {
	line, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	line = line[:len(line)-1] // the closing brace comes after the checksum
	sum := crc32.Checksum(line, castagnoli)
	return fmt.Appendf(line, "%s%08x%s\n", crcHead, sum, crcTail), nil
}

// decodeEntry checks and reads one line without its line feed.
func decodeEntry(line []byte) (*Entry, error) {
	if len(line) < crcLength+1 {
		return nil, fmt.Errorf("too short")
	}
	payload, tail := line[:len(line)-crcLength], line[len(line)-crcLength:]
	want := fmt.Sprintf("%s%08x%s", crcHead, crc32.Checksum(payload, castagnoli), crcTail)
	if string(tail) != want {
		return nil, fmt.Errorf("its checksum is wrong")
	}
	e := &Entry{}
	if err := json.Unmarshal(line, e); err != nil {
		return nil, err
	}
	return e, nil
}

// decodeJournal reads the lines of a journal up to the first bad one. intact is
// the number of bytes that they take. A bad line after which nothing valid
// comes is the trace of an interrupted write and no error; a bad line before a
// valid one is a *CorruptError, and so is a gap in the numbering.
func decodeJournal(data []byte) (entries []Entry, intact int, err error) {
	return decodeAfter(0, data)
}

// decodeAfter is decodeJournal for what follows the first `before` lines.
func decodeAfter(before int, data []byte) (entries []Entry, intact int, err error) {
	for intact < len(data) {
		end := bytes.IndexByte(data[intact:], '\n')
		if end < 0 {
			return entries, intact, nil
		}
		number := before + len(entries) + 1
		e, bad := decodeEntry(data[intact : intact+end])
		if bad != nil {
			if holdsEntry(data[intact+end+1:]) {
				return nil, 0, &CorruptError{File: journalName, Line: number, Reason: bad.Error()}
			}
			return entries, intact, nil
		}
		if e.Seq != number {
			reason := fmt.Sprintf("it is number %d where %d was due", e.Seq, number)
			return nil, 0, &CorruptError{File: journalName, Line: number, Reason: reason}
		}
		entries = append(entries, *e)
		intact += end + 1
	}
	return entries, intact, nil
}

// holdsEntry reports whether any whole line of data is a valid entry.
func holdsEntry(data []byte) bool {
	for line := range bytes.Lines(data) {
		body, whole := bytes.CutSuffix(line, []byte("\n"))
		if !whole {
			continue
		}
		if _, err := decodeEntry(body); err == nil {
			return true
		}
	}
	return false
}

// journal appends lines to an open file. After the first failure it writes no
// more: what follows half a line could not be read, and a sync that failed once
// may have lost pages for good.
type journal struct {
	file file
	seq  int
	err  error
}

func (j *journal) append(e Entry) (Entry, error) {
	if j.err != nil {
		return e, j.err
	}
	e.Seq = j.seq + 1
	line, err := encodeEntry(&e)
	if err != nil {
		return e, fmt.Errorf("journal event %s: %w", e.Event, err)
	}
	if err := writeAndSync(j.file, line); err != nil {
		j.err = fmt.Errorf("write %s: %w", journalName, err)
		return e, j.err
	}
	j.seq = e.Seq
	return e, nil
}

func writeAndSync(f file, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}
