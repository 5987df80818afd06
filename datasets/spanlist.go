package datasets

// spanList holds where the rows of a file are: eight bytes a row, in pieces, so
// that it grows without ever being copied.
type spanList struct {
	pieces [][]uint64
	n      int
}

// A span is packed as its beginning and its size. A row is shorter than 2^26
// bytes, and begins before 2^38: within 256 GiB.
const (
	sizeBits  = 26
	pieceRows = 1 << 13
	maxOffset = 1<<(64-sizeBits) - 1
)

// add appends a span, unless it begins too far from the file's start.
func (l *spanList) add(s span) (ok bool) {
	if s.from > maxOffset {
		return false
	}
	if l.n%pieceRows == 0 {
		l.pieces = append(l.pieces, make([]uint64, 0, pieceRows))
	}
	last := &l.pieces[len(l.pieces)-1]
	*last = append(*last, uint64(s.from)<<sizeBits|uint64(s.size))
	l.n++
	return true
}

func (l *spanList) at(i int) span {
	packed := l.pieces[i/pieceRows][i%pieceRows]
	return span{int64(packed >> sizeBits), int64(packed & (1<<sizeBits - 1))}
}
