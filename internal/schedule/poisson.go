package schedule

import (
	"math/rand/v2"
	"time"
)

// poisson has exponential gaps: requests of many users who know nothing of one
// another. The first request is due one gap after 0, not at 0: only so is the
// number of requests in a window of t seconds Poisson distributed around
// rate·t, without one too many.
type poisson struct {
	src  *rand.PCG
	mean float64 // gap in nanoseconds
	sum  sum
}

func newPoisson(spec Spec, src *rand.PCG) Process {
	return &poisson{src: src, mean: float64(time.Second) / spec.Rate}
}

func (p *poisson) Next() time.Duration {
	return p.sum.add(p.mean * exponential(p.src))
}
