package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/importer"
	"loadgate/scenario"
	"loadgate/schemas"
)

//go:embed scaffold.yaml
var scaffold []byte

// schemaFile is what the scaffold's modeline names.
const schemaFile = "scenario.v1.schema.json"

func (a *app) initCommand() *cobra.Command {
	var force bool
	var from string
	c := &cobra.Command{
		Use:   "init [scenario.yaml]",
		Short: "Write a scenario to start from, and its schema for editors",
		Long: `init writes a scenario to start from, and its schema for editors. With --from it
makes the scenario of another tool's command line: vllm bench serve,
sglang.bench_serving, guidellm benchmark, aiperf profile. What has no place in a
scenario is named in a warning.`,
		Example: `  loadgate init
  loadgate init tests/load/chat.yaml
  loadgate init --from 'vllm bench serve --model my-model --request-rate 5 --num-prompts 200'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := defaultScenario
			if len(args) > 0 {
				file = args[0]
			}
			schema := filepath.Join(filepath.Dir(file), schemaFile)
			text := scaffold
			if from != "" {
				var err error
				if text, err = a.fromCommand(from, file); err != nil {
					return err
				}
			}
			if err := a.create(file, text, force); err != nil {
				return err
			}
			if err := a.create(schema, schemas.Scenario(), true); err != nil {
				return err
			}
			if a.json {
				return a.writeJSON(map[string]any{"written": []string{file, schema}})
			}
			fmt.Fprintf(a.out, "wrote %s and %s\nnext: loadgate run %s\n", file, schema, file)
			return nil
		},
	}
	c.Flags().BoolVar(&force, "force", false, "replace a file that exists")
	c.Flags().StringVar(&from, "from", "", "make the scenario of another tool's `command line`")
	return c
}

// fromCommand makes a scenario of another tool's command line, and reads it as
// validate does but for the data that it names.
func (a *app) fromCommand(line, file string) ([]byte, error) {
	line = importer.OneLine(line)
	s, list := importer.Command(line)
	sources := scenario.Cover(diag.Sources{importer.FromFlag: []byte(line)}, nil)
	if err := a.mistakes(list, sources); err != nil {
		return nil, err
	}
	text := append([]byte("# yaml-language-server: $schema="+schemaFile+"\n#\n"), s.Text...)
	plan, list := scenario.Read(scenario.Options{File: file, Source: text, Env: placeholders, Match: match})
	if err := a.mistakes(list, plan.Sources); err != nil {
		return nil, err
	}
	a.notes(s.Notes)
	for _, name := range slices.Sorted(maps.Keys(s.Keys)) {
		a.notes([]string{"a key was replaced by ${env:" + name + "}: set " + name + " in the environment"})
	}
	return text, nil
}

// create writes a new file, or with force any file.
func (a *app) create(file string, content []byte, force bool) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return failure(err)
	}
	flag := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flag = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(file, flag, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return usageErrorf("%s exists; --force replaces it", file)
	}
	if err != nil {
		return failure(err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return failure(err)
	}
	return nil
}
