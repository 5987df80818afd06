package result

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fullDocument has a value in every field that there is.
func fullDocument() *Document {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	dist := &Dist{N: 10, Groups: 5, CI95: map[string]*[2]Number{"p50": {1, 2}, "p99": nil}}
	for i, name := range Stats() {
		dist.SetStat(name, Number(i)+0.5)
	}
	dist.P999 = None()
	metrics := map[string]Metric{
		"ttft": {Unit: "ms", Value: None(), Dist: dist, Note: "per_chunk"}, "goodput": {Unit: "requests/s", Value: 1.25, Note: "x"},
		"duration": {Unit: "s", Value: None()}, "worst": {Unit: "ms", Value: Number(math.Inf(1))},
	}
	findings := []Finding{{Check: "client_cpu", Cause: "client", Level: "warn", Value: 0.7, Limit: 0.6, Unit: "ratio", Message: "<b>", Repeat: 1}}
	counts := Counts{
		Planned: 10, Sent: 9, Unsent: 1, Completed: 6, Failed: 1, AuditHits: 1, Cancelled: 1, Warmup: 2,
		Errors: map[string]int{"http_5xx": 1}, Examples: map[string]string{"http_5xx": "503"},
	}
	tokens := Tokens{Input: 1, Output: 2, Reasoning: 1, Cached: 1, Source: "mixed", InputSource: "dataset", OutputSource: "usage"}
	return &Document{
		SchemaVersion: SchemaVersion, Loadgate: "v1", RunID: "0badcafe", Name: "n", Scenario: "s.yaml", ScenarioHash: "ab",
		StartedAt: at, EndedAt: at.Add(time.Minute), Labels: map[string]any{"b": "x", "a": 1.5, "c": true},
		Environment: Environment{OS: "linux", Arch: "amd64", Kernel: "6", CPU: "c", Cores: 1.5, MemoryMiB: 3, Go: "go1", Clock: "user", Host: "h", CI: "ci", Commit: "c0"},
		Verdict:     Fail, ExitCode: 1, Error: "e",
		Cells: []*Cell{{
			ID: "rate=inf-1", Key: "k", Axes: Axes{{"z", "short"}, {"load.rate", math.Inf(1)}, {"load.ramp", 8.0}},
			Load: map[string]any{"concurrency": 8.0}, Backend: "main", Kind: "vllm", Model: "m", Dataset: "chat", DatasetDigest: "d",
			Labels: map[string]any{"a": 1.0}, StartedAt: at, Validity: Warned, Findings: findings, Counts: counts, Tokens: tokens, Metrics: metrics,
			Repeats: []*Repeat{{
				Index: 1, StartedAt: at, Validity: Invalid, Findings: findings, Counts: counts, Tokens: tokens, Metrics: metrics,
				Shares: map[string]Share{"ttft < 500ms": {Good: 1, Sent: 9}}, LogVariance: map[string]Number{"ttft.p95": 0.1, "itl.p95": None()},
				Client: Client{CPURatio: 0.1, LateP99MS: 0.2, LagP99MS: None(), MaxRSSByte: 1},
			}},
		}},
		SLO: []SLO{{
			Name: "n", Assert: "ttft.p99 < 500ms", Scope: "cell", Cell: "rate=inf-1", Severity: "fail", Outcome: RuleFail, Got: 612.4, Want: 500, Op: "<", Unit: "ms",
			N: 6, Reason: "r", Neighbor: "b", File: "s.yaml", Line: 4, Col: 5,
			Clauses: []Clause{
				{Text: "t", Got: 612.4, Op: "<", Want: 500, Unit: "ms", N: 6, CI95: &[2]Number{600, Number(math.Inf(1))}, Holds: "false"},
				{Text: "u", Got: None(), Op: "<", Want: 500, Unit: "ms", Holds: "unknown"},
			},
		}},
		Comparison: fullComparison(at),
	}
}

func fullComparison(at time.Time) *Comparison {
	run := ComparedRun{Path: "p", Form: "baseline", Name: "n", RunID: "0badcafe", StartedAt: at, Loadgate: "v1", Commit: "c0", Reason: "r"}
	return &Comparison{
		SchemaVersion: ComparisonVersion, Verdict: Fail, ExitCode: 1, Reason: "1 regressed", Base: run, Head: run,
		Method:      CompareMethod{Alpha: 0.05, Family: 1, Reported: 2, Design: "unpaired", HistoryRuns: 3, Text: "t"},
		Differences: []Difference{{What: "host", Base: "a", Head: "b"}}, Warnings: []string{"w"},
		Pairs: []Pair{{Title: "t", Base: "b", Head: "h", Status: PairCompared, Allowed: true, Reasons: []string{"r"}, Notes: []string{"n"}}},
		Deltas: []Delta{{
			Cell: "h", Title: "t", Metric: "ttft.p95", Unit: "ms", Better: "lower", Scale: Relative, Gated: true, Change: Regressed, Outcome: RuleFail, Reason: "r",
			Base: 1, Head: 2, BaseRepeats: 3, HeadRepeats: 3, BaseSamples: 300, HeadSamples: 300, Effect: 1, Interval: &[2]Number{0.9, 1.1},
			Confidence: 0.95, DF: 4, P: 0.001, Adjusted: 0.001, Exact: None(), Margin: 0.1, Asked: 0.1, NoiseFloor: 0.05, Detectable: 0.08,
			Needed: 3, HistoryRuns: 6, Notes: []string{"n"},
		}},
	}
}

