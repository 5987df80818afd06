package reporters_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/internal/yamlpos"
	"loadgate/reporters"
)

const ms = int64(1e6)

// streamed is a request that went well: tokens every 10 ms after 100 ms.
func streamed(i int) engine.Sample {
	start := 1 + int64(i)*5*ms
	s := engine.Sample{
		ID: fmt.Sprintf("r1-%06d", i), Index: i, Sched: start, Ready: start, Start: start, Conn: start + ms, Wrote: start + ms, Hdr: start + 90*ms,
		Ev1: start + 95*ms, Tok1: start + 100*ms, Ans1: start + 100*ms, TokN: start + 170*ms, Done: start + 171*ms, Streamed: true, Reused: i > 0,
		Outcome: llm.Completed, Status: 200, Finish: "length", Usage: &llm.Usage{Input: 128, Output: 8, Reasoning: -1, Cached: -1}, Asked: 8, PromptHash: "00ff00ff00ff00ff",
	}
	for k := range int64(8) {
		s.Events = append(s.Events, engine.Event{At: s.Tok1 + k*10*ms, Bytes: 4, Kind: llm.Content})
	}
	return s
}

// sampled is a report with two cells: two repeats of 1 warm-up and 3 requests
// each and a torn third one, and an open loop with hostile texts.
func sampled() *reporters.Report {
	a, b := cell(2, "short"), cell(4, "short")
	a.Repeats = []*result.Repeat{{Counts: result.Counts{Sent: 3, Warmup: 1}}, {Counts: result.Counts{Sent: 3, Warmup: 1}}}
	b.Repeats[0].Counts = result.Counts{Sent: 2}
	b.Load = map[string]any{"rate": 12.5}
	var first []store.Record
	for i := range 9 {
		s := streamed(i % 4)
		s.Warmup = i%4 == 0
		first = append(first, store.Record{Repeat: i / 4, Sample: s})
	}
	one := streamed(0)
	one.Usage.Output, one.TokN, one.Events = 1, one.Tok1, one.Events[:1]
	one.Sched -= 50 * ms // waited in the client
	one.Sched = max(one.Sched, 1)
	one.Start += 50 * ms
	bad := engine.Sample{
		ID: nasty[0], Session: nasty[8], Index: 1, Sched: 1, Ready: 1, Start: 1, Done: 2 * ms, Outcome: llm.Failed, Class: "reset", Error: nasty[6] + nasty[9],
	}
	records := map[string][]store.Record{a.ID: first, b.ID: {{Sample: one}, {Sample: bad}}}
	return &reporters.Report{Doc: document(a, b), Samples: func(id string) iter.Seq2[store.Record, error] {
		return func(yield func(store.Record, error) bool) {
			for _, rec := range records[id] {
				if !yield(rec, nil) {
					return
				}
			}
		}
	}}
}

// rows reads a table back: a map from column to value a row, without the nulls.
func rows(t *testing.T, data []byte) []map[string]any {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	columns := f.Schema().Columns()
	reader := parquet.NewGenericReader[any](f)
	defer reader.Close()
	var out []map[string]any
	buffer := make([]parquet.Row, 16)
	for {
		n, err := reader.ReadRows(buffer)
		for _, row := range buffer[:n] {
			values := map[string]any{}
			for _, v := range row {
				if name := columns[v.Column()][0]; !v.IsNull() {
					values[name] = plainValue(v)
				}
			}
			out = append(out, values)
		}
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func plainValue(v parquet.Value) any {
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int64:
		return v.Int64()
	case parquet.Double:
		return v.Double()
	}
	return string(v.ByteArray())
}

func TestParquetOfRequests(t *testing.T) {
	t.Parallel()
	got := rows(t, write(t, reporters.RequestsParquet, sampled()))
	if len(got) != 11 {
		t.Fatalf("%d rows", len(got))
	}
	for i, want := range []int64{0, 0, 0, 0, 1, 1, 1, 1, 2, 0, 0} {
		if got[i]["repeat"] != want {
			t.Errorf("row %d is of repeat %v, want %d", i, got[i]["repeat"], want)
		}
	}
	for column, want := range map[string]any{
		"cell": "concurrency=2.shape=short-1a2b3c", "load_concurrency": 2.0, "shape": "short", "warmup": false, "outcome": "completed",
		"ttft_ms": 100.0, "tpot_ms": 10.0, "e2el_ms": 170.0, "stream_close_ms": 171.0, "input_tokens": 128.0, "output_tokens": 8.0,
		"start_ns": 1 + 5*ms, "tok1_ns": 1 + 105*ms, "status": int64(200), "content_events": int64(8), "error": nil, "cached_tokens": nil, "images": int64(0),
	} {
		if v := got[1][column]; v != want {
			t.Errorf("%s is %v, want %v", column, v, want)
		}
	}
	// An open loop counts from the intended time, and one token has no tpot.
	if one := got[9]; one["ttft_ms"] != 100.0 || one["sent_ttft_ms"] != 50.0 || one["tpot_ms"] != nil {
		t.Errorf("ttft %v, sent_ttft %v, tpot %v", one["ttft_ms"], one["sent_ttft_ms"], one["tpot_ms"])
	}
	if bad := got[10]; bad["outcome"] != "failed" || bad["error_class"] != "reset" || bad["ttft_ms"] != nil || bad["tok1_ns"] != nil || bad["id"] != nasty[0] {
		t.Errorf("the failed request is %v", bad)
	}
}

func TestParquetOfCells(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		got := rows(t, write(t, reporters.CellsParquet, r))
		if len(got) != len(r.Doc.Cells) {
			t.Errorf("%s: %d rows for %d cells", name, len(got), len(r.Doc.Cells))
		}
	}
	got := rows(t, write(t, reporters.CellsParquet, reports()["failures"]))[1]
	if got["icl_p50_ms"] != 44.88 || got["completed_requests"] != int64(157) || got["shape"] != "long" || got["connect_p50_ms"] != nil {
		t.Errorf("row %v", got)
	}
}

