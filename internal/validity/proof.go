package validity

import (
	"math"

	"loadgate/internal/stat"
)

// Confidence with which a share or a mean must be beyond its limit. A scenario
// of 36 cells run 20 times asks each check 720 times.
const (
	warnConfidence    = 0.99
	invalidConfidence = 0.999
)

func confidence(level string) float64 {
	if level == Invalid {
		return invalidConfidence
	}
	return warnConfidence
}

// stallSpan bounds one stall of the machine: late requests that were released
// within it, one after the other, are one event. It is the release that counts
// and not the time they were due: a pause of any length ends at one moment.
const stallSpan = int64(100e6)

// lateShare is the share of requests that were late, and whether it is proven
// to be large enough to matter.
type lateShare struct {
	late, n int
	stalls  int // runs of successive late requests, cut at stallSpan of releases
}

// latenessOver counts the rows, in order of schedule, whose delay is over limit.
func latenessOver(rows []row, limit float64) lateShare {
	var out lateShare
	var since int64
	before := false
	for _, r := range rows {
		if math.IsNaN(r.delay) {
			continue
		}
		out.n++
		late := r.delay > limit
		if late {
			out.late++
			if !before || r.start-since >= stallSpan {
				out.stalls++
				since = r.start
			}
		}
		before = late
	}
	return out
}

// matters reports whether, with confidence, more requests are late than the
// tail that no percentile of this sample reaches into:
//
//	share > clamp(1 - 0.025^(1/n), 1 %, 10 %)
//
// which is the highest percentile that n requests give an interval for: 1 % from
// 368 requests on, 7 % of 50. Late requests come in stalls, so that the
// binomial bound is taken over stalls: n·stalls/late trials with stalls hits.
// Where most requests are late, one stall is enough: even the median is the
// client's then.
func (s lateShare) matters(confidence float64) bool {
	if s.late == 0 {
		return false
	}
	if most(float64(s.late), s.n) {
		return true
	}
	beyondReach := 1 - math.Pow(0.025, 1/float64(s.n))
	limit := min(max(beyondReach, 0.01), 0.10)
	trials := max(s.stalls, int(math.Round(float64(s.n)*float64(s.stalls)/float64(s.late))))
	return stat.BinomialLower(s.stalls, trials, confidence) > limit
}

// most reports whether most values are concerned, so that nobody needs to count
// stalls.
func most(concerned float64, n int) bool {
	const few = 10 // most of a handful can be concerned by chance
	return concerned >= few && 2*concerned > float64(n)
}
