package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/compare"
	"loadgate/internal/pipeline"
	"loadgate/reporters"
)

func (a *app) historyCommand() *cobra.Command {
	var statistics []string
	var html string
	var p float64
	c := &cobra.Command{
		Use:   "history RUN…",
		Short: "Show metrics over runs, and where their level changed",
		Long: `history puts runs (run directories, result.json, baseline files, or folders of
them) into the order of time and shows, for each cell, a metric over the runs with
its change points: places where the level moved, found by E-divisive means with a
t test. It gates nothing.`,
		Example: `  loadgate history runs
  loadgate history runs --metric ttft.p50,e2el.p99 --html history.html`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.history(args, statistics, html, p) },
	}
	c.Flags().StringSliceVar(&statistics, "metric", compare.DefaultGate(), "`metrics` to show")
	c.Flags().StringVar(&html, "html", "", "write a page with charts to this `file`")
	c.Flags().Float64Var(&p, "p", compare.ChangeP, "what the p-value of a change has to fall below")
	return c
}

func (a *app) history(paths, statistics []string, html string, p float64) error {
	for _, name := range statistics {
		if problem, hint := compare.CheckStatistic(name, false); problem != "" {
			return usageErrorf("--metric %s: %s (%s)", name, problem, hint)
		}
	}
	if !(p > 0 && p < 1) {
		return usageErrorf("--p %g: a probability lies between 0 and 1", p)
	}
	sides, err := a.openSides(paths, compare.Policy{Gate: statistics})
	if err != nil {
		return err
	}
	if len(sides) == 0 {
		return usageErrorf("there is no run in %s", strings.Join(paths, ", "))
	}
	trend := compare.Trend(sides, statistics, p)
	if html != "" {
		if err := pipeline.Replace(html, func(w io.Writer) error { return reporters.TrendHTML(w, trend) }); err != nil {
			return failure(err)
		}
		a.notef("wrote %s", html)
	}
	if a.json {
		return a.writeJSON(trend)
	}
	if err := reporters.Trend(a.out, trend, reporters.ConsoleOptions{Width: a.width(a.out), Color: a.color(a.out)}); err != nil {
		return failure(err)
	}
	return nil
}
