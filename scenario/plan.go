package scenario

import (
	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// Plan is an expanded scenario: what will be run, in order.
type Plan struct {
	File    string // as given on the command line; "" when there is none
	Dir     string // the folder that relative input paths start from
	Name    string
	Labels  map[string]any // scalars
	Cells   []*Cell
	Rules   []*Rule        // of `slo:`, in file order
	Expect  []*Expectation // of `expect:`, in file order
	Reports []Report
	Compare *Compare // nil without `compare:`
	Profile string

	Preflight bool // one request to each backend before the first cell

	Resolved any    // the whole scenario as JSON-like values; references stand as written
	Hash     string // of Resolved, hexadecimal
	Sources  diag.Sources
}

// Cell is one point of the matrix, complete in itself.
type Cell struct {
	ID    string         // readable axes and a short hash: names it in one run; [a-z0-9.=-]+
	Key   string         // hash of all that a comparison must find equal (no url, secrets, labels, repeat)
	Axes  []AxisValue    // in the order of the file; empty without a matrix
	Title string         // axes as a person reads them: "concurrency 8, shape short"; "" without axes
	Facts map[string]any // what expressions see: load, dataset, backend, labels, axis (nested maps of float64, string, bool; durations in ms)

	Labels      map[string]any
	Load        Load
	BackendName string
	Backend     *yamlpos.Node // its section, opened by the backends' kinds
	DatasetName string
	Dataset     *yamlpos.Node
	Goodput     Goodput // nil when the scenario has none
	Validity    Validity
	Save        string // texts | "" : whether texts are stored with samples
	// PromptSeed selects the prompts of repeat r (from 0): equal for cells that
	// differ in the backend alone.
	PromptSeed func(repeat int) uint64
	// ScheduleSeed selects the arrivals of repeat r (from 0).
	ScheduleSeed func(repeat int) uint64
}

// AxisValue is a cell's place on one axis.
type AxisValue struct {
	Name  string // a dotted path, or the axis' bare name
	Value any    // scalar; a zip's value is its `name`
}

// Rule is one entry of `slo:`, not yet compiled: expressions are compiled where
// the metrics are known.
type Rule struct {
	Name       string // as given, else the expression
	Assert     *yamlpos.Node
	When       *yamlpos.Node // nil: always
	Scope      string        // cell | run
	Severity   string        // fail | warn
	Over       string        // median | worst | each | pooled
	Confidence float64       // 0: the point value decides
}

// Expectation is one entry of `expect:`, not yet compiled: what every answer of
// the cells that it is about must be.
type Expectation struct {
	Name   string // as given, else the expression
	Assert *yamlpos.Node
	When   *yamlpos.Node // nil: in all cells
}

// Report is one entry of `reports:`.
type Report struct {
	Kind string
	Path string // "" = the kind's default name in the run directory
	Node *yamlpos.Node
}