func TestParquetSettings(t *testing.T) {
	t.Parallel()
	for src, wrong := range map[string]bool{
		"kind: parquet\n":                             false,
		"{kind: parquet, table: requests}\n":          false,
		"{kind: parquet, table: cells, path: c.pq}\n": false,
		"{kind: parquet, table: rows}\n":              true,
		"{kind: parquet, rows: all}\n":                true,
	} {
		node, _ := yamlpos.Parse("gate.yaml", []byte(src), func(string) (string, bool) { return "", false })
		if _, list := reporters.Kinds["parquet"].New(node); list.HasErrors() != wrong {
			t.Errorf("%q: %v", src, list)
		}
	}
}

func TestParquetOfDamagedSamples(t *testing.T) {
	t.Parallel()
	damaged := errors.New("line 3 is torn")
	r := sampled()
	r.Samples = func(string) iter.Seq2[store.Record, error] {
		return func(yield func(store.Record, error) bool) { yield(store.Record{Sample: engine.Sample{}}, damaged) }
	}
	if err := reporters.RequestsParquet(t.Context(), r, io.Discard); !errors.Is(err, damaged) {
		t.Errorf("got %v", err)
	}
}

// many is a report of n requests that are made as they are read.
func many(n int) *reporters.Report {
	c := cell(8, "short")
	c.Repeats[0].Counts = result.Counts{Sent: n}
	return &reporters.Report{Doc: document(c), Samples: func(string) iter.Seq2[store.Record, error] {
		return func(yield func(store.Record, error) bool) {
			for i := range n {
				if !yield(store.Record{Sample: streamed(i)}, nil) {
					return
				}
			}
		}
	}}
}

// What a file holds in memory does not grow with its rows.
func TestParquetIsStreamed(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 300,000 rows")
	}
	heap := func(n int) uint64 {
		most := uint64(0)
		w := writerFunc(func(p []byte) (int, error) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			return len(p), nil
		})
		runtime.GC()
		if err := reporters.RequestsParquet(context.Background(), many(n), w); err != nil {
			t.Fatal(err)
		}
		return most
	}
	if small, large := heap(100_000), heap(300_000); large > small+64<<20 {
		t.Errorf("%d MB for 100,000 rows, %d MB for 300,000", small>>20, large>>20)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func BenchmarkRequestsParquet(b *testing.B) {
	const n = 100_000
	b.ReportAllocs()
	for b.Loop() {
		if err := reporters.RequestsParquet(b.Context(), many(n), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/row")
}

// What most people read such files with understands it: types, nulls, order.
func TestParquetOpensInPandas(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "pandas, pyarrow")
	type table struct {
		Rows, Groups int
		Compression  []string
		Types        map[string]string
		Nullable     bool
		Columns      []string
		First        []map[string]any
		Nulls        map[string]int
	}
	var got table
	readWith(t, python, "read_parquet.py", "requests.parquet", write(t, reporters.RequestsParquet, sampled()), &got)
	if got.Rows != 11 || !got.Nullable || !slices.Equal(got.Compression, []string{"ZSTD"}) || !slices.Equal(got.Columns[:4], []string{"cell", "load_concurrency", "shape", "repeat"}) {
		t.Errorf("%d rows, nullable %v, %v, columns %v", got.Rows, got.Nullable, got.Compression, got.Columns)
	}
	for column, want := range map[string]string{"cell": "string", "load_concurrency": "double", "start_ns": "int64", "ttft_ms": "double", "warmup": "bool", "index": "int64"} {
		if got.Types[column] != want {
			t.Errorf("%s is %s, want %s", column, got.Types[column], want)
		}
	}
	if got.First[1]["tpot_ms"] != 10.0 || got.Nulls["tpot_ms"] != 2 || got.Nulls["start_ns"] != 0 {
		t.Errorf("tpot %v, nulls %v", got.First[1]["tpot_ms"], got.Nulls)
	}
	for _, name := range []string{"empty", "matrix", "hostile"} {
		r := reports()[name]
		for _, reporter := range []reporters.ReporterFunc{reporters.RequestsParquet, reporters.CellsParquet} {
			got = table{}
			readWith(t, python, "read_parquet.py", name+".parquet", write(t, reporter, r), &got)
		}
	}
}
