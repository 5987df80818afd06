package main

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts' expected files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"loadgate": main,
	})
}

// TestScripts runs the command line's manual: testdata/script/*.txtar. Each
// script has a folder of its own, in which examples/ is a copy of the project's.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"canary":   cmdCanary,
			"exited":   cmdExited,
			"exitcode": cmdExitCode,
			"json":     cmdJSON,
			"samples":  cmdSamples,
			"server":   cmdServer,
			"signal":   cmdSignal,
			"unwrap":   cmdUnwrap,
			"unzip":    cmdUnzip,
			"waitfor":  cmdWaitFor,
		},
	})
}

// setup makes the environment of a script the same on every machine.
func setup(e *testscript.Env) error {
	for _, name := range []string{"CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "NO_COLOR", "OPENAI_API_KEY", "TERM"} {
		e.Setenv(name, "")
	}
	e.Values[signalled{}] = new(process)
	if !strings.HasPrefix(filepath.Base(e.WorkDir), "script-example") {
		return nil
	}
	return os.CopyFS(filepath.Join(e.WorkDir, "examples"), os.DirFS("../../examples"))
}

// TestEveryExampleHasAScript keeps an example from being added without a run.
func TestEveryExampleHasAScript(t *testing.T) {
	t.Parallel()
	examples, err := fs.Glob(os.DirFS("../../examples"), "*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, e := range examples {
		script := "testdata/script/example_" + strings.ReplaceAll(strings.TrimSuffix(e, ".yaml"), "-", "_") + ".txtar"
		text, err := os.ReadFile(script)
		if err != nil || !strings.Contains(string(text), "run examples/"+e) {
			t.Errorf("%s does not run examples/%s", script, e)
		}
	}
}
