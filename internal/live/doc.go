// Package live shows a run while it is under way: a bar on a terminal, lines
// in a log.
//
// In: a function that gives a Snapshot when asked, and lines to say. Out: text
// to one writer, the terminal's scroll-back left clean at the end. A Recorder
// gathers what a Snapshot needs from the goroutines of the load for a few
// nanoseconds an event.
//
// It is an observer: it can change nothing about the run, it never blocks the
// load, and an error of its writer ends the display, not the run. Its numbers
// are for looking at while waiting. They come from buckets and from user-space
// stamps; results never do.
package live
