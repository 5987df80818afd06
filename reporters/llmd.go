package reporters

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"

	"loadgate/internal/result"
)

// llmdVersion is the version of the benchmark report that is written.
const llmdVersion = "0.2.1"

// LLMD writes llm-d's benchmark report: a YAML document for each repeat of each
// cell, since a report is one stage of load on one stack. The documents are
// JSON, which YAML contains: the report of a single run is read by either.
//
// A metric is written where ours means the same, in the report's seconds; its
// latencies count from the moment of sending. What is absent is left out. Of the
// stack nothing is written: a client does not know it.
func LLMD(ctx context.Context, r *Report, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var out bytes.Buffer
	all := executionsOf(r.Doc.Cells)
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	for i := range all {
		if len(all) > 1 {
			out.WriteString("---\n")
		}
		if err := enc.Encode(llmdReport(r, &all[i])); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		out.WriteString("# no cell was measured\n")
	}
	_, err := w.Write(out.Bytes())
	return err
}

func llmdReport(r *Report, e *execution) *object {
	performance, results, o := &object{}, &object{}, &object{}
	aggregate := &object{}
	aggregate.set("requests", llmdRequests(e))
	aggregate.set("latency", llmdLatency(e))
	aggregate.set("throughput", llmdThroughput(e))
	performance.set("aggregate", aggregate)
	results.set("request_performance", performance)
	o.set("version", llmdVersion)
	o.set("run", llmdRun(r, e))
	if load := llmdLoad(r, e); load != nil {
		scenario := &object{}
		scenario.set("load", load)
		o.set("scenario", scenario)
	}
	o.set("results", results)
	return o
}

func llmdRun(r *Report, e *execution) *object {
	o, at := &object{}, &object{}
	o.set("uid", executionID(r, e))
	o.set("eid", clean(r.Doc.RunID, maxName))
	at.set("start", e.started.UTC().Format(time.RFC3339))
	if d, ok := e.lasted(); ok {
		at.set("end", e.started.UTC().Add(d).Format(time.RFC3339))
		at.set("duration", "PT"+number(d.Seconds())+"S")
	}
	o.set("time", at)
	o.set("description", clean(r.Doc.Name, maxName)+": "+nameOf(r, e.cell))
	return o
}

// llmdLoad is how the requests were sent, nil where the input's length, which
// the report requires, is not known.
func llmdLoad(r *Report, e *execution) *object {
	d := e.dist("input_tokens")
	if d == nil || !finite(d.Avg) {
		return nil
	}
	metadata, standardized, native, length, o := &object{}, &object{}, &object{}, &object{}, &object{}
	metadata.set("cfg_id", clean(e.cell.Key, maxName))
	metadata.set("description", nameOf(r, e.cell))
	length.set("distribution", "other") // as measured
	length.set("value", decimal(float64(d.Avg)))
	standardized.set("tool", "loadgate")
	standardized.set("tool_version", clean(r.Doc.Loadgate, maxName))
	standardized.set("source", "unknown")
	standardized.set("input_seq_len", length)
	l := loadOf(e.cell)
	if finite(result.Number(l.rate)) {
		standardized.set("rate_qps", decimal(l.rate))
	}
	if n := slots(l); finite(result.Number(n)) && n >= 1 {
		standardized.set("concurrency", int(n))
	}
	native.set("config", storable(e.cell.Load))
	o.set("metadata", metadata)
	o.set("standardized", standardized)
	o.set("native", native)
	return o
}

func llmdRequests(e *execution) *object {
	o := &object{}
	o.set("total", e.counts.Sent)
	o.set("failures", e.counts.Failed)
	o.set("incomplete", e.counts.Cancelled)
	llmdStatistics(o, "input_length", "count", 1, e.dist("input_tokens"))
	llmdStatistics(o, "output_length", "count", 1, e.dist("output_tokens"))
	return o
}

func llmdLatency(e *execution) *object {
	o := &object{}
	const second = 1000 // ms
	llmdStatistics(o, "time_to_first_token", "s", second, e.dist("sent_ttft"))
	llmdStatistics(o, "time_per_output_token", "s/token", second, e.dist("tpot"))
	llmdStatistics(o, "inter_token_latency", "s/token", second, e.dist("itl"))
	llmdStatistics(o, "request_latency", "s", second, e.dist("sent_e2el"))
	return o
}

func llmdThroughput(e *execution) *object {
	o := &object{}
	for _, m := range []struct{ theirs, unit, ours string }{
		{"request_rate", "queries/s", "request_throughput"},
		{"input_token_rate", "tokens/s", "input_throughput"},
		{"output_token_rate", "tokens/s", "output_throughput"},
		{"total_token_rate", "tokens/s", "total_throughput"},
	} {
		if v := e.value(m.ours); finite(v) {
			one := &object{}
			one.set("units", m.unit)
			one.set("mean", decimal(float64(v)))
			o.set(m.theirs, one)
		}
	}
	return o
}

// llmdStatistics sets a distribution, its values divided by scale. One without a
// mean, which the report requires, is left out.
func llmdStatistics(o *object, name, units string, scale float64, d *result.Dist) {
	if d == nil || !finite(d.Avg) {
		return
	}
	one := &object{}
	one.set("units", units)
	for _, s := range []struct{ theirs, ours string }{
		{"mean", "avg"},
		{"stddev", "stddev"},
		{"min", "min"},
		{"p1", "p1"},
		{"p10", "p10"},
		{"p25", "p25"},
		{"p50", "p50"},
		{"p75", "p75"},
		{"p90", "p90"},
		{"p95", "p95"},
		{"p99", "p99"},
		{"p99p9", "p999"},
		{"max", "max"},
	} {
		if v, _ := d.Stat(s.ours); finite(v) {
			one.set(s.theirs, decimal(float64(v)/scale))
		}
	}
	o.set(name, one)
}

func finite(n result.Number) bool { return n.Ok() && !math.IsInf(float64(n), 0) }

// decimal writes a number without an exponent: YAML readers take 1e-07 for a
// text.
func decimal(x float64) json.Number { return json.Number(strconv.FormatFloat(x, 'f', -1, 64)) }

// storable makes a value of a scenario one that JSON and YAML can hold.
func storable(v any) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case map[string]any:
		o := &object{}
		for _, key := range sortedKeys(v) {
			o.set(clean(key, maxName), storable(v[key]))
		}
		return o
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = storable(v[i])
		}
		return all
	}
	if x, ok := asNumber(v); ok && finite(result.Number(x)) {
		return decimal(x)
	}
	return scalar(v)
}
