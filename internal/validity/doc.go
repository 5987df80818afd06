// Package validity says whether the numbers of a repeat may be believed.
//
//  1. Evidence takes the samples one by one, beside metrics.Collector.
//  2. Check runs every check of the registry (registry.go) over the evidence,
//     the engine's totals and the summary, and returns what they found.
//  3. Overall makes one word of the findings.
//
// Client-caused findings speak about loadgate and its machine: they alone can
// make a measurement invalid. Sample-caused ones say that there was too little
// of it. Server-caused ones describe the target: a broken server must not
// rescue its own gate by making the measurement look broken.
//
// A check that cries wolf is worse than none. So a share of few requests must
// be beyond its limit with statistical confidence before a check speaks, a
// stall of the machine counts once however many requests it hit, and a loss
// counts where it can reach a number that the sample supports. Each check's
// text says what was decided for it; docs/metrics.md is written from them.
//
// The package must never read a clock or a file, change a metric, or judge a
// rule.
package validity
