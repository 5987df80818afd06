package validity

import (
	"math"
	"slices"

	"loadgate/engine"
	"loadgate/internal/result"
	"loadgate/metrics"
	"loadgate/scenario"
)

// Causes of findings.
const (
	Client = "client" // loadgate or its machine
	Sample = "sample" // too little was measured
	Server = "server" // the target
)

// Levels of findings.
const (
	Warn    = "warn"
	Invalid = "invalid"
)

// Input is one repeat, measured and summarised.
type Input struct {
	Load     *scenario.Load
	Limits   scenario.Validity // what the scenario changes
	Totals   engine.Totals
	Repeat   *result.Repeat // with its counts and metrics
	Evidence *Evidence

	Percentiles  []metrics.Quantile // that rules read
	LatencyLimit float64            // smallest limit on ttft or e2el in rules and goodput, ms; 0 = none

	IgnoreEOS      bool // the server was told to answer at full length
	RepeatsPrompts bool // the scenario itself sends the same prompts again
}

// Definition is one check.
type Definition struct {
	Name  string
	Cause string
	Unit  string // of the thresholds and of a finding's value: ms, ratio, requests …
	// Warn and Invalid are the default thresholds, NaN where there is no such
	// level. A value beyond one is a finding.
	Warn, Invalid float64
	Below         bool   // beyond means below
	Statistic     string // what is compared with the thresholds
	Text          string // when it is judged and why so

	judge func(*facts, thresholds) *reading
}

// thresholds are a check's after the scenario has had its say.
type thresholds struct {
	warn, invalid float64
	below         bool
}

// reading is what a check found.
type reading struct {
	level        string
	value, limit float64
	message      string
}

// facts are what checks judge.
type facts struct {
	Input
	*Evidence
}

// Checks lists every check in the order of docs and reports.
func Checks() []Definition { return slices.Clone(registry) }

// Find returns the check of that name.
func Find(name string) (Definition, bool) {
	for _, d := range registry {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}

// Check runs every check. The findings come in the order of Checks, at most one
// a check; there are none for a repeat without fault.
func Check(in Input) []result.Finding {
	if in.Evidence == nil {
		in.Evidence = NewEvidence(in.Load)
	}
	in.Evidence.sort()
	f := &facts{Input: in, Evidence: in.Evidence}
	found := []result.Finding{}
	for i := range registry {
		d := &registry[i]
		r := d.judge(f, d.thresholds(in.Limits.Limits[d.Name]))
		if r == nil {
			continue
		}
		if d.Cause != Client {
			r.level = Warn
		}
		found = append(found, result.Finding{
			Check: d.Name, Cause: d.Cause, Level: r.level, Unit: d.Unit, Message: r.message,
			Value: result.Number(r.value), Limit: result.Number(r.limit), Repeat: in.Repeat.Index,
		})
	}
	return found
}

func (d *Definition) thresholds(l scenario.Limit) thresholds {
	t := thresholds{warn: d.Warn, invalid: d.Invalid, below: d.Below}
	if l.Warn != nil {
		t.warn = *l.Warn
	}
	if l.Invalid != nil {
		t.invalid = *l.Invalid
	}
	return t
}

// judge compares v with both thresholds. It is nil where v is within them.
func (t thresholds) judge(v float64) *reading {
	switch {
	case t.beyond(v, t.invalid):
		return &reading{level: Invalid, value: v, limit: t.invalid}
	case t.beyond(v, t.warn):
		return &reading{level: Warn, value: v, limit: t.warn}
	default:
		return nil
	}
}

func (t thresholds) beyond(v, limit float64) bool {
	if t.below {
		return v < limit
	}
	return v > limit
}

// says puts a message on a reading, if there is one.
func (r *reading) says(message string) *reading {
	if r != nil {
		r.message = message
	}
	return r
}

// Overall is the worst that findings say about the measurement: invalid, or
// warned by a finding about the client or the sample. What was found about the
// server leaves the measurement valid.
func Overall(findings []result.Finding) result.Validity {
	out := result.Valid
	for _, f := range findings {
		switch {
		case f.Level == Invalid:
			return result.Invalid
		case f.Cause != Server:
			out = result.Warned
		}
	}
	return out
}

// never is the threshold of a level that a check does not have.
func never() float64 { return math.NaN() }
