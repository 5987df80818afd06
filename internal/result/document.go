package result

import "time"

// SchemaVersion names the shape of the document.
const SchemaVersion = "loadgate.result/v1"

// Verdict is the outcome of a whole run.
type Verdict string

// Verdicts.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
	Errored      Verdict = "error"
	Interrupted  Verdict = "interrupted"
)

// Document is result.json.
type Document struct {
	SchemaVersion string         `json:"schema_version"`
	Loadgate      string         `json:"loadgate_version"`
	RunID         string         `json:"run_id"`
	Name          string         `json:"name"`
	Scenario      string         `json:"scenario"` // file as given; "" when there was none
	ScenarioHash  string         `json:"scenario_hash"`
	StartedAt     time.Time      `json:"started_at"`
	EndedAt       time.Time      `json:"ended_at"`
	Labels        map[string]any `json:"labels"`
	Environment   Environment    `json:"environment"`
	Verdict       Verdict        `json:"verdict"`
	ExitCode      int            `json:"exit_code"`
	Error         string         `json:"error,omitempty"` // of verdict "error"
	Cells         []*Cell        `json:"cells"`
	SLO           []SLO          `json:"slo"`
	Comparison    *Comparison    `json:"comparison,omitempty"` // with a baseline, where the scenario has `compare:`
}

// Environment is the machine that measured.
type Environment struct {
	OS        string  `json:"os"`
	Arch      string  `json:"arch"`
	Kernel    string  `json:"kernel"`
	CPU       string  `json:"cpu"`
	Cores     float64 `json:"cores"` // usable: affinity and cgroup quota
	MemoryMiB int64   `json:"memory_mib"`
	Go        string  `json:"go"`
	Clock     string  `json:"clock"` // user | kernel: where receive stamps come from
	Host      string  `json:"host"`
	CI        string  `json:"ci,omitempty"` // the CI system, where one is known
	Commit    string  `json:"commit,omitempty"`
}

// Axis is a cell's place on one axis of the matrix.
type Axis struct {
	Name  string
	Value any
}

// Validity says whether a cell's numbers may be believed.
type Validity string

// Validities.
const (
	Valid   Validity = "valid"
	Warned  Validity = "warned"
	Invalid Validity = "invalid"
)

// Cell is the outcome of one cell. With several repeats, Metrics are medians
// over the repeats, Counts and Tokens are sums.
type Cell struct {
	ID            string            `json:"id"`
	Key           string            `json:"key"`
	Axes          Axes              `json:"axes"`
	Load          map[string]any    `json:"load"`
	Backend       string            `json:"backend"`
	Kind          string            `json:"kind"` // the backend's
	Model         string            `json:"model"`
	Dataset       string            `json:"dataset"`
	DatasetDigest string            `json:"dataset_digest"`
	Labels        map[string]any    `json:"labels"`
	StartedAt     time.Time         `json:"started_at"`
	Validity      Validity          `json:"validity"`
	Findings      []Finding         `json:"findings"`
	Counts        Counts            `json:"counts"`
	Tokens        Tokens            `json:"tokens"`
	Metrics       map[string]Metric `json:"metrics"`
	Repeats       []*Repeat         `json:"repeats"`
	Groups        []Group           `json:"groups,omitempty"` // requests told apart, over all repeats
}

// Group are the requests of a cell that have something in common. Its metrics are
// those of single requests, and throughputs over the measured time of all repeats.
type Group struct {
	By      string            `json:"by"`    // what they have in common: model or turn
	Value   string            `json:"value"` // which one: 2
	Counts  Counts            `json:"counts"`
	Metrics map[string]Metric `json:"metrics"`
}

// Repeat is one execution of a cell.
type Repeat struct {
	Index     int               `json:"index"`
	StartedAt time.Time         `json:"started_at"`
	Validity  Validity          `json:"validity"`
	Findings  []Finding         `json:"findings"`
	Counts    Counts            `json:"counts"`
	Tokens    Tokens            `json:"tokens"`
	Metrics   map[string]Metric `json:"metrics"`
	// Shares holds share(…) of rules and of goodput, by the predicate's source.
	Shares map[string]Share `json:"shares,omitempty"`
	// LogVariance is the sampling variance of ln(statistic) within the repeat, by
	// statistic ("ttft.p95"), for comparisons.
	LogVariance map[string]Number `json:"log_variance,omitempty"`
	Client      Client            `json:"client"`
	Fit         *Fit              `json:"fit,omitempty"` // nil: nothing was asked for that can be compared
}

