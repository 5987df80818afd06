package scenario

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
	"loadgate/schemas"
)

// Options are what a scenario is read from and with.
type Options struct {
	File   string // as the user wrote it: names the file in messages, and its folder is where inputs are looked for
	Source []byte // the file's bytes; nil: ReadFile(File)
	// ReadFile reads File when Source is nil, as os.ReadFile does.
	ReadFile func(name string) ([]byte, error)
	Env      yamlpos.Lookup // answers ${env:…}; nil: no variable is set
	Profile  string         // of --profile; "" for none
	Set      []string       // of --set, in order: path=value, the value as YAML
	Match    Matcher        // evaluates override's `when`; needed by scenarios that have one
}

// Matcher evaluates a boolean expression in each of the cells, given their
// facts, and returns one answer for each. An expression that does not compile
// has problems and no answers. A cell that lacks a field does not match.
type Matcher func(expr string, cells []map[string]any) ([]bool, []Problem)

// Problem is what is wrong with an expression, Width runes from the rune at
// Offset (from 0).
type Problem struct {
	Offset, Width int
	Message, Hint string
}

// Read reads a scenario and expands it. The plan is never nil and always has
// its Sources, in which every secret is covered; it may be run only when the
// list has no errors.
func Read(opts Options) (*Plan, diag.List) {
	return readWith(strictChecker(), opts)
}

func readWith(check *checker, opts Options) (*Plan, diag.List) {
	r := &reader{opts: opts, check: check, sources: diag.Sources{}, narrowed: map[string]bool{}, broken: map[diag.Pos]bool{}}
	plan := r.load()
	plan.Sources = masked(r.sources, r.secrets.nodes)
	return plan, r.list.Sorted()
}

var strictChecker = sync.OnceValue(func() *checker { return newChecker(schemas.Strict()) })

// reader holds what the steps of reading one scenario share.
type reader struct {
	opts     Options
	check    *checker
	list     diag.List
	sources  diag.Sources
	secrets  literals
	broken   map[diag.Pos]bool // places of values that the YAML reader complained about
	narrowed map[string]bool   // axes whose values a profile or --set replaced
	matrix   *yamlpos.Node
}

func (r *reader) load() *Plan {
	plan := &Plan{File: r.opts.File, Dir: filepath.Dir(r.opts.File), Profile: r.opts.Profile, Preflight: true}
	root := r.parse()
	if root == nil {
		return plan
	}
	for _, c := range append(r.profileChanges(root), r.setChanges()...) {
		r.apply(root, c)
	}
	r.secrets.search(r.check.fields, root)
	root, wrong := r.check.settle(root)
	if r.foreignVersion(root, wrong) {
		return plan
	}
	r.matrix = root.Get("matrix")
	axes := r.axes(root)
	r.list = append(r.list, r.explain(root, r.withoutPromised(wrong, axes))...)
	plan.Name = textOf(root.Get("name"))
	plan.Labels = labelsOf(root.Get("labels"))
	if p := root.Get("preflight"); p != nil {
		plan.Preflight = p.Value != false
	}
	plan.Rules = rules(root.Get("slo"), &r.list)
	plan.Reports = reports(root.Get("reports"), &r.list)
	plan.Resolved = storable(root.Stored())
	plan.Hash = digest(canonical(plan.Resolved))
	if shape(root) {
		plan.Cells = r.cells(root, axes)
	}
	r.list = append(r.list, r.secrets.list...)
	return plan
}

// parse reads the file into a tree of its own.
func (r *reader) parse() *yamlpos.Node {
	src := r.opts.Source
	if src == nil && r.opts.ReadFile != nil {
		var err error
		if src, err = r.opts.ReadFile(r.opts.File); err != nil {
			r.list.Errorf(diag.Pos{File: r.opts.File}, 0, "`loadgate init` writes one to start from", "cannot read the scenario: %v", err)
			return nil
		}
	}
	r.sources[r.opts.File] = src
	root, list := yamlpos.Parse(r.opts.File, src, r.opts.Env)
	r.list = append(r.list, list...)
	r.breakAt(list)
	if root == nil {
		return nil
	}
	if root.Kind != yamlpos.Map {
		r.list.Errorf(root.Pos, root.Width, "it begins with apiVersion: loadgate/v1", "a scenario is a mapping, not %s", root.Kind)
		return nil
	}
	return root.Clone()
}

