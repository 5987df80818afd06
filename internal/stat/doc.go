// Package stat holds the statistics of a load test: quantiles, their
// intervals, and the few tests that decide whether a number may be believed.
//
// In: plain float64 slices, in any unit, free of NaN. Functions that take a
// parameter named sorted want it ascending and do not check that. Out: plain
// numbers. No function keeps or changes a slice that it was given, and every
// one may be called from several goroutines at once.
//
// What cannot be known is never 0: a single number that is undefined is NaN,
// and an interval comes with ok = false.
//
// Functions that draw random numbers take their seed and return the same
// result for the same arguments, so that a report made again is the same
// report.
//
// The package must never read a clock or a file, know what a request is, or
// round for display.
//
// Sources: Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996);
// Hahn and Meeker, "Statistical Intervals", ch. 5 (order-statistic intervals);
// Clopper and Pearson (1934); Field and Welsh, "Bootstrapping clustered data"
// (2007); White, "An effective truncation heuristic" (1997), for MSER.
package stat
