package schedule

import (
	"math"
	"time"
)

// sum adds up gaps. Whole nanoseconds are kept apart from the fraction, so
// that the error of a long schedule is that of one gap and does not grow.
type sum struct {
	whole    int64   // nanoseconds, >= 0
	fraction float64 // of one, 0 <= fraction < 1
}

// add adds a gap in nanoseconds, at least 0, and returns the sum rounded down.
func (s *sum) add(gap float64) time.Duration {
	s.fraction += float64(gap) // the conversion keeps a product that made gap from being fused into the sum
	whole := math.Floor(s.fraction)
	if room := float64(math.MaxInt64 - s.whole); !(whole < room) {
		*s = sum{whole: math.MaxInt64}
		return math.MaxInt64
	}
	s.fraction -= whole
	s.whole += int64(whole)
	return time.Duration(s.whole)
}
