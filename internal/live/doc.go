// Package live shows a run while it is under way: a few lines drawn again in
// place on a terminal, lines in a log, a page in a browser.
//
// In: a function that gives a Snapshot when asked, and lines to say. Out: text
// to one writer, the terminal's scroll-back left clean at the end; and, where
// asked for, HTTP on an address of this machine. A Recorder gathers what a
// Snapshot needs from the goroutines of the load for a few nanoseconds an event.
//
// It is an observer: it can change nothing about the run, it never blocks the
// load, an error of its writer ends the display and not the run, and a browser
// that does not keep up misses states. Its numbers are for looking at while
// waiting: buckets and rates of late, warm-up included. Results come from the
// stored samples.
package live