// foreignVersion reports, as the only mistake, that a file is written for
// another version: everything else in it may be right there.
func (r *reader) foreignVersion(root *yamlpos.Node, wrong []mistake) bool {
	for _, m := range wrong {
		if len(m.path) == 1 && m.path[0] == "apiVersion" {
			r.list = append(r.list, r.check.explain(root, m)...)
			return true
		}
	}
	return false
}

func (r *reader) breakAt(list diag.List) {
	for _, d := range list {
		r.broken[d.Pos] = true
	}
}

// explain words mistakes, leaving out those about values that have a message
// already: what could not be read, and secrets, which no second message may show.
func (r *reader) explain(root *yamlpos.Node, wrong []mistake) diag.List {
	var list diag.List
	for _, m := range wrong {
		if n := root.At(m.path...); n == nil || (!r.secrets.at[n.Pos] && !r.broken[n.Pos]) {
			list = append(list, r.check.explain(root, m)...)
		}
	}
	return list
}

// withoutPromised leaves out missing keys that an axis, an include or an
// override may supply: whether it does is checked in each cell.
func (r *reader) withoutPromised(wrong []mistake, axes []axis) []mistake {
	if r.matrix == nil {
		return wrong
	}
	var promised []string
	for _, a := range axes {
		promised = append(promised, a.paths()...)
	}
	for _, it := range items(r.matrix.Get("include")) {
		promised = append(promised, it.Keys()...)
	}
	for _, it := range items(r.matrix.Get("override")) {
		if set := it.Get("set"); set != nil {
			promised = append(promised, set.Keys()...)
		}
	}
	return slices.DeleteFunc(slices.Clone(wrong), func(m mistake) bool {
		prefix := strings.Join(m.path, ".") + "."
		missing := m.keyword == "required" || m.keyword == "minProperties" || len(choiceOfKeys(m.schema)) > 0
		return missing && len(m.path) > 0 && slices.ContainsFunc(promised, func(p string) bool { return strings.HasPrefix(p, prefix) })
	})
}

// shape reports whether the sections that cells are made of are there.
func shape(root *yamlpos.Node) bool {
	for _, key := range []string{"backends", "datasets", "load"} {
		if n := root.Get(key); n == nil || n.Kind != yamlpos.Map {
			return false
		}
	}
	m := root.Get("matrix")
	return m == nil || m.Kind == yamlpos.Map
}

func items(n *yamlpos.Node) []*yamlpos.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

func textOf(n *yamlpos.Node) string {
	if n == nil {
		return ""
	}
	return n.Text
}

// cells expands the matrix and reads every cell.
func (r *reader) cells(root *yamlpos.Node, axes []axis) []*Cell {
	points := r.expand(root, axes)
	r.overrides(root, points)
	var found findings
	var out []*Cell
	for _, p := range points {
		if c := r.cell(p, &found); c != nil {
			out = append(out, c)
		}
	}
	found.report(len(points), &r.list)
	r.duplicates(points, out)
	distinguish(out)
	return out
}

// cell checks and reads one point; nil when it has mistakes.
func (r *reader) cell(p *point, found *findings) *Cell {
	before := len(r.secrets.list)
	r.secrets.search(r.check.fields, p.tree)
	tree, wrong := r.check.settle(p.tree)
	p.tree = tree
	found.add(p, r.explain(tree, wrong), false)
	c, list := r.read(p)
	if slices.ContainsFunc(wrong, func(m mistake) bool { return len(m.path) > 0 && m.path[0] == "load" }) {
		list = nil // what goes together can be said only of values that are right
	}
	c.BackendName, c.Backend = reference(tree, "backend", &list)
	c.DatasetName, c.Dataset = reference(tree, "dataset", &list)
	found.add(p, list, true)
	if len(wrong)+len(list) > 0 || len(r.secrets.list) > before {
		return nil
	}
	identify(c)
	c.Facts = r.check.facts(c)
	return c
}

