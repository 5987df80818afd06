// Package compare sets a run against a baseline and says, metric by metric,
// whether it got worse.
//
// In: two sides, made from result documents or baseline files, and a policy.
// Out: a result.Comparison. Everything here is a pure function of its
// arguments; only Open reads a file.
//
// # How it works
//
//  1. side.go takes from a document what a comparison needs: per cell, repeat
//     and statistic the value and its sampling variance within the repeat.
//  2. match.go pairs the cells, and comparable.go says which pairs measured the
//     same thing.
//     within.go pairs cells of one run that differ on one axis.
//  3. estimate.go makes of two series the effect, its variance and degrees of
//     freedom; history.go adds what earlier runs of unchanged code say of the
//     noise.
//  4. judge.go shares the error rate out among the gated metrics, takes the
//     intervals and gives the verdicts; explain.go words them.
//     confirm.go puts what fresh repeats say in the place of what was suspect.
//  5. baseline.go reads and writes the file that a team commits; trend.go looks
//     at a metric over many runs.
//
// # Definitions
//
// The unit of evidence is a repeat: one execution of one cell. Requests are
// never evidence of a change, they give the statistic and its variance within
// the repeat. Per repeat, y is ln(statistic), or the ratio itself for metrics
// that are ratios. The effect d is the difference of the mean y, signed so that
// positive is worse.
//
// What it must never do: pool requests of different repeats, average
// percentiles without their spread, drop a repeat, or call something unchanged
// because nothing was found.
package compare
