package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/pipeline"
)

func (a *app) planCommand() *cobra.Command {
	var s selection
	c := &cobra.Command{
		Use:   "plan [scenario.yaml]",
		Short: "Show what a scenario would send: cells, requests, tokens, time; send nothing",
		Example: `  loadgate plan
  loadgate plan gate.yaml --set load.concurrency=8 --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			_, l, err := a.loadArgs(args, s)
			if err != nil {
				return err
			}
			forecast, err := pipeline.Plan(l.opened)
			if err != nil {
				return failure(err)
			}
			if a.json {
				return a.writeJSON(forecast)
			}
			return a.printForecast(forecast)
		},
	}
	s.flags(c)
	return c
}

func (a *app) printForecast(f *pipeline.Forecast) error {
	fmt.Fprintf(a.out, "%s: %s, %s\n\n", f.Name, plural(len(f.Cells), "cell"), plural(f.Rules, "rule"))
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "#\tcell\tload\trequests\tinput tokens\toutput tokens\tat least\trules")
	for i, c := range f.Cells {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", i+1, dash(c.Title), c.Load, times(c.Requests, c.Repeats),
			about(c.InputTokens), about(c.OutputTokens), lasts(c.AtLeastSeconds), len(c.Rules))
	}
	if err := w.Flush(); err != nil {
		return failure(err)
	}
	fmt.Fprintln(a.out)
	if err := a.printHolds(f.Cells); err != nil {
		return err
	}
	for _, t := range f.Targets {
		fmt.Fprintf(a.out, "backend %s (%s) %s%s\n", t.Backend, t.Kind, calls(t.Endpoint), model(t.Model))
	}
	fmt.Fprintf(a.out, "in all: %s requests, %s input and %s output tokens, at least %s\n",
		count(f.Requests), about(f.InputTokens), about(f.OutputTokens), lasts(f.AtLeastSeconds))
	return nil
}

func calls(endpoint string) string {
	if endpoint == "" {
		return "is started by loadgate"
	}
	return "calls " + diag.Printable(endpoint)
}

func model(name string) string {
	if name == "" {
		return ", model: the only one that it lists"
	}
	return ", model " + diag.Printable(name)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return diag.Printable(s)
}

// times is a number of requests over the repeats; 0 = as many as fit.
func times(n, repeats int) string {
	s := count(n)
	if repeats > 1 {
		s += fmt.Sprintf(" × %d", repeats)
	}
	return s
}

func count(n int) string {
	if n == 0 {
		return "as many as fit"
	}
	return about(n)
}

// about groups digits; 0 = unknown.
func about(n int) string {
	if n == 0 {
		return "?"
	}
	s := fmt.Sprint(n)
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), ",")
}

func lasts(seconds float64) string {
	if seconds == 0 {
		return "?"
	}
	return time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond).String()
}
