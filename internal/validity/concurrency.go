package validity

import (
	"fmt"
	"math"

	"loadgate/internal/rule"
	"loadgate/internal/stat"
)

const (
	windowParts = 10
	studentT    = 4.297 // one-sided 99.9 % point of Student's t with 9 degrees of freedom
	minRefills  = 10
)

var concurrencyReached = Definition{
	Name: "concurrency", Cause: Client, Unit: "ratio", Warn: 0.98, Invalid: 0.90, Below: true,
	Statistic: "mean of requests in flight / concurrency, weighted by time, from ramp and warm-up to the last send",
	Text: "Closed loop (and `rate: inf` under a cap), where slots were filled again at least 10 times. The window ends with the last " +
		"send, in sessions of several turns with the last first turn, since nothing refills the slots that end after it. A session holds " +
		"its slot while its user thinks. The mean must be beyond the threshold over ten equal parts of the " +
		"window with a confidence of 99.9 %, so that one pause does not decide. And a slot must have stood empty for more than 1 ms " +
		"(warn) or 10 ms (invalid) on average: with answers of a few ms the turn of a slot is visible, and no fault.",
	judge: func(f *facts, t thresholds) *reading {
		if !f.closedLoop() {
			return nil
		}
		slots := float64(f.Load.Slots())
		from, to, refills := f.fullWindow()
		if refills < minRefills || to <= from {
			return nil
		}
		mean, margin := f.occupancy(from, to, slots)
		empty := (1 - mean) * slots * float64(to-from) / float64(refills) / 1e6
		for _, l := range []struct {
			level        string
			limit, empty float64
		}{{Invalid, t.invalid, 10}, {Warn, t.warn, 1}} {
			if mean+margin < l.limit && empty > l.empty {
				r := &reading{level: l.level, value: mean, limit: l.limit}
				return r.says(fmt.Sprintf("%s of %d requests were in flight on average: a slot stood empty for %s between two requests; "+
					"use fewer slots, or more machines", rule.Format(mean*slots, rule.Number), f.Load.Slots(), rule.Format(empty, rule.Time)))
			}
		}
		return nil
	},
}

// closedLoop reports whether a number of slots is to be kept busy.
func (f *facts) closedLoop() bool {
	return !f.Load.Open() || (f.Load.Unlimited() && f.Load.MaxConcurrency > 0)
}

// fullWindow is the time in which every slot should be busy, and how many
// requests were sent in it.
func (f *facts) fullWindow() (from, to int64, sends int) {
	from = max(f.Totals.Measured, f.Totals.RampEnd)
	for _, r := range f.rows {
		if r.turn <= 1 { // a session that begins fills a slot again
			to = max(to, r.start)
		}
	}
	for i, r := range f.rows {
		if i < f.Load.Slots() {
			from = max(from, r.start) // the slots' first requests fill them
		}
	}
	for _, r := range f.rows {
		if r.start > from {
			sends++
		}
	}
	return from, to, sends
}

// occupancy is the share of slots in use between two stamps, and how far the
// true mean may lie from it.
func (f *facts) occupancy(from, to int64, slots float64) (mean, margin float64) {
	var parts [windowParts]float64
	width := float64(to-from) / windowParts
	for _, r := range f.rows {
		for i := range parts {
			lo := float64(from) + float64(i)*width
			inside := min(float64(r.done), lo+width) - max(float64(r.held), lo)
			parts[i] += max(0, inside) / width / slots
		}
	}
	s := stat.Summarize(parts[:])
	return s.Mean, studentT * s.Stddev / math.Sqrt(windowParts-1)
}
