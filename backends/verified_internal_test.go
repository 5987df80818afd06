package backends

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"loadgate/internal/kind"
	"loadgate/internal/yamlpos"
)

// recordedFrom finds the program and its release in a fixture's comment. A mock
// or a program that names no release proves nothing.
var recordedFrom = regexp.MustCompile(`^Recorded from ([A-Za-z][\w.-]*) (\d[\w.]*)[ ,]`)

// A kind is called verified only with bytes of a named release, and every API
// that the schema offers is in the list.
func TestInterfaces(t *testing.T) {
	t.Parallel()
	recorded := map[[2]string][]string{}
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		comment := string(a.Comment)
		m := recordedFrom.FindStringSubmatch(comment)
		if m == nil && !strings.HasPrefix(comment, "Written after the published format, not recorded: ") && !strings.HasPrefix(comment, "Recorded from ") {
			t.Errorf("%s does not begin with \"Recorded from PROGRAM RELEASE\" or \"Written after the published format, not recorded: \"", p)
		}
		if m == nil {
			continue
		}
		key := apiOf(t, a)
		if name := m[1] + " " + strings.TrimSuffix(m[2], "."); !slices.Contains(recorded[key], name) {
			recorded[key] = append(recorded[key], name)
		}
	}
	listed := map[string][]string{}
	for _, i := range Interfaces() {
		want := recorded[[2]string{i.Kind, i.API}]
		slices.Sort(want)
		if diff := cmp.Diff(want, i.Recorded, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, %s: testdata -, Interfaces +\n%s", i.Kind, i.API, diff)
		}
		if i.API != "" {
			listed[i.Kind] = append(listed[i.Kind], i.API)
		}
	}
	for _, k := range Kinds.Names() {
		if diff := cmp.Diff(apisInSchema(t, k), listed[k], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: schema -, Interfaces +\n%s", k, diff)
		}
	}
}

// apiOf is the kind of a fixture and the API that its section and URL lead to.
func apiOf(t *testing.T, a *txtar.Archive) [2]string {
	t.Helper()
	n, list := yamlpos.Parse("section.yaml", a.Files[0].Data, nil)
	if list.HasErrors() {
		t.Fatal(list.Err())
	}
	b, list := Kinds.Open(n, kind.Context{Name: "main"})
	if list.HasErrors() {
		t.Fatal(list.Err())
	}
	if s, ok := b.(Spawner); ok {
		s.Connect("http://127.0.0.1:40000")
	}
	name := ""
	if f, ok := b.(interface{ endpoint() endpoint }); ok {
		name = f.endpoint().name
	}
	return [2]string{n.Get("kind").Text, name}
}

func apisInSchema(t *testing.T, kind string) []string {
	t.Helper()
	b, err := os.ReadFile("../schemas/backends/" + kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			API struct{ Enum []string } `json:"api"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Properties.API.Enum
}
