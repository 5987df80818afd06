package wire

import (
	"bytes"
	"fmt"
	"sync"
)

// splitter cuts a body into frames. The caller reads into space and says how much
// came with filled, or lends what it has read, takes frames with next until it
// says false, and at the end of the body takes what is left with last.
type splitter interface {
	space() ([]byte, error) // room to read into; an error when one event is too long
	filled(n int)
	lend(buf []byte, from, to int) error // takes buf[from:to] without copying it, until keep
	keep()                               // copies what is unread out of what was lent
	next(f *Frame) bool
	last(f *Frame) bool
	release() // gives the buffer back; frames are invalid from then on
}

// window is the part of a body that has been read and not yet consumed: buf[r:w].
type window struct {
	buf   []byte // nil until there is something to keep
	r, w  int
	limit int    // of one event
	lent  bool   // buf is the caller's
	own   []byte // what buf was before, meanwhile
}

const (
	firstWindow = 16 << 10
	leastRead   = 4 << 10
	keptWindow  = 64 << 10 // a buffer that grew beyond is not used again
	leastKept   = 512      // of a window that lives on what is lent
)

var buffers = sync.Pool{New: func() any { b := make([]byte, firstWindow); return &b }}

func newWindow(limit int) window { return window{limit: limit} }

func (b *window) release() {
	if n := cap(b.buf); n >= firstWindow && n <= keptWindow && !b.lent {
		buf := b.buf
		buffers.Put(&buf)
	}
	b.buf, b.own, b.r, b.w, b.lent = nil, nil, 0, 0, false
}

// lend makes buf[from:to], behind what is unread, the content of the window. What
// is unread is copied into the room before from, where it fits.
func (b *window) lend(buf []byte, from, to int) error {
	rest := b.w - b.r
	switch {
	case rest > b.limit:
		return b.tooLong()
	case rest <= from:
		copy(buf[from-rest:], b.unread())
		b.own, b.buf, b.r, b.w, b.lent = b.buf, buf, from-rest, to, true
		return nil
	}
	if b.r > 0 {
		b.w = copy(b.buf, b.unread())
		b.r = 0
	}
	if more := b.w + to - from; more > len(b.buf) {
		bigger := make([]byte, max(more, 2*len(b.buf)))
		copy(bigger, b.buf[:b.w])
		b.buf = bigger
	}
	b.w += copy(b.buf[b.w:], buf[from:to])
	return nil
}

// keep gives back what was lent. Where nothing is unread, as between the events
// of most streams, a window of its own is not needed.
func (b *window) keep() {
	if b.lent {
		rest := b.unread()
		b.buf, b.own, b.lent = b.own, nil, false
		if len(rest) > len(b.buf) {
			b.buf = make([]byte, max(leastKept, 2*len(rest)))
		}
		b.r, b.w = 0, copy(b.buf, rest)
	}
	if b.r == b.w && len(b.buf) > keptWindow {
		b.buf = nil
	}
}

func (b *window) tooLong() error { return fmt.Errorf("one event has more than %d MiB", b.limit>>20) }

// space makes room behind the unread bytes: it moves them to the front, or
// doubles the buffer, as seldom as it can.
func (b *window) space() ([]byte, error) {
	if b.r == b.w {
		b.r, b.w = 0, 0
	}
	if b.buf == nil {
		b.buf = *buffers.Get().(*[]byte)
	}
	if len(b.buf)-b.w >= leastRead {
		return b.buf[b.w:], nil
	}
	if b.w-b.r > b.limit {
		return nil, b.tooLong()
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
