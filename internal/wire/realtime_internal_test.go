package wire

import (
	"testing"
	"time"
)

// clocks are a monotonic and a wall clock that a test sets.
type clocks struct{ stamp, wall, slow int64 }

func (c *clocks) pass(d time.Duration) { c.stamp += int64(d); c.wall += int64(d) }

// read gives both, with an interruption between the two where slow is set.
func (c *clocks) read() (stamp, wall int64) {
	stamp = c.stamp + c.slow
	c.slow = 0
	return stamp, c.wall
}

func newClocks() (*clocks, *realtime) {
	c := &clocks{stamp: 1e9, wall: 1.7e18}
	r := &realtime{read: c.read}
	stamp, offset := r.measure()
	r.current.Store(&era{offset: offset})
	r.taken.Store(stamp)
	return c, r
}

func TestKernelStampIsConverted(t *testing.T) {
	t.Parallel()
	c, r := newClocks()
	for range 100 {
		came, wall := c.stamp, c.wall
		c.pass(30 * time.Microsecond)
		if got := r.stamp(wall, c.stamp, came-1); got != came {
			t.Fatalf("%d, want %d", got, came)
		}
		c.slow = int64(3 * time.Millisecond) // one of three readings may be bad
		c.pass(7 * time.Millisecond)
	}
}

// A process that was stopped finds bytes that have lain for a long time.
func TestOldStampIsTrue(t *testing.T) {
	t.Parallel()
	c, r := newClocks()
	came, wall := c.stamp, c.wall
	c.pass(time.Hour)
	if got := r.stamp(wall, c.stamp, 1); got != came {
		t.Errorf("%d, want %d", got, came)
	}
}

// Packets that overtook each other: the bytes became readable with the later.
func TestStampsDoNotGoBack(t *testing.T) {
	t.Parallel()
	c, r := newClocks()
	wall := c.wall
	c.pass(5 * time.Millisecond)
	before := c.stamp
	c.pass(time.Millisecond)
	if got := r.stamp(wall, c.stamp, before); got != before {
		t.Errorf("%d, want %d", got, before)
	}
}

// Whatever is done to the wall clock, a stamp is none, or lies between the one
// before and the read; a second later it is exact again.
func TestSteppedWallClock(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{
		20 * time.Microsecond, time.Millisecond, 3 * time.Second, time.Hour,
		-20 * time.Microsecond, -time.Millisecond, -3 * time.Second, -time.Hour,
	} {
		for _, lag := range []time.Duration{2 * time.Microsecond, 15 * time.Millisecond} {
			c, r := newClocks()
			before := c.stamp
			for i := range 200 {
				c.pass(5 * time.Millisecond)
				came, wall := c.stamp, c.wall
				if i == 7 {
					c.wall += int64(step) // while the bytes lie in the kernel
				}
				c.pass(lag)
				if i == 17 {
					c.wall += int64(step)
				}
				got := r.stamp(wall, c.stamp, before)
				switch {
				case got == 0 && (i == 7 || i == 17 || i == 18):
					got = c.stamp // as a connection does
				case got == 0:
					t.Fatalf("step %s, lag %s: no stamp in round %d", step, lag, i)
				case got < before || got > c.stamp:
					t.Fatalf("step %s, lag %s: round %d: %d is not within %d and %d", step, lag, i, got, before, c.stamp)
				case i > 20 && got != came:
					t.Fatalf("step %s, lag %s: round %d: off by %d ns", step, lag, i, got-came)
				}
				before = got
			}
		}
	}
}
