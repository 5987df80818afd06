// Package metrics turns the samples of a repeat into its summary.
//
//  1. A Collector takes the samples one by one, in any order, and keeps the
//     few numbers of each that metrics need; never the sample itself.
//  2. Repeat closes it: columns are sorted, and every entry of the catalogue
//     becomes a result.Metric. Counts, token sums and shares come beside them.
//  3. Merge makes a cell out of its repeats, Pool a summary over all requests
//     of several repeats.
//
// Each metric is one entry of the catalogue (registry.go): its name, unit and
// documentation, and the function that reads it off a request, a request's
// gaps, or the whole. docs/metrics.md is written from the catalogue.
//
// In: engine.Sample, scenario.Load, engine.Totals. Out: result.Repeat and
// result.Cell. The same samples give the same summary, in whatever order they
// come. What cannot be known is result.None, never 0; no NaN reaches a
// document.
//
// The package must never read a clock or a file, drop a sample silently,
// judge a value, or know a backend, a dataset or a reporter.
package metrics
