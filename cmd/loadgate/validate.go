package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
)

func (a *app) validateCommand() *cobra.Command {
	var s selection
	c := &cobra.Command{
		Use:   "validate [scenario.yaml]",
		Short: "Check a scenario: syntax, schema, meaning, rules, data files; send nothing",
		Example: `  loadgate validate
  loadgate validate gate.yaml --profile pr --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file, l, err := a.loadArgs(args, s)
			if err != nil {
				return err
			}
			if a.json {
				return a.writeJSON(map[string]any{
					"file": file, "name": l.opened.Plan.Name, "cells": len(l.opened.Cells), "rules": l.opened.Gate.Len(), "diagnostics": append(diag.List{}, l.warnings.Sorted()...),
				})
			}
			fmt.Fprintf(a.out, "%s: ok: %s, %s\n", file, plural(len(l.opened.Cells), "cell"), plural(l.opened.Gate.Len(), "rule"))
			return nil
		},
	}
	s.flags(c)
	return c
}
