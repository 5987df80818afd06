package sim

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Each fault at rate 1, as a plain client sees it and as the truth tells it.
func TestFaults(t *testing.T) {
	t.Parallel()
	whole := strings.Replace(chatBody(8), `"stream":true,"stream_options":{"include_usage":true}`, `"stream":false`, 1)
	partial := func(r *reply) bool { return r.words() > 0 && r.words() < 8 }
	full := func(r *reply) bool {
		return r.words() == 8 && r.finish == "length" && r.err == nil && r.usage.Completion == 8
	}
	for _, tc := range []struct {
		name      string
		set       func(*Config)
		outcome   string
		status    int
		streamed  func(*reply) bool
		unchunked func(*reply) bool
	}{
		{
			"none", func(*Config) {}, "completed", 200, full, full,
		},
		{
			"audit", func(c *Config) { c.AuditRate = 1 }, "audit", 200,
			func(r *reply) bool {
				return r.blocked && partial(r) && r.done && r.err == nil && r.usage.Completion == r.words()
			},
			func(r *reply) bool { return r.blocked && partial(r) && r.usage.Completion == r.words() },
		},
		{
			"500", func(c *Config) { c.ErrorRate = 1 }, "http_500", 500,
			func(r *reply) bool { return r.status == 500 && r.failed },
			func(r *reply) bool { return r.status == 500 && r.failed },
		},
		{
			"429", func(c *Config) { c.Rate429, c.RetryAfter = 1, Duration(1500*time.Millisecond) }, "http_429", 429,
			func(r *reply) bool { return r.status == 429 && r.failed && r.header.Get("Retry-After") == "2" },
			func(r *reply) bool { return r.status == 429 && r.header.Get("Retry-After") == "2" },
		},
		{
			"in band", func(c *Config) { c.InBandErrorRate = 1 }, "in_band_error", 200,
			func(r *reply) bool {
				return r.status == 200 && r.failed && partial(r) && r.done && r.finish == "" && r.err == nil
			},
			func(r *reply) bool { return r.status == 200 && r.failed && r.words() == 0 },
		},
		{
			"stall", func(c *Config) { c.StallRate = 1 }, "stalled", 200,
			full, full, // the pause itself: see TestStallInVirtualTime
		},
		{
			"reset", func(c *Config) { c.ResetRate = 1 }, "reset", 200,
			func(r *reply) bool { return partial(r) && !r.done && errors.Is(r.err, syscall.ECONNRESET) },
			func(r *reply) bool { return r.status == 0 && errors.Is(r.err, syscall.ECONNRESET) },
		},
		{
			"truncate", func(c *Config) { c.TruncateRate = 1 }, "truncated", 200,
			func(r *reply) bool { return partial(r) && !r.done && errors.Is(r.err, io.ErrUnexpectedEOF) },
			func(r *reply) bool { return r.status == 200 && errors.Is(r.err, io.ErrUnexpectedEOF) },
		},
		{
			"empty", func(c *Config) { c.EmptyRate = 1 }, "empty", 200,
			func(r *reply) bool {
				return r.words() == 0 && r.done && r.finish == "stop" && r.err == nil && r.usage.Completion == 0
			},
			func(r *reply) bool { return r.words() == 0 && r.finish == "stop" && r.usage.Completion == 0 },
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cfg := quick()
			tc.set(&cfg)
			r := serve(t, cfg)
			streamed, unchunked := r.post("s", chatPath, chatBody(8)), r.post("w", chatPath, whole)
			if !tc.streamed(streamed) {
				t.Errorf("streaming: status %d, error %v, body %s", streamed.status, streamed.err, streamed.body)
			}
			if !tc.unchunked(unchunked) {
				t.Errorf("not streaming: status %d, error %v, body %s", unchunked.status, unchunked.err, unchunked.body)
			}
			truth := r.truths(t)
			for _, id := range []string{"s", "w"} {
				if got := truth[id]; got.Outcome != tc.outcome {
					t.Errorf("%s: %+v", id, got)
				}
			}
			if got := truth["s"]; got.Status != tc.status || got.OutputTokens != streamed.words() {
				t.Errorf("the client saw %d words: %+v", streamed.words(), got)
			}
		})
	}
}
