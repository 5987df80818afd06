package gate

import (
	"loadgate/internal/llm"
	"loadgate/internal/rule"
	"loadgate/metrics"
	"loadgate/scenario"
)

// loadFields are the load's fields that some cells have and others do not:
// naming one is never a spelling mistake.
var loadFields = map[string]rule.Dim{
	"load.concurrency": rule.Count, "load.max_concurrency": rule.Count, "load.requests": rule.Count, "load.repeats": rule.Count,
	"load.rate": rule.PerSecond, "load.arrivals": rule.Text, "load.burstiness": rule.Number, "load.seed": rule.Number,
	"load.duration": rule.Time, "load.ramp": rule.Time, "load.cooldown": rule.Time,
	"load.warmup.requests": rule.Count, "load.warmup.duration": rule.Time,
	"load.prompts": rule.Text, "load.connections": rule.Text, "load.reset_cache": rule.Bool,
}

// vocabulary is what rules over these cells may name: the catalogue of metrics
// and the union of the cells' own facts.
func vocabulary(facts []map[string]any, goodput bool) *rule.Vocabulary {
	v := &rule.Vocabulary{
		Dists: map[string]rule.Dim{}, Scalars: map[string]rule.Dim{}, Groups: map[string]map[string]rule.Dim{},
		Cell: map[string]rule.Dim{}, Request: map[string]rule.Dim{}, Aliases: map[string]string{}, Unavailable: map[string]string{},
	}
	for _, d := range metrics.Catalogue() {
		switch {
		case d.Shape == metrics.ShapeClasses:
			v.Groups[d.Name] = classes()
		case d.IsDist():
			v.Dists[d.Name] = d.Dim
		default:
			v.Scalars[d.Name] = d.Dim
		}
		if d.Shape == metrics.ShapeRequest {
			v.Request[d.Name] = d.Dim
		}
		for _, alias := range d.Aliases {
			v.Aliases[alias] = d.Name
		}
	}
	if !goodput {
		for _, name := range []string{"goodput", "slo_attainment"} {
			v.Unavailable[name] = "the scenario has no `goodput:` section"
		}
	}
	for path, dim := range loadFields {
		v.Cell[path] = dim
	}
	for _, f := range facts {
		addFacts(v.Cell, "", f)
	}
	return v
}

func classes() map[string]rule.Dim {
	out := map[string]rule.Dim{}
	for _, c := range llm.ErrorClasses() {
		out[string(c)] = rule.Count
	}
	return out
}

// addFacts adds the paths of a cell's facts. A section's own name stands for it:
// backend == "blue" is backend.name == "blue".
func addFacts(cell map[string]rule.Dim, prefix string, facts map[string]any) {
	for key, value := range facts {
		path := prefix + key
		switch x := value.(type) {
		case map[string]any:
			if _, named := x["name"]; named && prefix == "" {
				cell[path] = rule.Text
			}
			addFacts(cell, path+".", x)
		default:
			if _, fixed := loadFields[path]; !fixed {
				cell[path] = dimOf(prefix, x, cell[path])
			}
		}
	}
}

// dimOf is the dimension of a fact. An axis may run over durations, which facts
// hold in ms: its numbers are checked when they meet others.
func dimOf(prefix string, value any, before rule.Dim) rule.Dim {
	dim := rule.Number
	switch value.(type) {
	case string:
		dim = rule.Text
	case bool:
		dim = rule.Bool
	default:
		if prefix != "labels." {
			dim = rule.Any
		}
	}
	if before != 0 && before != dim {
		return rule.Any
	}
	return dim
}

// factsOf lists the facts of all cells.
func factsOf(cells []*scenario.Cell) []map[string]any {
	out := make([]map[string]any, len(cells))
	for i, c := range cells {
		out[i] = c.Facts
	}
	return out
}
