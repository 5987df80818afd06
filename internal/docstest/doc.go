// Package docstest holds the tests that keep the documentation true. It has no
// code of its own.
//
// In README.md and docs/:
//
//   - a block ```sh run is executed, in one folder for each page, after the
//     blocks before it; "```sh run exit 1" says how its last command ends;
//   - in every other ```sh block the commands and flags of loadgate exist;
//   - a block ```yaml with apiVersion is a whole scenario and validates; one
//     without is a part of one and validates within a small scenario. A block
//     that is no scenario is ```yaml other;
//   - links between pages lead somewhere;
//   - the tables between <!-- table:NAME --> and <!-- /table --> are what the
//     schema says, and `go test ./internal/docstest -update` writes them;
//   - command-line.md names every command and every flag.
package docstest
