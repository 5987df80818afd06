package foreign_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadgate/internal/foreign"
	"loadgate/internal/result"
	"loadgate/schemas"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

func read(t *testing.T, names ...string) (*result.Document, string) {
	t.Helper()
	var files []foreign.File
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, foreign.File{Name: name, Data: data})
	}
	doc, notes, err := foreign.Read(files, foreign.Options{Loadgate: "test"})
	if err != nil {
		t.Fatal(err)
	}
	follows(t, doc)
	return doc, strings.Join(notes, "\n")
}

// follows checks a document against the published schema.
func follows(t *testing.T, doc *result.Document) {
	t.Helper()
	s := &jsonschema.Schema{}
	if err := json.Unmarshal(schemas.Result(), s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := result.Encode(&text, doc); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(v); err != nil {
		t.Errorf("against the schema: %v", err)
	}
	if _, err := result.Decode("result.json", text.Bytes()); err != nil {
		t.Error(err)
	}
}

// figure reads "tpot.p50" or "duration" off a cell; NaN where it is absent.
func figure(c *result.Cell, name string) float64 {
	metric, stat, isDist := strings.Cut(name, ".")
	m, ok := c.Metrics[metric]
	switch {
	case !ok:
		return math.NaN()
	case isDist && m.Dist != nil:
		v, _ := m.Dist.Stat(stat)
		return float64(v)
	}
	return float64(m.Value)
}

// TestFigures: every figure stands under the name of its definition, in our
// units, and what has none is absent.
func TestFigures(t *testing.T) {
	t.Parallel()
	none := math.NaN()
	for _, tc := range []struct {
		file  string
		cell  int
		want  map[string]float64
		count [3]int // sent, completed, failed
		note  string
	}{
		{"vllm-bench.json", 0, map[string]float64{
			"sent_ttft.avg": vllmFixture["mean_ttft_ms"], "sent_ttft.p95": vllmFixture["p95_ttft_ms"], "tpot.p50": vllmFixture["median_tpot_ms"],
			"icl.p99": vllmFixture["p99_itl_ms"], "sent_e2el.stddev": vllmFixture["std_e2el_ms"], "output_throughput": vllmFixture["output_throughput"],
			"total_throughput": vllmFixture["total_token_throughput"], "duration": vllmFixture["duration"],
			"success_rate": 1, "ttft.avg": none, "itl.avg": none, "goodput": none, "sent_ttft.p10": none,
		}, [3]int{20, 20, 0}, "max_output_tokens_per_s is left out"},
		{"vllm-bench-all-failed.json", 0, map[string]float64{
			"sent_ttft.avg": none, "tpot.avg": none, "request_throughput": none, "success_rate": 0,
		}, [3]int{20, 0, 20}, ""},
		{"sglang.jsonl", 0, map[string]float64{
			"ttft.p99": 49.5, "sent_ttft.p99": 49.5, "e2el.avg": 150.5, "icl.p95": 11.5, "itl.p95": none, "input_throughput": 256, "success_rate": none,
		}, [3]int{20, 20, 0}, "does not say how many requests failed"},
		{"sglang.jsonl", 1, map[string]float64{
			"ttft.p99": none, "sent_ttft.p99": 39.5, "itl.p99": 6, "icl.p99": none, "success_rate": 19.0 / 20,
		}, [3]int{20, 19, 1}, ""},
		{"guidellm.json", 0, map[string]float64{
			"tpot.p50": 10.071927850896662, "ttft.avg": 54.051339626312256, "e2el.avg": 154.65943018595377, "itl.p50": none,
			"output_throughput": 148.72455216774523, "output_tokens.p50": 12, "request_throughput": 12.39371268064544,
		}, [3]int{12, 12, 0}, "time_per_output_token_ms is left out: it contains the time to the first token"},
		{"guidellm-1.json", 0, map[string]float64{"sent_ttft.avg": 54.051339626312256, "ttft.avg": none}, [3]int{12, 12, 0}, ""},
		{"aiperf.json", 0, map[string]float64{
			"ttft.p99": 39.78577075, "tpot.avg": 4.810711944548408, "duration": 0.87139968, "total_throughput": 769.9194269553751, "itl.p50": none,
			"input_tokens.p50": 32, "ttfo.p50": none,
		}, [3]int{12, 12, 0}, "time_to_first_output_token is left out"},
		{"inference-perf.json", 0, map[string]float64{
			"sent_ttft.p99": 40, "tpot.avg": 10, "sent_e2el.p999": 250, "itl.p50": none, "ntpot.avg": none, "schedule_delay.p99": 2,
			"success_rate": 0.96, "duration": 10,
		}, [3]int{50, 48, 2}, "inter_token_latency is left out"},
		{"llm-d.yaml", 0, map[string]float64{
			"sent_ttft.p99": 40, "tpot.avg": 10, "sent_e2el.p50": 140, "itl.avg": none, "duration": 10, "output_throughput": 57.6,
		}, [3]int{50, 48, 2}, "inter_token_latency is left out"},
	} {
		doc, notes := read(t, tc.file)
		c := doc.Cells[tc.cell]
		for name, want := range tc.want {
			if got := figure(c, name); math.Abs(got-want) > 1e-9*math.Abs(want) || math.IsNaN(got) != math.IsNaN(want) {
				t.Errorf("%s: %s = %v, want %v", tc.file, name, got, want)
			}
		}
		if got := [3]int{c.Counts.Sent, c.Counts.Completed, c.Counts.Failed}; got != tc.count {
			t.Errorf("%s: sent, completed, failed = %v, want %v", tc.file, got, tc.count)
		}
		if !strings.Contains(notes, tc.note) {
			t.Errorf("%s: no note %q in\n%s", tc.file, tc.note, notes)
		}
		if tc.note != "" && !strings.Contains(findings(c), tc.note) {
			t.Errorf("%s: note %q is not stored", tc.file, tc.note)
		}
	}
}

func findings(c *result.Cell) string {
	var b strings.Builder
	for _, f := range c.Findings {
		b.WriteString(f.Message + "\n")
	}
	return b.String()
}

// vllmFixture are the numbers of the recorded file.
var vllmFixture = func() map[string]float64 {
	data, err := os.ReadFile("testdata/vllm-bench.json")
	if err != nil {
		panic(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		panic(err)
	}
	out := map[string]float64{}
	for k, v := range all {
		if f, ok := v.(float64); ok {
			out[k] = f
		}
	}
	return out
}()

// TestFilesOfOneLoadAreRepeats: several files become repeats of one cell where
// nothing but the time differs, else cells that their loads tell apart.
func TestFilesOfOneLoadAreRepeats(t *testing.T) {
	t.Parallel()
	doc, _ := read(t, "vllm-bench.json", "vllm-bench.json")
	if len(doc.Cells) != 1 || len(doc.Cells[0].Repeats) != 2 || doc.Cells[0].Counts.Sent != 40 {
		t.Errorf("%d cells, repeats %v", len(doc.Cells), doc.Cells[0].Repeats)
	}
	doc, _ = read(t, "sglang.jsonl")
	want := result.Axes{{Name: "load.rate", Value: nil}, {Name: "load.concurrency", Value: 4.0}}
	if d := cmp.Diff(want, doc.Cells[0].Axes); d != "" {
		t.Error(d)
	}
}

// TestBadFiles: one clear error says which file, where, and what.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, format, want string }{
		{"", "", "bad.json: the file is empty"},
		{"{\n\"a\": 1,\n}", "", "bad.json: line 3: invalid character"},
		{`{"duration": 1}`, "", "bad.json: a mapping is no result that is known (formats: guidellm,"},
		{`[1]`, "", "bad.json: 1 is no result that is known"},
		{`[]`, "", "bad.json: it holds no result"},
		{`{"duration": 1}`, "vllm_bench", "bad.json: is no result of vllm bench serve: the keys that tell it are missing"},
		{`{"duration": 1}`, "excel", `bad.json: unknown format "excel": choose among guidellm,`},
		{`{"model_id": "m", "total_token_throughput": 1, "completed": -3, "duration": 1}`, "", "bad.json: vllm bench serve result: at completed: expected a count, got -3"},
		{`{"model_id": "m", "total_token_throughput": 1, "completed": 3, "duration": "long"}`, "", `at duration: expected a number, got "long"`},
		{`{"version": "0.1", "results": {}}`, "", `at version: expected version 0.2 or 0.2.1, got "0.1"`},
		{`{"aiperf_version": "1", "request_latency": {"unit": "parsec", "avg": 1}}`, "", `at request_latency.unit: expected a unit of time, got "parsec"`},
		{"a: [1", "", "bad.json:1:"},
		{"PK\x03\x04 no zip", "", "bad.json: the workbook cannot be read"},
	} {
		_, _, err := foreign.Read([]foreign.File{{Name: "bad.json", Data: []byte(tc.text)}}, foreign.Options{Format: tc.format})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%.40q: error %v, want %q", tc.text, err, tc.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, _, err := foreign.Read([]foreign.File{{Name: "f", Data: data}}, foreign.Options{})
		if err != nil {
			return
		}
		var text bytes.Buffer
		if err := result.Encode(&text, doc); err != nil {
			t.Fatal(err)
		}
		if _, err := result.Decode("result.json", text.Bytes()); err != nil {
			t.Fatal(err)
		}
	})
}
