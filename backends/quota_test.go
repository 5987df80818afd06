package backends_test

import (
	"testing"

	"loadgate/internal/llm"
)

// A quota that is used up is told from a limit that passes by itself.
func TestQuota(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		more   string
		status int
		body   string
		want   llm.ErrorClass
	}{
		{"", 402, "", llm.ErrQuota},
		{"", 429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, llm.ErrQuota},
		{"", 429, `{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}`, ""},
		{"", 403, `{"code":"Arrearage","message":"Access denied"}`, llm.ErrQuota},
		{"", 403, `{"error":"no"}`, ""},
		{"", 429, `<html>`, ""},
		{"", 400, `{"error":{"code":"E17"}}`, ""},
		{"quota_codes: [E17]", 400, `{"error":{"code":"E17"}}`, llm.ErrQuota},
		{"quota_codes: [E17]", 400, `{"error":{"code":17}}`, ""},
	} {
		b := open(t, "kind: maas\nmodel: m\nurl: http://h/v1\n"+c.more, nil)
		if got := b.(llm.Refuser).Refused(c.status, []byte(c.body)); got != c.want {
			t.Errorf("%d %s: %q, want %q", c.status, c.body, got, c.want)
		}
	}
}
