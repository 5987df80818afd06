package schedule

import (
	"math"
	"math/rand/v2"
	"time"
)

// constant has request i due at i/rate, the first at 0: a window of t seconds
// holds rate·t of them.
type constant struct {
	rate float64
	next float64 // index of the next request
}

func newConstant(spec Spec, _ *rand.PCG) Process { return &constant{rate: spec.Rate} }

func (c *constant) Next() time.Duration {
	ns := math.Floor(c.next * float64(time.Second) / c.rate)
	c.next++
	if !(ns < math.MaxInt64) {
		return math.MaxInt64
	}
	return time.Duration(ns)
}
