package sim

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	chatPath = "/v1/chat/completions"
	textPath = "/v1/completions"
)

// chatBody is a streaming chat request that asks for n tokens and for usage.
func chatBody(n int) string {
	return fmt.Sprintf(`{"model":"sim","messages":[{"role":"user","content":"one two three"}],"max_tokens":%d,"stream":true,"stream_options":{"include_usage":true}}`, n)
}

func TestChatStream(t *testing.T) {
	t.Parallel()
	got := serve(t, quick()).post("a", chatPath, chatBody(5))
	if got.status != 200 || got.err != nil || !got.done || got.finish != "length" {
		t.Fatalf("status %d, error %v, done %v, finish %q", got.status, got.err, got.done, got.finish)
	}
	if h := got.header; h.Get("Content-Type") != "text/event-stream; charset=utf-8" || h.Get("X-Request-Id") != "a" {
		t.Errorf("headers %v", h)
	}
	if got.words() != 5 || len(got.spoken) != 5 || len(got.events) != 7 {
		t.Errorf("%d words in %d chunks of %d events", got.words(), len(got.spoken), len(got.events))
	}
	first := got.events[0]
	if d := first.Choices[0].Delta; deref(d.Role) != "assistant" || d.Content == nil || *d.Content != "" {
		t.Errorf("first event: %s", got.body)
	}
	if got.events[5].Choices[0].FinishReason == nil || len(got.events[6].Choices) != 0 {
		t.Errorf("the finish reason is not on the last token, or usage not in an event without choices: %s", got.body)
	}
	if u := got.usage; u == nil || u.Prompt != 3 || u.Completion != 5 || u.Total != 8 || u.Details == nil || u.Details.Reasoning != 0 {
		t.Errorf("usage %+v", u)
	}
	for _, e := range got.events {
		if e.ID != first.ID || !strings.HasPrefix(e.ID, "chatcmpl-") || e.Object != "chat.completion.chunk" || e.Model != "sim" || e.Created != first.Created || e.Created == 0 {
			t.Errorf("event %+v", e)
		}
	}
}

func TestCompletionStream(t *testing.T) {
	t.Parallel()
	got := serve(t, quick()).post("", textPath, `{"prompt":"a b","max_tokens":3,"stream":true}`)
	if got.words() != 3 || len(got.events) != 3 || got.usage != nil || !got.done || got.finish != "length" {
		t.Errorf("%s", got.body)
	}
	if e := got.events[0]; e.Object != "text_completion" || !strings.HasPrefix(e.ID, "cmpl-") || e.Choices[0].Text == nil {
		t.Errorf("event %+v", e)
	}
}

func TestWithoutStreaming(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ReasoningTokens = 2
	r := serve(t, cfg)
	chat := r.post("a", chatPath, `{"messages":[{"role":"user","content":[{"type":"text","text":"x y"}]}],"max_tokens":6,"ignore_eos":true}`)
	if chat.words() != 6 || len(strings.Fields(chat.thought)) != 2 || chat.finish != "length" || chat.usage.Completion != 6 || chat.usage.Details.Reasoning != 2 {
		t.Errorf("chat: %s", chat.body)
	}
	if e := chat.events[0]; e.Object != "chat.completion" || e.Model != "sim" || deref(e.Choices[0].Message.Role) != "assistant" {
		t.Errorf("chat: %s", chat.body)
	}
	plain := r.post("b", textPath, `{"prompt":[5,6,7]}`)
	if plain.usage.Prompt != 3 || plain.words() != plain.usage.Completion || plain.finish != "stop" || plain.thought != "" {
		t.Errorf("completion: %s", plain.body)
	}
	if got := plain.header.Get("Content-Length"); got != strconv.Itoa(len(plain.body)) {
		t.Errorf("content length %s of %d", got, len(plain.body))
	}
}

