package datasets

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// traceRow is what a row of a trace says.
type traceRow struct {
	line, col int
	at        time.Duration // by the trace's own clock
	timed     bool          // there is an at
	session   string        // rows with the same one follow each other; "" = none
	chat      int64         // a name of the row, for those that follow it; 0 = none
	parent    int64         // the row before it in its session; 0 = none
	headers   []string      // names of recorded headers
	turns     []traceTurn   // at least one
}

// traceIndex is what is kept of a trace: 16 bytes a row, 8 more where rows are
// read again, and 8 more where they hang together in sessions.
type traceIndex struct {
	at     []time.Duration // of the row, by the trace's own clock
	input  []uint32        // tokens of all its turns; 0 = not known
	output []uint32
	spans  spanList
	next   []int32  // the next row of the session, -1 = none; nil where each row is a session
	count  []uint16 // turns within the row, where that is not one for all
	starts []int32  // the rows that begin sessions, in the order of their times; nil: all, as they stand
	clock  bool     // rows have times
}

// traceBuilder fills an index row by row, in the order of the file.
type traceBuilder struct {
	index           *traceIndex
	spans           bool
	last            map[string]int32 // by session
	chats           map[int64]int32
	begins          []int32 // rows that begin a session, where some do not
	timed, timeless int     // rows that begin a session
	untimed         *fault  // of the first row that begins a session and has no time
}

func (b *traceBuilder) rows() int { return len(b.index.at) }

// add takes a row. Not ok means that the file is too large.
func (b *traceBuilder) add(r *traceRow, at span) (ok bool) {
	x, row := b.index, int32(len(b.index.at))
	if len(x.at) == math.MaxInt32 || (b.spans && !x.spans.add(at)) {
		return false
	}
	in, out := 0, 0
	for i := range r.turns {
		in += r.turns[i].input
		out += r.turns[i].output
	}
	x.at, x.input, x.output = append(x.at, r.at), append(x.input, clip32(in)), append(x.output, clip32(out))
	if x.count != nil || len(r.turns) > 1 {
		for len(x.count) < int(row) {
			x.count = append(x.count, 1)
		}
		x.count = append(x.count, uint16(len(r.turns)))
	}
	if !b.link(r, row) {
		b.begin(r, row)
	}
	return true
}

func clip32(n int) uint32 { return uint32(min(n, math.MaxUint32)) }

// link hangs a row on the one before it in its session, if there is one.
func (b *traceBuilder) link(r *traceRow, row int32) bool {
	before := int32(-1)
	if r.session != "" {
		if b.last == nil {
			b.last = map[string]int32{}
		}
		if at, ok := b.last[r.session]; ok {
			before = at
		}
		b.last[r.session] = row
	}
	if r.chat != 0 {
		if b.chats == nil {
			b.chats = map[int64]int32{}
		}
		if at, ok := b.chats[r.parent]; ok && r.parent != 0 {
			before = at
			delete(b.chats, r.parent) // another answer to the same turn begins a session of its own
		}
		b.chats[r.chat] = row
	}
	if before < 0 && b.index.next == nil {
		return false
	}
	x := b.index
	if x.next == nil { // so far every row began a session
		for i := range row {
			x.next = append(x.next, -1)
			b.begins = append(b.begins, i)
		}
	}
	for len(x.next) <= int(row) {
		x.next = append(x.next, -1)
	}
	if before >= 0 {
		x.next[before] = row
	}
	return before >= 0
}

// begin notes a row that begins a session.
func (b *traceBuilder) begin(r *traceRow, row int32) {
	if b.index.next != nil {
		b.begins = append(b.begins, row)
	}
	if r.timed {
		b.timed++
		return
	}
	if b.timeless++; b.untimed == nil {
		b.untimed = &fault{r.line, r.col, "the row has no timestamp, and others have", "give every session a time, or none"}
	}
}

// finish brings the sessions into the order of their times.
func (b *traceBuilder) finish() *fault {
	x := b.index
	x.clock = b.timed > 0
	if b.timed > 0 && b.timeless > 0 {
		return b.untimed
	}
	x.starts = b.begins
	sorted := slices.IsSorted(x.at)
	if x.starts == nil && !sorted {
		x.starts = make([]int32, len(x.at))
		for i := range x.starts {
			x.starts[i] = int32(i)
		}
	}
	if !sorted {
		slices.SortStableFunc(x.starts, func(a, c int32) int { return cmp.Compare(x.at[a], x.at[c]) })
	}
	return nil
}

// len is the number of sessions.
func (x *traceIndex) len() int {
	if x.starts == nil {
		return len(x.at)
	}
	return len(x.starts)
}

// start is the row that begins session i.
func (x *traceIndex) start(i int) int {
	if x.starts == nil {
		return i
	}
	return int(x.starts[i])
}

func (x *traceIndex) timed() bool   { return x.clock }
func (x *traceIndex) several() bool { return x.next != nil || x.count != nil }

// arrival is when session i began after the first one.
func (x *traceIndex) arrival(i int) time.Duration { return x.at[x.start(i)] - x.at[x.start(0)] }

// after is how long after its session began a row came.
func (x *traceIndex) after(i, row int) time.Duration {
	return max(0, x.at[row]-x.at[x.start(i)])
}

// rowsOf lists the rows of session i, in order.
func (x *traceIndex) rowsOf(i int) []int {
	rows := []int{x.start(i)}
	if x.next == nil {
		return rows
	}
	for at := x.next[rows[0]]; at >= 0; at = x.next[at] {
		rows = append(rows, int(at))
	}
	return rows
}

// turns is the number of turns of session i.
func (x *traceIndex) turns(i int) int {
	n := 0
	for _, row := range x.rowsOf(i) {
		if x.count == nil {
			n++
		} else {
			n += int(x.count[row])
		}
	}
	return n
}

func (x *traceIndex) lengths(row int) (input, output int) {
	return int(x.input[row]), int(x.output[row])
}
