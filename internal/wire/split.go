package wire

import (
	"bytes"
	"fmt"
	"sync"
)

// splitter cuts a body into frames. The caller reads into space, says how much
// came with filled, takes frames with next until it says false, and at the end
// of the body takes what is left with last.
type splitter interface {
	space() ([]byte, error) // room to read into; an error when one event is too long
	filled(n int)
	next(f *Frame) bool
	last(f *Frame) bool
	release() // gives the buffer back; frames are invalid from then on
}

// window is the part of a body that has been read and not yet consumed: buf[r:w].
type window struct {
	buf   []byte
	r, w  int
	limit int // of one event
}

const (
	firstWindow = 16 << 10
	leastRead   = 4 << 10
	keptWindow  = 64 << 10 // a buffer that grew beyond is not used again
)

var buffers = sync.Pool{New: func() any { b := make([]byte, firstWindow); return &b }}

func newWindow(limit int) window {
	return window{buf: *buffers.Get().(*[]byte), limit: limit}
}

func (b *window) release() {
	if cap(b.buf) <= keptWindow {
		buf := b.buf
		buffers.Put(&buf)
	}
	b.buf, b.r, b.w = nil, 0, 0
}

// space makes room behind the unread bytes: it moves them to the front, or
// doubles the buffer, as seldom as it can.
func (b *window) space() ([]byte, error) {
	if b.r == b.w {
		b.r, b.w = 0, 0
	}
	if len(b.buf)-b.w >= leastRead {
		return b.buf[b.w:], nil
	}
	if b.w-b.r > b.limit {
		return nil, fmt.Errorf("one event has more than %d MiB", b.limit>>20)
	}
	if b.r > 0 {
		b.w = copy(b.buf, b.buf[b.r:b.w])
		b.r = 0
	}
	if len(b.buf)-b.w < leastRead {
		bigger := make([]byte, 2*len(b.buf))
		copy(bigger, b.buf[:b.w])
		b.buf = bigger
	}
	return b.buf[b.w:], nil
}

func (b *window) filled(n int) { b.w += n }

func (b *window) unread() []byte { return b.buf[b.r:b.w] }

// finder finds the next place of one byte, looking at each byte once. Places
// are relative to the window's beginning.
type finder struct {
	at    int  // the place found, or where to look on
	found bool // at is a place
}

// next is the first place of c in b from pos on.
func (f *finder) next(b []byte, pos int, c byte) (int, bool) {
	if f.found && f.at >= pos {
		return f.at, true
	}
	from := pos
	if !f.found {
		from = max(pos, f.at)
	}
	if i := bytes.IndexByte(b[from:], c); i >= 0 {
		f.at, f.found = from+i, true
		return f.at, true
	}
	f.at, f.found = len(b), false
	return 0, false
}

// shift follows a window whose first n bytes were consumed.
func (f *finder) shift(n int) {
	f.at -= n
	if f.at < 0 {
		*f = finder{}
	}
}
