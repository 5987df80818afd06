package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/importer"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

func (a *app) importCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "import TOOL FILE",
		Short: "Make scenarios of other tools' cases, and results of their results",
		Example: `  loadgate import llm-eval case.yaml -o scenario.yaml
  loadgate import llm-eval case.yaml --meta meta.yaml -o scenario.yaml
  loadgate import results vllm-result.json -o result.json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			var names []string
			for _, sub := range c.Commands() {
				names = append(names, sub.Name())
			}
			if len(args) == 0 {
				return usageErrorf("import: name a tool (%s) and a file", strings.Join(names, ", "))
			}
			return usageErrorf("import: unknown tool %q (%s)", args[0], diag.DidYouMean(args[0], names))
		},
	}
	c.AddCommand(a.importLLMEvalCommand(), a.importResultsCommand())
	return c
}

func (a *app) importLLMEvalCommand() *cobra.Command {
	var meta, out string
	var force bool
	c := &cobra.Command{
		Use:   "llm-eval CASE",
		Short: "Make a scenario of a case file of llm-eval's serving_perf_eval",
		Long: `llm-eval makes a scenario of a case file of serving_perf_eval and prints it, or
writes it with -o. A key that stands in the case becomes a reference to the
environment. What has no place in a scenario is named in a warning.`,
		Example: `  loadgate import llm-eval case.yaml -o scenario.yaml
  loadgate import llm-eval case.yaml --meta meta.yaml -o scenario.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			root, sources, err := a.readCase(args[0])
			if err != nil {
				return err
			}
			var facts *yamlpos.Node
			if meta != "" {
				var more diag.Sources
				if facts, more, err = a.readCase(meta); err != nil {
					return err
				}
				for name, text := range more {
					sources[name] = text
				}
			}
			s, err := a.importCase(root, facts, sources, caseTarget{source: "the case " + filepath.Base(args[0]), name: stem(args[0]), out: out})
			if err != nil {
				return err
			}
			return a.emitScenario(s, out, force)
		},
	}
	c.Flags().StringVar(&meta, "meta", "", "`file` that holds the keys of test_meta")
	c.Flags().StringVarP(&out, "output", "o", "", "write the scenario to this `file`; without it, to standard output")
	c.Flags().BoolVar(&force, "force", false, "replace a file that exists")
	return c
}

// caseTarget says what a scenario is made from, and where it will lie.
type caseTarget struct{ source, name, out string }

// importCase makes a scenario of a case. Mistakes and warnings have been
// printed, and so have its notes.
func (a *app) importCase(root, meta *yamlpos.Node, sources diag.Sources, t caseTarget) (*importer.Scenario, error) {
	dir := ""
	if t.out != "" {
		dir = filepath.Dir(t.out)
	}
	s, list := importer.LLMEval(root, meta, importer.LLMEvalOptions{Source: t.source, Name: t.name, Dir: dir, Exists: exists})
	if err := a.mistakes(list, scenario.Cover(sources, importer.Secrets(root))); err != nil {
		return nil, err
	}
	a.notes(s.Notes)
	return s, nil
}

func (a *app) notes(lines []string) {
	for _, n := range lines {
		fmt.Fprintf(a.err, "note: %s\n", diag.Printable(n))
	}
}

// omegaEnv is how a case refers to the environment.
var omegaEnv = regexp.MustCompile(`\$\{oc\.env:\s*([A-Za-z_][A-Za-z0-9_]*)\s*(,\s*([^}]*?)\s*)?\}`)

// readCase reads a file of another tool's settings as a mapping. Variables that
// are not set are no mistake: what refers to them stays a reference.
func (a *app) readCase(file string) (*yamlpos.Node, diag.Sources, error) {
	src, err := a.read(file)
	if err != nil {
		return nil, nil, usageErrorf("%w", err)
	}
	src = omegaEnv.ReplaceAllFunc(src, func(m []byte) []byte {
		parts := omegaEnv.FindSubmatch(m)
		if len(parts[2]) == 0 {
			return []byte("${env:" + string(parts[1]) + "}")
		}
		return []byte("${env:" + string(parts[1]) + ":-" + string(parts[3]) + "}")
	})
	sources := diag.Sources{file: src}
	root, list := yamlpos.Parse(file, src, a.anyEnv)
	if root != nil && root.Kind != yamlpos.Map {
		list.Errorf(root.Pos, root.Width, "", "a case is a mapping, not %s", root.Kind)
	}
	if err := a.mistakes(list, scenario.Cover(sources, importer.Secrets(root))); err != nil {
		return nil, nil, err
	}
	return root, sources, nil
}

// anyEnv looks a variable up and takes those that are not set for empty.
func (a *app) anyEnv(name string) (string, bool) {
	v, _ := a.env(name)
	return v, true
}

// emitScenario writes a scenario that has been made, after reading it as
// validate does: data files and variables may be elsewhere.
func (a *app) emitScenario(s *importer.Scenario, out string, force bool) error {
	name := out
	if name == "" {
		name = defaultScenario
	}
	plan, list := scenario.Read(scenario.Options{File: name, Source: s.Text, Env: placeholders, Match: match})
	if err := a.mistakes(list, plan.Sources); err != nil {
		return err
	}
	if out == "" {
		if a.json {
			return a.writeJSON(map[string]any{"scenario": string(s.Text), "notes": s.Notes})
		}
		_, err := a.out.Write(s.Text)
		return err
	}
	if err := a.create(out, s.Text, force); err != nil {
		return err
	}
	if a.json {
		return a.writeJSON(map[string]any{"written": []string{out}, "cells": len(plan.Cells), "notes": s.Notes})
	}
	fmt.Fprintf(a.out, "wrote %s: %s\n", out, plural(len(plan.Cells), "cell"))
	for _, name := range slices.Sorted(maps.Keys(s.Keys)) {
		fmt.Fprintf(a.out, "a key was replaced by ${env:%s}: set %s in the environment\n", name, name)
	}
	fmt.Fprintf(a.out, "next: loadgate validate %s\n", out)
	return nil
}

// placeholders answers every variable, so that a scenario can be read where
// they are not set.
func placeholders(string) (string, bool) { return "placeholder", true }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// stem is a file's name without folder and extension.
func stem(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}
