package rule

// Vocabulary is every name that an expression may use. The maps are read while
// compiling and must not change then; all of them may be empty.
type Vocabulary struct {
	// Dists are measured distributions by name ("ttft": Time). Each has the
	// fields of DistFields, and quantile(name, 97.5%).
	Dists map[string]Dim
	// Scalars are measured single values ("output_throughput": PerSecond).
	Scalars map[string]Dim
	// Groups are closed sets of measured values ("errors": {"http_429": Count}).
	Groups map[string]map[string]Dim
	// Cell holds the cell's own values by dotted path ("load.concurrency":
	// Count, "axis.shape": Text, "backend": Text, "backend.kind": Text): the
	// union over all cells, since a cell may lack what another has.
	Cell map[string]Dim
	// Request are the values of one request, for share(…) and predicates.
	Request map[string]Dim
	// Aliases are the names that other tools use, with what to write here
	// ("request_latency": "e2el"). They appear in hints only.
	Aliases map[string]string
	// Baseline says that a cell has a baseline: baseline.ttft.p99. Without it the
	// name is among Unavailable, or unknown.
	Baseline bool
	// Unavailable are known names that this scenario cannot have, with the
	// reason ("goodput": "the scenario has no `goodput:` section").
	Unavailable map[string]string
}

// DistFields lists the fields of a distribution: n is its number of values,
// the others have its dimension; pXX are percentiles, p999 being the 99.9th.
func DistFields() []string {
	return []string{"n", "avg", "min", "max", "stddev", "p1", "p10", "p25", "p50", "p75", "p90", "p95", "p99", "p999"}
}

// CellRoots lists the first names of the cell's own values.
func CellRoots() []string { return []string{"load", "dataset", "backend", "labels", "axis"} }

// Scope is where an expression stands, which decides what it may name.
type Scope int

// Scopes.
const (
	CellScope Scope = iota // an assertion on one cell
	RunScope               // an assertion on the list `cells`
	WhenScope              // a choice of cells: their own values, nothing measured
)

// Quantile is a quantile that an expression asks for beside DistFields.
type Quantile struct {
	Metric string
	Q      float64 // between 0 and 1, exclusive
}

// Measure is one measured value with what supports it.
type Measure struct {
	Value float64     // base units; +Inf is a value, NaN is a missing one
	N     int         // samples behind it; 0 where that has no meaning
	CI    *[2]float64 // 95 % interval, nil without one
}

// Values is what is known of one cell. A false ok means that there is no such
// value, which never makes a rule pass.
type Values interface {
	// Measured returns a value of Dists ("ttft.p99"), Scalars ("sent") or
	// Groups ("errors.http_429").
	Measured(path string) (Measure, bool)
	// Quantile returns one of Rule.Quantiles.
	Quantile(metric string, q float64) (Measure, bool)
	// Share returns the share of sent requests that match one of Rule.Shares,
	// by its key.
	Share(key string) (Measure, bool)
	// Cell returns a value of Vocabulary.Cell as float64, int, int64, string
	// or bool.
	Cell(path string) (any, bool)
}

// Based is implemented by Values that have a baseline: the same cell of an
// earlier run. ok is false where there is none.
type Based interface {
	Baseline() (Values, bool)
}

// Problem is one mistake in an expression. Offset and Width count runes of the
// source; Message has neither capital nor full stop; Hint may be empty.
type Problem struct {
	Offset, Width int
	Message, Hint string
}
