package result

import "time"

// ComparisonVersion names the shape of a comparison.
const ComparisonVersion = "loadgate.comparison/v1"

// Comparison sets a run (head) against a baseline (base).
type Comparison struct {
	SchemaVersion string        `json:"schema_version"`
	Verdict       Verdict       `json:"verdict"` // pass | fail | inconclusive; error: refused
	ExitCode      int           `json:"exit_code"`
	Reason        string        `json:"reason"` // of the verdict, in a sentence
	Base          ComparedRun   `json:"base"`
	Head          ComparedRun   `json:"head"`
	Method        CompareMethod `json:"method"`
	Differences   []Difference  `json:"differences"` // of machines, versions and labels, for information
	Warnings      []string      `json:"warnings"`
	Pairs         []Pair        `json:"pairs"`  // in the order of the head
	Deltas        []Delta       `json:"deltas"` // worst first
}

// ComparedRun is one side.
type ComparedRun struct {
	Path      string    `json:"path"`
	Form      string    `json:"form"` // run | result | baseline
	Name      string    `json:"name"`
	RunID     string    `json:"run_id"`
	StartedAt time.Time `json:"started_at"`
	Loadgate  string    `json:"loadgate_version"`
	Commit    string    `json:"commit,omitempty"`
	Reason    string    `json:"accepted_because,omitempty"` // of an accepted baseline
	// Sides are values of the axis on which a run is compared with itself; none
	// where there are two runs.
	Sides []string `json:"sides,omitempty"`
}

// CompareMethod is how the verdicts came about. Alpha is the family-wise error
// rate of the gated metrics, Family the number of tests among which it is
// shared out. Design is unpaired | paired. HistoryRuns is the largest number of
// A/A runs behind a delta.
type CompareMethod struct {
	Alpha       float64 `json:"alpha"`
	Family      int     `json:"family"`
	Reported    int     `json:"reported"` // deltas that can fail nothing
	Design      string  `json:"design"`
	HistoryRuns int     `json:"history_runs"`
	Text        string  `json:"text"`
}

// Difference is one fact that the sides do not share.
type Difference struct {
	What string `json:"what"`
	Base string `json:"base"`
	Head string `json:"head"`
}

// Pairings of cells.
const (
	PairCompared     = "compared"
	PairIncomparable = "incomparable"
	PairAdded        = "added"
	PairRemoved      = "removed"
)

// Pair is a cell with its like on the other side. Allowed marks a pair that was
// compared on demand in spite of Reasons.
type Pair struct {
	Title   string   `json:"title"` // "" for the only cell of a run
	Base    string   `json:"base"`  // ids; "" on the side that lacks it
	Head    string   `json:"head"`
	Status  string   `json:"status"`
	Allowed bool     `json:"allowed,omitempty"`
	Reasons []string `json:"reasons,omitempty"` // why it is not comparable
	Notes   []string `json:"notes,omitempty"`
}

// Finding of a comparison, per metric.
type Change string

// Changes, the worst first.
const (
	Regressed    Change = "regressed"    // worse by more than the margin, beyond doubt
	Suspect      Change = "suspect"      // worse beyond doubt, and likely by more than the margin
	Incomparable Change = "incomparable" // the sides did not measure the same
	NoData       Change = "no_data"      // a side has no value
	Removed      Change = "removed"      // the base has it, the head has not
	Unclear      Change = "inconclusive" // neither a change nor its absence is proven
	Cleared      Change = "cleared"      // suspect at first, and fresh repeats did not confirm it
	Added        Change = "added"        // the head has it, the base has not
	Unchanged    Change = "unchanged"    // within the margin asked for, beyond doubt
	Improved     Change = "improved"     // better by more than the margin, beyond doubt
)

// Changes lists them, the worst first.
func Changes() []Change {
	return []Change{Regressed, Suspect, Incomparable, NoData, Removed, Unclear, Cleared, Added, Unchanged, Improved}
}

// Scales of effects, margins and intervals.
const (
	Relative = "relative" // 0.1: 10 % of the base
	Points   = "points"   // 0.01: one percentage point, for metrics that are ratios
)

