// Command gate-power measures the comparison gate by simulation: how often it
// alarms when nothing changed, how often it finds what did change, and how often
// its intervals hold the truth. It prints the table of docs/compare.md.
//
//	go run ./scripts/gate-power                        print the table
//	go run ./scripts/gate-power -write docs/compare.md put it into the page
//
// Simulated repeats are made of simulated requests, and go through the very code
// that compares real runs. The same seed gives the same table.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
)

func main() {
	pairs := flag.Int("pairs", 2000, "simulated pairs of runs a design")
	seed := flag.Uint64("seed", 42, "of the simulation")
	write := flag.String("write", "", "put the table into this `page`, between its marks")
	flag.Parse()
	table := render(measureAll(designs(), *pairs, *seed, poolSize), *pairs, *seed)
	if *write == "" {
		fmt.Print(table)
		return
	}
	if err := replaceTable(*write, table); err != nil {
		fmt.Fprintln(os.Stderr, "gate-power:", err)
		os.Exit(1)
	}
}

// Marks between which the table stands in a page.
const (
	beginMark = "<!-- table:gate-power -->\n"
	endMark   = "<!-- /table -->\n"
)

func replaceTable(file, table string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(beginMark))
	_, after, closed := bytes.Cut(rest, []byte(endMark))
	if !ok || !closed {
		return fmt.Errorf("%s has no marks %q … %q", file, beginMark, endMark)
	}
	out := bytes.Join([][]byte{before, []byte(beginMark), []byte(table), []byte(endMark), after}, nil)
	return os.WriteFile(file, out, 0o644)
}
