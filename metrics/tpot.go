package metrics

import "loadgate/internal/rule"

var tpot = Definition{
	Name: "tpot", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text: "Mean time per output token after the first, one value a request. n is output_tokens, " +
		"k the tokens of the first content event where the server says so, else 1. Absent if n ≤ k: " +
		"a one-token answer has no time between tokens. In `goodput` and in share(…) its tpot is 0, so that a limit is met.",
	Formula: "(tokN - tok1) / (n - k)",
	Source:  "stamps and output_tokens; the definition of MLPerf inference",
	Also:    "vLLM bench, serving_perf_eval: TPOT; GuideLLM, AIPerf, GenAI-Perf: ITL (inter token latency)",
	Aliases: []string{"time_per_output_token", "tpot_ms"},
	request: timePerToken,
}

// timePerToken is TPOT. ok is false when n <= k or n is unknown.
func timePerToken(r *request) (float64, bool) {
	span, ok := r.streamed(r.first, r.last)
	rest := r.output.n - r.firstTokens()
	if !ok || !r.output.known() || rest <= 0 {
		return 0, false
	}
	return span / float64(rest), true
}

// firstTokens is the number of tokens in the first content event as the server
// says it, else 1.
func (r *request) firstTokens() int {
	if len(r.s.Events) > 0 && r.s.Events[0].Tokens > 0 {
		return int(r.s.Events[0].Tokens)
	}
	return 1
}

// single reports whether the whole answer is known to have come with its first
// content event, so that it has no time between tokens.
func (r *request) single() bool {
	return r.s.Streamed && r.first != 0 && r.output.known() && r.output.n <= r.firstTokens()
}

var ntpot = Definition{
	Name: "ntpot", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Better: Lower,
	Text:    "Normalised time per output token: the whole latency spread over all output tokens.",
	Formula: "e2el / output_tokens",
	Source:  "stamps and output_tokens",
	Also:    "inference-perf: normalized time per output token; papers: normalized latency",
	Aliases: []string{"normalized_time_per_output_token", "normalized_latency"},
	request: func(r *request) (float64, bool) {
		whole, ok := since(r.origin, r.end())
		if !ok || !r.output.known() || r.output.n <= 0 {
			return 0, false
		}
		return whole / float64(r.output.n), true
	},
}

var adjTPOT = Definition{
	Name: "adj_tpot", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Of: OfEnded, Better: Lower,
	Text:    "`tpot` with every failed request as +Inf.",
	Formula: "tpot of completed, +Inf of failed requests; percentiles by nearest rank",
	adjusts: "tpot",
}
