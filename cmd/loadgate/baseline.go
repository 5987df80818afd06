package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"loadgate/internal/compare"
	"loadgate/internal/pipeline"
)

// acceptFlags are the flags of baseline accept.
type acceptFlags struct {
	out    string
	reason string
	fresh  bool
}

func (a *app) baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Accept a run as what later runs are compared with",
	}
	var f acceptFlags
	accept := &cobra.Command{
		Use:   "accept RUN -o baselines/main.json",
		Short: "Write a baseline file from a run",
		Long: `accept writes what a comparison needs of a run into a small file that is made to
be committed: statistics with their variances, and what was measured with what on
which machine; one statistic a line, so that accepting another run shows as a
small difference.

An older baseline in the same place becomes history: what its run measured of the
same cells on the same machine goes into what is known of the noise, which makes
later comparisons sharper.`,
		Example: `  loadgate baseline accept runs/latest -o baselines/main.json
  loadgate baseline accept runs/latest -o baselines/main.json --reason "bigger model, agreed in #123"`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.accept(args[0], f) },
	}
	accept.Flags().StringVarP(&f.out, "out", "o", "", "baseline `file` to write")
	accept.Flags().StringVar(&f.reason, "reason", "", "why this is the new baseline, kept in the file")
	accept.Flags().BoolVar(&f.fresh, "fresh", false, "forget the history of the baseline that is replaced")
	c.AddCommand(accept)
	return c
}

func (a *app) accept(path string, f acceptFlags) error {
	if f.out == "" {
		return usageErrorf("baseline accept: name the file to write with -o, for example -o baselines/main.json")
	}
	run, err := openSide(path, compare.Policy{})
	if err != nil {
		return err
	}
	if run.Form == compare.FormBaseline {
		return usageErrorf("%s is a baseline already: name the run to accept", path)
	}
	if run, err = openSide(path, run.Policy); err != nil { // with the statistics that its scenario gates
		return err
	}
	before, err := earlier(f)
	if err != nil {
		return err
	}
	accepted, notes := compare.Accept(run.Side, before, f.reason, run.Policy)
	if len(accepted.Cells) == 0 {
		return usageErrorf("%s: there is no cell to accept: each is missing, interrupted or INVALID", path)
	}
	if err := pipeline.Replace(f.out, func(w io.Writer) error { return compare.WriteBaseline(w, accepted) }); err != nil {
		return failure(err)
	}
	for _, n := range notes {
		a.notef("%s", n)
	}
	if a.json {
		return a.writeJSON(map[string]any{"file": f.out, "run_id": accepted.RunID, "cells": len(accepted.Cells), "notes": append([]string{}, notes...)})
	}
	fmt.Fprintf(a.out, "%s: accepted run %s, %s, %s of history\n", f.out, accepted.RunID, plural(len(accepted.Cells), "cell"), plural(accepted.HistoryRuns(), "run"))
	return nil
}

// earlier is the baseline that is replaced; nil when there is none.
func earlier(f acceptFlags) (*compare.Side, error) {
	if _, err := os.Stat(f.out); errors.Is(err, fs.ErrNotExist) || f.fresh {
		return nil, nil
	}
	before, err := pipeline.OpenSide(f.out)
	if err != nil {
		return nil, usageErrorf("%s is in the way and no baseline: %w; remove it, or pass --fresh", f.out, err)
	}
	if before.Form != compare.FormBaseline {
		return nil, usageErrorf("%s is in the way and no baseline but a %s", f.out, before.Form)
	}
	return before.Side, nil
}
