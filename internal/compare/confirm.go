package compare

import (
	"fmt"

	"loadgate/internal/result"
)

// metricOf names a metric of a cell of the head.
type metricOf struct{ cell, metric string }

func suspects(c *result.Comparison) map[metricOf]bool {
	out := map[metricOf]bool{}
	for _, d := range c.Deltas {
		if d.Gated && d.Change == result.Suspect {
			out[metricOf{d.Cell, d.Metric}] = true
		}
	}
	return out
}

// Confirming is the policy for fresh repeats of what is suspect in a comparison:
// that alone is the family among which the error rate is shared out.
func (p Policy) Confirming(first *result.Comparison) Policy {
	p.only = suspects(first)
	return p
}

// Confirm puts what fresh repeats say in the place of what was suspect, and
// decides anew. They alone count: worse beyond doubt and by more than the margin
// is regressed now, anything else is cleared. What they cannot tell stays
// suspect.
func Confirm(first, second *result.Comparison, policy Policy) {
	open := suspects(first)
	if len(open) == 0 {
		return
	}
	fresh := map[metricOf]*result.Delta{}
	for i := range second.Deltas {
		d := &second.Deltas[i]
		fresh[metricOf{d.Cell, d.Metric}] = d
	}
	for i := range first.Deltas {
		d := &first.Deltas[i]
		key := metricOf{d.Cell, d.Metric}
		if now := fresh[key]; open[key] && now != nil {
			*d = settled(d, now)
		}
	}
	sortDeltas(first.Deltas)
	first.Method.Text += fmt.Sprintf(" · suspects (%d) decided by fresh repeats alone", len(open))
	decide(first, &policy)
}

// settled is a suspect after a second look.
func settled(d, now *result.Delta) result.Delta {
	if now.Interval == nil && now.Change != result.Unchanged {
		out := *d
		out.Notes = append(out.Notes, "fresh repeats cannot tell: "+now.Reason)
		return out
	}
	out := *now
	out.First = &result.FirstLook{
		Change: d.Change, Reason: d.Reason, Base: d.Base, Head: d.Head, BaseRepeats: d.BaseRepeats, HeadRepeats: d.HeadRepeats,
		Effect: d.Effect, Interval: d.Interval,
	}
	word := "confirmed"
	if now.Change == result.Regressed || now.Change == result.Suspect {
		out.Change = result.Regressed
	} else {
		out.Change, word = result.Cleared, "not confirmed"
	}
	out.Reason = word + " by fresh repeats: " + now.Reason + "; at first " + d.Reason
	return out
}
