package docstest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestEveryPackageIsDescribed holds architecture.md to the packages that there
// are.
func TestEveryPackageIsDescribed(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "loadgate/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	page := read(t, "docs/architecture.md")
	for name := range strings.FieldsSeq(string(out)) {
		name = strings.TrimPrefix(name, "loadgate/")
		if !strings.Contains(page, "**`"+name+"`**") {
			t.Errorf("docs/architecture.md has no paragraph on %s", name)
		}
	}
}

// module is what go.mod requires.
type module struct {
	Path, Version string
	Indirect      bool
}

// TestDependenciesAreListed holds dependencies.md to both go.mod files: each
// module that we import ourselves stands there in the version that is used.
func TestDependenciesAreListed(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/dependencies.md")
	for _, m := range requires(t, "go.mod") {
		if !m.Indirect {
			wantRow(t, page, m)
		}
	}
	var tools struct{ Tool []struct{ Path string } }
	edit(t, "internal/tools/go.mod", &tools)
	for _, m := range requires(t, "internal/tools/go.mod") {
		for _, tool := range tools.Tool {
			if strings.HasPrefix(tool.Path+"/", m.Path+"/") {
				wantRow(t, page, m)
			}
		}
	}
}

func wantRow(t *testing.T, page string, m module) {
	t.Helper()
	if !strings.Contains(page, "| `"+m.Path+"` | "+m.Version+", ") {
		t.Errorf("docs/dependencies.md has no row for %s %s", m.Path, m.Version)
	}
}

func requires(t *testing.T, file string) []module {
	t.Helper()
	var mod struct{ Require []module }
	edit(t, file, &mod)
	if len(mod.Require) == 0 {
		t.Fatalf("%s cannot be read", file)
	}
	return mod.Require
}

// edit reads a go.mod file as `go mod edit` does.
func edit(t *testing.T, file string, into any) {
	t.Helper()
	out, err := exec.Command("go", "mod", "edit", "-json", filepath.Join(root, file)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
}
