package metrics

import "loadgate/internal/rule"

var ttft = Definition{
	Name: "ttft", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text: "Time to first token: until the first event with content, reasoning or a tool call. " +
		"A chunk that holds a role only, or nothing, does not count. Absent without streaming.",
	Formula: "tok1 - origin",
	Also:    "TTFT everywhere; others count from the send (see `sent_ttft`) and some count the first chunk, whatever it holds",
	Aliases: []string{"time_to_first_token", "ttft_ms", "first_token_latency"},
	request: func(r *request) (float64, bool) { return r.streamed(r.origin, r.first) },
}

var ttfo = Definition{
	Name: "ttfo", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text:    "Time to first output: until the first event with answer content or a tool call, after all reasoning.",
	Formula: "ans1 - origin",
	Also:    "AIPerf: time to first output token (TTFO)",
	Aliases: []string{"time_to_first_output", "time_to_first_output_token"},
	request: func(r *request) (float64, bool) { return r.streamed(r.origin, r.answer) },
}

var sentTTFT = Definition{
	Name: "sent_ttft", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text: "`ttft` counted from the send, so that a wait inside the client is left out. " +
		"Equal to `ttft` in a closed loop.",
	Formula: "tok1 - start",
	Also:    "what vLLM bench, GuideLLM, AIPerf and serving_perf_eval print as TTFT",
	request: func(r *request) (float64, bool) { return r.streamed(r.s.Start, r.first) },
}

var adjTTFT = Definition{
	Name: "adj_ttft", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Of: OfEnded, Better: Lower,
	Text:    "`ttft` with every failed request as +Inf: a server cannot look fast by failing slow requests.",
	Formula: "ttft of completed, +Inf of failed requests; percentiles by nearest rank",
	adjusts: "ttft",
}
