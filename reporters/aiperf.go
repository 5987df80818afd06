package reporters

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"time"

	"loadgate/internal/result"
)

// AIPerf writes what AIPerf calls profile_export_aiperf.json: one object for a
// run of one cell and one repeat, as AIPerf does, and an array of such objects
// where there are several.
//
// A metric is written where ours means the same. AIPerf counts from the moment
// of sending, its inter_token_latency is our tpot, its inter_chunk_latency our
// icl. What is absent is left out, as AIPerf does.
func AIPerf(ctx context.Context, r *Report, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all := executionsOf(r.Doc.Cells)
	results := make([]*object, len(all))
	for i := range all {
		results[i] = aiperfResult(r, &all[i])
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if len(results) == 1 {
		return enc.Encode(results[0])
	}
	return enc.Encode(results)
}

// aiperfSchema is the version of the shape that is written.
const aiperfSchema = "1.4"

func aiperfResult(r *Report, e *execution) *object {
	o := &object{}
	o.set("schema_version", aiperfSchema)
	o.set("aiperf_version", clean("loadgate "+r.Doc.Loadgate, maxName)) // who wrote it
	o.set("benchmark_id", executionID(r, e))
	o.set("input_config", aiperfInput(e.cell))
	o.set("run_info", aiperfRun(r, e))
	o.set("was_cancelled", e.counts.Cancelled > 0)
	o.set("is_complete", e.counts.Unsent == 0 && e.counts.Cancelled == 0)
	o.set("error_summary", aiperfErrors(e.counts))
	o.set("start_time", e.started.UTC().Format(time.RFC3339))
	if d, ok := e.lasted(); ok {
		o.set("end_time", e.started.UTC().Add(d).Format(time.RFC3339))
	}
	for _, m := range []struct{ theirs, ours, unit string }{
		{"time_to_first_token", "sent_ttft", "ms"},
		{"inter_token_latency", "tpot", "ms"},
		{"inter_chunk_latency", "icl", "ms"},
		{"request_latency", "sent_e2el", "ms"},
		{"input_sequence_length", "input_tokens", "tokens"},
		{"output_sequence_length", "output_tokens", "tokens"},
		{"reasoning_token_count", "reasoning_tokens", "tokens"},
	} {
		if d := e.dist(m.ours); d != nil {
			o.set(m.theirs, aiperfDist(m.unit, d))
		}
	}
	for _, m := range []struct {
		theirs, unit string
		v            result.Number
	}{
		{"request_throughput", "requests/sec", e.value("request_throughput")},
		{"output_token_throughput", "tokens/sec", e.value("output_throughput")},
		{"total_token_throughput", "tokens/sec", e.value("total_throughput")},
		{"goodput", "requests/sec", e.value("goodput")},
		{"benchmark_duration", "sec", e.value("duration")},
		{"request_count", "requests", result.Number(e.counts.Completed)},
		{"error_request_count", "requests", result.Number(e.counts.Failed)},
	} {
		if m.v.Ok() {
			one := &object{}
			one.set("unit", m.unit)
			one.set("avg", m.v)
			o.set(m.theirs, one)
		}
	}
	return o
}

func aiperfDist(unit string, d *result.Dist) *object {
	o := &object{}
	o.set("unit", unit)
	for _, s := range []struct{ theirs, ours string }{
		{"avg", "avg"},
		{"p1", "p1"},
		{"p10", "p10"},
		{"p25", "p25"},
		{"p50", "p50"},
		{"p75", "p75"},
		{"p90", "p90"},
		{"p95", "p95"},
		{"p99", "p99"},
		{"min", "min"},
		{"max", "max"},
		{"std", "stddev"},
	} {
		if v, _ := d.Stat(s.ours); v.Ok() {
			o.set(s.theirs, v)
		}
	}
	o.set("count", d.N)
	return o
}

// aiperfInput is the part of AIPerf's configuration that other tools read.
func aiperfInput(c *result.Cell) *object {
	endpoint, generator, o := &object{}, &object{}, &object{}
	endpoint.set("model_names", []string{clean(c.Model, maxName)})
	l := loadOf(c)
	for _, field := range []struct {
		key string
		v   float64
	}{{"concurrency", slots(l)}, {"request_rate", l.rate}} {
		if !math.IsNaN(field.v) {
			generator.set(field.key, orNull(field.v))
		}
	}
	generator.set("request_count", c.Counts.Planned)
	o.set("endpoint", endpoint)
	o.set("loadgen", generator)
	return o
}

func aiperfRun(r *Report, e *execution) *object {
	o, values := &object{}, &object{}
	for _, a := range axesColumns(r.Doc.Cells, map[string]bool{}) {
		v := a.value(e.cell)
		if x, ok := v.(float64); ok {
			v = orNull(x)
		}
		values.set(a.name, v)
	}
	o.set("sweep_id", clean(r.Doc.RunID, maxName))
	o.set("trial", e.index)
	o.set("run_label", nameOf(r, e.cell))
	o.set("variation_label", clean(e.cell.ID, maxName))
	o.set("variation_values", values)
	return o
}

func aiperfErrors(counts result.Counts) []*object {
	all := []*object{}
	for _, class := range classesOf(counts.Errors) {
		details, o := &object{}, &object{}
		details.set("type", clean(class, maxName))
		details.set("message", clean(counts.Examples[class], maxExample))
		o.set("error_details", details)
		o.set("count", counts.Errors[class])
		all = append(all, o)
	}
	return all
}
