package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"loadgate/internal/result"
	"loadgate/internal/stat"
)

// judge gives every test that has an estimate its interval and its change. The
// gated ones share Alpha out by Holm's procedure. The others take an interval of
// 95 %, and only those that Benjamini and Hochberg call discoveries count as
// changed.
func judge(tests []*test) {
	var gated, reported []*test
	table := tTable{}
	for _, t := range tests {
		t.est.table = table
		switch {
		case t.Change != "":
			t.alpha = Alpha
		case t.Gated:
			gated = append(gated, t)
		default:
			reported = append(reported, t)
		}
	}
	adjusted, levels := stat.Holm(pValues(gated), Alpha)
	for i, t := range gated {
		t.Adjusted, t.alpha = finite(adjusted[i]), levels[i]
		t.judge(true)
	}
	q := stat.BenjaminiHochberg(pValues(reported))
	for i, t := range reported {
		t.Adjusted, t.alpha = finite(q[i]), Alpha
		t.judge(q[i] <= Alpha)
	}
	for _, t := range tests {
		t.explain()
	}
}

func pValues(tests []*test) []float64 {
	out := make([]float64, len(tests))
	for i, t := range tests {
		out[i] = math.NaN()
		if t.est.known() {
			out[i] = t.est.p()
		}
	}
	return out
}

// judge fills in a delta. A test that is no discovery cannot be called changed.
func (t *test) judge(discovery bool) {
	e := &t.est
	t.Effect = t.part(e.d)
	if e.history != nil {
		t.HistoryRuns = e.history.Runs
	}
	if !e.known() {
		t.Change = t.withoutInterval()
		return
	}
	asked := t.log(float64(t.Asked))
	margin := asked
	floor := e.half(Alpha)
	half := e.half(t.alpha)
	t.DF, t.P, t.Confidence = finite(e.df), finite(e.p()), result.Number(1-t.alpha)
	t.NoiseFloor, t.Detectable = t.part(floor), t.part(e.detectable(t.alpha))
	t.Needed = e.needed(asked, t.alpha)
	if floor > margin {
		margin = floor
		t.Margin = t.part(floor)
	}
	low, high := e.d-half, e.d+half
	t.Interval = &[2]result.Number{t.part(low), t.part(high)}
	equivalence := e.table.quantile(1-Alpha, e.df) * e.se() // half an interval of 90 %
	switch {
	case discovery && low > margin:
		t.Change = result.Regressed
	case discovery && high < -margin:
		t.Change = result.Improved
	case discovery && low > 0 && e.d > margin:
		t.Change = result.Suspect
	case math.Abs(e.d)+equivalence < asked: // noise, however large, proves no sameness
		t.Change = result.Unchanged
	default:
		t.Change = result.Unclear
	}
	t.crossCheck()
}

// withoutInterval is the change of a test whose noise is not known: one repeat,
// or repeats without any spread.
func (t *test) withoutInterval() result.Change {
	several := len(t.est.base.y) > 1 && len(t.est.head.y) > 1
	if several && t.est.d == 0 {
		t.Reason = "every repeat of both sides has the same value"
		return result.Unchanged
	}
	if several {
		t.Reason = "the repeats of each side have the very same value: without any spread nothing can be said of the difference"
	} else {
		t.Reason = "one repeat and no history of runs: the noise is not known"
	}
	return result.Unclear
}

// permutationFrom is the number of repeats a side from which a permutation test
// can reach a p-value of 5 %.
const permutationFrom = 4

