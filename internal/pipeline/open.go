package pipeline

import (
	"encoding/json"
	"fmt"
	"slices"

	"loadgate/backends"
	"loadgate/datasets"
	"loadgate/internal/diag"
	"loadgate/internal/gate"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/tokens"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

// Opened is a plan that is ready to run: every section opened, every rule
// compiled. Nothing has been sent.
type Opened struct {
	Plan   *scenario.Plan
	Cells  []*Cell
	Gate   *gate.Gate
	Expect *gate.Expectations
	// Baseline is what the run will be compared with; nil without `compare:`.
	Baseline *Baseline
}

// Cell is a cell of the plan with what its sections opened to. Cells whose
// sections are equal share one backend or dataset.
type Cell struct {
	*scenario.Cell
	Kind    string // of the backend
	Backend llm.Backend
	Dataset llm.Dataset
	// StoredAs is its name in the store where that is not its ID: of fresh
	// repeats.
	StoredAs string
	Counter  llm.Counter // counts texts where the server sends no usage; nil: nothing can
}

// Open opens a plan's sections and compiles its rules. All mistakes come back
// at once; with errors among them the plan cannot be run. A plan that already
// has mistakes may be opened too, to find the others: what is missing in it is
// passed over.
func Open(plan *scenario.Plan, env yamlpos.Lookup) (*Opened, diag.List) {
	o := &opener{plan: plan, env: env, backends: map[string]llm.Backend{}, datasets: map[string]llm.Dataset{}}
	out := &Opened{Plan: plan}
	for _, c := range plan.Cells {
		out.Cells = append(out.Cells, o.cell(c))
	}
	g, list := gate.Compile(plan)
	expect, mistakes := gate.CompileExpectations(plan)
	out.Gate, out.Expect = g, expect
	base, more := openBaseline(plan)
	out.Baseline = base
	return out, slices.Concat(o.list, list, mistakes, more, base.foresee(plan))
}

type opener struct {
	plan     *scenario.Plan
	env      yamlpos.Lookup
	backends map[string]llm.Backend
	datasets map[string]llm.Dataset
	list     diag.List
}

func (o *opener) cell(c *scenario.Cell) *Cell {
	out := &Cell{Cell: c}
	if c.Backend != nil {
		out.Kind = textOf(c.Backend.Get("kind"))
		out.Backend = openOnce(o, o.backends, backends.Kinds, c.BackendName, c.Backend)
	}
	if c.Dataset != nil {
		out.Dataset = openOnce(o, o.datasets, datasets.Kinds, c.DatasetName, c.Dataset)
	}
	out.Counter = o.counter(out)
	o.checkReplay(out)
	o.checkExact(out)
	return out
}

// checkReplay sees to it that a replay has times.
func (o *opener) checkReplay(c *Cell) {
	if c.Load.Replay == nil || c.Dataset == nil {
		return
	}
	if _, ok := c.Dataset.(llm.Timed); ok {
		return
	}
	at := c.Cell.Dataset.Get("kind")
	if path := c.Cell.Dataset.Get("path"); at.Text == "trace" && path != nil {
		at = path // a trace can have times, and this one has none
	}
	o.once(at, "load.replay wants a dataset of kind trace whose rows have times; send others with rate or concurrency", "the dataset "+c.DatasetName+" has no times to replay")
}

// once complains of a section's mistake in the first of the cells that share it.
func (o *opener) once(at *yamlpos.Node, hint, message string) {
	if !slices.ContainsFunc(o.list, func(x diag.Diagnostic) bool { return x.Pos == at.Pos && x.Message == message }) {
		o.list.Errorf(at.Pos, max(1, at.Width), hint, "%s", message)
	}
}

// openOnce opens a section, or returns what an equal section opened to. An
// equal section has equal mistakes, which are reported once.
func openOnce[T any](o *opener, seen map[string]T, kinds kind.Set[T], name string, section *yamlpos.Node) T {
	content, err := json.Marshal(printable(section.Any()))
	if err != nil {
		panic(fmt.Sprintf("pipeline: section %s: %v", name, err)) // printable leaves JSON's own types only
	}
	key := name + " " + string(content)
	if t, ok := seen[key]; ok {
		return t
	}
	t, list := kinds.Open(section, kind.Context{Name: name, Dir: o.plan.Dir, Lookup: o.env})
	o.list = append(o.list, list...)
	seen[key] = t
	return t
}

// counter finds who counts a cell's texts: the backend's `tokenizer:`, else the
// dataset's. The backend's none is nobody.
func (o *opener) counter(c *Cell) llm.Counter {
	if n := c.Cell.Backend.Get("tokenizer"); n != nil && n.Kind == yamlpos.String {
		if n.Text == tokens.None {
			return nil
		}
		m, err := tokens.Place{Dir: o.plan.Dir, Lookup: o.env}.Open(n.Text)
		if err != nil {
			o.list.Errorf(n.Pos, n.Width, "", "%v", err)
			return nil
		}
		return m
	}
	if t, ok := c.Dataset.(llm.Tokenized); ok {
		return t.Counter()
	}
	return nil
}

func textOf(n *yamlpos.Node) string {
	if n == nil {
		return ""
	}
	return n.Text
}
