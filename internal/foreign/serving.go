package foreign

import (
	"math"

	"loadgate/internal/result"
)

// A process document, or a row of the workbook.
func isServing(n node) bool {
	return n.has("process_metrics", "completed", "duration") || n.has("Total Requests", "TTFT_avg(ms)")
}

func serving(n node) []*run {
	if n.has("TTFT_avg(ms)") {
		return []*run{servingRow(n)}
	}
	return []*run{servingProcess(n)}
}

// servingLoad says a test in the words of a scenario: a rate of -1 is workers
// that send one request after another.
func servingLoad(r *run, rate, workers result.Number, limited bool, requests int) {
	limit := workers
	if rate == -1 {
		rate = result.None()
	} else {
		if workers.Ok() {
			r.labels["workers"] = float64(workers)
		}
		if !limited {
			limit = result.None()
		}
	}
	r.setLoad(rate, limit, requests)
}

// servingProcess reads a process document. It has 0 where there is no value:
// with no completed request nothing but counts is taken.
func servingProcess(n node) *run {
	r := newRun("serving_perf_eval")
	r.model, r.dataset = n.get("model").str(), n.get("dataset_name").str()
	limited, _ := n.get("limit_max_concurrency").v.(bool)
	servingLoad(r, n.get("request_rate").num(), n.get("concurrency").num(), limited, n.get("num_prompts").count())
	done := n.get("completed").count()
	r.counts.Completed, r.counts.AuditHits = done, n.get("audit_hit").count()
	total := n.get("total_response")
	if total.there() {
		r.counts.Failed = max(0, total.count()-done-r.counts.AuditHits)
	}
	r.tokens.Input, r.tokens.Output = n.get("total_input").count(), n.get("total_output").count()
	r.tokens.Reasoning = min(n.get("total_resoning_tokens").count(), r.tokens.Output) // spelled as the tool does
	r.scalar("duration", n.get("duration").num())
	if done > 0 {
		for _, name := range []string{"request_throughput", "input_throughput", "output_throughput"} {
			r.scalar(name, n.get(name).num())
		}
		for theirs, ours := range servingNames {
			r.dist(ours, flatStats(r, n, theirs+"_ms"), 1, done, done)
		}
		servingMeans(r, done)
	}
	return r.finish(total.there())
}

var servingNames = map[string]string{"ttft": "sent_ttft", "tpot": "tpot", "itl": "icl", "e2el": "sent_e2el"}

func servingMeans(r *run, done int) {
	r.mean("input_tokens", r.tokens.Input, done)
	r.mean("output_tokens", r.tokens.Output, done)
	in, out := r.metrics["input_throughput"], r.metrics["output_throughput"]
	if in.Unit != "" && out.Unit != "" {
		r.scalar("total_throughput", in.Value+out.Value)
	}
	r.note(requestCountNote)
}

// servingRow reads a row of the workbook, whose figures have two decimals.
func servingRow(n node) *run {
	r := newRun("serving_perf_eval")
	r.model, r.dataset = n.get("Model").str(), n.get("Dataset").str()
	rate := result.Number(-1)
	if v := n.get("Request Rate"); v.v != "Serial" {
		rate = v.num()
	}
	sent := n.get("Total Requests").count()
	servingLoad(r, rate, n.get("Concurrency").num(), false, sent)
	for theirs, label := range map[string]string{"Hardware Spec": "hardware", "Software Framework": "framework", "Cluster Spec": "cluster"} {
		if v := n.get(theirs).str(); v != "" {
			r.labels[label] = v
		}
	}
	r.counts.AuditHits = n.get("Audit Hits").count()
	share := n.get("Request Success Rate(%)").num()
	done := 0
	if share >= 0 && share <= 100 {
		done = min(int(math.Round(float64(share)/100*float64(sent))), max(0, sent-r.counts.AuditHits))
	}
	r.counts.Completed, r.counts.Failed = done, max(0, sent-done-r.counts.AuditHits)
	r.tokens.Input, r.tokens.Output = n.get("Total Input Tokens").count(), n.get("Total Output Tokens").count()
	r.tokens.Reasoning = min(n.get("Total Reasoning Tokens").count(), r.tokens.Output)
	r.scalar("duration", n.get("Total Duration(s)").num())
	if done > 0 {
		r.scalar("request_throughput", n.get("Total Request Throughput(requests/s)").num())
		r.scalar("input_throughput", n.get("Total Input Throughput(tokens/s)").num())
		r.scalar("output_throughput", n.get("Total Output Throughput(tokens/s)").num())
		for theirs, ours := range map[string]string{"TTFT": "sent_ttft", "TPOT": "tpot", "ITL": "icl", "E2EL": "sent_e2el"} {
			stats := map[string]result.Number{}
			for _, s := range []string{"avg", "p50", "p90", "p10", "p99", "p1"} {
				stats[s] = n.get(theirs + "_" + s + "(ms)").num()
			}
			r.dist(ours, stats, 1, done, done)
		}
		servingMeans(r, done)
	}
	r.note("a workbook has two decimals: completed requests are the rounded share of all")
	return r.finish(share.Ok())
}
