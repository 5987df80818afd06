package scenario

import (
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
	r := &reader{opts: opts, check: check, sources: diag.Sources{}, narrowed: map[string]bool{}, pinned: map[string]bool{}, broken: map[diag.Pos]bool{}}
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
	pinned   map[string]bool   // paths that a profile or --set decides for every cell
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
	plan.Expect = expectations(root.Get("expect"))
	plan.Compare = r.compare(root, axes)
	plan.Reports = reports(root.Get("reports"), &r.list)
	plan.Resolved = storable(root.Stored())
	plan.Hash = digest(canonical(plan.Resolved))
	if shape(root) {
		plan.Cells = r.cells(root, axes)
		r.pair(plan)
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
