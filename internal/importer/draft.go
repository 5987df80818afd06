package importer

import (
	"regexp"
	"strings"

	"loadgate/internal/yamlpos"
)

// Scenario is what an import made.
type Scenario struct {
	Text  []byte            // of the scenario
	Keys  map[string]string // the secrets that were replaced, by the variable that now stands for them
	Notes []string          // what a person should know, a line each
}

// draft is a scenario in the making, in the order in which it is printed. Empty
// parts are left out.
type draft struct {
	head        string // comment at the top
	name        string
	labels      yamlpos.Fields
	backend     yamlpos.Fields // of the one backend
	datasetName string
	dataset     yamlpos.Fields
	load        yamlpos.Fields
	matrix      yamlpos.Fields
	slo         []any
	goodput     yamlpos.Fields
	texts       bool // save: texts
	reports     []any
}

// backendName is what the one backend of a draft is called.
const backendName = "server"

func (d *draft) print() ([]byte, error) {
	section := func(key string, f yamlpos.Fields) yamlpos.Fields {
		if len(f) == 0 {
			return nil
		}
		return yamlpos.Fields{{Key: key, Value: f}}
	}
	list := func(key string, items []any) yamlpos.Fields {
		if len(items) == 0 {
			return nil
		}
		return yamlpos.Fields{{Key: key, Value: items}}
	}
	results := list("reports", d.reports)
	if d.texts {
		results = append(yamlpos.Fields{{Key: "save", Value: "texts", Beside: "prompts and answers are stored too"}}, results...)
	}
	return yamlpos.Print(
		yamlpos.Fields{{Key: "apiVersion", Value: "loadgate/v1", Above: d.head}, {Key: "name", Value: d.name}},
		section("labels", d.labels),
		section("backends", yamlpos.Fields{{Key: backendName, Value: d.backend}}),
		section("datasets", yamlpos.Fields{{Key: d.datasetName, Value: inlined(d.dataset)}}),
		section("load", d.load),
		section("matrix", d.matrix),
		list("slo", d.slo),
		section("goodput", d.goodput),
		results,
	)
}

// inlined puts a mapping on one line where that stays readable.
func inlined(f yamlpos.Fields) any {
	width := 0
	for _, x := range f {
		text, ok := x.Value.(string)
		if _, isRef := x.Value.(yamlpos.Reference); isRef || x.Above != "" || x.Beside != "" {
			return f
		}
		if ok {
			width += len(text)
		}
		width += len(x.Key) + 6
	}
	if width > 100 {
		return f
	}
	return yamlpos.Inline(f)
}

var (
	unfitName    = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
	unfitSection = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
)

// scenarioName makes a name that a scenario may have: letters, digits and . _ -
// in at most 80 characters.
func scenarioName(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p = strings.Trim(unfitName.ReplaceAllString(p, "-"), "-._"); p != "" {
			kept = append(kept, p)
		}
	}
	name := strings.Join(kept, "-")
	if name == "" {
		return "imported"
	}
	return strings.TrimRight(name[:min(len(name), 80)], "-._")
}

// sectionName makes a name that a section may have.
func sectionName(s string) string {
	s = strings.Trim(unfitSection.ReplaceAllString(s, "-"), "-")
	switch {
	case s == "":
		return "prompts"
	case s[0] >= '0' && s[0] <= '9':
		return "d" + s
	}
	return s
}