// Share is a share of the sent requests.
type Share struct {
	Good int `json:"good"`
	Sent int `json:"sent"`
}

// Client is what the measuring side itself did.
type Client struct {
	CPURatio   Number `json:"cpu_ratio"` // process CPU / usable cores
	LateP99MS  Number `json:"schedule_delay_p99_ms"`
	LagP99MS   Number `json:"client_lag_p99_ms"` // null without kernel stamps
	MaxRSSByte int64  `json:"max_rss_bytes"`
	Carrier    string `json:"carrier,omitempty"` // event_loop | net_http | http2: what carried the calls; "" = unknown
}

// Finding is what a validity check found. Cause is client | sample | server:
// only client-caused findings can make a cell invalid.
type Finding struct {
	Check   string `json:"check"`
	Cause   string `json:"cause"`
	Level   string `json:"level"` // warn | invalid
	Value   Number `json:"value"`
	Limit   Number `json:"limit"`
	Unit    string `json:"unit"`
	Message string `json:"message"`
	Repeat  int    `json:"repeat"` // from 0
}

// Counts counts measured requests. planned = sent + unsent and
// sent = completed + failed + audit_hits + cancelled.
type Counts struct {
	Planned   int            `json:"planned"`
	Sent      int            `json:"sent"`
	Unsent    int            `json:"unsent"`
	Abandoned int            `json:"abandoned,omitempty"` // of unsent: turns whose session had broken off
	Completed int            `json:"completed"`
	Failed    int            `json:"failed"`
	AuditHits int            `json:"audit_hits"`
	Cancelled int            `json:"cancelled"`
	Warmup    int            `json:"warmup"` // sent before the window, in no other count
	Errors    map[string]int `json:"errors"` // by class; empty when there were none
	// Examples holds one error text by class.
	Examples map[string]string `json:"examples,omitempty"`
}

// Tokens sums the tokens of completed requests. Output contains Reasoning,
// Input contains Cached. Source is usage | tokenizer | dataset | mixed | none.
type Tokens struct {
	Input        int    `json:"input"`
	Output       int    `json:"output"`
	Reasoning    int    `json:"reasoning"`
	Cached       int    `json:"cached"`
	Source       string `json:"source"`
	InputSource  string `json:"input_source"`
	OutputSource string `json:"output_source"`
}

// SLO is the judgement of one rule on one cell (or on the run).
type SLO struct {
	Name     string   `json:"name"`
	Assert   string   `json:"assert"`
	Scope    string   `json:"scope"`
	Cell     string   `json:"cell"` // id; "" for scope run
	Severity string   `json:"severity"`
	Outcome  Outcome  `json:"outcome"`
	Got      Number   `json:"got"`  // of the clause that decided
	Want     Number   `json:"want"` //
	Op       string   `json:"op"`   //
	Unit     string   `json:"unit"`
	N        int      `json:"n"`
	Reason   string   `json:"reason"` // in words: measured values with interval, limit, distance, or why not
	Clauses  []Clause `json:"clauses,omitempty"`
	Neighbor string   `json:"neighbor,omitempty"` // a neighbouring cell that passes, in words
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Col      int      `json:"col"`
}

// Clause is one comparison inside a rule.
type Clause struct {
	Text  string     `json:"text"`
	Got   Number     `json:"got"`
	Op    string     `json:"op"`
	Want  Number     `json:"want"`
	Unit  string     `json:"unit"`
	N     int        `json:"n"`
	CI95  *[2]Number `json:"ci95"`
	Holds string     `json:"holds"` // true | false | unknown
}

// Outcome is the outcome of one rule.
type Outcome string

// Outcomes.
const (
	RulePass         Outcome = "pass"
	RuleFail         Outcome = "fail"
	RuleInconclusive Outcome = "inconclusive"
	RuleSkipped      Outcome = "skipped"
	RuleError        Outcome = "error"
)
