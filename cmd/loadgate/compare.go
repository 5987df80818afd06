package main

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/compare"
	"loadgate/internal/pipeline"
	"loadgate/internal/result"
	"loadgate/reporters"
)

// compareFlags are the flags of compare.
type compareFlags struct {
	margins        []string
	gate           []string
	fail           []string
	strict         bool
	allowDifferent bool
	history        []string
	reports        []string
}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare BASE HEAD",
		Short: "Compare two runs and exit 1 if the second got worse",
		Long: `compare says for every cell and metric whether HEAD got worse than BASE, with the
interval that this rests on. Each may be a run directory, a result.json or a
baseline file (see loadgate baseline accept). What HEAD's scenario says under
compare: holds; flags win.

  0  no gated metric regressed       2  refused: they did not measure the same
  1  a gated metric regressed        4  inconclusive, with --strict`,
		Example: `  loadgate compare baselines/main.json runs/latest
  loadgate compare runs/before runs/after --margin ttft.p95=15% --report markdown=compare.md
  loadgate compare baselines/main.json runs/latest --history runs/nightly --strict`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return a.compare(args[0], args[1], f) },
	}
	f.add(c)
	c.Flags().StringArrayVar(&f.reports, "report", nil, "write a report: `kind=path` ("+strings.Join(reporters.Kinds.Names(), ", ")+")")
	return c
}

func (f *compareFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.margins, "margin", nil, "worsening to put up with: `metric=10%`, for example ttft.p95=15% (repeatable)")
	c.Flags().StringSliceVar(&f.gate, "gate", nil, "`metrics` that may fail the comparison (default "+strings.Join(compare.DefaultGate(), ",")+")")
	c.Flags().StringSliceVar(&f.fail, "fail", nil, "`findings` that fail it: "+compare.FailingNames()+" (default regressed)")
	c.Flags().BoolVar(&f.strict, "strict", false, "what cannot be told is inconclusive (exit 4)")
	c.Flags().BoolVar(&f.allowDifferent, "allow-different", false, "compare cells that did not measure the same, and mark them")
	c.Flags().StringArrayVar(&f.history, "history", nil, "`folder` of runs of unchanged code on this machine, to know the noise by (repeatable)")
}

// policy is what the flags say, on top of what holds without them.
func (f *compareFlags) policy(p compare.Policy) (compare.Policy, error) {
	margins := map[string]float64{}
	for name, m := range p.Margins {
		margins[name] = m
	}
	for _, text := range f.margins {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return p, usageErrorf("--margin %s: write metric=10%%", text)
		}
		if problem, hint := compare.CheckStatistic(name, true); problem != "" {
			return p, usageErrorf("--margin %s: %s (%s)", text, problem, hint)
		}
		m, err := compare.ParseMargin(value)
		if err != nil {
			return p, usageErrorf("--margin %s: %w", text, err)
		}
		margins[name] = m
	}
	p.Margins = margins
	if len(f.gate) > 0 {
		p.Gate = f.gate
	}
	for _, name := range f.gate {
		if problem, hint := compare.CheckStatistic(name, false); problem != "" {
			return p, usageErrorf("--gate %s: %s (%s)", name, problem, hint)
		}
	}
	if len(f.fail) > 0 {
		p.Fail = nil
	}
	for _, name := range f.fail {
		c, ok := compare.ParseChange(name)
		if !ok {
			return p, usageErrorf("--fail %s: choose among %s", name, compare.FailingNames())
		}
		p.Fail = append(p.Fail, c)
	}
	p.Strict, p.AllowDifferent = p.Strict || f.strict, p.AllowDifferent || f.allowDifferent
	return p, nil
}

func (a *app) compare(basePath, headPath string, f compareFlags) error {
	outputs, err := parseReports(f.reports)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if o.Path == "" {
			return usageErrorf("--report %s: say where: %s=path", o.Kind, o.Kind)
		}
	}
	policy, err := f.policy(compare.Policy{})
	if err != nil {
		return err
	}
	head, err := openSide(headPath, policy)
	if err != nil {
		return err
	}
	if policy, err = f.policy(head.Policy); err != nil {
		return err
	}
	base, err := openSide(basePath, policy)
	if err != nil {
		return err
	}
	histories, err := a.learn(f.history, head.Side, base.Side, policy)
	if err != nil {
		return err
	}
	c := compare.Compare(base.Side, head.Side, policy, histories)
	paths, err := pipeline.WriteFiles(context.Background(), compareReport(head, c), outputs)
	if err != nil {
		return failure(err)
	}
	if err := a.presentComparison(c, paths); err != nil {
		return err
	}
	return exitWith(c.ExitCode)
}

// openSide opens a side; what is not there, or is none, is a mistake in usage.
func openSide(path string, policy compare.Policy) (*pipeline.Side, error) {
	s, err := pipeline.OpenSide(path, policy.Mentioned()...)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usageErrorf("%s: there is no run, result.json or baseline: %w", path, err)
	case err != nil:
		return nil, usageErrorf("%w", err)
	}
	return s, nil
}

// learn reads the folders of --history.
func (a *app) learn(folders []string, head, base *compare.Side, policy compare.Policy) (compare.Histories, error) {
	if len(folders) == 0 {
		return nil, nil
	}
	sides, err := a.openSides(folders, policy)
	if err != nil {
		return nil, err
	}
	histories, used := compare.LearnHistory(sides, head, base.RunID)
	a.notef("history: %s of this machine, beside the two that are compared", plural(used, "run"))
	return histories, nil
}

// openSides opens runs and folders of runs, and says which had to be skipped.
func (a *app) openSides(paths []string, policy compare.Policy) ([]*compare.Side, error) {
	sides, skipped, err := pipeline.OpenSides(paths, policy.Mentioned()...)
	if err != nil {
		return nil, usageErrorf("%w", err)
	}
	for _, s := range skipped {
		a.notef("skipped %v", s)
	}
	return sides, nil
}

// compareReport is a report of the head with the comparison as its verdict.
func compareReport(head *pipeline.Side, c *result.Comparison) *reporters.Report {
	r := &reporters.Report{Doc: &result.Document{
		SchemaVersion: result.SchemaVersion, Loadgate: head.Loadgate, RunID: head.RunID, Name: head.Name, StartedAt: head.StartedAt, EndedAt: head.StartedAt,
		Environment: head.Environment, Labels: head.Labels,
	}}
	if head.Report != nil {
		doc := *head.Report.Doc
		r.Doc, r.Titles = &doc, head.Report.Titles
	}
	r.Doc.SLO, r.Doc.Comparison = nil, c
	r.Doc.Verdict, r.Doc.ExitCode, r.Doc.Error = c.Verdict, c.ExitCode, ""
	return r
}

func (a *app) presentComparison(c *result.Comparison, paths []string) error {
	for _, p := range paths {
		a.notef("wrote %s", p)
	}
	if a.json {
		return a.writeJSON(c)
	}
	out := bufio.NewWriter(a.out)
	err := reporters.Comparison(out, c, reporters.ConsoleOptions{Width: a.width(a.out), Color: a.color(a.out)})
	if err := errors.Join(err, out.Flush()); err != nil {
		return failure(err)
	}
	return nil
}
