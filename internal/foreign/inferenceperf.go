package foreign

func isInferencePerf(n node) bool { return n.has("load_summary", "successes", "failures") }

var inferenceStats = map[string]string{
	"mean": "avg", "min": "min", "max": "max", "p1": "p1", "p10": "p10", "p25": "p25", "median": "p50", "p50": "p50", "p75": "p75",
	"p90": "p90", "p95": "p95", "p99": "p99", "p99.9": "p999",
}

// inferencePerf reads the lifecycle metrics of a stage or of the summary, whose
// times are in seconds.
func inferencePerf(n node) []*run {
	r := newRun("inference-perf")
	load, good := n.get("load_summary"), n.get("successes")
	done := good.get("count").count()
	r.counts.Completed, r.counts.Failed = done, n.get("failures", "count").count()
	r.setLoad(load.get("requested_rate").num(), load.get("concurrency").num(), load.get("count").count())
	r.scalar("duration", n.get("benchmark_time_seconds").num())
	r.dist("schedule_delay", nested(load.get("schedule_delay"), inferenceStats), 1000, load.get("count").count(), load.get("count").count())
	for theirs, ours := range map[string]string{
		"requests_per_sec": "request_throughput", "input_tokens_per_sec": "input_throughput", "output_tokens_per_sec": "output_throughput",
		"total_tokens_per_sec": "total_throughput",
	} {
		r.scalar(ours, good.get("throughput", theirs).num())
	}
	if g := good.get("goodput_metrics"); g.there() {
		r.scalar("goodput", g.get("request_goodput").num())
		r.leaveOut(g, "goodput_percentage", "it is a share of the completed requests, slo_attainment one of all sent")
	}
	latency := good.get("latency")
	for _, d := range []struct {
		from         node
		theirs, ours string
		scale        float64
	}{
		{latency, "time_to_first_token", "sent_ttft", 1000},
		{latency, "time_per_output_token", "tpot", 1000},
		{latency, "request_latency", "sent_e2el", 1000},
		{good, "prompt_len", "input_tokens", 1},
		{good, "output_len", "output_tokens", 1},
	} {
		r.dist(d.ours, nested(d.from.get(d.theirs), inferenceStats), d.scale, done, done)
	}
	r.note(requestCountNote)
	endsWithStream(r)
	r.tokens.Input, r.tokens.Output = sumOf(r, "input_tokens"), sumOf(r, "output_tokens")
	r.leaveOut(latency, "inter_token_latency", "all tokens of a chunk have one time in it, so that most gaps may be 0")
	r.leaveOut(latency, "normalized_time_per_output_token", "it counts from sending to the end of the body; ntpot counts from the planned time to the last token")
	return []*run{r.finish(true)}
}
