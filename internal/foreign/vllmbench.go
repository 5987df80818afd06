package foreign

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"loadgate/internal/result"
)

func isVLLM(n node) bool {
	return n.has("total_token_throughput", "completed", "duration") && (n.has("model_id") || n.has("endpoint_type"))
}

// vllmKeys are keys at the top that are no metadata of the user's.
var vllmKeys = []string{
	"date", "endpoint_type", "backend", "label", "model_id", "tokenizer_id", "num_prompts", "request_rate", "burstiness", "max_concurrency",
	"ramp_up_strategy", "ramp_up_start_rps", "ramp_up_end_rps", "duration", "completed", "failed", "rtfx", "repeat", "goodput",
}

var vllmResultKey = regexp.MustCompile(`_ms$|^total_|_throughput$|^request_goodput|^max_|_per_s$|^probe_|^spec_decode|^diffusion_|^server_|^rps_`)

// vllm reads the file of `vllm bench serve --save-result`. It writes 0 where
// there is no value: with no completed request nothing but counts is taken.
func vllm(n node) []*run {
	r := newRun("vllm bench serve")
	r.name, r.model = n.get("label").str(), n.get("model_id").str()
	r.started = n.get("date").instant("20060102-150405")
	r.setLoad(n.get("request_rate").num(), n.get("max_concurrency").num(), n.get("num_prompts").count())
	if b := n.get("burstiness").num(); r.load["rate"] != nil && b.Ok() && b != 1 {
		r.load["burstiness"] = float64(b)
	}
	r.counts.Completed, r.counts.Failed = n.get("completed").count(), n.get("failed").count()
	r.tokens.Input, r.tokens.Output = n.get("total_input_tokens").count(), n.get("total_output_tokens").count()
	r.scalar("duration", n.get("duration").num())
	if done := r.counts.Completed; done > 0 {
		vllmFigures(r, n, done)
	}
	vllmLabels(r, n)
	r.leaveOut(n, "max_output_tokens_per_s", "it counts chunks in a second, not tokens")
	r.leaveOut(n, "max_concurrent_requests", "it counts by whole seconds")
	return []*run{r.finish(n.has("failed"))}
}

func vllmFigures(r *run, n node, done int) {
	for theirs, ours := range map[string]string{
		"request_throughput": "request_throughput", "output_throughput": "output_throughput",
		"total_token_throughput": "total_throughput", "request_goodput": "goodput",
	} {
		r.scalar(ours, n.get(theirs).num())
	}
	inputRate(r)
	r.mean("input_tokens", r.tokens.Input, done)
	r.mean("output_tokens", r.tokens.Output, done)
	for theirs, ours := range map[string]string{
		"ttft_ms": "sent_ttft", "tpot_ms": "tpot", "e2el_ms": "sent_e2el", "client_queue_time_ms": "client_queue",
	} {
		r.dist(ours, flatStats(r, n, theirs), 1, done, done)
	}
	gaps := 0
	for _, one := range n.get("itls").items() {
		gaps += len(one.items())
	}
	if gaps == 0 {
		gaps = done
		r.note(requestCountNote)
	}
	r.dist("icl", flatStats(r, n, "itl_ms"), 1, gaps, done)
	if len(flatStats(r, n, "e2el_including_client_queue_ms")) > 0 {
		r.note("e2el_including_client_queue_ms is left out: a result has no metric of that origin")
	}
}

// inputRate is the input throughput of tools that give the sum and the time.
func inputRate(r *run) {
	if d := float64(r.metrics["duration"].Value); d > 0 && !math.IsInf(d, 0) && r.tokens.Input > 0 {
		r.scalar("input_throughput", result.Number(float64(r.tokens.Input)/d))
	}
}

// vllmLabels takes what --metadata put at the top.
func vllmLabels(r *run, n node) {
	m, _ := n.v.(map[string]any)
	for key, v := range m {
		if slices.Contains(vllmKeys, key) || vllmResultKey.MatchString(key) {
			continue
		}
		switch v.(type) {
		case string, bool, float64:
			r.labels[strings.TrimSpace(key)] = v
		}
	}
}
