// Package reporters turns a finished run into something to read: the summary
// on the console, and one file a format.
//
// In: a Report, which is made from what is stored and never from the memory of
// the run, so that a report written today and one written next year from the
// same run have the same bytes. Out: bytes to a writer.
//
// A format is one file with its Reporter and one line in kinds.go. What a
// reporter must never do: compute a metric, judge a rule, look at a clock or at
// the environment, or trust a text. Names, errors and answers come from servers
// and from files of strangers: the console shows no control character of
// theirs, a spreadsheet never holds a formula of theirs.
package reporters
