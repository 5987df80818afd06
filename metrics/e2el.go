package metrics

import "loadgate/internal/rule"

var e2el = Definition{
	Name: "e2el", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text:    "End-to-end latency: until the last content event; without streaming until the last byte of the body.",
	Formula: "tokN - origin; without streaming done - origin",
	Also:    "GuideLLM, AIPerf: request latency; vLLM bench, serving_perf_eval: E2EL (from the send, see `sent_e2el`)",
	Aliases: []string{"request_latency", "latency", "e2e", "e2e_latency", "end_to_end_latency"},
	request: func(r *request) (float64, bool) { return since(r.origin, r.end()) },
}

var streamClose = Definition{
	Name: "stream_close", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text: "Until the stream is closed: its terminator, or the clean end of its body. " +
		"Absent without streaming, where `e2el` says the same.",
	Formula: "done - origin",
	request: func(r *request) (float64, bool) { return r.streamed(r.origin, r.s.Done) },
}

var sentE2EL = Definition{
	Name: "sent_e2el", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text: "`e2el` counted from the send, so that a wait inside the client is left out. " +
		"Equal to `e2el` in a closed loop.",
	Formula: "tokN - start; without streaming done - start",
	Also:    "what vLLM bench, GuideLLM, AIPerf and serving_perf_eval print as E2EL or request latency",
	request: func(r *request) (float64, bool) { return since(r.s.Start, r.end()) },
}

var adjE2EL = Definition{
	Name: "adj_e2el", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Of: OfEnded, Better: Lower,
	Text:    "`e2el` with every failed request as +Inf.",
	Formula: "e2el of completed, +Inf of failed requests; percentiles by nearest rank",
	adjusts: "e2el",
}
