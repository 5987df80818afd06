package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/pipeline"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/reporters"
)

func (a *app) reportCommand() *cobra.Command {
	var formats []string
	c := &cobra.Command{
		Use:   "report RUN",
		Short: "Compute a stored run's results again and print or write them",
		Long: `report computes everything from the stored requests of a run, prints the summary,
and writes result.json and the reports named with --format. No load is sent. The
exit code is the run's verdict. A result.json, such as import writes, is shown
as it stands.`,
		Example: `  loadgate report runs/latest
  loadgate report runs/latest --format excel=out.xlsx
  loadgate report result.json --format html=report.html`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			outputs, err := parseReports(formats)
			if err != nil {
				return err
			}
			return a.report(args[0], outputs)
		},
	}
	c.Flags().StringArrayVar(&formats, "format", nil, "write a report: `kind=path` ("+strings.Join(reporters.Kinds.Names(), ", ")+"), or kind alone for the run directory")
	return c
}

func (a *app) report(dir string, outputs []pipeline.Output) error {
	if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() {
		return a.reportResult(dir, outputs)
	}
	run, err := openRun(dir)
	if err != nil {
		return err
	}
	defer run.Close()
	report, err := pipeline.Build(run, pipeline.BuildOptions{})
	if err != nil {
		return failure(err)
	}
	paths, err := pipeline.Save(context.Background(), run, report, outputs)
	if err != nil {
		a.complainEarly(err)
	}
	if err := a.present(report, dir, paths); err != nil {
		return err
	}
	a.track(outputs, paths)
	return verdict(report, err, false)
}

// reportResult shows a result.json as it stands: without samples there is nothing
// to compute again, and without a run directory each report needs a path.
func (a *app) reportResult(file string, outputs []pipeline.Output) error {
	for _, o := range outputs {
		if o.Path == "" {
			return usageErrorf("--format %s: say where: %s=path", o.Kind, o.Kind)
		}
	}
	doc, err := result.Read(file)
	if err != nil {
		return usageErrorf("%w", err)
	}
	report := &reporters.Report{Doc: doc}
	paths, err := pipeline.WriteFiles(context.Background(), report, outputs)
	if err != nil {
		a.complainEarly(err)
	}
	if err := a.present(report, "", paths); err != nil {
		return err
	}
	a.track(outputs, paths)
	return verdict(report, err, false)
}

// openRun opens a stored run for reading.
func openRun(dir string) (*store.Run, error) {
	run, err := store.Open(dir)
	switch {
	case errors.Is(err, store.ErrNoRun):
		return nil, usageErrorf("%w", err)
	case err != nil:
		return nil, usageErrorf("%w: is this a run directory?", err)
	}
	return run, nil
}
