package sim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseBody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		chat     bool
		want     request
	}{
		{
			"string content", `{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]}`, true,
			request{chat: true, model: "m", texts: []string{"be brief", "hi"}},
		},
		{
			"parts", `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}},{"type":"text","text":"b"}]}]}`, true,
			request{chat: true, texts: []string{"a", "b"}, extraTokens: mediaTokens},
		},
		{
			"no content", `{"messages":[{"role":"assistant","content":null,"tool_calls":[]},{"role":"user"}]}`, true,
			request{chat: true},
		},
		{
			"limits and options", `{"messages":[{"role":"user","content":"a"}],"max_tokens":5,"max_completion_tokens":7,"ignore_eos":true,"n":1,
			"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true},"temperature":0,"stop":["x"]}`, true,
			request{chat: true, texts: []string{"a"}, limit: 7, ignoreEOS: true, stream: true, includeUsage: true, continuousUsage: true},
		},
		{
			"continuous alone", `{"messages":[{"role":"user","content":"a"}],"stream":true,"stream_options":{"continuous_usage_stats":true}}`, true,
			request{chat: true, texts: []string{"a"}, stream: true},
		},
		{"prompt", `{"prompt":"a b","max_tokens":5,"max_completion_tokens":7}`, false, request{texts: []string{"a b"}, limit: 5}},
		{"list of one", `{"prompt":["a b"]}`, false, request{texts: []string{"a b"}}},
		{"token ids", `{"prompt":[1,2,3]}`, false, request{extraTokens: 3}},
	} {
		got, err := parseBody([]byte(tc.in), tc.chat)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if d := cmp.Diff(tc.want, got, cmp.AllowUnexported(request{})); d != "" {
			t.Errorf("%s: %s", tc.name, d)
		}
	}
}

func TestParseBodyMistakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		chat bool
		want string
	}{
		{``, true, "not a valid request"},
		{`{"messages":`, true, "not a valid request"},
		{`{"messages":"hi"}`, true, "messages"},
		{`{}`, true, "messages must not be empty"},
		{`{"messages":[{"content":"a"}]}`, true, "messages[0] has no role"},
		{`{"messages":[{"role":"user","content":5}]}`, true, "messages[0].content must be a string"},
		{`{"messages":[{"role":"user","content":[{"text":"a"}]}]}`, true, "without a type"},
		{`{"messages":[{"role":"user","content":"a"}],"max_tokens":0}`, true, "max_tokens must be at least 1, got 0"},
		{`{"messages":[{"role":"user","content":"a"}],"max_completion_tokens":-1}`, true, "max_completion_tokens must be"},
		{`{"messages":[{"role":"user","content":"a"}],"n":2}`, true, "n must be 1, got 2"},
		{`{"messages":[{"role":"user","content":"a"}],"stream_options":{"include_usage":true}}`, true, "need stream: true"},
		{`{}`, false, "prompt is missing"},
		{`{"prompt":[]}`, false, "prompt must be"},
		{`{"prompt":["a","b"]}`, false, "prompt must be"},
		{`{"prompt":{"a":1}}`, false, "prompt must be"},
	} {
		_, err := parseBody([]byte(tc.in), tc.chat)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", tc.in, err, tc.want)
		}
	}
}

func FuzzChatBody(f *testing.F) {
	for _, s := range []string{
		`{"messages":[{"role":"user","content":"hi"}],"max_tokens":3,"stream":true}`,
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"}]}]}`,
		`{"prompt":"a"}`, `{"prompt":[1,2]}`, `{"prompt":["x"],"n":1}`, `null`, `[]`, `{"max_tokens":-1}`, `{"stream_options":{}}`,
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, chat bool) {
		r, err := parseBody(in, chat)
		if err != nil {
			return
		}
		if r.limit < 0 || r.chat != chat || r.continuousUsage && !r.includeUsage || r.includeUsage && !r.stream {
			t.Errorf("impossible request %+v", r)
		}
		if n := r.promptTokens(roughCount); n < 1 {
			t.Errorf("a prompt of %d tokens", n)
		}
	})
}
