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
	// mostMerged is the share of reads, as one in so many, from which on naps are
	// given up because they take together what came apart.
	mostMerged = 50
	// awakeFor is how many windows a loop stays awake when it gives up napping, the
	// first time; each further time in a row it is twice as many.
	awakeFor  = 50
	awakeMost = 64 * awakeFor
)

// napper decides whether a loop naps: while more comes than one wake-up for each
// is worth, and as long as that does not take together events of one stream that
// came apart. Those share a stamp, so that their gap would be lost.
type napper struct {
	now     func() int64
	napping bool

	from   int64 // the window began
	rounds int   // in it, that found something
	reads  int   // in it
	merged int   // reads in it that a nap may have made one of several

	awake   int // windows left in which no nap is taken
	penalty int // how many it will be the next time
}

// read notes one read, of so many events, on a connection that was read before at
// the stamp last. Servers write several events at once too, with a pause before
// the next: only where the events of a stream come about as fast as naps follow
// each other, a nap can be what joined them.
func (n *napper) read(events int64, at, last int64) {
	const near = 4 * int64(napTime)
	if n.napping && events > 1 && last != 0 && (at-last)/events < near {
		n.merged++
	}
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
	case n.awake > 0:
		n.awake--
	case !n.napping:
		n.napping = int64(n.rounds) >= napFrom*span
	case mostMerged*n.merged > n.reads:
		n.penalty = min(max(awakeFor, 2*n.penalty), awakeMost)
		n.awake, n.napping = n.penalty, false
	case int64(n.reads) < napFrom*span:
		n.napping = false
	default:
		n.penalty -= min(n.penalty, 1) // naps do no harm any more
	}
	n.from, n.rounds, n.reads, n.merged = now, 0, 0, 0
}