func TestSameIdentitySameText(t *testing.T) {
	t.Parallel()
	say := func(cfg Config, id, body string) string {
		got := serve(t, cfg).post(id, chatPath, body)
		return got.thought + got.content
	}
	base := say(quick(), "x", chatBody(20))
	chunky := quick()
	chunky.TokensPerChunk, chunky.ReasoningTokens = 3, 4
	if got := say(chunky, "x", chatBody(20)); got != base {
		t.Errorf("chunking changes the text: %q and %q", got, base)
	}
	if got := say(quick(), "x", strings.Replace(chatBody(20), `"stream":true,"stream_options":{"include_usage":true}`, `"stream":false`, 1)); got != base {
		t.Errorf("streaming changes the text: %q and %q", got, base)
	}
	if got := say(quick(), "y", chatBody(20)); got == base {
		t.Error("another request gets the same text")
	}
	seeded := quick()
	seeded.Seed = 7
	if got := say(seeded, "x", chatBody(20)); got == base {
		t.Error("another seed gives the same text")
	}
}

func TestChunksAreNotTokens(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.TokensPerChunk, cfg.ReasoningTokens, cfg.RoleChunk = 4, 6, false
	got := serve(t, cfg).post("a", chatPath, chatBody(15))
	if d := cmp.Diff([]int{4, 2, 4, 4, 1}, got.perText); d != "" {
		t.Errorf("tokens per chunk: %s", d)
	}
	if len(got.events) != 6 || got.events[0].Choices[0].Delta.Role != nil {
		t.Errorf("a role chunk came: %s", got.body)
	}
	if got.usage.Completion != 15 || got.usage.Details.Reasoning != 6 {
		t.Errorf("usage %+v", got.usage)
	}
}

func TestReasoningField(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"reasoning", "reasoning_content"} {
		cfg := quick()
		cfg.ReasoningShare, cfg.ReasoningField = 0.5, name
		got := serve(t, cfg).post("a", chatPath, chatBody(10))
		if n := strings.Count(got.body, `"`+name+`":" `); n != 5 || len(strings.Fields(got.thought)) != 5 || len(strings.Fields(got.content)) != 5 {
			t.Errorf("%s: %d events: %s", name, n, got.body)
		}
	}
}

func TestUsageModes(t *testing.T) {
	t.Parallel()
	const (
		asked      = `,"stream_options":{"include_usage":true}`
		continuous = `,"stream_options":{"include_usage":true,"continuous_usage_stats":true}`
	)
	for _, tc := range []struct {
		mode, options string
		each, last    bool
	}{
		{"last", "", false, false},
		{"last", asked, false, true},
		{"last", continuous, true, true},
		{"every", "", true, true},
		{"none", continuous, false, false},
	} {
		cfg := quick()
		cfg.Usage = tc.mode
		got := serve(t, cfg).post("a", chatPath, `{"messages":[{"role":"user","content":"a"}],"max_tokens":3,"stream":true`+tc.options+`}`)
		var each []int
		last := false
		for _, e := range got.events {
			switch {
			case len(e.Choices) == 0:
				last = e.Usage != nil && e.Usage.Completion == 3 && e.Usage.Total == 4
			case e.Usage != nil:
				each = append(each, e.Usage.Completion)
			}
		}
		var want []int
		if tc.each {
			want = []int{0, 1, 2, 3}
		}
		if d := cmp.Diff(want, each); d != "" || last != tc.last {
			t.Errorf("%s %s: usage per chunk %s, at the end %v", tc.mode, tc.options, d, last)
		}
	}
	cfg := quick()
	cfg.Usage = "none"
	if got := serve(t, cfg).post("a", textPath, `{"prompt":"a","max_tokens":3}`); got.usage != nil {
		t.Errorf("none: %s", got.body)
	}
}

