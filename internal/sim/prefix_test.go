package sim

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestPrefixCache(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.PrefixCache = true
	r := serve(t, cfg)
	shared := strings.Repeat("word ", 64) // 320 bytes: five steps
	ask := func(id, content string) string {
		body := fmt.Sprintf(`{"messages":[{"role":"user","content":%q},{"role":"user","content":%q}],"max_tokens":1}`, shared, content)
		return regexp.MustCompile(`"cached_tokens":\d+`).FindString(string(r.post(id, chatPath, body).body))
	}
	for i, c := range []struct{ content, want string }{
		{"first question", `"cached_tokens":0`},
		{"something else", `"cached_tokens":63`}, // 320 of 334 bytes, of 66 tokens
		{"something else", `"cached_tokens":63`}, // the last step is not full
	} {
		if got := ask(fmt.Sprint(i), c.content); got != c.want {
			t.Errorf("request %d: %s, want %s", i, got, c.want)
		}
	}
	if body := string(serve(t, quick()).post("a", chatPath, chatBody(1)).body); strings.Contains(body, "cached") {
		t.Errorf("a server without a cache speaks of it: %s", body)
	}
}

// A prompt is never cached whole: its last token has to be computed.
func TestPrefixCacheLeavesAToken(t *testing.T) {
	t.Parallel()
	var p prefixCache
	texts := []string{strings.Repeat("x", prefixStep*3)}
	if first, again := p.take(texts), p.take(texts); first != 0 || again != 1 {
		t.Errorf("shares %v and %v", first, again)
	}
	if got := p.take([]string{strings.Repeat("x", prefixStep), strings.Repeat("y", prefixStep)}); got != 0.5 {
		t.Errorf("share %v of a prompt that begins alike", got)
	}
	if got := p.take(nil); got != 0 {
		t.Errorf("share %v of nothing", got)
	}
}
