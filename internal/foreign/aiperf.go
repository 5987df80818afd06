package foreign

import (
	"time"

	"loadgate/internal/result"
)

func isAIPerf(n node) bool {
	m, _ := n.peek("request_latency").(map[string]any)
	return m["unit"] != nil || n.has("aiperf_version")
}

var aiperfStats = map[string]string{
	"avg": "avg", "min": "min", "max": "max", "std": "stddev", "p1": "p1", "p10": "p10", "p25": "p25", "p50": "p50", "p75": "p75",
	"p90": "p90", "p95": "p95", "p99": "p99",
}

// aiperf reads profile_export_aiperf.json, and that of GenAI-Perf, whose shape it
// has kept.
func aiperf(n node) []*run {
	r := newRun("AIPerf")
	if !n.has("aiperf_version") {
		r.tool = "GenAI-Perf"
	}
	r.version = n.get("aiperf_version").str()
	r.started = n.get("start_time").instant(time.RFC3339Nano)
	r.name = n.get("run_info", "run_label").str()
	r.counts.Completed, r.counts.Failed = aiperfCount(n, "request_count"), aiperfCount(n, "error_request_count")
	aiperfLoad(r, n.get("input_config"))
	for theirs, ours := range map[string]string{
		"request_throughput": "request_throughput", "output_token_throughput": "output_throughput",
		"input_token_throughput": "input_throughput", "total_token_throughput": "total_throughput", "goodput": "goodput",
	} {
		r.scalar(ours, n.get(theirs, "avg").num())
	}
	if d := n.get("benchmark_duration"); d.there() {
		r.scalar("duration", result.Number(float64(d.get("avg").num())*scaleOf(d.get("unit"), time.Second)))
	}
	done := r.counts.Completed
	for theirs, ours := range map[string]string{
		"time_to_first_token": "sent_ttft", "inter_token_latency": "tpot", "inter_chunk_latency": "icl", "request_latency": "sent_e2el",
		"input_sequence_length": "input_tokens", "output_sequence_length": "output_tokens", "reasoning_token_count": "reasoning_tokens",
	} {
		d := n.get(theirs)
		if !d.there() {
			continue
		}
		count := d.get("count").count()
		if count == 0 {
			count = done
			r.note(requestCountNote)
		}
		scale := 1.0
		if u := d.get("unit"); u.v != "tokens" {
			scale = scaleOf(u, time.Millisecond)
		}
		r.dist(ours, nested(d, aiperfStats), scale, count, min(count, done))
	}
	r.tokens.Input, r.tokens.Output = sumOf(r, "input_tokens"), sumOf(r, "output_tokens")
	r.tokens.Reasoning = min(sumOf(r, "reasoning_tokens"), r.tokens.Output)
	if _, there := r.metrics["input_throughput"]; !there {
		inputRate(r)
	}
	r.leaveOut(n, "time_to_first_output_token", "ttfo counts from the planned time")
	r.leaveOut(n, "time_to_second_token", "a result has no such metric")
	r.leaveOut(n, "effective_latency", "a result has no such metric")
	r.leaveOut(n, "output_token_throughput_per_user", "it is 1 / tpot")
	return []*run{r.finish(true)}
}

// aiperfCount is the value of a counting metric.
func aiperfCount(n node, key string) int { return n.get(key, "avg").count() }

// aiperfLoad reads the load of AIPerf's configuration: the phase that is
// measured, or the section loadgen of earlier releases.
func aiperfLoad(r *run, config node) {
	if names := config.get("endpoint", "model_names").items(); len(names) > 0 {
		r.model = names[0].str()
	}
	if models := config.get("models", "items").items(); len(models) > 0 {
		r.model = models[0].get("name").str()
	}
	if gen := config.get("loadgen"); gen.there() {
		r.setLoad(one(gen.get("request_rate")), one(gen.get("concurrency")), int(orZero(one(gen.get("request_count")))))
		return
	}
	for _, phase := range config.get("phases").items() {
		if phase.get("kind").v == "profiling" {
			r.setLoad(one(phase.get("rate")), one(phase.get("concurrency")), int(orZero(one(phase.get("requests")))))
		}
	}
}

// one is a number, or None where it is a list of several, as sweeps have.
func one(n node) result.Number {
	if _, list := n.v.([]any); list {
		return result.None()
	}
	return n.num()
}

func orZero(n result.Number) result.Number {
	if !(n >= 0 && n < 1<<53) {
		return 0
	}
	return n
}

// scaleOf is how many of a unit one of theirs is; 1 where it is not known, which
// is an error at its place.
func scaleOf(unit node, in time.Duration) float64 {
	of := map[string]time.Duration{
		"ns": time.Nanosecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "sec": time.Second, "seconds": time.Second,
		"ms/token": time.Millisecond, "s/token": time.Second,
	}
	d, ok := of[unit.str()]
	if !ok {
		unit.wrong("expected a unit of time, got %s", describe(unit.v))
		return 1
	}
	return float64(d) / float64(in)
}

// sumOf is the sum of a distribution of tokens.
func sumOf(r *run, metric string) int {
	d := r.metrics[metric].Dist
	if d == nil || !(d.Avg >= 0) || float64(d.Avg)*float64(d.N) > 1<<53 {
		return 0
	}
	return int(float64(d.Avg)*float64(d.N) + 0.5)
}
