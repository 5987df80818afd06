package foreign

import (
	"loadgate/internal/result"
)

func isGuideLLM(n node) bool {
	list, ok := n.peek("benchmarks").([]any)
	if !ok || len(list) == 0 {
		return false
	}
	first, ok := list[0].(map[string]any)
	return ok && first["metrics"] != nil
}

// guideStats are the names of its statistics beside its percentiles.
var (
	guideStats       = map[string]string{"mean": "avg", "min": "min", "max": "max", "std_dev": "stddev"}
	guidePercentiles = map[string]string{
		"p01": "p1", "p10": "p10", "p25": "p25", "p50": "p50", "p75": "p75", "p90": "p90", "p95": "p95", "p99": "p99", "p999": "p999",
	}
)

// guideLLM reads benchmarks.json of versions 1 and 2: a run for each benchmark,
// of the distributions over its successful requests.
func guideLLM(n node) []*run {
	var runs []*run
	version := n.get("metadata", "guidellm_version")
	for _, b := range n.get("benchmarks").items() {
		r := newRun("GuideLLM")
		r.version = version.str()
		guideLoad(r, n, b)
		guideFigures(r, b)
		runs = append(runs, r.finish(true))
	}
	return runs
}

// guideLoad reads the strategy, which version 1 has under args.
func guideLoad(r *run, n, b node) {
	config := b.get("config")
	if !config.there() {
		config = b.get("args")
	}
	s := config.get("strategy")
	if backend := config.get("backend"); backend.has("model") {
		r.model = backend.get("model").str()
	} else if model := n.peek("args"); model != nil {
		if m, ok := (node{v: model}).peek("model").(string); ok {
			r.model = m
		}
	}
	rate, limit := result.None(), result.None()
	switch kind := s.get("type_").str(); kind {
	case "synchronous":
		limit = 1
	case "concurrent":
		limit = s.get("streams").num()
	case "constant", "async", "poisson":
		rate = s.get("rate").num()
		r.load["arrivals"] = "constant"
		if kind == "poisson" {
			delete(r.load, "arrivals")
		}
	case "throughput":
		limit = s.get("max_concurrency").num()
	}
	r.setLoad(rate, limit, 0)
}

func guideFigures(r *run, b node) {
	m := b.get("metrics")
	totals := m.get("request_totals")
	if !totals.there() {
		totals = b.get("request_totals")
	}
	if !totals.there() {
		totals = b.get("run_stats", "requests_made")
	}
	done := totals.get("successful").count()
	r.counts.Completed, r.counts.Failed, r.counts.Cancelled = done, totals.get("errored").count(), totals.get("incomplete").count()
	r.started = b.get("start_time").instant()
	r.scalar("duration", b.get("duration").num())
	if done == 0 {
		return
	}
	of := func(name string) node { return m.get(name, "successful") }
	r.tokens.Input, r.tokens.Output = whole(of("prompt_token_count").get("total_sum")), whole(of("output_token_count").get("total_sum"))
	for theirs, ours := range map[string]string{
		"requests_per_second": "request_throughput", "prompt_tokens_per_second": "input_throughput",
		"output_tokens_per_second": "output_throughput", "tokens_per_second": "total_throughput",
	} {
		r.scalar(ours, of(theirs).get("mean").num())
	}
	for _, d := range []struct {
		theirs, ours string
		scale        float64
	}{
		{"time_to_first_token_ms", "sent_ttft", 1},
		{"inter_token_latency_ms", "tpot", 1},
		{"request_latency", "sent_e2el", 1000},
		{"prompt_token_count", "input_tokens", 1},
		{"output_token_count", "output_tokens", 1},
	} {
		stats := nested(of(d.theirs), guideStats)
		for name, v := range nested(of(d.theirs).get("percentiles"), guidePercentiles) {
			stats[name] = v
		}
		r.dist(d.ours, stats, d.scale, done, done)
	}
	endsWithStream(r)
	if _, ok := r.metrics["tpot"]; ok {
		r.mark("tpot", "weighted_by_tokens")
		r.note("inter_token_latency_ms is tpot, in which a request counts as often as it has tokens")
	}
	if d := r.metrics["sent_ttft"].Dist; d != nil && d.Min == 0 {
		delete(r.metrics, "sent_ttft")
		r.note("time_to_first_token_ms is left out: requests without a first token count as 0 in it")
	}
	r.leaveOut(m, "time_per_output_token_ms", "it contains the time to the first token")
	r.leaveOut(m, "request_concurrency", "it is a mean over requests as they begin and end, not in_flight of all")
}

// whole rounds a sum of whole numbers that was made in floating point.
func whole(n node) int {
	f := float64(n.num())
	if !(f >= 0 && f < 1<<53) {
		return 0
	}
	return int(f + 0.5)
}
