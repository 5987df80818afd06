package metrics

import "loadgate/internal/rule"

var inputTokens = Definition{
	Name: "input_tokens", Unit: "tokens", Dim: rule.Tokens, Scale: 1, Shape: ShapeRequest,
	Text:    "Tokens of the prompt. `cached_tokens` is a part of it.",
	Source:  "usage.prompt_tokens, else the dataset's exact length, else the tokenizer; `tokens.input_source` says which",
	Aliases: []string{"isl", "input_length", "prompt_tokens", "input_sequence_length"},
	request: func(r *request) (float64, bool) { return r.input.value() },
}

var outputTokens = Definition{
	Name: "output_tokens", Unit: "tokens", Dim: rule.Tokens, Scale: 1, Shape: ShapeRequest,
	Text:    "Tokens of the answer, reasoning included.",
	Source:  "usage.completion_tokens, else the tokenizer on answer and reasoning; `tokens.output_source` says which",
	Aliases: []string{"osl", "output_length", "completion_tokens", "output_sequence_length"},
	request: func(r *request) (float64, bool) { return r.output.value() },
}

var reasoningTokens = Definition{
	Name: "reasoning_tokens", Unit: "tokens", Dim: rule.Tokens, Scale: 1, Shape: ShapeRequest,
	Text:    "Tokens of the model's reasoning: a part of `output_tokens`, never added to them.",
	Source:  "usage.completion_tokens_details.reasoning_tokens, else the tokenizer on the reasoning text",
	request: func(r *request) (float64, bool) { return r.reasoning.value() },
}

var cachedTokens = Definition{
	Name: "cached_tokens", Unit: "tokens", Dim: rule.Tokens, Scale: 1, Shape: ShapeRequest,
	Text:    "Tokens of the prompt that the server took from its prefix cache: a part of `input_tokens`.",
	Source:  "usage.prompt_tokens_details.cached_tokens",
	request: func(r *request) (float64, bool) { return r.cached.value() },
}
