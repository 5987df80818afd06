// Package gate judges: it compiles a plan's rules, evaluates them on the
// summaries of cells, and turns the outcomes into one verdict and one exit code.
//
// In: rules with their places, cells of a result document. Out: result.SLO
// entries, in file order, and the verdict. It measures nothing and prints
// nothing. Every output of loadgate, the exit code included, comes from the
// verdict made here.
package gate
