package reporters_test

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/internal/yamlpos"
	"loadgate/reporters"
)

// servingFolder is the reporter with process data.
func servingFolder(t *testing.T) reporters.Folder {
	t.Helper()
	node, list := yamlpos.Parse("gate.yaml", []byte("{kind: serving_perf_eval, path: out, process: true}"), nil)
	if list.HasErrors() {
		t.Fatal(list)
	}
	reporter, list := reporters.Kinds["serving_perf_eval"].New(node)
	if list.HasErrors() {
		t.Fatal(list)
	}
	return reporter.(reporters.Folder)
}

// workerCells are cells as the importer makes them of four workers and several
// rates, and of one that the load alone describes.
func workerCells() []*result.Cell {
	serial, slow, all, capped := cell(4, "a"), cell(4, "b"), cell(4, "c"), cell(4, "d")
	for i, c := range []*result.Cell{serial, slow, all, capped} {
		c.ID, c.Dataset, c.Axes = []string{"serial", "slow", "all", "capped"}[i], "prompts", nil
	}
	slow.Load, slow.Labels = map[string]any{"rate": 2.0}, map[string]any{"workers": 4.0, "request_rate": 0.5}
	all.Load, all.Axes = map[string]any{"rate": "inf"}, result.Axes{{Name: "request_rate", Value: "inf"}}
	all.Labels = map[string]any{"workers": 4.0}
	capped.Load, capped.Labels = map[string]any{"rate": 3.0, "max_concurrency": 8.0}, map[string]any{"dataset": "内部"}
	return []*result.Cell{serial, slow, all, capped}
}

func TestServingWorkbook(t *testing.T) {
	t.Parallel()
	r := &reporters.Report{Doc: document(workerCells()...)}
	var b bytes.Buffer
	if err := servingFolder(t).Write(t.Context(), r, &b); err != nil {
		t.Fatal(err)
	}
	f := open(t, b.Bytes())
	if got := f.GetSheetList(); !slices.Equal(got, []string{"Sheet1"}) {
		t.Errorf("sheets %v", got)
	}
	rows, err := f.GetRows("Sheet1")
	if err != nil || len(rows) != 5 || !slices.Equal(rows[0], inherited) {
		t.Fatalf("%d rows, %v, headers %q", len(rows), err, rows[0])
	}
	for i, want := range []map[string]string{
		{"Hardware Spec": "H200-141G x 8", "Cluster Spec": "unknow", "Request Rate": "Serial", "Concurrency": "4", "Dataset": "prompts", "Request Success Rate(%)": "100", "TPOT_avg(ms)": "15.84", "TTFT_p50(ms)": "126.3", "ITL_p99(ms)": "36.72"},
		{"Request Rate": "0.5", "Concurrency": "4"},
		{"Request Rate": "inf", "Concurrency": "4"},
		{"Request Rate": "3.0", "Concurrency": "8", "Dataset": "内部"},
	} {
		got := row(t, f, "Sheet1", i+1)
		for head, text := range want {
			if got[head] != text {
				t.Errorf("row %d: %s is %q, want %q", i+1, head, got[head], text)
			}
		}
	}
}

