package main

import (
	"bytes"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/foreign"
	"loadgate/internal/result"
)

func (a *app) importResultsCommand() *cobra.Command {
	var format, out string
	var force bool
	c := &cobra.Command{
		Use:   "results FILE...",
		Short: "Make a result.json of other tools' results",
		Long: `results makes one result.json of the result files of other load generators, for
report and compare. Formats: ` + strings.Join(foreign.Formats(), ", ") + `.

Each figure gets the name that its definition has here, whatever its own tool
calls it; what has no like is left out, and a note says so. Files of the same
load, model and labels become the repeats of one cell.`,
		Example: `  loadgate import results vllm-result.json -o result.json
  loadgate import results run1.json run2.json run3.json -o result.json
  loadgate compare before.json result.json --gate sent_ttft.p99`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.importResults(args, format, out, force)
		},
	}
	c.Flags().StringVar(&format, "format", "", "`format` of the files, instead of telling it from their content")
	c.Flags().StringVarP(&out, "output", "o", "", "write the result to this `file`; without it, to standard output")
	c.Flags().BoolVar(&force, "force", false, "replace a file that exists")
	return c
}

func (a *app) importResults(names []string, format, out string, force bool) error {
	var files []foreign.File
	for _, name := range names {
		data, err := a.read(name)
		if err != nil {
			return usageErrorf("%w", err)
		}
		files = append(files, foreign.File{Name: name, Data: data})
	}
	doc, notes, err := foreign.Read(files, foreign.Options{Format: format, Loadgate: version})
	if err != nil {
		return usageErrorf("import results: %s", diag.Printable(err.Error()))
	}
	var text bytes.Buffer
	if err := result.Encode(&text, doc); err != nil {
		return failure(err)
	}
	a.notes(notes)
	if out == "" {
		_, err := a.out.Write(text.Bytes())
		return err
	}
	if err := a.create(out, text.Bytes(), force); err != nil {
		return err
	}
	if a.json {
		return a.writeJSON(map[string]any{"written": []string{out}, "cells": len(doc.Cells), "notes": notes})
	}
	a.notef("wrote %s: %s", out, plural(len(doc.Cells), "cell"))
	return nil
}
