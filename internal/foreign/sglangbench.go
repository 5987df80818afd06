package foreign

import "loadgate/internal/result"

func isSGLang(n node) bool { return n.has("backend", "completed", "mean_e2e_latency_ms") }

// sglang reads a line of `sglang.bench_serving --output-file`.
func sglang(n node) []*run {
	r := newRun("sglang bench_serving")
	r.dataset = n.get("dataset_name").str()
	if tag := n.get("tag"); tag.there() {
		r.name = tag.str()
	}
	rate := result.None()
	if v := n.get("request_rate"); v.v == "trace" {
		r.labels["arrivals"] = "trace"
	} else {
		rate = v.num()
	}
	r.setLoad(rate, n.get("max_concurrency").num(), 0)
	done := n.get("completed").count()
	r.counts.Completed = done
	r.tokens.Input, r.tokens.Output = n.get("total_input_tokens").count(), n.get("total_output_tokens").count()
	r.scalar("duration", n.get("duration").num())
	failed, told := sglangFailed(n)
	r.counts.Failed = failed
	if done > 0 {
		sglangFigures(r, n, done)
	}
	r.leaveOut(n, "max_output_tokens_per_s", "it counts chunks in a second, not tokens")
	r.leaveOut(n, "max_concurrent_requests", "it counts by whole seconds")
	r.leaveOut(n, "concurrency", "it is the sum of latencies over the time, not in_flight")
	r.leaveOut(n, "total_output_tokens_retokenized", "output_tokens are those that the throughput is made of")
	return []*run{r.finish(told)}
}

// sglangFailed counts the errors, which only a detailed file has.
func sglangFailed(n node) (failed int, told bool) {
	for _, e := range n.get("errors").items() {
		if e.str() != "" {
			failed++
		}
	}
	return failed, n.get("errors").there()
}

func sglangFigures(r *run, n node, done int) {
	for theirs, ours := range map[string]string{
		"request_throughput": "request_throughput", "input_throughput": "input_throughput", "output_throughput": "output_throughput",
		"total_throughput": "total_throughput", "request_goodput": "goodput",
	} {
		r.scalar(ours, n.get(theirs).num())
	}
	r.mean("input_tokens", r.tokens.Input, done)
	r.mean("output_tokens", r.tokens.Output, done)
	e2el, ttft := flatStats(r, n, "e2e_latency_ms"), flatStats(r, n, "ttft_ms")
	r.dist("sent_e2el", e2el, 1, done, done)
	endsWithStream(r)
	if v := ttft["avg"]; v.Ok() && v == e2el["avg"] {
		r.note("ttft, tpot and itl are left out: without streaming they are no latencies of tokens")
		return
	}
	r.dist("sent_ttft", ttft, 1, done, done)
	r.dist("tpot", flatStats(r, n, "tpot_ms"), 1, done, done)
	gap := "icl"
	if v := n.get("accept_length").num(); v > 1 {
		gap = "itl" // gaps are divided by the tokens of a chunk then
	}
	r.dist(gap, flatStats(r, n, "itl_ms"), 1, done, done)
	r.note(requestCountNote)
}

// endsWithStream marks an e2el that counts to the end of the stream.
func endsWithStream(r *run) {
	if _, ok := r.metrics["sent_e2el"]; ok {
		r.mark("sent_e2el", "to_end_of_stream")
		r.note("sent_e2el counts to the end of the stream, not to the last token")
	}
}
