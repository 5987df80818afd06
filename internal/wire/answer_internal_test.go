package wire

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ after, ms, want string }{
		{"", "", ""},
		{"17", "", "17"},
		{" 0.5 ", "", "0.5"},
		{"-1", "", ""},
		{"soon", "", ""},
		{"1", "250", "0.25"},
		{"1", "x", "1"},
		{"Mon, 23 Nov 2026 12:01:30 GMT", "", "90"},
		{"Mon, 23 Nov 2026 11:00:00 GMT", "", "0"},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.after)
		h.Set("Retry-After-Ms", c.ms)
		if got := retryAfter(h, now); got != c.want {
			t.Errorf("%q, %q ms: %q, want %q", c.after, c.ms, got, c.want)
		}
	}
}
