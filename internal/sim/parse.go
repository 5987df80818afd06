package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// KeyError is one mistake in a configuration.
type KeyError struct {
	Key  string // the JSON key; empty when the whole document is wrong
	Got  string // the value as found, in JSON; empty for an unknown key
	Want string // the allowed values
}

func (e KeyError) Error() string {
	switch {
	case e.Key == "":
		return fmt.Sprintf("simulator: want %s, got %s", e.Want, e.Got)
	case e.Got == "":
		return fmt.Sprintf("simulator: unknown key %q; known are %s", e.Key, e.Want)
	default:
		return fmt.Sprintf("simulator: %s: want %s, got %s", e.Key, e.Want, e.Got)
	}
}

// KeyErrors are all mistakes of a configuration, unknown keys last. Never empty as an error.
type KeyErrors []KeyError

func (es KeyErrors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// ParseConfig reads a JSON object over the defaults. It is strict: an unknown
// key, a wrong type and a value out of range are errors of type KeyErrors,
// which names all of them. A null is as good as absent, an empty document as
// an empty object.
func ParseConfig(jsonBytes []byte) (Config, error) {
	c := DefaultConfig()
	raw, err := decodeObject(jsonBytes)
	if err != nil {
		return Config{}, err
	}
	var bad KeyErrors
	var keys []string
	for _, f := range c.fields() {
		keys = append(keys, f.key)
		v, given := raw[f.key]
		delete(raw, f.key)
		if !given || string(v) == "null" {
			continue
		}
		if json.Unmarshal(v, f.dst) != nil || !f.ok() {
			bad = append(bad, KeyError{Key: f.key, Got: f.show(v), Want: f.want})
		}
	}
	if len(bad) == 0 {
		bad = c.crossCheck()
	}
	unknown := make([]string, 0, len(raw))
	for k := range raw {
		unknown = append(unknown, k)
	}
	slices.Sort(unknown)
	for _, k := range unknown {
		bad = append(bad, KeyError{Key: k, Want: strings.Join(keys, ", ")})
	}
	if len(bad) > 0 {
		return Config{}, bad
	}
	return c, nil
}

// Validate reports every value that is out of range as KeyErrors, or nil.
func (c Config) Validate() error {
	var bad KeyErrors
	for _, f := range c.fields() {
		if f.ok() {
			continue
		}
		// The destinations are plain values: they always have a JSON form,
		// but for NaN, whose range error is then shown without a value.
		v, err := json.Marshal(f.dst)
		if err != nil {
			v = []byte("a value without JSON form")
		}
		bad = append(bad, KeyError{Key: f.key, Got: f.show(v), Want: f.want})
	}
	if len(bad) == 0 {
		bad = c.crossCheck()
	}
	if len(bad) > 0 {
		return bad
	}
	return nil
}

// crossCheck finds what no single key shows.
func (c Config) crossCheck() KeyErrors {
	var bad KeyErrors
	if c.TokenBudget < c.MaxBatch {
		bad = append(bad, KeyError{
			Key: "token_budget", Got: fmt.Sprint(c.TokenBudget),
			Want: fmt.Sprintf("at least max_batch (%d), so that every running sequence can decode", c.MaxBatch),
		})
	}
	if c.ReasoningShare > 0 && c.ReasoningTokens > 0 {
		bad = append(bad, KeyError{
			Key: "reasoning_tokens", Got: fmt.Sprint(c.ReasoningTokens),
			Want: "0 where reasoning_share is set: the two exclude each other",
		})
	}
	sum := c.AuditRate + c.ErrorRate + c.Rate429 + c.InBandErrorRate + c.StallRate + c.ResetRate + c.TruncateRate + c.EmptyRate
	if sum > 1+1e-9 {
		bad = append(bad, KeyError{
			Key: "error_rate", Got: fmt.Sprintf("a sum of %.3g", sum),
			Want: "audit_rate, error_rate, rate_429, in_band_error_rate, stall_rate, reset_rate, truncate_rate and empty_rate that add up to 1 at most (a request has one fault)",
		})
	}
	return bad
}

// decodeObject splits one JSON object into its members.
func decodeObject(b []byte) (map[string]json.RawMessage, error) {
	raw := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(b)) == 0 {
		return raw, nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&raw); err != nil {
		return nil, KeyErrors{{Got: err.Error(), Want: "a JSON object"}}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, KeyErrors{{Got: "more after it", Want: "one JSON object"}}
	}
	return raw, nil
}

