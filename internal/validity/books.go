package validity

import (
	"fmt"
	"math"
	"strings"
)

var conservation = Definition{
	Name: "conservation", Cause: Client, Unit: "mismatches", Warn: never(), Invalid: 0,
	Statistic: "accounts that do not balance",
	Text: "planned = sent + unsent; sent = completed + failed + audit_hits + cancelled; as many samples as sends, none twice, each with " +
		"an end; token sums as of the single requests; Little's law over the requests in flight. It watches loadgate itself.",
	judge: func(f *facts, t thresholds) *reading {
		wrong := f.mismatches()
		return t.judge(float64(len(wrong))).says("the accounts do not balance, which is a fault of loadgate or of its storage, please report it: " + strings.Join(wrong, "; "))
	},
}

func (f *facts) mismatches() []string {
	var wrong []string
	expect := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	t, c, k := &f.Totals, &f.Repeat.Counts, &f.Repeat.Tokens
	sent, twice, endless := 0, 0, 0
	seen := make(map[int]struct{}, len(f.rows))
	for _, r := range f.rows {
		if !r.warmup {
			sent++
		}
		if _, again := seen[r.index]; again {
			twice++
		}
		seen[r.index] = struct{}{}
		if r.start == 0 || r.done == 0 {
			endless++
		}
	}
	expect(t.Planned == t.Sent+t.Unsent, "planned %d ≠ sent %d + unsent %d", t.Planned, t.Sent, t.Unsent)
	expect(t.Abandoned <= t.Unsent && t.AbandonedMeasured <= t.UnsentMeasured, "abandoned %d > unsent %d", t.Abandoned, t.Unsent)
	expect(t.Sent == len(f.rows), "%d requests were sent and %d recorded", t.Sent, len(f.rows))
	expect(t.PlannedMeasured == sent+t.UnsentMeasured,
		"measured: planned %d ≠ sent %d + unsent %d", t.PlannedMeasured, sent, t.UnsentMeasured)
	expect(c.Sent == sent && c.Warmup == len(f.rows)-sent, "%d requests counted and %d recorded", c.Sent, sent)
	expect(c.Sent == c.Completed+c.Failed+c.AuditHits+c.Cancelled,
		"sent %d ≠ completed %d + failed %d + audit hits %d + cancelled %d", c.Sent, c.Completed, c.Failed, c.AuditHits, c.Cancelled)
	expect(f.strange == 0, "%d requests without an outcome", f.strange)
	expect(twice == 0, "%d requests recorded twice", twice)
	expect(endless == 0, "%d requests without a start or an end", endless)
	e := &f.tokens
	expect(k.Input == e.input && k.Output == e.output && k.Reasoning == e.reasoning && k.Cached == e.cached,
		"token sums %d/%d/%d/%d ≠ %d/%d/%d/%d of the single requests",
		k.Input, k.Output, k.Reasoning, k.Cached, e.input, e.output, e.reasoning, e.cached)
	residence, swept := f.residence()
	expect(math.Abs(residence-swept) <= 1e-6*residence, "Σ(done − start) = %.6g s ≠ mean in flight × duration = %.6g s", residence, swept)
	return wrong
}

// residence is the time that measured requests spent in the system, added up
// request by request, and as the mean in flight times the duration. Little's
// law makes them one.
func (f *facts) residence() (sum, swept float64) {
	for _, r := range f.measured() {
		if r.done > r.start && r.start != 0 {
			sum += float64(r.done-r.start) / 1e9
		}
	}
	swept = f.stat("in_flight", "avg") * float64(f.Repeat.Metrics["duration"].Value)
	if math.IsNaN(swept) {
		swept = sum // nothing took any time
	}
	return sum, swept
}

var clock = Definition{
	Name: "clock", Cause: Client, Unit: "ms", Warn: 10, Invalid: never(),
	Statistic: "largest step between wall and monotonic clock; any stamp before one that must precede it is invalid",
	Text: "Durations are taken on the monotonic clock and do not feel a step; times of day do. " +
		"A negative duration means that stamps cannot be trusted at all.",
	judge: func(f *facts, t thresholds) *reading {
		if f.backwards > 0 {
			r := &reading{level: Invalid, value: float64(f.backwards)}
			return r.says(fmt.Sprintf("%d requests have stamps that run backwards (%s): the machine's clock cannot be trusted: measure on another one", f.backwards, f.backwardAt))
		}
		step := math.Abs(float64(f.Totals.WallSteps)) / 1e6
		return t.judge(step).says(fmt.Sprintf("the wall clock was set by %.4g ms during the run: times of day are off, durations are not; have it slewed and not set while a test runs", step))
	},
}
