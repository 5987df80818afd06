package validity

import (
	"fmt"
	"math"

	"loadgate/internal/rule"
	"loadgate/internal/stat"
)

var sharedStamps = Definition{
	Name: "shared_stamps", Cause: Client, Unit: "ratio", Warn: 0.02, Invalid: 0.20,
	Statistic: "share of the streams' content events that have a later one's stamp because a late read took both",
	Text: "Where receive stamps are the kernel's: it keeps one stamp for all that is read at once, the last one's. Servers write several events " +
		"at once too, and that is no fault of the client's. So reads that came within 1 ms, or 10 % of the mean icl, of their last event show how many " +
		"events come together by themselves, and what later reads took beyond that is counted; all but one of their events, where most reads are late. " +
		"The share must be above the threshold with a confidence of 99 % (warn) or 99.9 % (invalid), and reads within 100 ms of each other count as " +
		"one stall, unless most events are concerned.",
	judge: func(f *facts, t thresholds) *reading {
		if !f.byKernel() || f.streamed == 0 {
			return nil
		}
		s := f.sharedOver(f.lateRead())
		share := float64(s.late) / float64(s.n)
		for _, l := range []reading{{level: Invalid, limit: t.invalid}, {level: Warn, limit: t.warn}} {
			if s.beyond(l.limit, confidence(l.level)) {
				l.value = share
				return l.says(fmt.Sprintf("the client read %s of the events late and together with others, so that their own times are lost: "+
					"lower the load, or use more machines", rule.Format(share, rule.Ratio)))
			}
		}
		return nil
	},
}

// lateRead is the lag from which a read counts as late, ms.
func (f *facts) lateRead() float64 {
	if gap := f.stat("icl", "avg"); !math.IsNaN(gap) {
		return max(lateRead, 0.10*gap)
	}
	return lateRead
}

// tally counts reads and the events that they took.
type tally struct{ reads, events int }

func (t *tally) add(events int) {
	t.reads++
	t.events += events
}

// sharedOver counts the events that reads later than limit ms took beyond what
// comes together by itself.
func (r *receipt) sharedOver(limit float64) lateShare {
	prompt, late := r.promptness(limit)
	usual := 1.0
	if prompt.reads >= late.reads && prompt.reads > 0 {
		usual = float64(prompt.events) / float64(prompt.reads)
	}
	stalls := map[int32]bool{}
	for i := range r.takes {
		if t := &r.takes[i]; float64(t.lag) > limit && float64(t.events) > usual {
			stalls[t.stall()] = true
		}
	}
	beyond := float64(late.events) - usual*float64(late.reads)
	return lateShare{late: max(0, int(beyond)), n: r.streamed, stalls: len(stalls)}
}

// promptness parts the reads into those within limit ms of their last event and
// the others.
func (r *receipt) promptness(limit float64) (prompt, late tally) {
	singles := r.singles.sums()
	over := singles[min(levelOf(limit)+1, allLevels-1)]
	prompt, late = tally{singles[0] - over, singles[0] - over}, tally{over, over}
	for i := range r.takes {
		if t := &r.takes[i]; float64(t.lag) > limit {
			late.add(int(t.events))
		} else {
			prompt.add(int(t.events))
		}
	}
	return prompt, late
}

// beyond reports whether, with confidence, the share is above limit.
func (s lateShare) beyond(limit, confidence float64) bool {
	if s.late == 0 || math.IsNaN(limit) || float64(s.late) <= limit*float64(s.n) {
		return false
	}
	if most(float64(s.late), s.n) {
		return true
	}
	trials := max(s.stalls, int(math.Round(float64(s.n)*float64(s.stalls)/float64(s.late))))
	return stat.BinomialLower(s.stalls, trials, confidence) > limit
}