// field is one key: where its value goes and which values it takes.
type field struct {
	key    string
	dst    any
	want   string
	ok     func() bool
	secret bool
}

// show is a value for a message, cut short, and hidden if it is secret.
func (f field) show(v []byte) string {
	switch {
	case f.secret:
		return "another value"
	case len(v) > 80:
		return strings.ToValidUTF8(string(v[:77]), "") + "..."
	default:
		return string(v)
	}
}

// fields lists the keys in the order of Config, bound to c.
func (c *Config) fields() []field {
	return []field{
		{key: "seed", dst: &c.Seed, want: "a whole number from 0 to 18446744073709551615", ok: always},
		{key: "model", dst: &c.Model, want: "a name or a list of different names", ok: c.namesOK},
		whole("max_model_len", &c.MaxModelLen, 2, 1<<24),
		{key: "api_key", dst: &c.APIKey, want: "a string", ok: always, secret: true},
		length("ttft", &c.TTFT, 0, time.Hour),
		length("itl", &c.ITL, 10*time.Microsecond, time.Hour),
		length("itl_per_sequence", &c.ITLPerSequence, 0, time.Minute),
		length("prefill_per_token", &c.PrefillPerToken, 0, time.Minute),
		whole("max_batch", &c.MaxBatch, 1, 1<<16),
		whole("token_budget", &c.TokenBudget, 1, 1<<24),
		{key: "prefix_cache", dst: &c.PrefixCache, want: "true or false", ok: always},
		share("jitter", &c.Jitter),
		whole("output_tokens", &c.OutputTokens, 1, 1<<24),
		share("output_spread", &c.OutputSpread),
		share("early_stop_rate", &c.EarlyStopRate),
		whole("tokens_per_chunk", &c.TokensPerChunk, 1, 1<<16),
		{key: "role_chunk", dst: &c.RoleChunk, want: "true or false", ok: always},
		share("reasoning_share", &c.ReasoningShare),
		whole("reasoning_tokens", &c.ReasoningTokens, 0, 1<<24),
		oneOf("reasoning_field", &c.ReasoningField, fieldReasoningContent, fieldReasoning),
		oneOf("usage", &c.Usage, usageLast, usageEvery, usageNone),
		{key: "done", dst: &c.Done, want: "true or false", ok: always},
		share("audit_rate", &c.AuditRate),
		share("error_rate", &c.ErrorRate),
		share("rate_429", &c.Rate429),
		length("retry_after", &c.RetryAfter, 0, 24*time.Hour),
		share("in_band_error_rate", &c.InBandErrorRate),
		share("stall_rate", &c.StallRate),
		length("stall", &c.Stall, 0, 24*time.Hour),
		share("reset_rate", &c.ResetRate),
		share("truncate_rate", &c.TruncateRate),
		share("empty_rate", &c.EmptyRate),
	}
}

func always() bool { return true }

func (c *Config) namesOK() bool {
	for i, n := range c.Model {
		if n == "" || slices.Contains(c.Model[:i], n) {
			return false
		}
	}
	return len(c.Model) > 0
}

func whole(key string, dst *int, lo, hi int) field {
	return field{
		key: key, dst: dst, want: fmt.Sprintf("a whole number from %d to %d", lo, hi),
		ok: func() bool { return *dst >= lo && *dst <= hi },
	}
}

func length(key string, dst *Duration, lo, hi time.Duration) field {
	return field{
		key: key, dst: dst, want: fmt.Sprintf(`a duration such as "30ms", from %s to %s`, lo, hi),
		ok: func() bool { return time.Duration(*dst) >= lo && time.Duration(*dst) <= hi },
	}
}

func share(key string, dst *float64) field {
	return field{
		key: key, dst: dst, want: "a number from 0 to 1",
		ok: func() bool { return *dst >= 0 && *dst <= 1 },
	}
}

func oneOf(key string, dst *string, allowed ...string) field {
	return field{
		key: key, dst: dst, want: strings.Join(allowed, " or "),
		ok: func() bool { return slices.Contains(allowed, *dst) },
	}
}
