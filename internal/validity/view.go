package validity

import (
	"math"
	"slices"

	"loadgate/internal/stat"
)

// view is the values of a metric: those that are known, and the reads that took
// several events, of whose values only limits are.
type view struct {
	exact levels
	n     int // with those of takes
	takes []take
}

func (v *view) add(value float64, times int) {
	v.exact.add(value, times)
	v.n += times
}

// inBursts is the view if so many events usually come together: they share one value,
// and the others' are 0.
func (v view) inBursts(events int) view {
	v.takes = slices.Clone(v.takes)
	for i := range v.takes {
		t := &v.takes[i]
		bursts := (int(t.events) + events - 1) / events
		t.tokens = max(t.head, int32(math.Round(float64(t.tokens)*float64(bursts)/float64(t.events))))
	}
	return v
}

// reported is how many values of at least x ms a take was given.
func (t *take) reported(x float64) float64 {
	if float64(t.gap) >= x*float64(t.head) {
		return float64(t.head)
	}
	return 0
}

// fewest is how many it has for certain.
func (t *take) fewest(x float64) float64 {
	least := float64(t.empty) / float64(t.head)
	if !t.opens {
		least = max(least, float64(t.gap)/float64(t.tokens))
	}
	if least >= x {
		return min(1, t.reported(x))
	}
	return 0
}

// most is how many it can have.
func (t *take) most(x float64) float64 {
	return max(t.reported(x), min(float64(t.tokens), math.Floor(float64(t.gap)/x)))
}

// stall numbers the pauses of the machine: reads of one number are one.
func (t *take) stall() int32 { return t.at / int32(stallSpan/1e6) }

// openView is a view with what of it is open.
type openView struct {
	view
	metric string
	above  []int   // exact values from a level on
	open   weights // of takes, by their events
}

// bound is how many values of at least x ms a take is held to have: fewest, most,
// or reported.
type bound func(t *take, x float64) float64

// count is the number of values from a level on, if of the takes such a share of
// what is open counts.
func (v *openView) count(level int, of bound, share float64) float64 {
	x := from(level)
	sum := float64(v.above[level])
	for i := range v.takes {
		t := &v.takes[i]
		sum += t.reported(x)
		if w := share * v.open.of(t); w > 0 {
			sum += w * (of(t, x) - t.reported(x))
		}
	}
	return sum
}

// rank is how many values are at least as large as a percentile.
func (v *openView) rank(p float64) float64 { return float64(v.n-1)*(1-p) + 1 }

// percentile is the level of a percentile under a bound.
func (v *openView) percentile(p float64, of bound) int {
	low, high := 0, allLevels
	for low+1 < high {
		if mid := (low + high) / 2; v.count(mid, of, 1) >= v.rank(p) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// judge holds a percentile to the thresholds; nil: it is known well enough, or as well
// as its own interval says.
func (v *openView) judge(p, supported float64, own [2]float64, t thresholds) *blur {
	q := min(p, supported)
	if v.n == 0 || !(q > 0) {
		return nil
	}
	reported := from(v.percentile(q, (*take).reported))
	for _, l := range []blur{{level: Invalid, limit: t.invalid}, {level: Warn, limit: t.warn}} {
		if l.level == Invalid && v.metric == "ttft" {
			continue // its lower end is a guess
		}
		floor := blurFloor[l.level]
		down := min(reported*(1-l.limit), reported-floor)
		if l.level == Invalid { // what recurs need not be as far off as what was found
			low := from(v.percentile(q, (*take).fewest))
			down = min(down, max(low/max(0, 1-l.limit), low+floor))
		}
		up := max(reported/max(0, 1-l.limit), reported+floor)
		if !(down > 0 && v.lower(down, q, l.level)) && !v.higher(up, q, l.level) {
			continue
		}
		l.metric, l.p = v.metric, p
		l.low, l.reported, l.high = v.limits(p)
		if (l.low < own[0] && l.apart(l.low, floor)) || (l.high > own[1] && l.apart(l.high, floor)) {
			return &l
		}
	}
	return nil
}

// limits are the lowest, the reported, and the highest value of a percentile, where
// every read that may have taken together what came apart did so.
func (v *openView) limits(p float64) (low, reported, high float64) {
	whole := *v
	whole.open = v.open.whole()
	return from(whole.percentile(p, (*take).fewest)), from(v.percentile(p, (*take).reported)), from(whole.percentile(p, (*take).most) + 1)
}

// lower reports whether the percentile may be below x, and is reported above it for
// the sake of reads that recur.
func (v *openView) lower(x, p float64, level string) bool {
	at, rank := levelOf(x), v.rank(p)
	open, recurring := v.evidence(at, (*take).fewest, level)
	certain := v.count(at, (*take).fewest, 1)
	return open > 0 && certain < rank && certain+recurring >= rank
}

// higher reports whether the percentile may be above x, for the sake of reads that
// recur.
func (v *openView) higher(x, p float64, level string) bool {
	at := min(levelOf(x)+1, allLevels-1)
	open, recurring := v.evidence(at, (*take).most, level)
	return open > 0 && v.count(at, (*take).reported, 1)+recurring >= v.rank(p)
}

// fewStalls is a number of stalls that proves, at 99 %, that there would be some
// again: the expected number is above 1 then.
const fewStalls = 5

// evidence is how many values of at least a level's size are open, and how many of
// them count. For a warning all do, if they come from several stalls; for more than
// that, those which so many stalls prove.
func (v *openView) evidence(at int, of bound, level string) (open, recurring float64) {
	x, stalls := from(at), map[int32]bool{}
	for i := range v.takes {
		t := &v.takes[i]
		if d := v.open.of(t) * math.Abs(of(t, x)-t.reported(x)); d > 0 {
			open += d
			stalls[t.stall()] = true
		}
	}
	switch {
	case len(stalls) == 0:
		return 0, 0
	case most(open, v.n), level == Warn && len(stalls) >= fewStalls:
		return open, open
	case level == Warn:
		return open, 0
	}
	trials := max(len(stalls), int(math.Round(float64(v.n*len(stalls))/open)))
	return open, min(open, stat.BinomialLower(len(stalls), trials, confidence(level))*float64(v.n))
}
