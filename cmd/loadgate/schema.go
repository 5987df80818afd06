package main

import (
	"github.com/spf13/cobra"

	"loadgate/schemas"
)

func (a *app) schemaCommand() *cobra.Command {
	var kinds bool
	c := &cobra.Command{
		Use:   "schema [scenario|result|sample|comparison|baseline|history]",
		Short: "Print the JSON Schema of a format",
		Long: `schema prints the JSON Schema of the scenario file (the default), of result.json,
of a line of samples.jsonl, of what compare and history print with --json, or of a
baseline file. Editors use the first through the comment

  # yaml-language-server: $schema=PATH

on the first line of a scenario. With --kinds it lists instead what the kinds of
backends speak, and the real programs with whose bytes each was verified.`,
		Example: `  loadgate schema > scenario.schema.json
  loadgate schema result
  loadgate schema --kinds`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: []string{"scenario", "result", "sample", "comparison", "baseline", "history"},
		RunE: func(_ *cobra.Command, args []string) error {
			if kinds {
				return a.listKinds()
			}
			name := "scenario"
			if len(args) > 0 {
				name = args[0]
			}
			schema := map[string]func() []byte{
				"scenario": schemas.Scenario, "result": schemas.Result, "sample": schemas.Sample,
				"comparison": schemas.Comparison, "baseline": schemas.Baseline, "history": schemas.History,
			}[name]
			if schema == nil {
				return usageErrorf("schema: unknown format %q: scenario, result, sample, comparison, baseline or history", name)
			}
			if _, err := a.out.Write(schema()); err != nil {
				return failure(err)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&kinds, "kinds", false, "list the kinds of backends and how each was verified")
	return c
}
