package metrics

import (
	"cmp"
	"maps"
	"slices"

	"loadgate/internal/rule"
	"loadgate/scenario"
)

// GoodputShare is the key of `goodput:` among a repeat's shares.
const GoodputShare = "goodput"

var goodput = Definition{
	Name: "goodput", Unit: "requests/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text: "Good requests per second: those that completed and met every limit of `goodput:`. " +
		"A completed request without a value for a limited metric is not good, but a one-token answer meets a limit on tpot. " +
		"Absent without `goodput:`, and where no completed request has a value.",
	Formula: "good / duration",
	Also:    "vLLM bench: request goodput",
	Aliases: []string{"request_goodput"},
	scalar:  func(t *tally) float64 { return t.perSecond(float64(t.good.good), t.good.known(t.counts.Completed)) },
}

var sloAttainment = Definition{
	Name: "slo_attainment", Unit: "ratio", Dim: rule.Ratio, Scale: 1, Shape: ShapeScalar, Of: OfSent, Better: Higher,
	Text:    "Good requests (see `goodput`) as a share of those sent: a failure is a miss.",
	Formula: "good / sent",
	Aliases: []string{"goodput_ratio", "slo_rate"},
	scalar: func(t *tally) float64 {
		return orNaN(ratio(t.good.good, t.counts.Sent), t.good.known(t.counts.Completed))
	},
}

// limits is the predicate of `goodput:`. Its values are in ms by metric.
type limits scenario.Goodput

// Key names the share.
func (limits) Key() string { return GoodputShare }

// Match reports whether every limit is met.
func (l limits) Match(get func(string) (float64, bool)) bool {
	good := true
	for _, name := range slices.SortedFunc(maps.Keys(l), cmp.Compare) {
		v, ok := get(name)
		good = good && ok && v <= l[name]
	}
	return good
}
