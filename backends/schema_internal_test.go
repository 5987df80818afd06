package backends

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sections are the kinds' configurations: what a scenario may say is what the
// schema describes, no more and no less.
var sections = map[string]any{
	"openai": openAISection{}, "vllm": vllmSection{}, "maas": maasSection{}, "simulator": simulatorSection{},
	"anthropic": anthropicSection{}, "bedrock": bedrockSection{}, "gemini": geminiSection{}, "llamacpp": llamaCppSection{},
	"http": httpSection{}, "ollama": ollamaSection{}, "sglang": sglangSection{}, "tgi": tgiSection{}, "triton": tritonSection{},
}

func TestSchemasNameEveryKey(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds.Names() {
		section, ok := sections[kind]
		if !ok {
			t.Errorf("kind %s is not in this test", kind)
			continue
		}
		want := append(properties(t, "../schemas/backends/"+kind+".json"), "kind")
		slices.Sort(want)
		if diff := cmp.Diff(want, keysOf(reflect.TypeOf(section))); diff != "" {
			t.Errorf("%s: schema -, Go +\n%s", kind, diff)
		}
	}
	if diff := cmp.Diff(properties(t, "../schemas/scenario.base.json", "$defs", "timeouts"), keysOf(reflect.TypeFor[timeouts]())); diff != "" {
		t.Errorf("timeouts: schema -, Go +\n%s", diff)
	}
	if diff := cmp.Diff(properties(t, "../schemas/backends/http.json", "properties", "answer"), keysOf(reflect.TypeFor[answerSection]())); diff != "" {
		t.Errorf("answer: schema -, Go +\n%s", diff)
	}
	if diff := cmp.Diff(properties(t, "../schemas/scenario.base.json", "$defs", "tls"), keysOf(reflect.TypeFor[tlsFiles]())); diff != "" {
		t.Errorf("tls: schema -, Go +\n%s", diff)
	}
}

// properties lists the properties of a schema inside a file.
func properties(t *testing.T, path string, inside ...string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, key := range inside {
		schema = schema[key].(map[string]any)
	}
	props := schema["properties"].(map[string]any)
	for key, p := range props {
		if d := p.(map[string]any); d["description"] == nil && d["$ref"] == nil {
			t.Errorf("%s: %s has no description", path, key)
		}
	}
	return slices.Sorted(maps.Keys(props))
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			keys = append(keys, keysOf(f.Type)...)
			continue
		}
		keys = append(keys, f.Tag.Get("yaml"))
	}
	slices.Sort(keys)
	return keys
}
