package docstest

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadgate/backends"
	"loadgate/schemas"
)

var update = flag.Bool("update", false, "write the tables of the pages from the schema")

// object is a JSON Schema, or a part of one.
type object = map[string]any

var table = regexp.MustCompile(`(?s)<!-- table:([a-z_]+) -->\n.*?<!-- /table -->`)

func scenarioSchema(t *testing.T, text []byte) object {
	t.Helper()
	var s object
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTables compares the tables of the pages with the schema.
func TestTables(t *testing.T) {
	t.Parallel()
	r := reference{scenarioSchema(t, schemas.Strict())}
	for _, p := range pages(t) {
		got := table.ReplaceAllStringFunc(p.text, func(found string) string {
			name := table.FindStringSubmatch(found)[1]
			if name == "kinds" {
				return "<!-- table:kinds -->\n" + kindsTable() + "<!-- /table -->"
			}
			return fmt.Sprintf("<!-- table:%s -->\n%s<!-- /table -->", name, r.table(t, name))
		})
		if got == p.text {
			continue
		}
		if !*update {
			t.Errorf("%s: its tables are not what the schema says: go test ./internal/docstest -update", p.path)
			continue
		}
		if err := os.WriteFile(filepath.Join(root, p.path), []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// kindsTable says how each interface of each kind was verified.
func kindsTable() string {
	var b strings.Builder
	b.WriteString("| kind | api | verified with bytes of |\n|---|---|---|\n")
	for _, i := range backends.Interfaces() {
		verified := "*unverified*"
		switch {
		case i.Kind == "http":
			verified = "what the scenario describes"
		case i.Kind == "simulator":
			verified = "loadgate's own"
		case i.Verified():
			verified = strings.Join(i.Recorded, ", ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", i.Kind, i.API, verified)
	}
	return b.String()
}

// TestEveryPropertyIsMentioned holds the pages on scenarios to the published
// schema: what an editor offers is explained.
func TestEveryPropertyIsMentioned(t *testing.T) {
	t.Parallel()
	text := ""
	for _, p := range pages(t) {
		if slices.Contains([]string{"docs/scenario.md", "docs/datasets.md", "docs/backends.md", "docs/simulator.md"}, p.path) {
			text += p.text
		}
	}
	names := map[string]bool{}
	collect(scenarioSchema(t, schemas.Scenario()), names)
	if len(names) < 50 {
		t.Fatalf("the schema cannot be read: %d properties", len(names))
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		mentioned := regexp.MustCompile("`([a-z_.\\[\\]]+[.])?" + regexp.QuoteMeta(name) + "`")
		if !mentioned.MatchString(text) {
			t.Errorf("neither docs/scenario.md nor docs/datasets.md mentions %s", name)
		}
	}
}

// collect gathers the names of all properties below a schema.
func collect(v any, names map[string]bool) {
	switch x := v.(type) {
	case object:
		for key, sub := range x {
			if properties, ok := sub.(object); ok && key == "properties" {
				for name := range properties {
					names[name] = true
				}
			}
			if key != "examples" && key != "default" {
				collect(sub, names)
			}
		}
	case []any:
		for _, e := range x {
			collect(e, names)
		}
	}
}

// reference writes tables from the schema.
type reference struct{ schema object }

func (r reference) def(name string) object {
	o, _ := r.schema["$defs"].(object)[name].(object)
	return o
}

// table is one table: of a definition or a key of the schema, of the whole file,
// of all kinds of backends, or of the kinds of reports.
func (r reference) table(t *testing.T, name string) string {
	t.Helper()
	switch {
	case name == "scenario":
		return head("key") + rows(r.fields("", r.schema, false))
	case name == "backend":
		return r.backends()
	case name == "report":
		return r.reports()
	}
	s := r.def(name)
	if s == nil {
		properties, _ := r.schema["properties"].(object)
		s, _ = properties[name].(object)
	}
	if s == nil {
		t.Fatalf("the schema has no %q", name)
	}
	return head("key") + rows(r.fields("", s, true))
}

func head(first string) string {
	return "| " + first + " | type | default | meaning |\n|---|---|---|---|\n"
}

// field is one row.
type field struct{ path, kind, value, text string }

func rows(fields []field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.path, f.kind, f.value, f.text)
	}
	return b.String()
}

// fields lists the properties of a mapping in alphabetical order, those that
// are required first. Deep: with the fields of mappings within.
func (r reference) fields(prefix string, s object, deep bool) []field {
	properties, _ := s["properties"].(object)
	required, _ := s["required"].([]any)
	names := slices.SortedFunc(maps.Keys(properties), func(a, b string) int {
		if x, y := slices.Contains(required, any(a)), slices.Contains(required, any(b)); x != y {
			return map[bool]int{true: -1, false: 1}[x]
		}
		return strings.Compare(a, b)
	})
	var out []field
	for _, name := range names {
		p, _ := properties[name].(object)
		if r.later(p) || name == "kind" {
			continue
		}
		f := field{prefix + name, r.typeOf(p), r.value(p), text(r.describe(p))}
		if f.value == "" && slices.Contains(required, any(name)) {
			f.value = "required"
		}
		out = append(out, f)
		if deep {
			out = append(out, r.within(f.path, p)...)
		}
	}
	return out
}

// within lists the fields of a mapping, or of a list's mappings.
func (r reference) within(path string, p object) []field {
	s := r.resolve(p)
	if then, ok := s["then"].(object); ok {
		if then["$ref"] == "#/$defs/token_distribution" { // the page describes it, and it may hold itself
			return nil
		}
		s = r.resolve(then)
	}
	if items, ok := s["items"].(object); ok {
		path += "[]"
		s = r.resolve(items)
	}
	if strings.HasSuffix(path, "server") { // has a page of its own
		return nil
	}
	return r.fields(path+".", s, true)
}

func (r reference) resolve(s object) object {
	if ref, ok := s["$ref"].(string); ok {
		return r.def(strings.TrimPrefix(ref, "#/$defs/"))
	}
	if all, ok := s["allOf"].([]any); ok && len(all) == 1 {
		return r.resolve(all[0].(object))
	}
	return s
}

func (r reference) later(p object) bool { return r.resolve(p)["x-later"] == true }

// words are definitions that have a name for people.
var words = map[string]string{
	"duration": "duration", "ratio": "share", "secret": "secret", "count": "number or `20x`", "report_path": "text",
	"headers": "mapping", "params": "mapping", "simulator_server": "mapping", "token_distribution": "distribution", "axis_name": "text or number",
}

func (r reference) typeOf(p object) string {
	if ref, ok := p["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		if w, ok := words[name]; ok {
			return w
		}
		return r.typeOf(r.def(name))
	}
	if all, ok := p["allOf"].([]any); ok && len(all) == 1 {
		return r.typeOf(all[0].(object))
	}
	if any, ok := p["anyOf"].([]any); ok {
		return r.joined(any)
	}
	if p["if"] != nil {
		return r.joined([]any{p["else"], p["then"]})
	}
	if values, ok := p["enum"].([]any); ok {
		var out []string
		for _, v := range values {
			out = append(out, fmt.Sprintf("`%v`", v))
		}
		return strings.Join(out, ", ")
	}
	switch p["type"] {
	case "integer":
		return "integer" + bounds(p)
	case "number":
		return "number" + bounds(p)
	case "boolean":
		return "true or false"
	case "array":
		return "list"
	case "object":
		return "mapping"
	default:
		return "text"
	}
}

func (r reference) joined(branches []any) string {
	var out []string
	for _, b := range branches {
		out = append(out, r.typeOf(b.(object)))
	}
	return strings.Join(out, " or ")
}

func bounds(p object) string {
	low, high := p["minimum"], p["maximum"]
	switch {
	case low != nil && high != nil && high.(float64) < 1e6:
		return fmt.Sprintf(", %v to %v", low, high)
	case low != nil:
		return fmt.Sprintf(", from %v", low)
	case p["exclusiveMinimum"] != nil:
		return fmt.Sprintf(" above %v", p["exclusiveMinimum"])
	default:
		return ""
	}
}

func (r reference) value(p object) string {
	for _, s := range []object{p, r.resolve(p)} {
		if v, ok := s["default"]; ok {
			return fmt.Sprintf("`%v`", v)
		}
	}
	return ""
}

func (r reference) describe(p object) string {
	for _, s := range []object{p, r.resolve(p)} {
		if d, ok := s["description"].(string); ok {
			return d
		}
	}
	return ""
}

// text is a description as a cell of a table.
func text(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(s)
}

// kinds lists the kinds of a family in alphabetical order.
func (r reference) kinds(family string) []string {
	var out []string
	for name := range r.schema["$defs"].(object) {
		if kind, ok := strings.CutPrefix(name, family+"_"); ok && r.def(name)["properties"] != nil {
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return out
}

// reports is one row a kind, with the keys that it has beside its path.
func (r reference) reports() string {
	var b strings.Builder
	b.WriteString("| kind | without a path | what | its own keys |\n|---|---|---|---|\n")
	for _, kind := range r.kinds("report") {
		def, file, own := r.def("report_"+kind), "", []string{}
		for _, f := range r.fields("", def, true) {
			if f.path == "path" {
				file = f.value
				continue
			}
			own = append(own, fmt.Sprintf("`%s` (%s, default %s): %s", f.path, f.kind, f.value, f.text))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", kind, file, text(r.describe(def)), strings.Join(own, " "))
	}
	return b.String()
}

// backends is one table for all kinds: most fields are those of every kind.
func (r reference) backends() string {
	kinds := r.kinds("backend")
	var all []field
	of := map[field][]string{}
	for _, kind := range kinds {
		for _, f := range r.fields("", r.def("backend_"+kind), true) {
			if of[f] == nil {
				all = append(all, f)
			}
			of[f] = append(of[f], kind)
		}
	}
	slices.SortStableFunc(all, func(a, b field) int { return strings.Compare(a.path, b.path) })
	var b strings.Builder
	b.WriteString("| key | kinds | type | default | meaning |\n|---|---|---|---|---|\n")
	for _, f := range all {
		which := strings.Join(of[f], ", ")
		if len(of[f]) == len(kinds) {
			which = "all"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.path, which, f.kind, f.value, f.text)
	}
	return b.String()
}
