// Package diag holds what loadgate says about a user's mistakes: positions,
// diagnostics, lists of them, and the two ways they are written (text with the
// source line and a caret, and JSON).
//
// In: positions and sentences from whoever found a mistake. Out: one ordered
// list. It never reads files itself and never decides an exit code. A failure
// that is not the user's mistake is an ordinary error and does not belong here.
package diag
