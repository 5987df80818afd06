package validity

import (
	"fmt"
	"math"

	"loadgate/engine"
	"loadgate/internal/rule"
	"loadgate/internal/stat"
)

// receipt is what the receive stamps of a repeat's events say about the client.
type receipt struct {
	events  int // with content, warm-up included
	stamped int // of them by the kernel

	streamed int        // measured events of streams
	prompt   tally      // their reads within lateRead
	late     []lateTake // and the others
}

// tally counts reads and the events that they took.
type tally struct{ reads, events int }

// lateTake is one read that came late.
type lateTake struct {
	stall int32   // when it returned, in units of stallSpan
	lag   float32 // behind the arrival of the last event that it took, ms
	took  int32   // events
}

// lateRead is the lag, in ms, from which a read can have taken together what
// came apart.
const lateRead = 1.0

// byKernel reports whether receive stamps are the kernel's. A few may be the
// client's own: the kernel needs a moment to begin, and none is left where the
// wall clock was set.
func (r *receipt) byKernel() bool { return r.stamped > 0 && 100*r.stamped >= 99*r.events }

func (r *receipt) add(s *engine.Sample) {
	r.events += len(s.Events)
	for i := range s.Events {
		if s.Events[i].Kernel != 0 {
			r.stamped++
		}
	}
	if s.Warmup || !s.Streamed {
		return
	}
	r.streamed += len(s.Events)
	for i := 0; i < len(s.Events); {
		e, n := &s.Events[i], 1
		for i+n < len(s.Events) && s.Events[i+n].At == e.At && s.Events[i+n].Kernel == e.Kernel {
			n++
		}
		if lag := float64(e.At-e.Kernel) / 1e6; e.Kernel != 0 && lag > lateRead {
			r.late = append(r.late, lateTake{int32(e.At / stallSpan), float32(lag), int32(n)})
		} else {
			r.prompt.reads++
			r.prompt.events += n
		}
		i += n
	}
}

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
		limit := lateRead
		if gap := f.stat("icl", "avg"); !math.IsNaN(gap) {
			limit = max(limit, 0.10*gap)
		}
		s := f.sharedOver(limit)
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

// sharedOver counts the events that reads later than limit ms took beyond what
// comes together by itself.
func (r *receipt) sharedOver(limit float64) lateShare {
	prompt, late := r.prompt, tally{}
	for _, t := range r.late {
		into := &prompt
		if float64(t.lag) > limit {
			into = &late
		}
		into.reads++
		into.events += int(t.took)
	}
	usual := 1.0
	if prompt.reads >= late.reads && prompt.reads > 0 {
		usual = float64(prompt.events) / float64(prompt.reads)
	}
	stalls := map[int32]bool{}
	for _, t := range r.late {
		if float64(t.lag) > limit && float64(t.took) > usual {
			stalls[t.stall] = true
		}
	}
	beyond := float64(late.events) - usual*float64(late.reads)
	return lateShare{late: max(0, int(beyond)), n: r.streamed, stalls: len(stalls)}
}

// beyond reports whether, with confidence, the share is above limit.
func (s lateShare) beyond(limit, confidence float64) bool {
	if s.late == 0 || math.IsNaN(limit) || float64(s.late) <= limit*float64(s.n) {
		return false
	}
	const few = 10
	if s.late >= few && 2*s.late > s.n {
		return true
	}
	trials := max(s.stalls, int(math.Round(float64(s.n)*float64(s.stalls)/float64(s.late))))
	return stat.BinomialLower(s.stalls, trials, confidence) > limit
}
