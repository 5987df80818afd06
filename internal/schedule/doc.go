// Package schedule says when requests are due in an open loop.
//
// In: a Spec (rate and arrival process) and a seed. Out: a Process that yields
// the intended send offsets of a cell one by one, without end; the caller
// stops. Offsets count from the cell's start, are whole nanoseconds and never
// decrease.
//
// An offset is a function of (Spec, seed, index) alone. Random numbers come
// from PCG, whose stream Go guarantees, by transformations written out here,
// so that a schedule stays the same from one release of Go to the next and
// several processes can each make the whole of it and take their share. The
// one thing not fixed to the bit is math.Log's last digit on other
// processors, which can shift an offset by a nanosecond.
//
// Offsets are absolute: each follows from the sum of all gaps so far, kept to
// a fraction of a nanosecond, and never from when something was really sent.
//
// The package must never read a clock, sleep, or know what is being sent.
package schedule
