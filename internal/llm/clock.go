package llm

import "time"

// Clock turns moments into stamps: nanoseconds on one monotonic base. A stamp
// of 0 means "did not happen", so the base lies one second before the clock was
// made. The zero Clock is not usable.
type Clock struct{ base time.Time }

// NewClock makes a clock whose first stamps are just above one second.
func NewClock() Clock { return Clock{base: time.Now().Add(-time.Second)} }

// Now is the stamp of this moment.
func (c Clock) Now() int64 { return int64(time.Since(c.base)) }

// Stamp is the stamp of t, which must carry a monotonic reading.
func (c Clock) Stamp(t time.Time) int64 { return int64(t.Sub(c.base)) }

// Time is the moment of a stamp.
func (c Clock) Time(stamp int64) time.Time { return c.base.Add(time.Duration(stamp)) }

// EpochNS is the Unix time, in nanoseconds, of stamp 0. Stored with a run, it
// places its stamps in the world.
func (c Clock) EpochNS() int64 { return c.base.UnixNano() }
