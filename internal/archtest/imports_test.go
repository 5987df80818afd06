package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers are the packages from the bottom up. A package may import those of the
// layers below its own, and none of its own layer.
var layers = [][]string{
	{
		"internal/diag", "internal/llm", "internal/schedule", "internal/stat", "internal/datafile", "schemas", "internal/sim",
		"internal/rawserver",
		"internal/tokens/bpe", "internal/tokens/memo", "internal/tokens/split",
	},
	{"internal/yamlpos", "internal/wire", "internal/tokens/hf", "internal/rule"},
	{"internal/kind", "internal/result", "internal/tokens"},
	{"backends", "datasets", "scenario"},
	{"engine"},
	{"metrics", "internal/store"},
	{"internal/validity", "internal/gate", "internal/compare", "internal/importer", "internal/foreign", "internal/calibrate"},
	{"reporters", "internal/live"},
	{"internal/pipeline"},
	{"cmd/loadgate", "scripts/bench-client", "scripts/faults", "scripts/gate-power"},
}

// forbidden are imports that the layers would allow and the design does not.
var forbidden = map[string][]string{
	"engine":             {"backends", "datasets", "internal/tokens", "internal/tokens/hf"}, // they meet in llm; nothing is counted during a load
	"scenario":           {"internal/wire", "internal/tokens", "internal/result"},
	"metrics":            {"internal/wire", "backends", "datasets"},
	"internal/sim":       {"*"}, // a mistake in ours must not cancel out
	"internal/rawserver": {"*"},
}

// homes are the only packages that import a third-party module, tests apart. One
// has two where one package writes a format and another reads what users have
// in it.
var homes = map[string][]string{
	"gopkg.in/yaml.v3":                         {"internal/yamlpos"},
	"github.com/goccy/go-yaml":                 {"internal/yamlpos"},
	"github.com/santhosh-tekuri/jsonschema/v5": {"scenario"},
	"github.com/expr-lang/expr":                {"internal/rule"},
	"github.com/xuri/excelize/v2":              {"reporters", "internal/foreign"},
	"github.com/jedib0t/go-pretty/v6":          {"reporters"},
	"github.com/parquet-go/parquet-go":         {"reporters", "internal/datafile"},
	"github.com/theory/jsonpath":               {"backends"},
	"github.com/tiktoken-go/tokenizer":         {"internal/tokens"},
	"github.com/dlclark/regexp2":               {"internal/tokens/split"},
	"github.com/clipperhouse/uax29/v2":         {"internal/tokens/hf"},
	"golang.org/x/text":                        {"internal/tokens/hf"},
	"github.com/klauspost/compress":            {"internal/store", "internal/datafile"},
	"github.com/spf13/cobra":                   {"cmd/loadgate"},
	"google.golang.org/protobuf":               {"reporters"},
	"golang.org/x/term":                        {"internal/live"},
	"gonum.org/v1/gonum":                       {"internal/stat"},
}

// testsOnly are packages without code, which stand in no layer.
var testsOnly = []string{"internal/archtest", "internal/docstest"}

// anywhere are modules that several packages may import.
var anywhere = []string{"golang.org/x/sys"}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "loadgate/")
		if slices.Contains(testsOnly, name) {
			continue
		}
		own := layerOf(name)
		if own < 0 {
			t.Errorf("%s stands in no layer: put it into the table, and into docs/architecture.md", name)
			continue
		}
		for _, imported := range p.Imports {
			if path, ours := strings.CutPrefix(imported, "loadgate/"); ours {
				checkOwn(t, name, own, path)
			} else {
				checkModule(t, name, imported)
			}
		}
	}
}

func checkOwn(t *testing.T, name string, own int, imported string) {
	t.Helper()
	if l := layerOf(imported); l >= own {
		t.Errorf("%s imports %s, which does not stand below it", name, imported)
	}
	if no := forbidden[name]; slices.Contains(no, imported) || slices.Contains(no, "*") {
		t.Errorf("%s must not import %s", name, imported)
	}
	if imported == "internal/sim" && name != "cmd/loadgate" {
		t.Errorf("%s imports the simulator; only the command and tests may", name)
	}
}

func checkModule(t *testing.T, name, imported string) {
	t.Helper()
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return // standard library
	}
	if slices.ContainsFunc(anywhere, func(m string) bool { return strings.HasPrefix(imported, m) }) {
		return
	}
	for module, own := range homes {
		if imported == module || strings.HasPrefix(imported, module+"/") {
			if !slices.Contains(own, name) {
				t.Errorf("%s imports %s, whose home is %s", name, imported, strings.Join(own, " and "))
			}
			return
		}
	}
	t.Errorf("%s imports %s, which has no home: put it into the table, and into docs/dependencies.md", name, imported)
}

func layerOf(name string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, name) })
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "loadgate/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
