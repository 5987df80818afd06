package reporters

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// wandbFile writes the transaction log of a run as the wandb package does: a
// header, then records in blocks of 32 KiB in the way of LevelDB's log, each a
// protobuf message `Record`. Field numbers are those of wandb_internal.proto.
// Found in a file of wandb 0.31.0, which reads what is written here.
type wandbFile struct {
	w    io.Writer
	run  string // the run's id: every record names it
	at   int64  // bytes written
	n    int64  // records written
	fail error
}

// Sizes of the log.
const (
	wandbBlock  = 32 << 10
	wandbHeader = 7 // CRC-32, length, kind
)

// Kinds of a piece of a record.
const (
	wandbFull = iota + 1
	wandbFirst
	wandbMiddle
	wandbLast
)

func newWandbFile(w io.Writer, run string) *wandbFile {
	f := &wandbFile{w: w, run: run}
	f.put([]byte{':', 'W', '&', 'B', 0xe1, 0xbe, 0})
	f.record(21, message(bytesField(1, message( // header: version_info
		textField(1, "loadgate"), textField(2, "0.70.0")))))
	return f
}

func (f *wandbFile) put(b []byte) {
	if f.fail == nil {
		_, f.fail = f.w.Write(b)
		f.at += int64(len(b))
	}
}

// record writes a Record whose content has a field number.
func (f *wandbFile) record(number protowire.Number, content []byte) {
	f.n++
	data := message(intField(1, f.n), bytesField(number, content), bytesField(200, message(textField(1, f.run))))
	for first := true; first || len(data) > 0; first = false {
		room := wandbBlock - f.at%wandbBlock
		if room < wandbHeader {
			f.put(make([]byte, room))
			room = wandbBlock
		}
		piece := data[:min(len(data), int(room)-wandbHeader)]
		data = data[len(piece):]
		f.piece(piece, first, len(data) == 0)
	}
}

func (f *wandbFile) piece(b []byte, first, last bool) {
	kind := byte(wandbMiddle)
	switch {
	case first && last:
		kind = wandbFull
	case first:
		kind = wandbFirst
	case last:
		kind = wandbLast
	}
	head := make([]byte, wandbHeader)
	binary.LittleEndian.PutUint32(head, crc32.Update(crc32.ChecksumIEEE([]byte{kind}), crc32.IEEETable, b))
	binary.LittleEndian.PutUint16(head[4:], uint16(len(b))) //nolint:gosec // a block is 32 KiB
	head[6] = kind
	f.put(head)
	f.put(b)
}

// entry is a named value of a run's configuration, history or summary.
type entry struct {
	key   string
	value any // as JSON
}

// history writes one step.
func (f *wandbFile) history(step int64, items []entry) {
	f.record(2, message(f.items(items, 2), bytesField(2, message(intField(1, step)))))
}

// summary writes values that replace those of the same name.
func (f *wandbFile) summary(items []entry) { f.record(3, f.items(items, 2)) }

// items renders values as repeated field 1, their keys in the field given.
// Values that JSON cannot hold are left out: what is absent is not there.
func (f *wandbFile) items(items []entry, key protowire.Number) []byte {
	var out []byte
	for _, it := range items {
		if x, ok := it.value.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			continue
		}
		value, err := json.Marshal(it.value)
		if err != nil {
			if f.fail == nil {
				f.fail = err
			}
			continue
		}
		out = append(out, bytesField(1, message(textField(key, it.key), bytesField(16, value)))...)
	}
	return out
}

// Whether and when the reader uploads a file, and what it is.
const (
	wandbNow   = 0
	wandbOther = 0
	wandbMedia = 3
)

// saved names a file of the run's folder that belongs to it.
func (f *wandbFile) saved(path string, kind uint64) {
	f.record(6, message(bytesField(1, message(textField(1, path), intField(2, wandbNow), intField(3, int64(kind)))))) //nolint:gosec // a small constant
}

// exit ends the run.
func (f *wandbFile) exit(code int, lasted time.Duration) {
	f.record(18, message(intField(1, int64(code)), intField(2, int64(lasted.Seconds()))))
}

func message(fields ...[]byte) []byte {
	var out []byte
	for _, f := range fields {
		out = append(out, f...)
	}
	return out
}

func bytesField(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

// textField leaves an empty text out, as protobuf does.
func textField(number protowire.Number, text string) []byte {
	if text == "" {
		return nil
	}
	return bytesField(number, []byte(text))
}

func intField(number protowire.Number, n int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), uint64(n)) //nolint:gosec // as protobuf has it
}
