package metrics

import (
	"math"

	"loadgate/internal/rule"
)

var duration = Definition{
	Name: "duration", Unit: "s", Dim: rule.Time, Scale: 1000, Shape: ShapeScalar,
	Text:    "Length of the measured window: first send to last end, over all measured requests.",
	Formula: "max(done) - min(start)",
	Also:    "vLLM bench: benchmark duration",
	Aliases: []string{"benchmark_duration", "total_duration"},
	scalar:  func(t *tally) float64 { return orNaN(t.seconds, t.seconds > 0) },
}

var requestThroughput = Definition{
	Name: "request_throughput", Unit: "requests/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text:    "Completed requests per second of `duration`.",
	Formula: "completed / duration",
	Aliases: []string{"requests_per_second", "rps", "qps", "throughput"},
	scalar:  func(t *tally) float64 { return t.perSecond(float64(t.counts.Completed), true) },
}

var inputThroughput = Definition{
	Name: "input_throughput", Unit: "tokens/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text:    "Input tokens of completed requests per second of `duration`. Absent if the length of one is not known.",
	Formula: "Σ input_tokens / duration",
	Source:  "as input_tokens",
	scalar:  func(t *tally) float64 { return t.perSecond(float64(t.tokens.input.sum), t.inputKnown()) },
}

var outputThroughput = Definition{
	Name: "output_throughput", Unit: "tokens/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text: "Output tokens of completed requests, reasoning included, per second of `duration`. " +
		"Absent if the length of one is not known.",
	Formula: "Σ output_tokens / duration",
	Source:  "as output_tokens",
	Also:    "vLLM bench: output token throughput; GuideLLM: output tokens per second",
	Aliases: []string{"output_token_throughput", "tokens_per_second", "tps", "output_tokens_per_second"},
	scalar:  func(t *tally) float64 { return t.perSecond(float64(t.tokens.output.sum), t.outputKnown()) },
}

var totalThroughput = Definition{
	Name: "total_throughput", Unit: "tokens/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text:    "Input and output tokens of completed requests per second of `duration`.",
	Formula: "Σ (input_tokens + output_tokens) / duration",
	Source:  "as input_tokens and output_tokens",
	Also:    "vLLM bench: total token throughput",
	Aliases: []string{"total_token_throughput"},
	scalar: func(t *tally) float64 {
		return t.perSecond(float64(t.tokens.input.sum+t.tokens.output.sum), t.inputKnown() && t.outputKnown())
	},
}

const steadyText = " The same over the steady window: from the end of warm-up, of the ramp and of the last warm-up request " +
	"to the last send, so that neither filling nor draining counts. A request counts by the share of its time in the window. " +
	"Absent when the window is shorter than a request takes on average: then nothing was steady."

var steadyRequestThroughput = Definition{
	Name: "steady_request_throughput", Unit: "requests/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text:    "Completed requests per second." + steadyText,
	Formula: "Σ w / window, w = share of [start, done] within the window",
	scalar:  func(t *tally) float64 { return t.steadily(t.steady.requests, true) },
}

var steadyInputThroughput = Definition{
	Name: "steady_input_throughput", Unit: "tokens/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text:    "`input_throughput` over the steady window.",
	Formula: "Σ w·input_tokens / window",
	Source:  "as input_tokens",
	scalar:  func(t *tally) float64 { return t.steadily(t.steady.input, t.inputKnown()) },
}

var steadyOutputThroughput = Definition{
	Name: "steady_output_throughput", Unit: "tokens/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text:    "`output_throughput` over the steady window.",
	Formula: "Σ w·output_tokens / window",
	Source:  "as output_tokens",
	scalar:  func(t *tally) float64 { return t.steadily(t.steady.output, t.outputKnown()) },
}

var steadyTotalThroughput = Definition{
	Name: "steady_total_throughput", Unit: "tokens/s", Dim: rule.PerSecond, Scale: 1, Shape: ShapeScalar, Better: Higher,
	Text:    "`total_throughput` over the steady window.",
	Formula: "Σ w·(input_tokens + output_tokens) / window",
	Source:  "as input_tokens and output_tokens",
	scalar: func(t *tally) float64 {
		return t.steadily(t.steady.input+t.steady.output, t.inputKnown() && t.outputKnown())
	},
}

func orNaN(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}
