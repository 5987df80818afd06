package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/result"
)

// explain words a delta, and takes back what only survivors say.
func (t *test) explain() {
	if t.survivors && (t.Change == result.Improved || t.Change == result.Unchanged) {
		t.Change = result.Unclear
		t.Notes = append(t.Notes, "more requests failed than before, and what failed has no latency")
	}
	if t.Reason != "" || !t.Effect.Ok() {
		return
	}
	t.Reason = t.sentence()
	if t.Margin > t.Asked {
		t.Notes = append(t.Notes, fmt.Sprintf("the margin of %s is raised to the noise floor of %s", t.amount(t.Asked), t.amount(t.NoiseFloor)))
	}
}

// sentence is what was found:
//
//	higher by 12.4% (99.8% interval 8.1% to 16.9%), beyond the margin of 10%
func (t *test) sentence() string {
	found := fmt.Sprintf("%s (%s interval %s)", t.show(t.est.d), percent(float64(t.Confidence)), t.between())
	margin := t.amount(t.Margin)
	switch t.Change {
	case result.Regressed:
		return found + ": beyond the margin of " + margin
	case result.Suspect:
		return found + ": worse beyond doubt, and likely by more than the margin of " + margin
	case result.Improved:
		return found + ": better by more than the margin of " + margin
	case result.Unchanged:
		return found + ": within the margin of " + t.amount(t.Asked)
	}
	s := found + ": this could be noise; a change of " + t.amount(t.Detectable) + " would have been seen"
	if t.Detectable > t.Asked {
		if t.Needed > 0 {
			s += fmt.Sprintf(", and %s takes %d repeats a side", t.amount(t.Asked), t.Needed)
		} else {
			s += ", and no number of repeats shows " + t.amount(t.Asked) + ": whole runs differ by more"
		}
	}
	return s
}

// between is the interval in the direction of the metric's own values.
func (t *test) between() string {
	low, high := t.natural(t.Interval[0]), t.natural(t.Interval[1])
	return signed(min(low, high)) + t.mark() + " to " + signed(max(low, high)) + t.mark()
}

// show is an effect in words: "higher by 12.4%".
func (t *test) show(d float64) string {
	n := t.natural(t.part(d))
	switch {
	case n == 0:
		return "the same"
	case n > 0:
		return "higher by " + digits(n) + t.unit()
	default:
		return "lower by " + digits(-n) + t.unit()
	}
}

// natural is an effect as a change of the value, in percent or percentage
// points: a throughput that got worse by 10 % changed by -10.
func (t *test) natural(part result.Number) float64 { return 100 * t.sign * float64(part) }

// amount is a margin or the like: "10%", "1 percentage point".
func (t *test) amount(part result.Number) string {
	v := 100 * float64(part)
	if t.ratio && math.Abs(v-1) < 1e-9 {
		return "1 percentage point"
	}
	return digits(v) + t.unit()
}

func (t *test) unit() string {
	if t.ratio {
		return " percentage points"
	}
	return "%"
}

// mark is unit in short, inside intervals.
func (t *test) mark() string {
	if t.ratio {
		return ""
	}
	return "%"
}

func percent(ratio float64) string { return digits(100*ratio) + "%" }

// digits writes a number of percent with the digits that carry meaning.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 99.9 && a < 100: // 99.98: a level of confidence
		return strconv.FormatFloat(math.Floor(v*100)/100, 'f', -1, 64)
	case a >= 99.95:
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	case a >= 1:
		return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	default:
		return short2(v)
	}
}

func signed(v float64) string {
	if v > 0 {
		return "+" + digits(v)
	}
	return digits(v)
}

func short2(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }

// methodOf is how the verdicts came about.
func methodOf(deltas []result.Delta, p *Policy) result.CompareMethod {
	m := result.CompareMethod{Alpha: Alpha, Design: "unpaired"}
	if p.Paired {
		m.Design = "paired"
	}
	var repeats []string
	for i := range deltas {
		d := &deltas[i]
		switch {
		case !d.P.Ok():
			continue
		case d.Gated:
			m.Family++
		default:
			m.Reported++
		}
		m.HistoryRuns = max(m.HistoryRuns, d.HistoryRuns)
		if r := fmt.Sprintf("%d against %d", d.HeadRepeats, d.BaseRepeats); !slices.Contains(repeats, r) {
			repeats = append(repeats, r)
		}
	}
	m.Text = methodText(m, repeats)
	return m
}

func methodText(m result.CompareMethod, repeats []string) string {
	parts := []string{}
	if len(repeats) > 0 {
		parts = append(parts, strings.Join(repeats, ", ")+" repeats")
	}
	test := "t intervals on log ratios (Welch)"
	switch {
	case m.Design == "paired":
		test = "paired t intervals on log ratios"
	case m.HistoryRuns > 0:
		test = fmt.Sprintf("t intervals on log ratios, variance pooled with %d earlier runs", m.HistoryRuns)
	}
	parts = append(parts, test, fmt.Sprintf("%s family-wise by Holm over %d gated", percent(m.Alpha), m.Family))
	if m.Reported > 0 {
		parts = append(parts, fmt.Sprintf("%d reported by false discovery rate", m.Reported))
	}
	return strings.Join(parts, " · ")
}

// warnings are what a person has to know before believing any of it.
func warnings(c *result.Comparison, base, head *Side, sameMachine bool, p *Policy) []string {
	var out []string
	if !sameMachine {
		out = append(out, "the sides were measured on different machines, or with different clocks: differences may be the machine's")
	}
	hours := math.Abs(head.StartedAt.Sub(base.StartedAt).Hours())
	if !p.Paired && c.Method.HistoryRuns == 0 && hours > 12 && !base.StartedAt.IsZero() && !head.StartedAt.IsZero() {
		out = append(out, "the sides were measured at different times, and there is no history to say how much runs differ by themselves")
	}
	if allowed := countPairs(c, func(p result.Pair) bool { return p.Allowed }); allowed > 0 {
		out = append(out, fmt.Sprintf("%d of %d cells did not measure the same on both sides, and were compared on demand", allowed, len(c.Pairs)))
	}
	return out
}

func countPairs(c *result.Comparison, is func(result.Pair) bool) int {
	n := 0
	for _, p := range c.Pairs {
		if is(p) {
			n++
		}
	}
	return n
}
