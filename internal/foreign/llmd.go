package foreign

import (
	"strings"
	"time"

	"loadgate/internal/result"
)

func isLLMD(n node) bool {
	return n.has("version", "results") || n.has("version", "metrics", "scenario")
}

var llmdStats = map[string]string{
	"mean": "avg", "stddev": "stddev", "min": "min", "max": "max", "p1": "p1", "p10": "p10", "p25": "p25", "p50": "p50", "p75": "p75",
	"p90": "p90", "p95": "p95", "p99": "p99", "p99p9": "p999",
}

// llmd reads a benchmark report of llm-d, versions 0.2 and 0.2.1. What its names
// mean hangs on the tool that measured.
func llmd(n node) []*run {
	version := n.get("version")
	if v, ok := version.v.(string); !ok || !strings.HasPrefix(v, "0.2") {
		version.wrong("expected version 0.2 or 0.2.1, got %s", describe(version.v))
		return nil
	}
	load := n.get("scenario", "load", "standardized")
	tool := load.get("tool").str()
	r := newRun("llm-d benchmark report")
	r.version = version.v.(string)
	if tool != "" {
		r.labels["measured_with"] = strings.TrimSpace(tool + " " + load.get("tool_version").str())
	}
	r.started = n.get("run", "time", "start").instant()
	r.name = n.get("run", "description").str()
	llmdModel(r, n)
	r.setLoad(load.get("rate_qps").num(), load.get("concurrency").num(), 0)
	a := n.get("results", "request_performance", "aggregate")
	requests := a.get("requests")
	total, failed, cut := requests.get("total").count(), requests.get("failures").count(), requests.get("incomplete").count()
	if total < failed+cut {
		requests.get("total").wrong("expected at least the %d failures, got %d", failed+cut, total)
		return nil
	}
	r.counts.Completed, r.counts.Failed, r.counts.Cancelled = total-failed-cut, failed, cut
	if d, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(n.get("run", "time", "duration").str(), "PT"))); err == nil {
		r.scalar("duration", result.Number(d.Seconds()))
	}
	llmdFigures(r, a, tool)
	return []*run{r.finish(requests.has("total"))}
}

func llmdModel(r *run, n node) {
	for _, part := range n.get("scenario", "stack").items() {
		if name := part.get("standardized", "model", "name").str(); name != "" {
			r.model = name
			return
		}
	}
}

func llmdFigures(r *run, a node, tool string) {
	for theirs, ours := range map[string]string{
		"request_rate": "request_throughput", "input_token_rate": "input_throughput", "output_token_rate": "output_throughput",
		"total_token_rate": "total_throughput",
	} {
		r.scalar(ours, a.get("throughput", theirs, "mean").num())
	}
	done := r.counts.Completed
	if done == 0 {
		return
	}
	r.note(requestCountNote)
	for theirs, ours := range map[string]string{"input_length": "input_tokens", "output_length": "output_tokens"} {
		r.dist(ours, nested(a.get("requests", theirs), llmdStats), 1, done, done)
	}
	r.tokens.Input, r.tokens.Output = sumOf(r, "input_tokens"), sumOf(r, "output_tokens")
	latency := a.get("latency")
	set := func(theirs, ours string) {
		if d := latency.get(theirs); d.there() {
			r.dist(ours, nested(d, llmdStats), scaleOf(d.get("units"), time.Millisecond), done, done)
		}
	}
	set("time_to_first_token", "sent_ttft")
	set("request_latency", "sent_e2el")
	tool = strings.ToLower(tool)
	switch {
	case strings.Contains(tool, "guidellm"):
		set("inter_token_latency", "tpot")
		r.mark("tpot", "weighted_by_tokens")
		r.leaveOut(latency, "time_per_output_token", "GuideLLM's contains the time to the first token")
	case strings.Contains(tool, "aiperf"), strings.Contains(tool, "genai"):
		set("inter_token_latency", "tpot")
	case strings.Contains(tool, "vllm"):
		set("time_per_output_token", "tpot")
		set("inter_token_latency", "icl")
	case tool == "loadgate":
		set("time_per_output_token", "tpot")
		set("inter_token_latency", "itl")
	default:
		set("time_per_output_token", "tpot")
		r.leaveOut(latency, "inter_token_latency", "the tool that measured defines it, and does so in a way that is not known or not ours")
	}
	if tool != "loadgate" && !strings.Contains(tool, "vllm") && !strings.Contains(tool, "aiperf") {
		endsWithStream(r)
	}
	r.leaveOut(latency, "normalized_time_per_output_token", "it counts from sending, ntpot from the planned time")
}
