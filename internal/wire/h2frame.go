package wire

import "encoding/binary"

// clientPreface is what an HTTP/2 client says first, before any frame.
const clientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Frames of RFC 9113 that matter for following streams.
const (
	frameData     = 0
	frameHeaders  = 1
	frameReset    = 3
	frameSettings = 4

	flagEndStream = 0x01
	flagAck       = 0x01 // of settings
	flagPadded    = 0x08

	frameHead = 9 // bytes of a frame's head
)

// frameScan finds the frames in the bytes of one direction of a connection, in
// whatever pieces they come.
type frameScan struct {
	head    [frameHead]byte
	have    int  // bytes of the head
	left    int  // bytes of the payload to come; before the first head, of the preface
	padding int  // of them, padding at the end
	padded  bool // the length of the padding comes first
}

func (f *frameScan) kind() byte     { return f.head[3] }
func (f *frameScan) flags() byte    { return f.head[4] }
func (f *frameScan) stream() uint32 { return binary.BigEndian.Uint32(f.head[5:]) &^ (1 << 31) }

// atHead reports whether the bytes of the last step completed a frame's head.
func (f *frameScan) atHead() bool { return f.have == frameHead && f.left == f.length() }

func (f *frameScan) length() int {
	return int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2])
}

// step takes bytes off the front of p, which is not empty: at the most to the end
// of a head, of a frame's data, or of the frame. data says that they are data of
// stream; ends, that they are the last ones of that stream.
func (f *frameScan) step(p []byte) (n int, data, ends bool) {
	if f.left > 0 {
		return f.payload(p)
	}
	if f.have == frameHead {
		f.have = 0
	}
	n = copy(f.head[f.have:], p)
	if f.have += n; f.have < frameHead {
		return n, false, false
	}
	f.left, f.padding = f.length(), 0
	f.padded = f.kind() == frameData && f.flags()&flagPadded != 0
	return n, false, f.left == 0 && f.endsStream()
}

func (f *frameScan) payload(p []byte) (n int, data, ends bool) {
	switch {
	case f.have < frameHead: // the preface
		n = min(len(p), f.left)
	case f.padded:
		f.padded, f.padding = false, min(int(p[0]), f.left-1)
		n = 1
	case f.kind() == frameData && f.left > f.padding:
		n, data = min(len(p), f.left-f.padding), true
	default:
		n = min(len(p), f.left)
	}
	f.left -= n
	return n, data, f.left == 0 && f.endsStream()
}

func (f *frameScan) endsStream() bool {
	switch f.kind() {
	case frameData, frameHeaders:
		return f.have == frameHead && f.flags()&flagEndStream != 0
	case frameReset:
		return f.have == frameHead
	default:
		return false
	}
}
