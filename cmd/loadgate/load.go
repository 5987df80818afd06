package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/gate"
	"loadgate/internal/pipeline"
	"loadgate/internal/rule"
	"loadgate/scenario"
)

// defaultScenario is what a command without an argument takes.
const defaultScenario = "loadgate.yaml"

// selection is how a scenario is read: the flags that validate, plan and run
// share.
type selection struct {
	set     []string
	profile string
	only    string
}

func (s *selection) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.set, "set", nil, "change a field: `path=value`, for example load.requests=5x; on an axis it narrows the axis")
	c.Flags().StringVar(&s.profile, "profile", "", "apply one of the scenario's `profiles`")
	c.Flags().StringVar(&s.only, "only", "", "keep the cells that match an `expression`, for example 'load.concurrency <= 4'")
}

// scenarioFile is the file that the arguments name.
func scenarioFile(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	if _, err := os.Stat(defaultScenario); errors.Is(err, fs.ErrNotExist) {
		return "", usageErrorf("no scenario named, and no %s here: `loadgate init` writes one, `loadgate run http://host:8000` needs none", defaultScenario)
	}
	return defaultScenario, nil
}

// loaded is a scenario that is ready to run, its text, and what was said of it.
type loaded struct {
	opened   *pipeline.Opened
	text     []byte
	warnings diag.List
}

// loadArgs loads the scenario that the arguments name, and says which it is.
func (a *app) loadArgs(args []string, s selection) (string, *loaded, error) {
	file, err := scenarioFile(args)
	if err != nil {
		return "", nil, err
	}
	l, err := a.load(file, s)
	return file, l, err
}

// load reads a file and opens its plan. Mistakes have been printed when it
// returns an error.
func (a *app) load(file string, s selection) (*loaded, error) {
	text, err := a.read(file)
	if _, port, split := net.SplitHostPort(file); errors.Is(err, fs.ErrNotExist) && split == nil && port != "" {
		return nil, usageErrorf("%w; for a server, write http://%s", err, file)
	}
	if err != nil {
		return nil, usageErrorf("%w", err)
	}
	return a.loadText(file, text, s)
}

func (a *app) loadText(file string, text []byte, s selection) (*loaded, error) {
	plan, list := scenario.Read(scenario.Options{
		File: file, Source: text, Env: a.env, Profile: s.profile, Set: s.set, Match: match,
	})
	list = append(list, keepOnly(plan, s.only)...)
	opened, more := pipeline.Open(plan, a.env)
	list = append(list, elsewhere(more, list)...)
	if err := a.mistakes(list, a.sources(plan, list)); err != nil {
		return nil, err
	}
	return &loaded{opened, text, list}, nil
}

// elsewhere leaves out diagnostics at places that have one already: the second
// look at a mistake says nothing new.
func elsewhere(more, known diag.List) diag.List {
	seen := map[diag.Pos]bool{}
	for _, d := range known {
		seen[d.Pos] = true
	}
	return slices.DeleteFunc(more, func(d diag.Diagnostic) bool { return seen[d.Pos] })
}

// sources are the texts that diagnostics may quote: the scenario's, with its
// secrets covered, and the data files that they name.
func (a *app) sources(plan *scenario.Plan, list diag.List) diag.Sources {
	out := diag.Sources{}
	for name, text := range plan.Sources {
		out[name] = text
	}
	for _, d := range list {
		if _, known := out[d.File]; known || d.Line == 0 || d.Col == 0 || strings.HasPrefix(d.File, "--") {
			continue
		}
		if text := quotable(d.File); text != nil {
			out[d.File] = text
		}
	}
	return out
}

// quotable is the text of a data file, unless it is packed, or so long that its lines
// are not worth their memory.
func quotable(path string) []byte {
	const most = 64 << 20
	if info, err := os.Stat(path); err != nil || info.Size() > most {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil || bytes.IndexByte(text, 0) >= 0 {
		return nil
	}
	return text
}

// match evaluates `override: when:` for the scenario.
func match(expr string, cells []map[string]any) ([]bool, []scenario.Problem) {
	hits, problems := gate.Choose(expr, cells)
	var out []scenario.Problem
	for _, p := range problems {
		out = append(out, scenario.Problem(p))
	}
	return hits, out
}

// keepOnly drops the cells that --only does not select.
func keepOnly(plan *scenario.Plan, expr string) diag.List {
	if expr == "" || len(plan.Cells) == 0 {
		return nil
	}
	facts := make([]map[string]any, len(plan.Cells))
	for i, c := range plan.Cells {
		facts[i] = c.Facts
	}
	hits, problems := gate.Choose(expr, facts)
	list := flagProblems("--only", plan, expr, problems)
	if len(problems) > 0 {
		return list
	}
	var kept []*scenario.Cell
	for i, c := range plan.Cells {
		if hits[i] {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		list.Errorf(diag.Pos{File: "--only", Line: 1, Col: 1}, len([]rune(expr)), "`loadgate plan` shows the cells", "no cell matches (of %d)", len(plan.Cells))
		plan.Sources["--only"] = []byte(expr)
		return list
	}
	plan.Cells = kept
	return list
}

// flagProblems places the problems of an expression that a flag gave.
func flagProblems(flag string, plan *scenario.Plan, expr string, problems []rule.Problem) diag.List {
	var list diag.List
	for _, p := range problems {
		list.Errorf(diag.Pos{File: flag, Line: 1, Col: p.Offset + 1}, p.Width, p.Hint, "%s", p.Message)
	}
	if len(list) > 0 && plan.Sources != nil {
		plan.Sources[flag] = []byte(expr)
	}
	return list
}

// plural is n things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
