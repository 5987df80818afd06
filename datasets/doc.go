// Package datasets holds the sources of prompts: one file a kind, selected by
// `kind:` under `datasets:`.
//
// In: a section of the scenario and, for most kinds, a file. Out: an
// llm.Dataset, or diagnostics that name the section's line or the data file's.
// A dataset is opened once and then asked for session i of the stream that a
// seed selects:
//
//  1. section.go decodes a kind's configuration and checks its values;
//  2. datafile.go opens a file, and rowreader.go, tablereader.go and
//     linereader.go cut it into rows, each a JSON object with its line;
//  3. rowfile.go keeps where the rows of use are, and rowset.go hands rows out:
//     in file order or shuffled, from the top again when there are fewer than
//     requests;
//  4. random.go makes prompts out of nothing but numbers.
//
// A session is a function of the configuration, the file's bytes, the seed and
// the index alone, so that every process that asks gets the same one. Opening
// goes through the file and loads no tokenizer unless a kind must count to know
// its rows.
//
// The package must never reach for the network, read a clock, or use random
// numbers that a seed does not decide. Protocols are not its business: what a
// prompt looks like in a body is up to the backend.
package datasets
