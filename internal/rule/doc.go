// Package rule is the language of assertions: expressions such as
//
//	ttft.p99 < 500ms && success_rate >= 99.9%
//	share(ttft < 500ms && tpot < 50ms) >= 95%
//	any(cells, .output_throughput >= 1200 && .ttft.p95 < 1s)
//
// In: an expression's text, the scope it stands in and the vocabulary of names.
// Out: a Rule, or every mistake with its place in the text; from a Rule and the
// values of a cell (or of all cells), an Outcome. The package knows no metric,
// no scenario and no protocol, and does no I/O.
//
// # How it works
//
//  1. literal.go finds the numbers with units (500ms, 1m30s, 99.9%, 4k), which
//     expr cannot read, and blanks each with a name of the same width, so that
//     every offset stays true.
//  2. source.go has expr-lang/expr parse the text: grammar, precedence and tree
//     are expr's. What rules do not need of it is refused.
//  3. check.go walks the tree. It resolves names against the vocabulary, gives
//     each part its dimension, and makes nodes that can be evaluated. Durations
//     compare with durations, ratios with ratios or numbers between 0 and 1,
//     counts, tokens and rates also with plain numbers; products and quotients
//     compute their dimension.
//  4. eval.go evaluates the nodes in three-valued logic and notes every
//     comparison with its values.
//
// # Why expr's machine does not evaluate
//
// The tree is walked here instead of being compiled for expr's machine, since a
// rule needs what that machine does not have: a missing value must stay missing
// through and, or, not and any (NaN would make `not (x > 5)` true), division by
// zero must not become a limit that is met, and a failure must say which
// comparison decided with which values, cell by cell. It is also what bounds
// the work: without ranges, a list is never longer than the cells, and lists
// are gone through at most two deep. A test holds both to the same results
// where both have one.
//
// # What must never happen
//
// A rule passes because something was absent, NaN or empty; an evaluation
// panics; an expression reaches the environment, the clock or the disk.
package rule
