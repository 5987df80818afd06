package live

import (
	"io"
	"strings"
)

// size is a terminal's.
type size struct{ columns, rows int }

// painter puts a colour around a text, or leaves it as it is.
type painter func(ink, text string) string

func plainText(_, text string) string { return text }

func ansi(ink, text string) string {
	if ink == "" || text == "" {
		return text
	}
	return "\x1b[" + ink + "m" + text + "\x1b[0m"
}

// What a block says to a terminal besides text. Wrapping is off while a frame is
// drawn: a line that is longer than was thought loses its end and not the shape.
const (
	clearBelow = "\r\x1b[J"
	clearRight = "\x1b[K"
	wrapOff    = "\x1b[?7l"
	wrapOn     = "\x1b[?7h"
	lineUp     = "\x1b[A"
)

// block is progress on a terminal: a few lines that are drawn again in place.
//
// Between frames the cursor stands at the beginning of the block's first line,
// not below the block: a terminal that is resized folds lines anew and keeps the
// cursor with its line, so that a block that began at the cursor still does,
// whatever became of the lines below. Counting lines upwards from below would
// leave the head of a folded block in the scroll-back.
type block struct {
	w     io.Writer
	size  func() size
	paint painter
	last  Snapshot
	drawn bool // a frame stands on the screen
	dead  bool // the writer failed: nothing more is written
}

func newBlock(w io.Writer, opts Options) *block {
	b := &block{w: w, size: opts.size, paint: plainText}
	if opts.Color {
		b.paint = ansi
	}
	return b
}

func (b *block) show(s Snapshot) {
	b.last = s
	b.write(b.frame())
}

// note puts a line above the block. It wraps as the terminal likes.
func (b *block) note(line string) {
	text := line + "\n"
	if b.drawn {
		text = clearBelow + text + b.frame()
	}
	b.write(text)
}

// frame is a frame as the terminal is to get it, in one piece. It begins and
// ends at the beginning of the block.
func (b *block) frame() string {
	size := b.size()
	size.rows-- // the line above the block stays in sight
	lines := frame(&b.last, size, b.paint)
	b.drawn = true
	return "\r" + wrapOff + strings.Join(lines, clearRight+"\r\n") + wrapOn + "\x1b[J" +
		strings.Repeat(lineUp, len(lines)-1) + "\r"
}

// close takes the block away; notes stay.
func (b *block) close() {
	if b.drawn {
		b.write(clearBelow)
	}
	b.drawn = false
}

func (b *block) write(s string) {
	if b.dead {
		return
	}
	_, err := io.WriteString(b.w, s)
	b.dead = err != nil
}