func encode(t testing.TB, doc *Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, doc); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sameNumber takes two absent numbers for equal.
var sameNumber = cmp.Comparer(func(a, b Number) bool { return a == b || !a.Ok() && !b.Ok() })

func TestDocumentRoundTrip(t *testing.T) {
	t.Parallel()
	want := fullDocument()
	dir := t.TempDir()
	file := filepath.Join(dir, FileName)
	if err := os.WriteFile(file, encode(t, want), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, dir} {
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, sameNumber); d != "" {
			t.Errorf("%s (-want +got):\n%s", path, d)
		}
	}
}

func TestEncodeIsStable(t *testing.T) {
	t.Parallel()
	first := encode(t, fullDocument())
	for range 20 {
		if !bytes.Equal(first, encode(t, fullDocument())) {
			t.Fatal("equal documents give different bytes")
		}
	}
	text := string(first)
	for _, order := range [][]string{
		{`"z": "short"`, `"load.rate": "inf"`, `"load.ramp": 8`},
		{`"a": 1.5`, `"b": "x"`, `"c": true`},
	} {
		at := -1
		for _, s := range order {
			next := strings.Index(text, s)
			if next <= at {
				t.Errorf("%s is not where it belongs in\n%s", s, text)
			}
			at = next
		}
	}
	if !strings.Contains(text, `"message": "<b>"`) {
		t.Error("text is escaped for HTML")
	}
}

func TestEncodeWritesNoNullLists(t *testing.T) {
	t.Parallel()
	text := string(encode(t, &Document{Cells: []*Cell{{Repeats: []*Repeat{{}}}}}))
	for _, field := range []string{"cells", "slo", "labels", "axes", "load", "findings", "metrics", "repeats", "errors"} {
		if strings.Contains(text, `"`+field+`": null`) {
			t.Errorf("%s is null in\n%s", field, text)
		}
	}
	if !strings.Contains(text, `"schema_version": "`+SchemaVersion+`"`) {
		t.Error("the schema version is not filled in")
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	var version *VersionError
	for text, want := range map[string]string{
		`{"schema_version":"loadgate.result/v2"}`: `has schema_version "loadgate.result/v2", this loadgate reads "loadgate.result/v1": use the version that wrote it`,
		`{"name":"x"}`: `is no result: it has no schema_version`,
	} {
		if _, err := Decode("r.json", []byte(text)); !errors.As(err, &version) || err.Error() != "r.json "+want {
			t.Errorf("%s: %v", text, err)
		}
	}
	v := `{"schema_version":"loadgate.result/v1",`
	for _, text := range []string{
		``, `[]`, `{`, v + `"cells":[null]}`, v + `"cells":[{"repeats":[null]}]}`, v + `"cells":[{"axes":[1]}]}`, v + `"cells":[{"axes":7}]}`,
		v + `"slo":[{"got":"much"}]}`, v + `"cells":[{"metrics":{"ttft":3}}]}`, v + `"cells":[{"metrics":{"ttft":{"n":"x"}}}]}`,
		v + `"cells":[{"metrics":{"ttft":null}}]}`,
	} {
		if doc, err := Decode("r.json", []byte(text)); err == nil {
			t.Errorf("%s was read as %+v", text, doc)
		} else if !strings.Contains(err.Error(), "r.json") {
			t.Errorf("%s: %v does not name the file", text, err)
		}
	}
	if _, err := Read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory without result: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f, fullDocument()))
	f.Add(encode(f, &Document{}))
	f.Add([]byte(`{"schema_version":"loadgate.result/v1","cells":[{"axes":{"a":[1],"a":{"b":"inf"}},"metrics":{"x":{"ci95":{"p1":null}}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := Decode("r.json", data)
		if err != nil {
			return
		}
		once := encode(t, doc)
		again, err := Decode("r.json", once)
		if err != nil {
			t.Fatalf("%v in %s", err, once)
		}
		if twice := encode(t, again); !bytes.Equal(once, twice) {
			t.Fatalf("first:\n%s\nthen:\n%s", once, twice)
		}
	})
}
