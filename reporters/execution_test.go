package reporters_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

func TestOtherToolsGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"empty", "one-cell", "failures", "all-failed", "hostile"} {
		golden(t, "vllm-bench-"+name+".json", string(write(t, reporters.VLLMBench, reports()[name])))
		golden(t, "llmd-"+name+".yaml", string(write(t, reporters.LLMD, reports()[name])))
		golden(t, "aiperf-"+name+".json", string(write(t, reporters.AIPerf, reports()[name])))
	}
}

// lines decodes newline-separated objects.
func lines(t *testing.T, data []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var one map[string]any
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// different is a cell whose metrics all differ, in an open loop, of two repeats.
func different() *result.Document {
	c := cell(8, "short")
	c.Load = map[string]any{"rate": 12.5, "max_concurrency": 64.0, "arrivals": "gamma", "burstiness": 0.5}
	metrics := map[string]result.Metric{}
	for i, name := range []string{"ttft", "sent_ttft", "tpot", "itl", "icl", "e2el", "sent_e2el", "input_tokens", "output_tokens", "in_flight"} {
		metrics[name] = dist("ms", 10, float64(100*(i+1)))
	}
	for name, m := range c.Metrics {
		if m.Dist == nil {
			metrics[name] = m
		}
	}
	second := *c.Repeats[0]
	c.Repeats[0].Metrics, second.Metrics, second.Index = metrics, map[string]result.Metric{"duration": scalar("s", math.Inf(1))}, 1
	c.Repeats = append(c.Repeats, &second)
	c.Labels = map[string]any{"duration": "a label that is called like a result", "tokenizer_id": 7.0}
	c.Axes = append(c.Axes, result.Axis{Name: "model_id", Value: "of the axis"})
	return document(c)
}

// Each of their names holds what we measured by their definition.
func TestOtherToolsNamesMeanTheSame(t *testing.T) {
	t.Parallel()
	r := &reporters.Report{Doc: different()}
	bench := lines(t, write(t, reporters.VLLMBench, r))
	if len(bench) != 2 {
		t.Fatalf("%d results for two repeats", len(bench))
	}
	for key, want := range map[string]any{
		"median_ttft_ms": 200.0, "median_tpot_ms": 300.0, "median_itl_ms": 500.0, "median_e2el_ms": 700.0, "p99_ttft_ms": 480.0, "p99.9_ttft_ms": 600.0,
		"mean_itl_ms": 535.0, "request_rate": 12.5, "burstiness": 0.5, "max_concurrency": 64.0, "date": "20261123-160246", "num_prompts": 160.0,
		"duration": 21.4, "model_id": "my-model", "axis_model_id": "of the axis", "label_duration": "a label that is called like a result",
		"total_output_tokens": 10240.0, "request_goodput": 9.1, "repeat": 0.0,
	} {
		if got := bench[0][key]; got != want {
			t.Errorf("vllm_bench: %s is %v, want %v", key, got, want)
		}
	}
	if bench[1]["duration"] != "inf" || bench[1]["median_ttft_ms"] != nil || bench[1]["repeat"] != 1.0 {
		t.Errorf("the second repeat is %v", bench[1])
	}
	var profile []map[string]any
	if err := json.Unmarshal(write(t, reporters.AIPerf, r), &profile); err != nil || len(profile) != 2 {
		t.Fatalf("%d results, %v", len(profile), err)
	}
	for key, want := range map[string]float64{
		"time_to_first_token": 200, "inter_token_latency": 300, "inter_chunk_latency": 500, "request_latency": 700,
		"input_sequence_length": 800, "output_sequence_length": 900,
	} {
		if got := profile[0][key].(map[string]any)["p50"]; got != want {
			t.Errorf("aiperf: %s.p50 is %v, want %v", key, got, want)
		}
	}
	if _, there := profile[1]["time_to_first_token"]; there {
		t.Error("aiperf: a metric without data is written")
	}
}

func TestAIPerfOfOneRunIsOneObject(t *testing.T) {
	t.Parallel()
	var one map[string]any
	if err := json.Unmarshal(write(t, reporters.AIPerf, reports()["one-cell"]), &one); err != nil {
		t.Fatal(err)
	}
	if one["request_count"].(map[string]any)["avg"] != 160.0 || one["schema_version"] != "1.4" {
		t.Errorf("got %v", one)
	}
}

// The fields of the published structure, by place; "" is a value.
var llmdFields = map[string][]string{
	"":                                      {"version", "run", "scenario", "results"},
	"run":                                   {"uid", "eid", "time", "description"},
	"run.time":                              {"start", "end", "duration"},
	"scenario":                              {"load"},
	"scenario.load":                         {"metadata", "standardized", "native"},
	"scenario.load.metadata":                {"cfg_id", "description"},
	"scenario.load.standardized":            {"tool", "tool_version", "source", "input_seq_len", "rate_qps", "concurrency"},
	"results":                               {"request_performance"},
	"results.request_performance":           {"aggregate"},
	"results.request_performance.aggregate": {"requests", "latency", "throughput"},
	"results.request_performance.aggregate.requests":   {"total", "failures", "incomplete", "input_length", "output_length"},
	"results.request_performance.aggregate.latency":    {"time_to_first_token", "time_per_output_token", "inter_token_latency", "request_latency"},
	"results.request_performance.aggregate.throughput": {"request_rate", "input_token_rate", "output_token_rate", "total_token_rate"},
}

// A second reader, and nothing that the published structure would refuse.
func TestLLMDIsYAMLOfItsStructure(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "yaml")
	all := reports()
	all["different"] = &reporters.Report{Doc: different()}
	for _, name := range []string{"empty", "one-cell", "failures", "all-failed", "hostile", "different"} {
		var documents []map[string]any
		readWith(t, python, "read_yaml.py", "report.yaml", write(t, reporters.LLMD, all[name]), &documents)
		if want := len(all[name].Doc.Cells); name != "different" && len(documents) != want {
			t.Errorf("%s: %d documents, want %d", name, len(documents), want)
		}
		for _, d := range documents {
			checkFields(t, name, "", d)
		}
		if name != "different" {
			continue
		}
		latency := at(documents[0], "results", "request_performance", "aggregate", "latency")
		for key, want := range map[string]float64{"time_to_first_token": 0.2, "time_per_output_token": 0.3, "inter_token_latency": 0.4, "request_latency": 0.7} {
			if got := at(latency, key)["p50"]; got != want {
				t.Errorf("%s is %v s, want %v", key, got, want)
			}
		}
		if load := at(documents[0], "scenario", "load", "standardized"); load["rate_qps"] != 12.5 || load["concurrency"] != 64.0 {
			t.Errorf("load %v", load)
		}
	}
}

