package foreign

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"loadgate/internal/result"
	"loadgate/metrics"
)

// document makes cells of runs: those that differ in nothing but the time are
// repeats of one cell. Verdict is pass: nothing was judged.
func document(id, loadgate string, runs []*run) *result.Document {
	doc := &result.Document{
		SchemaVersion: result.SchemaVersion, Loadgate: loadgate, RunID: id, Verdict: result.Pass,
		Environment: result.Environment{Clock: "user"}, Labels: map[string]any{},
	}
	var groups [][]*run
	at := map[string]int{}
	var tools []string
	for _, r := range runs {
		key := r.identity()
		i, there := at[key]
		if !there {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], r)
		if !slices.Contains(tools, r.tool) {
			tools = append(tools, r.tool)
		}
		end := r.started
		if d := float64(r.metrics["duration"].Value); d > 0 && d < 1e9 && !r.started.IsZero() {
			end = r.started.Add(time.Duration(d * float64(time.Second)))
		}
		if !r.started.IsZero() && (doc.StartedAt.IsZero() || r.started.Before(doc.StartedAt)) {
			doc.StartedAt = r.started
		}
		if end.After(doc.EndedAt) {
			doc.EndedAt = end
		}
	}
	doc.Name = strings.Join(tools, ", ") + " (imported)"
	places := axesOf(groups)
	for i, g := range groups {
		doc.Cells = append(doc.Cells, cellOf(i, g, places[i]))
	}
	for _, name := range []string{"tool", "tool_version"} {
		if v, ok := common(doc.Cells, name); ok {
			doc.Labels[name] = v
		}
	}
	return doc
}

// identity is equal for the repeats of a cell.
func (r *run) identity() string {
	b, err := json.Marshal([]any{r.tool, r.version, r.name, r.model, r.dataset, r.load, r.labels})
	if err != nil {
		return fmt.Sprint(r.load, r.labels) // a number that JSON lacks
	}
	return string(b)
}

func cellOf(index int, runs []*run, axes result.Axes) *result.Cell {
	r := runs[0]
	c := &result.Cell{
		ID: fmt.Sprintf("import-%d", index+1), Axes: axes, Load: r.load, Model: r.model, Dataset: r.dataset,
		StartedAt: r.started, Labels: map[string]any{"tool": r.tool},
	}
	if r.version != "" {
		c.Labels["tool_version"] = r.version
	}
	for name, v := range r.labels {
		c.Labels[name] = v
	}
	var repeats []*result.Repeat
	for i, r := range runs {
		rep := &result.Repeat{
			Index: i, StartedAt: r.started, Validity: result.Warned, Counts: r.counts, Tokens: r.tokens, Metrics: r.metrics,
			Client: result.Client{CPURatio: result.None(), LateP99MS: result.None(), LagP99MS: result.None()},
		}
		notes := append([]string{"measured by " + r.tool + ": none of the checks of a measurement was made"}, r.notes...)
		for _, note := range notes {
			rep.Findings = append(rep.Findings, result.Finding{
				Check: "imported", Cause: "client", Level: "warn", Value: result.None(), Limit: result.None(), Message: note, Repeat: i,
			})
		}
		repeats = append(repeats, rep)
	}
	metrics.Merge(c, repeats)
	return c
}

// axesOf gives each cell its place: by what of the load differs between cells,
// then by what else does until all are told apart.
func axesOf(groups [][]*run) []result.Axes {
	places := make([]result.Axes, len(groups))
	try := func(name string, of func(*run) any) {
		values := map[string]bool{}
		for _, g := range groups {
			values[fmt.Sprint(of(g[0]))] = true
		}
		if len(values) < 2 {
			return
		}
		for i, g := range groups {
			places[i] = append(places[i], result.Axis{Name: name, Value: of(g[0])})
		}
	}
	for _, key := range []string{"rate", "concurrency", "max_concurrency"} {
		try("load."+key, func(r *run) any { return r.load[key] })
	}
	for _, also := range []struct {
		name string
		of   func(*run) any
	}{
		{"name", func(r *run) any { return r.name }},
		{"model", func(r *run) any { return r.model }},
		{"dataset", func(r *run) any { return r.dataset }},
		{"tool", func(r *run) any { return r.tool }},
		{"tool_version", func(r *run) any { return r.version }},
		{"load.requests", func(r *run) any { return r.load["requests"] }},
	} {
		if !distinct(places) {
			try(also.name, also.of)
		}
	}
	for _, label := range labelNames(groups) {
		if !distinct(places) {
			try(label, func(r *run) any { return r.labels[label] })
		}
	}
	return places
}

func distinct(places []result.Axes) bool {
	seen := map[string]bool{}
	for _, p := range places {
		seen[fmt.Sprint(p)] = true
	}
	return len(seen) == len(places)
}

func labelNames(groups [][]*run) []string {
	var names []string
	for _, g := range groups {
		for name := range g[0].labels {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// common is a label that all cells have.
func common(cells []*result.Cell, name string) (any, bool) {
	for _, c := range cells {
		if v, ok := c.Labels[name]; !ok || v != cells[0].Labels[name] {
			return nil, false
		}
	}
	return cells[0].Labels[name], true
}
