package sim

import (
	"encoding/json"
	"fmt"
	"time"
)

// Config is the model of the server. Its JSON keys are the keys a user writes
// for a simulator. Rates are shares of requests from 0 to 1. Start from
// DefaultConfig: the zero value is not valid.
type Config struct {
	// Seed decides texts, lengths, faults and jitter. The same seed and
	// x-request-id (what follows its last slash) give the same answer.
	Seed uint64 `json:"seed"`
	// Model names the models served: one name or a list. Any other is a 404.
	Model Names `json:"model"`
	// MaxModelLen is the context length in tokens: a request whose prompt and
	// max_tokens exceed it together is a 400.
	MaxModelLen int `json:"max_model_len"`
	// APIKey, if not empty, must come as a bearer token under /v1.
	APIKey string `json:"api_key"`

	// TTFT is the fixed part of the time to the first token: from the arrival
	// of a request to the moment at which it may be batched. Queueing, prefill
	// and one iteration come on top.
	TTFT Duration `json:"ttft"`
	// ITL is the base time of one iteration: the gap between the tokens of a
	// request that has the server to itself (less ITLPerSequence).
	ITL Duration `json:"itl"`
	// ITLPerSequence is added to an iteration for each sequence in its batch.
	ITLPerSequence Duration `json:"itl_per_sequence"`
	// PrefillPerToken is added to an iteration for each prompt token in it.
	PrefillPerToken Duration `json:"prefill_per_token"`
	// MaxBatch is the largest number of sequences that run together; the
	// others wait in order of arrival.
	MaxBatch int `json:"max_batch"`
	// TokenBudget is the largest number of tokens of one iteration: one for
	// each decoding sequence, the rest for prefill. Longer prompts are cut
	// into chunks. At least MaxBatch.
	TokenBudget int `json:"token_budget"`
	// PrefixCache remembers prompts, so that what a later one has in common with
	// them at its beginning needs no prefill, and reports it as cached_tokens.
	PrefixCache bool `json:"prefix_cache"`
	// Jitter is the relative standard deviation of an iteration's time.
	Jitter float64 `json:"jitter"`

	// OutputTokens is the mean length of an answer to a request that names no
	// limit (with ignore_eos, its exact length).
	OutputTokens int `json:"output_tokens"`
	// OutputSpread is the relative standard deviation of that length
	// (log-normal, cut at four times the mean).
	OutputSpread float64 `json:"output_spread"`
	// EarlyStopRate is the share of requests with a limit that stop by
	// themselves before it, at a length drawn evenly below the limit.
	// ignore_eos switches it off. All others run to their limit.
	EarlyStopRate float64 `json:"early_stop_rate"`

	// TokensPerChunk is the number of tokens in one event of a stream. The
	// last event of an answer, and of its reasoning, may have fewer.
	TokensPerChunk int `json:"tokens_per_chunk"`
	// RoleChunk sends an event with a role and empty content as soon as a chat
	// stream is accepted, long before its first token.
	RoleChunk bool `json:"role_chunk"`
	// ReasoningShare is the share of an answer's tokens that are reasoning.
	ReasoningShare float64 `json:"reasoning_share"`
	// ReasoningTokens is the number of an answer's tokens that are reasoning,
	// at most all of them. Only one of the two may be set. Chat only.
	ReasoningTokens int `json:"reasoning_tokens"`
	// ReasoningField is the key of the reasoning text: reasoning_content or
	// reasoning.
	ReasoningField string `json:"reasoning_field"`
	// Usage says where a stream reports its tokens: "last" (in an event of its
	// own at the end, and in each with continuous_usage_stats, when
	// stream_options ask for it), "every" (both, unasked) or "none" (never,
	// whatever is asked; nor without streaming).
	Usage string `json:"usage"`
	// Done ends a stream with "data: [DONE]".
	Done bool `json:"done"`

	// AuditRate is the share of answers that a content audit cuts off: an
	// event with "blocked": true after some tokens.
	AuditRate float64 `json:"audit_rate"`
	// ErrorRate is the share of requests that get a 500.
	ErrorRate float64 `json:"error_rate"`
	// Rate429 is the share of requests that get a 429 with Retry-After.
	Rate429 float64 `json:"rate_429"`
	// RetryAfter is what Retry-After says, rounded up to whole seconds.
	RetryAfter Duration `json:"retry_after"`
	// InBandErrorRate is the share of answers that break off with an error
	// object inside a 200.
	InBandErrorRate float64 `json:"in_band_error_rate"`
	// StallRate is the share of answers that pause once for Stall, after some
	// tokens, and then go on. A one-token answer cannot pause.
	StallRate float64 `json:"stall_rate"`
	// Stall is the length of that pause.
	Stall Duration `json:"stall"`
	// ResetRate is the share of answers cut off by a TCP reset.
	ResetRate float64 `json:"reset_rate"`
	// TruncateRate is the share of answers whose connection closes too early.
	TruncateRate float64 `json:"truncate_rate"`
	// EmptyRate is the share of answers that end well without any content.
	EmptyRate float64 `json:"empty_rate"`
}

// Where a stream reports its tokens, and under which key it reasons.
const (
	usageLast  = "last"
	usageEvery = "every"
	usageNone  = "none"

	fieldReasoningContent = "reasoning_content"
	fieldReasoning        = "reasoning"
)

// DefaultConfig is a server with about 30 ms to the first token of a prompt of
// 1,000 tokens, 10 ms between tokens when alone and 13 ms in a full batch of
// 64, and no faults.
func DefaultConfig() Config {
	return Config{
		Seed:            42,
		Model:           Names{"sim"},
		MaxModelLen:     131072,
		TTFT:            Duration(10 * time.Millisecond),
		ITL:             Duration(10 * time.Millisecond),
		ITLPerSequence:  Duration(50 * time.Microsecond),
		PrefillPerToken: Duration(10 * time.Microsecond),
		MaxBatch:        64,
		TokenBudget:     2048,
		Jitter:          0.03,
		OutputTokens:    128,
		OutputSpread:    0.3,
		TokensPerChunk:  1,
		RoleChunk:       true,
		ReasoningField:  fieldReasoningContent,
		Usage:           usageLast,
		Done:            true,
		RetryAfter:      Duration(time.Second),
		Stall:           Duration(5 * time.Second),
	}
}

// Duration is a time.Duration whose JSON is a string such as "30ms".
type Duration time.Duration

// String is the form that UnmarshalJSON reads.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON writes a string such as "30ms".
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a string such as "30ms"; a number is an error, since it
// has no unit.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%s is not a duration", b)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration", s)
	}
	*d = Duration(v)
	return nil
}

// Names is a list of names whose JSON may be a single string.
type Names []string

// UnmarshalJSON reads a string or a list of strings.
func (n *Names) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*n = Names{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("%s is neither a name nor a list of names", b)
	}
	*n = many
	return nil
}
