package schedule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Process yields one cell's intended send offsets. It belongs to one
// goroutine.
type Process interface {
	// Next returns the next intended offset from the cell's start, at least
	// the one before it. Past what a Duration can hold (292 years) it stays at
	// the largest one.
	Next() time.Duration
}

// Spec is an arrival process.
type Spec struct {
	Rate       float64 // mean arrivals per second, above 0; +Inf: all at once, whatever the process
	Arrivals   string  // one of Arrivals(); "" is poisson
	Burstiness float64 // gamma's shape; for the others 0 or 1, and of no effect
}

// MinBurstiness is the smallest shape that gamma takes. There half of all gaps
// are already too small for a float64; with still less, requests would be due
// at one moment for as long as anyone waits.
const MinBurstiness = 0.001

// processes maps a name to what makes its gaps. Each is one file.
var processes = map[string]func(Spec, *rand.PCG) Process{
	"poisson":  newPoisson,
	"constant": newConstant,
	"gamma":    newGamma,
}

// Arrivals returns the names of the arrival processes, in alphabetical order.
func Arrivals() []string {
	names := make([]string, 0, len(processes))
	for name := range processes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New returns the process of spec that seed selects. Equal arguments give
// equal offsets. Errors: a rate that is not above 0, an unknown process, a
// burstiness that the process does not take.
func New(spec Spec, seed uint64) (Process, error) {
	if spec.Arrivals == "" {
		spec.Arrivals = "poisson"
	}
	if err := spec.check(); err != nil {
		return nil, err
	}
	if math.IsInf(spec.Rate, 1) {
		return atOnce{}, nil
	}
	return processes[spec.Arrivals](spec, newSource(seed)), nil
}

func (s Spec) check() error {
	if _, ok := processes[s.Arrivals]; !ok {
		return fmt.Errorf("unknown arrival process %q: want one of %s", s.Arrivals, strings.Join(Arrivals(), ", "))
	}
	if !(s.Rate > 0) {
		return fmt.Errorf("rate %v: want a number of requests per second above 0, or +Inf", s.Rate)
	}
	switch b := s.Burstiness; {
	case s.Arrivals != "gamma":
		if b != 0 && b != 1 {
			return fmt.Errorf("burstiness %v: only gamma arrivals take one, these are %s", b, s.Arrivals)
		}
	case !(b >= MinBurstiness) || math.IsInf(b, 1):
		return fmt.Errorf("burstiness %v: want a finite number of at least %v", b, MinBurstiness)
	}
	return nil
}

// atOnce has every request due at the start.
type atOnce struct{}

func (atOnce) Next() time.Duration { return 0 }
