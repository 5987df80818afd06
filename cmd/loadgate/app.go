package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/gate"
	"loadgate/internal/live"
	"loadgate/internal/yamlpos"
)

// app is what every subcommand works with. Results go to out, everything else
// to err.
type app struct {
	in   io.Reader
	out  io.Writer
	err  io.Writer
	env  yamlpos.Lookup
	json bool
}

// exitError carries an exit code through cobra. With quiet set everything has
// been said already.
type exitError struct {
	code  int
	quiet bool
	err   error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usageErrorf is a mistake on the command line: nothing was sent.
func usageErrorf(format string, args ...any) error {
	return &exitError{code: gate.ExitUsage, err: fmt.Errorf(format, args...)}
}

// failure is something that could not be done.
func failure(err error) error { return &exitError{code: gate.ExitFailed, err: err} }

// exitWith ends with a code after everything has been said.
func exitWith(code int) error {
	if code == 0 {
		return nil
	}
	return &exitError{code: code, quiet: true, err: fmt.Errorf("exit %d", code)}
}

// run is main without the process: it returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer, env yamlpos.Lookup) int {
	a := &app{in: in, out: out, err: errOut, env: env}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.Execute()
	if err == nil {
		return gate.ExitPass
	}
	var exit *exitError
	if !errors.As(err, &exit) { // cobra's own: an unknown command or flag
		exit = &exitError{code: gate.ExitUsage, err: err}
	}
	if !exit.quiet {
		a.complain(exit)
	}
	return exit.code
}

// complain prints an error: as text, or with --json as a document.
func (a *app) complain(e *exitError) {
	if a.json {
		_ = a.writeJSON(map[string]any{"error": e.Error(), "exit_code": e.code})
		return
	}
	fmt.Fprintf(a.err, "loadgate: %s\n", message(e))
}

// message is an error's text, of which only the line breaks steer the terminal.
func message(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "  "); line != "" {
			lines = append(lines, diag.Printable(line))
		}
	}
	return strings.Join(lines, "\n")
}

// mistakes prints diagnostics and returns the error that ends the command, or
// nil when there were warnings only.
func (a *app) mistakes(list diag.List, sources diag.Sources) error {
	if len(list) == 0 {
		return nil
	}
	if a.json && list.HasErrors() {
		if err := diag.WriteJSON(a.out, list); err != nil {
			return failure(err)
		}
	} else if err := diag.WriteText(a.err, list, sources, a.color(a.err)); err != nil {
		return failure(err)
	}
	if list.HasErrors() {
		return exitWith(gate.ExitUsage)
	}
	return nil
}

// writeJSON prints one document on stdout.
func (a *app) writeJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return failure(err)
	}
	return nil
}

// color reports whether w takes ANSI colours.
func (a *app) color(w io.Writer) bool { return live.Detect(w, a.getenv).Color }

// width is the columns to write in: the terminal's, else 100.
func (a *app) width(w io.Writer) int {
	if o := live.Detect(w, a.getenv); o.Width != nil {
		return o.Width()
	}
	return 100
}

// notef says something on the side.
func (a *app) notef(format string, args ...any) {
	fmt.Fprintf(a.err, "%s\n", diag.Printable(fmt.Sprintf(format, args...)))
}

func (a *app) getenv(name string) string {
	v, _ := a.env(name)
	return v
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "loadgate",
		Short: "Declarative load tests and gates for LLM inference services",
		Long: `loadgate reads a scenario (YAML), sends its load to an inference service over
streaming HTTP, measures TTFT, TPOT, ITL and end-to-end latency, judges the
scenario's SLOs, and says so by its exit code:

  0  ran, and the gate passed        3  could not run
  1  the gate failed                 4  inconclusive: not measured well enough
  2  mistake in usage or scenario    130/143  interrupted; results are kept`,
		Example: `  loadgate init                      write loadgate.yaml to start from
  loadgate validate                  check it, send nothing
  loadgate run                       run it
  loadgate run http://127.0.0.1:8000 no file: find out what a server can do`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	c.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON document on stdout")
	c.CompletionOptions.DisableDefaultCmd = true
	c.AddCommand(a.runCommand(), a.validateCommand(), a.planCommand(), a.reportCommand(), a.judgeCommand(),
		a.compareCommand(), a.baselineCommand(), a.historyCommand(),
		a.simulateCommand(), a.calibrateCommand(), a.calibrateServerCommand(), a.initCommand(), a.importCommand(), a.servingPerfEvalCommand(), a.schemaCommand(), a.versionCommand(), a.completionCommand())
	return c
}