// duplicates complains about cells that are the same in every respect.
func (r *reader) duplicates(points []*point, cells []*Cell) {
	if len(points) != len(cells) {
		return
	}
	first := map[string]*point{}
	for i, c := range cells {
		p := points[i]
		if _, taken := first[c.ID]; !taken {
			first[c.ID] = p
			continue
		}
		r.list.Errorf(p.at, 1, "remove it, or set something that differs", "the cell %s is there twice", p)
	}
}

// overrides applies the entries of override, in order, to the cells that match.
func (r *reader) overrides(root *yamlpos.Node, points []*point) {
	for _, it := range items(r.matrix.Get("override")) {
		when, set := it.Get("when"), it.Get("set")
		if when == nil || when.Kind != yamlpos.String || set == nil || set.Kind != yamlpos.Map || len(points) == 0 {
			continue
		}
		sets := r.settings(root, set)
		for i, hit := range r.match(when, points) {
			if hit {
				r.place(points[i].tree, sets)
			}
		}
	}
}

// match evaluates a `when` in every cell as it is now.
func (r *reader) match(when *yamlpos.Node, points []*point) []bool {
	if r.opts.Match == nil {
		r.list.Errorf(when.Pos, when.Width, "", "expressions cannot be evaluated here")
		return nil
	}
	facts := make([]map[string]any, len(points))
	for i, p := range points {
		c, list := r.read(p)
		c.BackendName, c.Backend = reference(p.tree, "backend", &list)
		c.DatasetName, c.Dataset = reference(p.tree, "dataset", &list)
		facts[i] = r.check.facts(c)
	}
	hits, problems := r.opts.Match(when.Text, facts)
	for _, p := range problems {
		r.list.Errorf(when.PosAt(p.Offset), max(1, p.Width), p.Hint, "%s", p.Message)
	}
	if len(problems) == 0 && !slices.Contains(hits, true) && len(r.narrowed) == 0 {
		r.list.Errorf(when.Pos, when.Width, "remove it, or correct its condition", "this override selects no cell")
	}
	return hits
}

// findings collects the mistakes of cells, each once, with the first cell that
// has it and how many have.
type findings struct {
	order []keyed
	cells map[string]*seenIn
}

type keyed struct {
	diag.Diagnostic
	key string
}

type seenIn struct {
	first string
	count int
}

// add counts the mistakes of one cell. byLine: a mistake in how values go
// together, of which the values of an axis on one line share a single one.
func (f *findings) add(p *point, list diag.List, byLine bool) {
	if f.cells == nil {
		f.cells = map[string]*seenIn{}
	}
	for _, d := range list {
		key := fmt.Sprint(d.Pos, d.Message)
		if byLine {
			key = fmt.Sprint(d.File, d.Line, d.Message)
		}
		if f.cells[key] == nil {
			f.cells[key] = &seenIn{first: p.String()}
			f.order = append(f.order, keyed{d, key})
		}
		f.cells[key].count++
	}
}

// report appends the mistakes. One that not all cells have names the first that
// has it; one that the scenario itself has is already there.
func (f *findings) report(cells int, list *diag.List) {
	for _, d := range f.order {
		same := func(o diag.Diagnostic) bool { return o.Pos == d.Pos && o.Message == d.Message }
		if slices.ContainsFunc(*list, same) {
			continue
		}
		if s := f.cells[d.key]; s.count < cells && s.first != "" {
			d.Message += fmt.Sprintf(" (in the cell %s", s.first)
			if s.count > 1 {
				d.Message += fmt.Sprintf(" and %d more", s.count-1)
			}
			d.Message += ")"
		}
		*list = append(*list, d.Diagnostic)
	}
}

