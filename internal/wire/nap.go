package wire

import "time"

const (
	// napTime is how long a napping loop sleeps between rounds; the runtime makes
	// it a little more.
	napTime = time.Millisecond
	// napWindow is over what time it is decided whether to nap.
	napWindow = 20 * int64(time.Millisecond)
	// napFrom is from how many wake-ups a millisecond on naps are worth it. Below,
	// they would delay the ends of answers for the sake of little.
	napFrom = 2
)

// napper decides whether a loop naps: while more comes than one wake-up for each
// is worth.
type napper struct {
	now     func() int64
	napping bool

	from   int64 // the window began
	rounds int   // in it, that found something
	reads  int   // in it
}

// round notes how many connections a round read.
func (n *napper) round(reads int) {
	if reads > 0 {
		n.rounds++
		n.reads += reads
	}
	now := n.now()
	if now-n.from < napWindow {
		return
	}
	span := (now - n.from) / int64(time.Millisecond)
	switch {
	case !n.napping:
		n.napping = int64(n.rounds) >= napFrom*span
	default:
		n.napping = int64(n.reads) >= napFrom*span
	}
	n.from, n.rounds, n.reads = now, 0, 0
}
