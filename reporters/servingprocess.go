package reporters

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/metrics"
)

// writeProcess writes one execution of a cell as serving_perf_eval's process
// data: its settings, what became of each request, and its summary. A key of
// the tool's is written where ours means the same: its TTFT, E2EL and ITL are
// sent_ttft, sent_e2el and icl. What is absent is null, where it would write 0.
//
// Texts are there when the run stored them. Memory grows with the requests, as
// the tool's does.
func writeProcess(ctx context.Context, r *Report, e *execution, w io.Writer) error {
	requests, err := servingRequests(ctx, r, e)
	if err != nil {
		return err
	}
	o := &object{}
	servingSettings(o, r, e.cell)
	requests.write(o)
	servingSummary(o, e)
	requests.lengths(o)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	if err := enc.Encode(o); err != nil {
		return err
	}
	return ctx.Err()
}

// servingRequest is one measured request.
type servingRequest struct {
	idx                      any
	index                    int
	outcome                  llm.Outcome
	status                   int
	err                      string
	input, output, reasoning any // tokens, nil where unknown
	latency, ttft, tpot      any // s, nil where there is none
	content, reason          string
	hasTexts                 bool
}

type servingRequestList []servingRequest

// servingRequests reads the requests of an execution in their order.
func servingRequests(ctx context.Context, r *Report, e *execution) (servingRequestList, error) {
	var all servingRequestList
	if r.Samples == nil {
		return nil, nil
	}
	warm := 0
	load := sendingOf(e.cell)
	for rec, err := range r.Samples(e.cell.ID) {
		if err != nil {
			return nil, fmt.Errorf("samples of cell %s: %w", e.cell.ID, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch {
		case rec.Repeat != e.index:
		case rec.Sample.Warmup:
			warm++
		default:
			all = append(all, servingRequestOf(&rec, metrics.Measured(&rec.Sample, load)))
		}
	}
	slices.SortFunc(all, func(a, b servingRequest) int { return cmp.Compare(a.index, b.index) })
	for i := range all {
		if all[i].idx == nil {
			all[i].idx = all[i].index - warm
		}
	}
	return all, nil
}

func servingRequestOf(rec *store.Record, get func(string) (float64, bool)) servingRequest {
	s := &rec.Sample
	tokens := func(metric string) any {
		if v, ok := get(metric); ok {
			return int(v)
		}
		return nil
	}
	seconds := func(metric string) any {
		if v, ok := get(metric); ok {
			return result.Number(v / 1000)
		}
		return nil
	}
	q := servingRequest{
		index: s.Index, outcome: s.Outcome, status: s.Status, err: s.Error,
		input: tokens("input_tokens"), output: tokens("output_tokens"), reasoning: tokens("reasoning_tokens"),
		latency: seconds("sent_e2el"), ttft: seconds("sent_ttft"), tpot: seconds("tpot"),
	}
	if s.Session != "" {
		q.idx = s.Session
	}
	if s.Texts != nil {
		q.content, q.reason, q.hasTexts = s.Texts.Content, s.Texts.Reasoning, true
	}
	return q
}

// auditMessage is what the tool says of an answer that was cut off.
const auditMessage = "Security Audit Hit Status"

// write adds what became of each request, each as [idx, value].
func (l servingRequestList) write(o *object) {
	process, texts, reasons, statuses, errs := []any{}, []any{}, []any{}, []any{}, []any{}
	for i := range l {
		q := &l[i]
		statuses = append(statuses, []any{q.idx, q.status})
		switch q.outcome {
		case llm.Completed:
			m := &object{}
			m.set("input_length", q.input)
			m.set("output_length", q.output)
			m.set("reasoning_length", q.reasoning)
			m.set("latency", q.latency)
			m.set("ttft", q.ttft)
			m.set("tpot", q.tpot)
			process = append(process, []any{q.idx, m})
			if q.hasTexts {
				texts = append(texts, []any{q.idx, q.content})
				reasons = append(reasons, []any{q.idx, q.reason})
			}
		case llm.Audited:
			errs = append(errs, []any{q.idx, auditMessage})
		default:
			errs = append(errs, []any{q.idx, cmp.Or(q.err, string(q.outcome))})
		}
	}
	o.set("total_response", len(l))
	o.set("process_metrics", process)
	o.set("generated_texts", texts)
	o.set("reasoning_texts", reasons)
	o.set("status_codes", statuses)
	o.set("error_msgs", errs)
}

// lengths adds the lists of lengths of completed requests.
func (l servingRequestList) lengths(o *object) {
	input, output, reasoning := []any{}, []any{}, []any{}
	for i := range l {
		if q := &l[i]; q.outcome == llm.Completed {
			input, output, reasoning = append(input, q.input), append(output, q.output), append(reasoning, q.reasoning)
		}
	}
	o.set("prompt_input_lens", input)
	o.set("actual_output_lens", output)
	o.set("actual_reasoning_lens", reasoning)
}

// servingSummary adds the figures of an execution.
func servingSummary(o *object, e *execution) {
	o.set("duration", e.value("duration"))
	o.set("completed", e.counts.Completed)
	o.set("audit_hit", e.counts.AuditHits)
	o.set("total_input", e.tokens.Input)
	o.set("total_output", e.tokens.Output)
	o.set("total_resoning_tokens", e.tokens.Reasoning) // spelled as the tool does
	o.set("request_throughput", e.value("request_throughput"))
	o.set("input_throughput", e.value("input_throughput"))
	o.set("output_throughput", e.value("output_throughput"))
	for _, m := range []struct{ theirs, ours string }{
		{"ttft", "sent_ttft"}, {"tpot", "tpot"}, {"itl", "icl"}, {"e2el", "sent_e2el"},
	} {
		d := e.dist(m.ours)
		for _, s := range []struct{ theirs, ours string }{
			{"mean", "avg"}, {"median", "p50"}, {"p99", "p99"}, {"p1", "p1"}, {"p90", "p90"}, {"p10", "p10"},
		} {
			v := result.None()
			if d != nil {
				v, _ = d.Stat(s.ours)
			}
			o.set(fmt.Sprintf("%s_%s_ms", s.theirs, m.theirs), v)
		}
	}
}

// servingSettings adds the settings of a cell under the tool's names, as far as
// the scenario says them. Keys of the API stand as references.
func servingSettings(o *object, r *Report, c *result.Cell) {
	backend, dataset := sectionOf(r, "backends", c.Backend), sectionOf(r, "datasets", c.Dataset)
	l, t := loadOf(c), servingTest(r, c)
	kind := "single"
	if len(r.Doc.Cells) > 1 {
		kind = "multiple"
	}
	name, path := dataset["kind"], dataset["path"]
	if name == "prompt" {
		name = ""
	}
	tokenizer := dataset["tokenizer"]
	if tokenizer == nil {
		tokenizer = backend["tokenizer"]
	}
	o.set("benchmark_name", "serving_perf_eval")
	o.set("backend", clean(c.Kind, maxName))
	o.set("url", orEmpty(backend["url"]))
	o.set("api_key", orEmpty(backend["api_key"]))
	o.set("model", c.Model)
	o.set("tokenizer", orEmpty(tokenizer))
	o.set("extra_headers", backend["headers"])
	o.set("dataset_name", orEmpty(name))
	o.set("dataset_path", orEmpty(path))
	o.set("num_prompts", c.Counts.Planned/repeatsOf(c))
	o.set("prompt", orEmpty(dataset["prompt"]))
	o.set("random_input_len", dataset["input_tokens"])
	o.set("random_output_len", dataset["output_tokens"])
	o.set("random_range_ratio", dataset["range_ratio"])
	o.set("random_prefix_len", dataset["prefix_tokens"])
	o.set("perf_test_type", kind)
	o.set("concurrency", orNull(t.workers))
	o.set("request_rate", orNull(t.rate))
	o.set("request_rate_list", servingList(r, kind, func(t test) float64 { return t.rate }))
	o.set("concurrency_list", servingList(r, kind, func(t test) float64 { return t.workers }))
	o.set("limit_max_concurrency", !math.IsNaN(l.limit))
	o.set("save_data", true)
	o.set("extra_args", backend["params"])
}

// servingList is a list of the tool's: null for a single test.
func servingList(r *Report, kind string, of func(test) float64) any {
	if kind == "single" {
		return nil
	}
	list, seen := []any{}, map[string]bool{}
	for _, c := range r.Doc.Cells {
		x := of(servingTest(r, c))
		if key := strconv.FormatFloat(x, 'g', -1, 64); !seen[key] {
			seen[key] = true
			list = append(list, orNull(x))
		}
	}
	return list
}

// sectionOf is a section of the run's scenario as it is stored.
func sectionOf(r *Report, family, name string) map[string]any {
	sections, _ := r.Scenario[family].(map[string]any)
	section, _ := sections[name].(map[string]any)
	return section
}

func orEmpty(v any) any {
	if v == nil {
		return ""
	}
	return v
}
