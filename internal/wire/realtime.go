package wire

import (
	"sync/atomic"
	"time"

	"loadgate/internal/llm"
)

const (
	// sampleEvery is how old a reading of both clocks may be when a stamp is
	// converted with it. On Linux they differ by a constant until somebody sets
	// the wall clock: a new reading finds steps and not drift.
	sampleEvery = int64(10 * time.Millisecond)
	// oneClock is the difference between two readings that is none: being
	// interrupted between one clock and the other looks like a step.
	oneClock = int64(5 * time.Microsecond)
)

// realtime converts the kernel's stamps, which are on the wall clock, to stamps
// of an llm.Clock. It is safe for concurrent use, and takes its readings while
// it is used: it has no goroutine.
//
// A stamp that cannot be true is none. That happens when the wall clock is set:
//
//   - what is later than the read that returned it;
//   - what came before the step was noticed, as it cannot be told which of the
//     two offsets it needs.
//
// A clock that is set back is noticed at the next reading; until then, for at
// most sampleEvery, stamps are early by the step, but never earlier than the
// one before on their connection.
type realtime struct {
	read    func() (stamp, wall int64)
	current atomic.Pointer[era]
	taken   atomic.Int64 // stamp of the latest reading
}

// era is a time in which the wall clock was not set.
type era struct {
	offset int64 // stamp - wall
	begin  int64 // the first stamp at which the offset is known to hold
}

func newRealtime(clock llm.Clock) *realtime {
	r := &realtime{read: func() (stamp, wall int64) {
		now := time.Now()
		return clock.Stamp(now), now.UnixNano()
	}}
	stamp, offset := r.measure()
	r.current.Store(&era{offset: offset})
	r.taken.Store(stamp)
	return r
}

// measure reads both clocks. time.Now reads the wall clock first: what comes
// between the two makes the offset too large, so that the smallest of three is
// the best.
func (r *realtime) measure() (stamp, offset int64) {
	stamp, wall := r.read()
	offset = stamp - wall
	for range 2 {
		stamp, wall = r.read()
		offset = min(offset, stamp-wall)
	}
	return stamp, offset
}

// sample takes a new reading, unless another goroutine is about to.
func (r *realtime) sample() {
	last, taken := r.current.Load(), r.taken.Load()
	stamp, offset := r.measure()
	if !r.taken.CompareAndSwap(taken, stamp) {
		return
	}
	switch d := offset - last.offset; {
	case d > oneClock || d < -oneClock:
		r.current.CompareAndSwap(last, &era{offset: offset, begin: stamp})
	case d < 0:
		r.current.CompareAndSwap(last, &era{offset: offset, begin: last.begin})
	}
}

// stamp converts what the kernel said of a read. at is the read's own stamp;
// before that of the read that preceded it, below which none can lie: bytes come
// in order, also where packets did not. 0 means that there is no stamp.
func (r *realtime) stamp(wall, at, before int64) int64 {
	if at-r.taken.Load() > sampleEvery {
		r.sample()
	}
	e := r.current.Load()
	if k := wall + e.offset; k > at || k < before {
		r.sample()
		e = r.current.Load()
	}
	switch k := wall + e.offset; {
	case k > at+oneClock || k < e.begin:
		return 0
	default:
		return min(max(k, before), at)
	}
}
