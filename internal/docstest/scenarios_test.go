package docstest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// small is a scenario whose parts stand in where a page shows only some.
var small = []struct{ key, text string }{
	{"apiVersion", "apiVersion: loadgate/v1\n"},
	{"name", "name: docs\n"},
	{"backends", "backends:\n  main: {kind: simulator}\n"},
	{"datasets", "datasets:\n  chat: {kind: random, tokenizer: cl100k_base, input_tokens: 64, output_tokens: 16}\n"},
	{"load", "load: {concurrency: 4, requests: 10x}\n"},
}

var topKey = regexp.MustCompile(`(?m)^([A-Za-z][A-Za-z_]*):`)

// whole completes a part of a scenario.
func whole(part string) string {
	var keys []string
	for _, m := range topKey.FindAllStringSubmatch(part, -1) {
		keys = append(keys, m[1])
	}
	for _, s := range small {
		if !slices.Contains(keys, s.key) {
			part += s.text
		}
	}
	return part
}

func TestScenariosValidate(t *testing.T) {
	t.Parallel()
	dir := workspace(t)
	n := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.lang != "yaml" || b.has("other") {
				continue
			}
			n++
			file := fmt.Sprintf("examples/page-%d.yaml", n)
			if err := os.WriteFile(filepath.Join(dir, file), []byte(whole(b.text)), 0o666); err != nil {
				t.Fatal(err)
			}
			t.Run(fmt.Sprintf("%s:%d", p.path, b.line), func(t *testing.T) {
				t.Parallel()
				cmd := exec.Command(program(t), "validate", file)
				cmd.Dir, cmd.Env = dir, environment(t)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s:%d does not validate: %v\n%s", p.path, b.line, err, out)
				}
			})
		}
	}
}

// TestREADMECommands holds the README to its two promises: .ci/run takes the
// test command from it, and the main job is one of the runnable blocks.
func TestREADMECommands(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"go run ./cmd/loadgate run examples/quickstart.yaml", "go test ./..."} {
		if !slices.Contains(strings.Split(string(readme), "\n"), line) {
			t.Errorf("README.md does not show %q on a line of its own", line)
		}
	}
}
