package result

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"loadgate/schemas"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

func resultSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s := &jsonschema.Schema{}
	if err := json.Unmarshal(schemas.Result(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDocumentsFollowTheSchema(t *testing.T) {
	t.Parallel()
	resolved, err := resultSchema(t).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string]*Document{
		"full":  fullDocument(),
		"empty": {Verdict: Pass, Environment: Environment{Clock: "user"}},
	} {
		var v any
		if err := json.Unmarshal(encode(t, doc), &v); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*Document){
		"verdict":  func(d *Document) { d.Verdict = "maybe" },
		"outcome":  func(d *Document) { d.SLO[0].Outcome = "true" },
		"holds":    func(d *Document) { d.SLO[0].Clauses[0].Holds = "yes" },
		"cell id":  func(d *Document) { d.Cells[0].ID = "../x" },
		"validity": func(d *Document) { d.Cells[0].Repeats[0].Validity = "" },
		"version":  func(d *Document) { d.SchemaVersion = "loadgate.result/v2" },
	} {
		doc := fullDocument()
		spoil(doc)
		var v any
		if err := json.Unmarshal(encode(t, doc), &v); err != nil {
			t.Fatal(err)
		}
		if resolved.Validate(v) == nil {
			t.Errorf("a wrong %s passes", name)
		}
	}
}

// TestSchemaHasEveryField: what the types have stands in the schema, what the
// schema has the types have, and what is always written is required.
func TestSchemaHasEveryField(t *testing.T) {
	t.Parallel()
	s := resultSchema(t)
	for def, typ := range map[string]any{
		"": Document{}, "environment": Environment{}, "cell": Cell{}, "repeat": Repeat{}, "share": Share{}, "client": Client{},
		"finding": Finding{}, "comparison": Comparison{}, "compared_run": ComparedRun{}, "compare_method": CompareMethod{},
		"difference": Difference{}, "pair": Pair{}, "delta": Delta{}, "counts": Counts{}, "tokens": Tokens{}, "slo": SLO{}, "clause": Clause{},
	} {
		in := s
		if def != "" {
			in = s.Defs[def]
		}
		all, required := jsonFields(reflect.TypeOf(typ))
		sameNames(t, def, all, required, in)
	}
	for def, m := range map[string]Metric{"scalar_metric": {Note: "x"}, "distribution": {Dist: &Dist{}, Note: "x"}} {
		j, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(j, &fields); err != nil {
			t.Fatal(err)
		}
		all := slices.Collect(maps.Keys(fields))
		required := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == "note" })
		sameNames(t, def, all, required, s.Defs[def])
	}
}

func sameNames(t *testing.T, def string, all, required []string, s *jsonschema.Schema) {
	t.Helper()
	if d := cmp.Diff(slices.Sorted(slices.Values(all)), slices.Sorted(maps.Keys(s.Properties))); d != "" {
		t.Errorf("properties of %q (-type +schema):\n%s", def, d)
	}
	if d := cmp.Diff(slices.Sorted(slices.Values(required)), slices.Sorted(slices.Values(s.Required))); d != "" {
		t.Errorf("required of %q (-type +schema):\n%s", def, d)
	}
	for name, p := range s.Properties {
		if p.Description == "" {
			t.Errorf("%q.%s has no description", def, name)
		}
	}
}

// jsonFields lists a type's JSON names, and those that are always written.
func jsonFields(typ reflect.Type) (all, required []string) {
	for i := range typ.NumField() {
		name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(all, name)
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return all, required
}
