package schedule

import (
	"math/rand/v2"
	"time"
)

// gamma has gaps of shape b = burstiness and scale 1/(rate·b): their mean is
// 1/rate and their coefficient of variation 1/√b. Below 1 requests come in
// bursts, at 1 the process is Poisson (though not that of the same seed),
// above 1 it nears an even beat. As there, the first request is due one gap
// after 0.
type gamma struct {
	src   *rand.PCG
	shape float64
	scale float64 // nanoseconds
	sum   sum
}

func newGamma(spec Spec, src *rand.PCG) Process {
	return &gamma{
		src:   src,
		shape: spec.Burstiness,
		scale: float64(time.Second) / spec.Rate / spec.Burstiness,
	}
}

func (g *gamma) Next() time.Duration {
	return g.sum.add(g.scale * gammaVariate(g.src, g.shape))
}