func TestWithoutDone(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Done = false
	if got := serve(t, cfg).post("a", chatPath, chatBody(2)); got.done || got.err != nil || got.words() != 2 {
		t.Errorf("%s", got.body)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.APIKey, cfg.MaxModelLen, cfg.Model = "secret", 100, Names{"sim", "other"}
	r := serve(t, cfg)
	const good = `{"model":"other","prompt":"a","max_tokens":1}`
	for _, tc := range []struct {
		name, method, path, key, body string
		status                        int
		want                          string
	}{
		{"good", "POST", textPath, "Bearer secret", good, 200, ""},
		{"no key", "POST", textPath, "", good, 401, "API key"},
		{"wrong key", "POST", textPath, "Bearer secre", good, 401, "API key"},
		{"wrong scheme", "POST", textPath, "Basic secret", good, 401, "API key"},
		{"models without key", "GET", "/v1/models", "", "", 401, "API key"},
		{"health without key", "GET", "/health", "", "", 200, ""},
		{"reset", "POST", "/reset_prefix_cache", "", "", 200, ""},
		{"unknown model", "POST", textPath, "Bearer secret", `{"model":"nope","prompt":"a"}`, 404, "The model `nope` does not exist."},
		{"bad JSON", "POST", chatPath, "Bearer secret", `{"model":`, 400, "not a valid request"},
		{"no messages", "POST", chatPath, "Bearer secret", `{}`, 400, "messages must not be empty"},
		{"too long", "POST", textPath, "Bearer secret", `{"prompt":"a b","max_tokens":99}`, 400, "maximum context length is 100 tokens"},
		{"prompt too long", "POST", textPath, "Bearer secret", `{"prompt":"` + strings.Repeat("a ", 100) + `"}`, 400, "the prompt has 100"},
		{"wrong method", "GET", chatPath, "Bearer secret", "", 405, "use POST"},
		{"wrong method", "POST", "/health", "", "", 405, "use GET"},
		{"no such path", "GET", "/v2", "", "", 404, "no such path"},
	} {
		req, err := http.NewRequest(tc.method, r.url+tc.path, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		if tc.key != "" {
			req.Header.Set("Authorization", tc.key)
		}
		got := r.do(req)
		if got.status != tc.status || !strings.Contains(got.body, tc.want) {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
		if isError := regexp.MustCompile(`^\{"error":\{"message":".+","type":".+","param":null,"code":\d+\}\}`).MatchString(got.body); isError != (tc.status != 200) {
			t.Errorf("%s: %s", tc.name, got.body)
		}
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Model = Names{"a", `b"c`}
	r := serve(t, cfg)
	req, err := http.NewRequest(http.MethodGet, r.url+"/v1/models", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := r.do(req)
	if !strings.Contains(got.body, `{"object":"list","data":[{"id":"a","object":"model"`) || !strings.Contains(got.body, `{"id":"b\"c"`) {
		t.Errorf("%s", got.body)
	}
	if one := r.post("", chatPath, chatBody(1)); one.status != 404 {
		t.Errorf("model sim is not served, but: %d", one.status)
	}
	if one := r.post("", textPath, `{"model":"b\"c","prompt":"a","max_tokens":1}`); one.events[0].Model != `b"c` {
		t.Errorf("%s", one.body)
	}
}

// A client that goes away frees its place in the batch for the next.
func TestDisconnectFreesThePlace(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.MaxBatch = 1
	r := serve(t, cfg)
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+chatPath, strings.NewReader(chatBody(100000)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Request-Id", "hog")
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	leave()
	_ = resp.Body.Close()
	if got := r.post("next", chatPath, chatBody(3)); got.words() != 3 {
		t.Errorf("next: %v %s", got.err, got.body)
	}
	truth := r.truths(t)
	if truth["hog"].Outcome != "cancelled" || truth["next"].Outcome != "completed" {
		t.Errorf("%+v", truth)
	}
}

// Close must not wait for answers, nor for a client that does not read.
func TestCloseCutsAnswers(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ITL, cfg.TokensPerChunk = Duration(1e5), 500
	r := serve(t, cfg)
	req, err := http.NewRequest(http.MethodPost, r.url+chatPath, strings.NewReader(chatBody(100000)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Request-Id", "deaf")
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := r.truths(t)["deaf"]; got.Outcome != "cancelled" || got.Status != 200 {
		t.Errorf("%+v", got)
	}
	if got := r.post("late", chatPath, chatBody(1)); got.status != 503 {
		t.Errorf("after Close: %d", got.status)
	}
	if err := r.sim.Close(); err != nil {
		t.Error(err)
	}
}
