package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Composed is the scenario's schema in its two builds.
type Composed struct {
	Strict    []byte // for values after references are resolved
	Published []byte // for the file as it is written
}

// families are the folders of fragments and the definition each one makes.
var families = []struct{ folder, def string }{
	{"backends", "backend"},
	{"datasets", "dataset"},
	{"reports", "report"},
}

type object = map[string]any

// Compose puts the base and the fragments of files together. Each fragment is
// the schema of one kind's section and is named after the kind, whose other
// names are its x-kind-aliases; it may use the base's $defs, and need not
// mention `kind` or close itself. Other files at the
// top (simulator_server.json) become definitions of their stem's name.
func Compose(files fs.FS) (Composed, error) {
	strict, err := assemble(files)
	if err != nil {
		return Composed{}, err
	}
	published, err := assemble(files)
	if err != nil {
		return Composed{}, err
	}
	liftRequired(published)
	admitReferences(published)
	loosenSecrets(strict)
	dropQuadratic(strict)
	var out Composed
	if out.Strict, err = print(strict); err != nil {
		return Composed{}, err
	}
	out.Published, err = print(published)
	return out, err
}

func assemble(files fs.FS) (object, error) {
	root, err := load(files, "scenario.base.json")
	if err != nil {
		return nil, err
	}
	defs := root["$defs"].(object)
	if err := addDefinitions(files, defs); err != nil {
		return nil, err
	}
	for _, f := range families {
		kinds, err := addKinds(files, f.folder, f.def, defs)
		if err != nil {
			return nil, err
		}
		if f.def == "report" {
			defs["report_kind"].(object)["enum"] = kinds
		}
	}
	return root, nil
}

// addDefinitions turns every other JSON file at the top into a definition. The
// simulator's server is described beside its code; without that file it is an
// open mapping.
func addDefinitions(files fs.FS, defs object) error {
	defs["simulator_server"] = object{"type": "object"}
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return fmt.Errorf("list schema definitions: %w", err)
	}
	for _, name := range names {
		if name == "scenario.base.json" || strings.HasSuffix(name, ".schema.json") {
			continue
		}
		def, err := load(files, name)
		if err != nil {
			return err
		}
		if err := hoist(def, defs, name); err != nil {
			return err
		}
		defs[strings.TrimSuffix(name, ".json")] = def
	}
	return nil
}

// addKinds defines one schema a kind and the one that chooses among them.
func addKinds(files fs.FS, folder, def string, defs object) ([]any, error) {
	names, err := fs.Glob(files, folder+"/*.json")
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	slices.Sort(names)
	var kinds, branches []any
	for _, name := range names {
		kind := strings.TrimSuffix(path.Base(name), ".json")
		section, err := load(files, name)
		if err != nil {
			return nil, err
		}
		if err := hoist(section, defs, name); err != nil {
			return nil, err
		}
		synonyms, _ := section["x-kind-aliases"].([]any)
		names := append([]any{kind}, synonyms...)
		closeSection(section, names)
		defs[def+"_"+kind] = section
		kinds = append(kinds, names...)
		branches = append(branches, object{
			"if":   object{"properties": object{"kind": oneOf(names)}, "required": []any{"kind"}},
			"then": object{"$ref": "#/$defs/" + def + "_" + kind},
		})
	}
	choice := object{
		"type":       "object",
		"required":   []any{"kind"},
		"properties": object{"kind": object{"description": "Which kind of " + def + " it is.", "enum": kinds}},
	}
	if def == "report" {
		choice["properties"].(object)["kind"].(object)["x-later"] = defs["report_kind"].(object)["x-later"]
	}
	if len(branches) > 0 {
		choice["allOf"] = branches
	} else {
		delete(choice["properties"].(object)["kind"].(object), "enum") // an empty list would refuse every kind
	}
	defs[def] = choice
	return kinds, nil
}

// closeSection adds to a fragment what is the same for every kind: `kind`
// itself, free x- keys, and no other keys than those it names.
func closeSection(section object, kinds []any) {
	props, _ := section["properties"].(object)
	if props == nil {
		props = object{}
		section["properties"] = props
	}
	props["kind"] = oneOf(kinds)
	props["kind"].(object)["description"] = text(section["description"])
	delete(section, "x-kind-aliases")
	if _, ok := section["additionalProperties"]; !ok {
		section["additionalProperties"] = false
	}
	patterns, _ := section["patternProperties"].(object)
	if patterns == nil {
		patterns = object{}
		section["patternProperties"] = patterns
	}
	patterns["^x-"] = true
	delete(section, "$schema")
	delete(section, "$id")
}

// oneOf admits the names of a kind.
func oneOf(names []any) object {
	if len(names) == 1 {
		return object{"const": names[0]}
	}
	return object{"enum": names}
}

func text(v any) string { s, _ := v.(string); return s }

// hoist moves a fragment's own definitions to the root, where its references
// look for them.
func hoist(from, defs object, file string) error {
	own, _ := from["$defs"].(object)
	for name, def := range own {
		if _, taken := defs[name]; taken {
			return fmt.Errorf("schema %s defines %q again: choose another name", file, name)
		}
		defs[name] = def
	}
	delete(from, "$defs")
	return nil
}

func load(files fs.FS, name string) (object, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("read schema %s: %w", name, err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var o object
	if err := dec.Decode(&o); err != nil {
		return nil, fmt.Errorf("read schema %s: %w", name, err)
	}
	return o, nil
}

func print(o object) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(o); err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return b.Bytes(), nil
}

// kindsOf lists the composed kinds of one family's definition.
func kindsOf(defs object, def string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(defs)) {
		if kind, ok := strings.CutPrefix(name, def+"_"); ok && name != "report_kind" && name != "report_path" {
			out = append(out, kind)
		}
	}
	return out
}
