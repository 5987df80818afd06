// Package foreign reads the results of other load generators as result
// documents, one file of this package a format.
//
// In: the bytes of their files. Out: a result.Document in which each figure
// stands under the name that its definition has in docs/metrics.md, whatever its
// own tool calls it, and notes on what was left out and why. What a file does
// not say is absent, never 0.
//
// Latencies of all these tools count from the moment of sending: they are
// sent_ttft and sent_e2el. In a closed loop that is our origin too, and ttft and
// e2el are filled in besides.
package foreign