func TestServingFiles(t *testing.T) {
	t.Parallel()
	doc := document(workerCells()...)
	for _, c := range doc.Cells {
		c.Model = "org/my-model"
	}
	at := began.Local().Format("20060102-150405")
	var got []string
	for _, f := range servingFolder(t).Files(&reporters.Report{Doc: doc}) {
		got = append(got, strings.ReplaceAll(f.Name, at, "TIME"))
	}
	want := []string{
		"result_data-prompts-my-model-TIME.xlsx", "process/vllm-my-model-4concurrency--1.0qps-TIME.json", "process/vllm-my-model-4concurrency-0.5qps-TIME.json",
		"process/vllm-my-model-4concurrency-infqps-TIME.json", "process/vllm-my-model-8concurrency-3.0qps-TIME.json",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	again := &reporters.Report{Doc: document(workerCells()[0], workerCells()[0])}
	if files := servingFolder(t).Files(again); !strings.HasSuffix(files[2].Name, "-2.json") {
		t.Errorf("two executions of one name: %v", files)
	}
	for _, f := range servingFolder(t).Files(&reporters.Report{Doc: hostile()}) {
		if strings.Count(f.Name, "/") != strings.Count(f.Name, "process/") || strings.ContainsAny(f.Name, "\x1b\\:|<>") {
			t.Errorf("a name that may do harm: %q", f.Name)
		}
	}
}

// servingSamples are a request of each sort: with reasoning and with its texts,
// of one token, audited, failed, and a warm-up.
func servingSamples(string) iter.Seq2[store.Record, error] {
	usage := func(in, out, reasoning int) *llm.Usage {
		return &llm.Usage{Set: true, Input: in, Output: out, Reasoning: reasoning, Cached: -1}
	}
	const ms = 1_000_000
	all := []engine.Sample{
		{Index: 2, Outcome: llm.Failed, Class: llm.ErrHTTP5xx, Status: 503, Error: "503 busy", Start: 1 * ms, Done: 2 * ms},
		{Index: 0, Warmup: true, Outcome: llm.Completed, Status: 200, Start: 1, Done: 5, Usage: usage(1, 1, 0)},
		{
			Index: 1, Outcome: llm.Completed, Status: 200, Streamed: true, Start: 10 * ms, Ev1: 11 * ms, Tok1: 14 * ms, Ans1: 16 * ms, TokN: 20 * ms, Done: 21 * ms,
			Usage: usage(7, 4, 2), Texts: &engine.Texts{Content: "hi <there>", Reasoning: "hm"},
			Events: []engine.Event{{At: 14 * ms, Kind: llm.Reasoning}, {At: 16 * ms, Kind: llm.Content}, {At: 20 * ms, Kind: llm.Content}},
		},
		{Index: 4, Session: "row-9", Outcome: llm.Audited, Status: 200, Start: 3 * ms, Done: 4 * ms},
		{
			Index: 3, Outcome: llm.Completed, Status: 200, Streamed: true, Start: 30 * ms, Ev1: 35 * ms, Tok1: 35 * ms, Ans1: 35 * ms, TokN: 35 * ms, Done: 36 * ms,
			Usage: usage(7, 1, -1), Events: []engine.Event{{At: 35 * ms, Kind: llm.Content}},
		},
	}
	return func(yield func(store.Record, error) bool) {
		for _, s := range all {
			if !yield(store.Record{Sample: s}, nil) {
				return
			}
		}
	}
}

func TestServingProcess(t *testing.T) {
	t.Parallel()
	c := oneCell().Cells[0]
	c.Counts, c.Repeats = result.Counts{Planned: 4, Sent: 4, Completed: 2, Failed: 1, AuditHits: 1}, nil
	r := &reporters.Report{Doc: document(c), Samples: servingSamples, Scenario: map[string]any{
		"backends": map[string]any{"main": map[string]any{"url": "http://h/v1", "api_key": "${env:KEY}"}},
		"datasets": map[string]any{"chat": map[string]any{"kind": "local", "path": "p.jsonl"}},
	}}
	var b bytes.Buffer
	if err := servingFolder(t).Files(r)[1].Write(t.Context(), r, &b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\n    \"api_key\": \"${env:KEY}\",\n") || !strings.Contains(b.String(), "hi <there>") {
		t.Errorf("not as the tool writes it:\n%s", b.String())
	}
	var doc map[string]any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, key := range []string{
		"process_metrics", "generated_texts", "reasoning_texts", "status_codes", "error_msgs", "total_response", "prompt_input_lens", "actual_output_lens",
		"actual_reasoning_lens", "dataset_name", "num_prompts", "request_rate", "concurrency", "audit_hit", "completed",
	} {
		got[key] = doc[key]
	}
	var want map[string]any
	if err := json.Unmarshal([]byte(`{
		"process_metrics": [
			[0, {"input_length": 7, "output_length": 4, "reasoning_length": 2, "latency": 0.01, "ttft": 0.004, "tpot": 0.002}],
			[2, {"input_length": 7, "output_length": 1, "reasoning_length": null, "latency": 0.005, "ttft": 0.005, "tpot": null}]],
		"generated_texts": [[0, "hi <there>"]], "reasoning_texts": [[0, "hm"]],
		"status_codes": [[0, 200], [1, 503], [2, 200], ["row-9", 200]],
		"error_msgs": [[1, "503 busy"], ["row-9", "Security Audit Hit Status"]],
		"total_response": 4, "prompt_input_lens": [7, 7], "actual_output_lens": [4, 1], "actual_reasoning_lens": [2, null],
		"dataset_name": "local", "num_prompts": 4, "request_rate": -1, "concurrency": 8, "audit_hit": 1, "completed": 2}`), &want); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestServingDifferences(t *testing.T) {
	t.Parallel()
	c := oneCell().Cells[0]
	c.Counts = result.Counts{Planned: 4, Sent: 4, Completed: 2, Failed: 1, AuditHits: 1}
	c.Tokens = result.Tokens{Output: 5, Reasoning: 2}
	got, err := reporters.ServingDifferences(&reporters.Report{Doc: document(c), Samples: servingSamples})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"unlike serving_perf_eval: TTFT ends at the first content, not at the first chunk, which came 1.5 ms earlier on average",
		"unlike serving_perf_eval: output tokens hold the 2 of reasoning once: 5, not 7",
		"unlike serving_perf_eval: TPOT leaves out 1 answer of one token, which it counted as 0",
		"unlike serving_perf_eval: 1 request of 4 did not succeed, and the exit code says so",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got, err := reporters.ServingDifferences(&reporters.Report{Doc: document(c)}); err != nil || got != nil {
		t.Errorf("without samples: %v, %v", got, err)
	}
}
