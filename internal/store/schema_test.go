package store

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/schemas"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

func sampleSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s := &jsonschema.Schema{}
	must(t, json.Unmarshal(schemas.Sample(), s))
	return s
}

func TestLinesFollowTheSchema(t *testing.T) {
	t.Parallel()
	resolved, err := sampleSchema(t).Resolve(nil)
	must(t, err)
	check := func(line []byte) error {
		var v any
		must(t, json.Unmarshal(line, &v))
		return resolved.Validate(v)
	}
	var full engine.Sample
	var n int64
	setAll(reflect.ValueOf(&full).Elem(), &n)
	full.Outcome, full.Class, full.PromptHash = llm.Failed, llm.ErrReset, "00ff"
	samples := []*engine.Sample{&full, testSample(0), {ID: "x", Outcome: llm.Cancelled}}
	for _, class := range llm.ErrorClasses() {
		samples = append(samples, &engine.Sample{Outcome: llm.Failed, Class: class})
	}
	for _, s := range samples {
		line, err := encodeLine(1, s)
		must(t, err)
		if err := check(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	end, err := encodeRepeatEnd(RepeatInfo{})
	must(t, err)
	if err := check(end); err != nil {
		t.Errorf("%s: %v", end, err)
	}
	for _, line := range []string{`{}`, `{"repeat":0}`, `{"repeat_end":null}`, `{"repeat":0,"id":"x","index":0,"outcome":"fine"}`} {
		if check([]byte(line)) == nil {
			t.Errorf("%s passes", line)
		}
	}
}

// TestSampleSchemaHasEveryField: the same names in the types and in the schema.
func TestSampleSchemaHasEveryField(t *testing.T) {
	t.Parallel()
	s := sampleSchema(t)
	for def, typ := range map[string]any{
		"request": sampleHead{}, "usage": llm.Usage{}, "counted": engine.Counted{}, "texts": engine.Texts{}, "events": columns{},
		"repeat_end": RepeatInfo{}, "totals": engine.Totals{}, "client": engine.Usage{},
	} {
		want := jsonNames(reflect.TypeOf(typ))
		if def == "request" {
			want = append(want, "events") // in columns, not in the sample's own JSON
		}
		slices.Sort(want)
		if d := cmp.Diff(want, slices.Sorted(maps.Keys(s.Defs[def].Properties))); d != "" {
			t.Errorf("properties of %q (-type +schema):\n%s", def, d)
		}
		for name, p := range s.Defs[def].Properties {
			if p.Description == "" {
				t.Errorf("%q.%s has no description", def, name)
			}
		}
	}
}

// jsonNames lists the JSON names of a type, embedded ones included.
func jsonNames(typ reflect.Type) []string {
	var out []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			out = append(out, jsonNames(f.Type)...)
		case name != "-":
			out = append(out, name)
		}
	}
	return out
}