func at(m map[string]any, path ...string) map[string]any {
	for _, key := range path {
		m, _ = m[key].(map[string]any)
	}
	return m
}

func checkFields(t *testing.T, name, place string, m map[string]any) {
	t.Helper()
	for key, v := range m {
		inner := strings.TrimPrefix(place+"."+key, ".")
		if !slices.Contains(llmdFields[place], key) {
			t.Errorf("%s: %s is not in the structure", name, inner)
		}
		sub, ok := v.(map[string]any)
		if _, known := llmdFields[inner]; ok && known {
			checkFields(t, name, inner, sub)
			continue
		}
		if _, statistics := sub["units"]; statistics {
			for stat, v := range sub {
				if _, number := v.(float64); !number && stat != "units" {
					t.Errorf("%s: %s.%s is %v", name, inner, stat, v)
				}
			}
			if sub["mean"] == nil {
				t.Errorf("%s: %s has no mean", name, inner)
			}
		}
	}
}

// llm-d's own package accepts what we write.
func TestLLMDReadsIt(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "llmd_benchmark_report")
	for name, want := range map[string]int{"one-cell": 1, "failures": 3, "all-failed": 1, "hostile": 1, "empty": 0} {
		var documents int
		readWith(t, python, "read_llmd.py", "report.yaml", write(t, reporters.LLMD, reports()[name]), &documents)
		if documents != want {
			t.Errorf("%s: %d documents, want %d", name, documents, want)
		}
	}
}
