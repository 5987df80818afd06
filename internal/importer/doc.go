// Package importer turns what other tools are told into scenarios, one file or
// group of files a tool.
//
// In: a case file as a yamlpos tree, or the words of a command line. Out: the
// text of a scenario as a person would have written it, and what that person
// should know; or diagnostics at the places in the other tool's file or flags.
// The pipeline never sees another tool's settings: it runs the scenario.
//
// Nothing is dropped in silence: a setting that has no place in a scenario is a
// warning at its place. A secret that stands in a case or on a command line
// becomes a reference to the environment, and its value goes into Scenario.Keys
// and nowhere else.
package importer
