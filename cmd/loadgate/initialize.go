package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"loadgate/schemas"
)

//go:embed scaffold.yaml
var scaffold []byte

// schemaFile is what the scaffold's modeline names.
const schemaFile = "scenario.v1.schema.json"

func (a *app) initCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "init [scenario.yaml]",
		Short: "Write a scenario to start from, and its schema for editors",
		Example: `  loadgate init
  loadgate init tests/load/chat.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := defaultScenario
			if len(args) > 0 {
				file = args[0]
			}
			schema := filepath.Join(filepath.Dir(file), schemaFile)
			if err := a.create(file, scaffold, force); err != nil {
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
	return c
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