// crossCheck looks at the same data in two ways that assume less.
func (t *test) crossCheck() {
	e := &t.est
	if e.paired {
		return
	}
	if t.Gated && len(e.base.y) >= permutationFrom && len(e.head.y) >= permutationFrom {
		if p, ok := stat.Permutation(e.base.y, e.head.y); ok {
			t.Exact = result.Number(p)
			if (p <= Alpha) != (e.p() <= Alpha) && e.history == nil {
				t.Notes = append(t.Notes, fmt.Sprintf("the exact permutation test (p %s) and the t test (p %s) disagree at 5%%", short2(p), short2(e.p())))
			}
		}
	}
	var pairs []float64
	for _, b := range e.base.y {
		for _, h := range e.head.y {
			pairs = append(pairs, t.sign*(h-b))
		}
	}
	if robust := stat.Median(pairs); math.Abs(robust-e.d) > t.log(float64(t.Asked)) {
		t.Notes = append(t.Notes, "one repeat stands apart: the median of the differences is "+t.show(robust))
	}
}

// censor takes back what latencies say in favour of a head that fails more:
// those that failed have no latency.
func censor(tests []*test) {
	const more = 0.005 // half a percentage point
	i := slices.IndexFunc(tests, func(t *test) bool { return t.Metric == "success_rate" })
	if i < 0 || !(tests[i].Base-tests[i].Head > more) {
		return
	}
	for _, t := range tests {
		if t.Better == "lower" && t.Change == "" && !t.ratio {
			t.survivors = true
		}
	}
}

// plain undoes the logarithm of a mean.
func (t *test) plain(y float64) result.Number {
	if t.ratio {
		return finite(y)
	}
	return finite(math.Exp(y))
}

// part turns an effect in y into one that people know: 0.1 is a latency higher
// by 10 %, a throughput lower by 10 %, a rate lower by ten percentage points.
func (t *test) part(d float64) result.Number {
	switch {
	case t.ratio:
		return finite(d)
	case t.sign < 0:
		return finite(-math.Expm1(-d))
	default:
		return finite(math.Expm1(d))
	}
}

// log undoes part.
func (t *test) log(part float64) float64 {
	switch {
	case t.ratio:
		return part
	case t.sign < 0:
		return -math.Log1p(-part)
	default:
		return math.Log1p(part)
	}
}

// decide sets the verdict of the whole.
func decide(c *result.Comparison, p *Policy) {
	counts := map[result.Change]int{}
	failed, doubtful := 0, 0
	for i := range c.Deltas {
		d := &c.Deltas[i]
		d.Outcome = result.RulePass
		switch {
		case !d.Gated:
			d.Outcome = result.RuleSkipped
			continue
		case p.fails(d.Change):
			d.Outcome = result.RuleFail
			failed++
		case p.Strict && doubt(d.Change):
			d.Outcome = result.RuleInconclusive
			doubtful++
		}
		counts[d.Change]++
	}
	compared := slices.ContainsFunc(c.Pairs, func(p result.Pair) bool { return p.Status == result.PairCompared })
	what := tally(counts)
	switch {
	case failed > 0:
		c.Verdict, c.ExitCode, c.Reason = result.Fail, exitFail, what
	case !compared:
		c.Verdict, c.ExitCode, c.Reason = result.Errored, exitRefused, "no cell of the two can be compared"
	case doubtful > 0:
		c.Verdict, c.ExitCode, c.Reason = result.Inconclusive, exitInconclusive, what
	case len(counts) == 0:
		c.Verdict, c.Reason = result.Pass, "nothing is gated"
	default:
		c.Verdict, c.Reason = result.Pass, what
	}
}

// Exit codes of a comparison, as package gate has them.
const (
	exitFail         = 1
	exitRefused      = 2
	exitInconclusive = 4
)

// doubt reports whether a strict gate cannot pass a change: it is proven neither
// unchanged nor improved, and no second look has cleared it.
func doubt(c result.Change) bool {
	return c != result.Unchanged && c != result.Improved && c != result.Added && c != result.Cleared
}

// tally is "1 regressed, 23 unchanged", the worst first.
func tally(counts map[result.Change]int) string {
	var parts []string
	for _, c := range result.Changes() {
		if n := counts[c]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(c), "_", " ")))
		}
	}
	return strings.Join(parts, ", ")
}