// Delta is one statistic of one cell on both sides. Effect, its Interval,
// margins, floor and detectable effect are on Scale, and positive is worse:
// 0.1 is a latency higher by 10 %, or a throughput lower by 10 %.
type Delta struct {
	Cell   string `json:"cell"`  // id on the head's side, on the base's if it was removed
	Title  string `json:"title"` // of the cell
	Metric string `json:"metric"`
	Unit   string `json:"unit"`
	Better string `json:"better"` // lower | higher
	Scale  string `json:"scale"`
	Gated  bool   `json:"gated"`
	Change Change `json:"change"`
	// Outcome is what the policy makes of it: pass, fail, inconclusive (when
	// strict), skipped where it is not gated.
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"` // in a sentence

	Base        Number `json:"base"` // middle over the repeats: geometric mean, for ratios the mean
	Head        Number `json:"head"`
	BaseRepeats int    `json:"base_repeats"`
	HeadRepeats int    `json:"head_repeats"`
	BaseSamples int    `json:"base_samples"` // requests behind it, over all repeats; 0 where unknown
	HeadSamples int    `json:"head_samples"`

	Effect     Number     `json:"effect"`
	Interval   *[2]Number `json:"interval"`   // at Confidence; null without one
	Confidence Number     `json:"confidence"` // of the interval, adjusted for the family: 0.998
	DF         Number     `json:"df"`
	P          Number     `json:"p"`             // of no change, two-sided
	Adjusted   Number     `json:"p_adjusted"`    // gated: by Holm; else the q-value of Benjamini and Hochberg
	Exact      Number     `json:"p_permutation"` // gated, with four repeats a side or more

	Margin      Number   `json:"margin"`          // that the verdict used
	Asked       Number   `json:"margin_asked"`    // smaller where the noise floor raised it
	NoiseFloor  Number   `json:"noise_floor"`     // 95 % of differences without a change lie within it
	Detectable  Number   `json:"detectable"`      // smallest effect that is found in four of five comparisons
	Needed      int      `json:"repeats_needed"`  // a side, to detect the margin asked for; 0 = no number is known to be enough
	HistoryRuns int      `json:"history_runs"`    // A/A runs behind the variance
	Notes       []string `json:"notes,omitempty"` // remarks on the statistics
	// First is what was found at first, where fresh repeats have decided: all
	// the rest is of these.
	First *FirstLook `json:"first,omitempty"`
}

// FirstLook is what made a delta suspect before fresh repeats decided.
type FirstLook struct {
	Change      Change     `json:"change"`
	Reason      string     `json:"reason"`
	Base        Number     `json:"base"`
	Head        Number     `json:"head"`
	BaseRepeats int        `json:"base_repeats"`
	HeadRepeats int        `json:"head_repeats"`
	Effect      Number     `json:"effect"`
	Interval    *[2]Number `json:"interval"`
}

// Trend is a metric over runs, with the places where its level changed.
type Trend struct {
	SchemaVersion string        `json:"schema_version"`
	P             float64       `json:"p"` // that a change point has to fall below
	Runs          []TrendRun    `json:"runs"`
	Series        []TrendSeries `json:"series"`
}

// TrendVersion names the shape of a trend.
const TrendVersion = "loadgate.history/v1"

// TrendRun is one run, in the order of time.
type TrendRun struct {
	Path      string    `json:"path"`
	RunID     string    `json:"run_id"`
	StartedAt time.Time `json:"started_at"`
	Commit    string    `json:"commit,omitempty"`
}

// TrendSeries is one statistic of one cell. Values has one entry a run, null
// where the run has no such cell or value.
type TrendSeries struct {
	Cell    string        `json:"cell"` // title
	Key     string        `json:"key"`
	Metric  string        `json:"metric"`
	Unit    string        `json:"unit"`
	Better  string        `json:"better"`
	Values  []Number      `json:"values"`
	Changes []TrendChange `json:"changes"`
}

// TrendChange is a change of level: from Run on (an index into the runs), the
// values are around After.
type TrendChange struct {
	Run    int    `json:"run"`
	Before Number `json:"before"`
	After  Number `json:"after"`
	Change Number `json:"change"` // After against Before, positive = worse; on Scale
	Scale  string `json:"scale"`
	P      Number `json:"p"`
}
