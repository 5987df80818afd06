package wire

import (
	"testing"
	"time"
)

// play has a napper see rounds of reads, each a millisecond after the one before,
// for some time, and says in how many of them it napped.
func play(n *napper, clock *int64, rounds, reads int, events, gap int64) (naps int) {
	for range rounds {
		*clock += int64(time.Millisecond)
		if n.napping {
			naps++
		}
		for range reads {
			n.read(events, *clock, *clock-events*gap)
		}
		n.round(reads)
	}
	return naps
}

func TestNaps(t *testing.T) {
	t.Parallel()
	const ms = int64(time.Millisecond)
	for _, c := range []struct {
		name        string
		reads       int   // a round
		events, gap int64 // of a read
		more, less  int   // naps in 1,000 rounds
	}{
		{"idle", 0, 0, 0, 0, 0},
		{"few events", 1, 1, 20 * ms, 0, 0},
		{"many streams", 20, 1, 50 * ms, 900, 1000},
		{"a server that writes four tokens at once", 20, 4, 20 * ms, 900, 1000},
		{"streams as fast as naps", 20, 2, ms / 2, 0, 50},
	} {
		clock := int64(1)
		n := &napper{now: func() int64 { return clock }}
		// Awake, each wake-up is a round of its own: two a millisecond are many.
		for range 100 {
			for range c.reads {
				n.round(1)
			}
			clock += ms
			n.round(0)
		}
		naps := play(n, &clock, 1000, c.reads, c.events, c.gap)
		if naps < c.more || naps > c.less {
			t.Errorf("%s: %d naps in 1,000 ms, want %d to %d", c.name, naps, c.more, c.less)
		}
	}
}
