package scenario

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"loadgate/internal/yamlpos"
	"loadgate/schemas"
)

// independent reads a schema with a validator that loadgate itself does not
// use, so that a quirk of one library cannot hide a mistake in the schema.
func independent(t *testing.T, schema []byte) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(schema, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// asWritten is a file as an editor's validator sees it: references stand as text.
func asWritten(t *testing.T, file string) (any, string) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, _ := yamlpos.Parse(file, src, testEnv)
	if root == nil {
		return nil, string(src)
	}
	b, err := json.Marshal(storable(root.Stored()))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v, string(src)
}

func TestPublishedSchemaTakesGoodScenarios(t *testing.T) {
	t.Parallel()
	r := independent(t, composed().Published)
	for _, file := range fixtures(t, "testdata/good/*.yaml", 10) {
		v, _ := asWritten(t, file)
		if err := r.Validate(v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestPublishedSchemaTakesExamples(t *testing.T) {
	t.Parallel()
	r := independent(t, schemas.Scenario())
	for _, file := range fixtures(t, "../examples/*.yaml", 0) {
		v, _ := asWritten(t, file)
		if err := r.Validate(v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Every mistake that a schema can see must be seen by an editor too.
func TestPublishedSchemaRefusesBadScenarios(t *testing.T) {
	t.Parallel()
	r := independent(t, composed().Published)
	marked := 0
	for _, file := range fixtures(t, "testdata/bad/*.yaml", 60) {
		v, src := asWritten(t, file)
		if !strings.Contains(src, "# a schema sees this") {
			continue
		}
		marked++
		if err := r.Validate(v); err == nil {
			t.Errorf("%s passes the published schema", filepath.Base(file))
		}
	}
	if marked < 40 {
		t.Errorf("%d fixtures are marked as seen by a schema", marked)
	}
}
