package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/gate"
	"loadgate/internal/pipeline"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

func (a *app) judgeCommand() *cobra.Command {
	var rules []string
	var when, scope string
	c := &cobra.Command{
		Use:   "judge RUN --slo EXPRESSION",
		Short: "Judge a stored run by other rules; no load is sent, nothing is written",
		Example: `  loadgate judge runs/latest --slo 'share(ttft < 300ms) >= 95%'
  loadgate judge runs/latest --slo 'ttft.p95 < 1s' --when 'load.concurrency <= 4'
  loadgate judge runs/latest --scope run --slo 'any(cells, .output_throughput >= 1200)'`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(rules) == 0 {
				return usageErrorf("judge: name at least one rule with --slo")
			}
			if scope != gate.ScopeCell && scope != gate.ScopeRun {
				return usageErrorf("--scope: %q is neither cell nor run", scope)
			}
			return a.judge(args[0], rules, when, scope)
		},
	}
	c.Flags().StringArrayVar(&rules, "slo", nil, "a rule, as under `slo:` (repeatable)")
	c.Flags().StringVar(&when, "when", "", "the cells that the rules are about, as an `expression`")
	c.Flags().StringVar(&scope, "scope", gate.ScopeCell, "cell or run")
	return c
}

func (a *app) judge(dir string, rules []string, when, scope string) error {
	run, err := openRun(dir)
	if err != nil {
		return err
	}
	defer run.Close()
	sources := diag.Sources{}
	var own []*scenario.Rule
	for i, text := range rules {
		name := flagName("--slo", i, len(rules))
		sources[name] = []byte(text)
		own = append(own, &scenario.Rule{
			Name: text, Assert: flagNode(name, text), Scope: scope, Severity: gate.SeverityFail, Over: gate.OverMedian,
		})
		if when != "" {
			sources["--when"] = []byte(when)
			own[i].When = flagNode("--when", when)
		}
	}
	report, err := pipeline.Build(run, pipeline.BuildOptions{Rules: own})
	var mistakes *diag.ListError
	switch {
	case errors.As(err, &mistakes):
		return a.mistakes(mistakes.List, sources)
	case err != nil:
		return failure(err)
	}
	if err := a.present(report, dir, nil); err != nil {
		return err
	}
	return verdict(report, nil, false)
}

// flagName names one of several values of a flag.
func flagName(flag string, i, n int) string {
	if n == 1 {
		return flag
	}
	return fmt.Sprintf("%s(%d)", flag, i+1)
}

// flagNode is an expression that stands in a flag.
func flagNode(name, text string) *yamlpos.Node {
	return &yamlpos.Node{Kind: yamlpos.String, Value: text, Text: text, Width: len([]rune(text)), Pos: diag.Pos{File: name, Line: 1, Col: 1}}
}
