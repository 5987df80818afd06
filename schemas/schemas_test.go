package schemas

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the published schema")

func TestPublishedSchemaIsCurrent(t *testing.T) {
	built, err := Compose(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	const name = "scenario.v1.schema.json"
	if *update {
		if err := os.WriteFile(name, built.Published, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, built.Published) {
		t.Errorf("%s is not what the fragments make: run go test ./schemas -update", name)
	}
}

// Every definition that is referred to must exist: a fragment with a misspelt
// reference would otherwise fail in users' editors alone.
func TestReferencesResolve(t *testing.T) {
	t.Parallel()
	built, err := Compose(files)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"strict": built.Strict, "published": built.Published} {
		var root object
		if err := json.Unmarshal(b, &root); err != nil {
			t.Fatal(err)
		}
		defs := root["$defs"].(object)
		walk(root, func(s object) {
			ref, ok := s["$ref"].(string)
			if !ok {
				return
			}
			const prefix = "#/$defs/"
			if len(ref) <= len(prefix) || ref[:len(prefix)] != prefix || defs[ref[len(prefix):]] == nil {
				t.Errorf("%s: no such definition: %s", name, ref)
			}
		})
	}
}

func walk(v any, visit func(object)) {
	switch x := v.(type) {
	case object:
		visit(x)
		for _, c := range x {
			walk(c, visit)
		}
	case []any:
		for _, c := range x {
			walk(c, visit)
		}
	}
}

// A comparison stands in result.json too, where its definitions cannot refer to
// another file.
func TestComparisonIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	var whole, own struct {
		Defs       map[string]any `json:"$defs"`
		Properties map[string]any `json:"properties"`
	}
	for file, into := range map[string]any{"result.v1.schema.json": &whole, "comparison.v1.schema.json": &own} {
		if err := json.Unmarshal(read(file), into); err != nil {
			t.Fatal(err)
		}
	}
	for name, def := range own.Defs {
		if !reflect.DeepEqual(def, whole.Defs[name]) {
			t.Errorf("$defs.%s differs", name)
		}
	}
	if want := whole.Defs["comparison"].(map[string]any)["properties"]; !reflect.DeepEqual(own.Properties, want) {
		t.Error("properties differ")
	}
}
