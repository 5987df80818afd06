package reporters

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"loadgate/internal/result"
)

// VLLMBench writes the result of `vllm bench serve --save-result`, one object a
// line for each repeat of each cell, as its --append-result does for each run.
//
// A key is written where our metric means the same. That tool counts from the
// moment of sending and calls the gap between chunks ITL: ttft, e2el and itl
// there are sent_ttft, sent_e2el and icl here. Absent statistics are null, where
// it would write 0. Axes and labels stand at the top, as its --metadata does.
func VLLMBench(ctx context.Context, r *Report, w io.Writer) error {
	if len(r.Doc.Cells) == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n") // no object
		return err
	}
	enc := json.NewEncoder(w)
	for _, e := range executionsOf(r.Doc.Cells) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := enc.Encode(vllmResult(r, &e)); err != nil {
			return err
		}
	}
	return nil
}

func vllmResult(r *Report, e *execution) *object {
	o := &object{}
	c, l := e.cell, loadOf(e.cell)
	kind := clean(c.Kind, maxName)
	o.set("date", e.started.UTC().Format("20060102-150405"))
	o.set("endpoint_type", kind)
	o.set("backend", kind)
	o.set("label", nameOf(r, c))
	o.set("model_id", clean(c.Model, maxName))
	o.set("tokenizer_id", clean(c.Model, maxName))
	o.set("num_prompts", e.counts.Planned)
	rate := l.rate
	if math.IsNaN(rate) {
		rate = math.Inf(1) // its closed loop is an unlimited rate with a cap
	}
	o.set("request_rate", orNull(rate))
	o.set("burstiness", burstiness(c.Load))
	o.set("max_concurrency", orNull(slots(l)))
	o.set("duration", e.value("duration"))
	o.set("completed", e.counts.Completed)
	o.set("failed", e.counts.Failed)
	o.set("total_input_tokens", e.tokens.Input)
	o.set("total_output_tokens", e.tokens.Output)
	o.set("request_throughput", e.value("request_throughput"))
	o.set("request_goodput", e.value("goodput"))
	o.set("output_throughput", e.value("output_throughput"))
	o.set("total_token_throughput", e.value("total_throughput"))
	if d := e.dist("in_flight"); d != nil {
		o.set("max_concurrent_requests", d.Max)
	}
	for _, m := range []struct{ theirs, ours string }{
		{"ttft", "sent_ttft"}, {"tpot", "tpot"}, {"itl", "icl"}, {"e2el", "sent_e2el"},
	} {
		vllmStatistics(o, m.theirs, e.dist(m.ours))
	}
	vllmMetadata(o, r, e)
	return o
}

func vllmStatistics(o *object, name string, d *result.Dist) {
	for _, s := range []struct{ theirs, ours string }{
		{"mean", "avg"},
		{"median", "p50"},
		{"std", "stddev"},
		{"p1", "p1"},
		{"p10", "p10"},
		{"p25", "p25"},
		{"p50", "p50"},
		{"p75", "p75"},
		{"p90", "p90"},
		{"p95", "p95"},
		{"p99", "p99"},
		{"p99.9", "p999"},
	} {
		v := result.None()
		if d != nil {
			v, _ = d.Stat(s.ours)
		}
		o.set(fmt.Sprintf("%s_%s_ms", s.theirs, name), v)
	}
}

// vllmMetadata adds the axes and labels, none in the place of a result.
func vllmMetadata(o *object, r *Report, e *execution) {
	o.set("cell", clean(e.cell.ID, maxName))
	o.set("repeat", e.index)
	taken := map[string]bool{}
	for _, key := range o.keys {
		taken[key] = true
	}
	for _, c := range append(axesColumns(r.Doc.Cells, taken), labelColumns(r, taken)...) {
		v := c.value(e.cell)
		if x, ok := v.(float64); ok {
			v = orNull(x)
		}
		o.set(c.name, v)
	}
}

// burstiness is the shape of the arrival process, 1 for Poisson: the value that
// the tool has in a closed loop too. Evenly spaced arrivals have none.
func burstiness(load map[string]any) any {
	if load["arrivals"] == "constant" {
		return nil
	}
	if x, ok := asNumber(load["burstiness"]); ok {
		return orNull(x)
	}
	return 1.0
}
