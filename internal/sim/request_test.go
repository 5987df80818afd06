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
		dialect  dialect
		want     request
	}{
		{
			"string content", `{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]}`, dialectChat,
			request{dialect: dialectChat, chat: true, model: "m", texts: []string{"be brief", "hi"}},
		},
		{
			"parts", `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:"}},{"type":"text","text":"b"}]}]}`, dialectChat,
			request{dialect: dialectChat, chat: true, texts: []string{"a", "b"}, extraTokens: mediaTokens},
		},
		{
			"no content", `{"messages":[{"role":"assistant","content":null,"tool_calls":[]},{"role":"user"}]}`, dialectChat,
			request{dialect: dialectChat, chat: true},
		},
		{
			"limits and options", `{"messages":[{"role":"user","content":"a"}],"max_tokens":5,"max_completion_tokens":7,"ignore_eos":true,"n":1,
			"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true},"temperature":0,"stop":["x"]}`, dialectChat,
			request{dialect: dialectChat, chat: true, texts: []string{"a"}, limit: 7, ignoreEOS: true, stream: true, includeUsage: true, continuousUsage: true},
		},
		{
			"continuous alone", `{"messages":[{"role":"user","content":"a"}],"stream":true,"stream_options":{"continuous_usage_stats":true}}`, dialectChat,
			request{dialect: dialectChat, chat: true, texts: []string{"a"}, stream: true},
		},
		{"prompt", `{"prompt":"a b","max_tokens":5,"max_completion_tokens":7}`, dialectCompletions, request{dialect: dialectCompletions, texts: []string{"a b"}, limit: 5}},
		{"list of one", `{"prompt":["a b"]}`, dialectCompletions, request{dialect: dialectCompletions, texts: []string{"a b"}}},
		{"token ids", `{"prompt":[1,2,3]}`, dialectCompletions, request{dialect: dialectCompletions, extraTokens: 3}},
	} {
		got, err := parseBody([]byte(tc.in), tc.dialect)
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
		in      string
		dialect dialect
		want    string
	}{
		{``, dialectChat, "not a valid request"},
		{`{"messages":`, dialectChat, "not a valid request"},
		{`{"messages":"hi"}`, dialectChat, "messages"},
		{`{}`, dialectChat, "messages must not be empty"},
		{`{"messages":[{"content":"a"}]}`, dialectChat, "messages[0] has no role"},
		{`{"messages":[{"role":"user","content":5}]}`, dialectChat, "messages[0].content must be a string"},
		{`{"messages":[{"role":"user","content":[{"text":"a"}]}]}`, dialectChat, "without a type"},
		{`{"messages":[{"role":"user","content":"a"}],"max_tokens":0}`, dialectChat, "max_tokens must be at least 1, got 0"},
		{`{"messages":[{"role":"user","content":"a"}],"max_completion_tokens":-1}`, dialectChat, "max_completion_tokens must be"},
		{`{"messages":[{"role":"user","content":"a"}],"n":2}`, dialectChat, "n must be 1, got 2"},
		{`{"messages":[{"role":"user","content":"a"}],"stream_options":{"include_usage":true}}`, dialectChat, "need stream: true"},
		{`{}`, dialectCompletions, "prompt is missing"},
		{`{"prompt":[]}`, dialectCompletions, "prompt must be"},
		{`{"prompt":["a","b"]}`, dialectCompletions, "prompt must be"},
		{`{"prompt":{"a":1}}`, dialectCompletions, "prompt must be"},
	} {
		_, err := parseBody([]byte(tc.in), tc.dialect)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", tc.in, err, tc.want)
		}
	}
}

func FuzzChatBody(f *testing.F) {
	for _, s := range []string{
		`{"messages":[{"role":"user","content":"hi"}],"max_tokens":3,"stream":true}`,
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"}]}]}`,
		`{"input":"a"}`, `{"input":[{"role":"user","content":"a"}],"max_output_tokens":3}`, `{"system":"a","options":{"num_predict":3}}`,
		`{"prompt":"a"}`, `{"prompt":[1,2]}`, `{"prompt":["x"],"n":1}`, `null`, `[]`, `{"max_tokens":-1}`, `{"stream_options":{}}`,
	} {
		for _, d := range dialects {
			f.Add([]byte(s), string(d))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, name string) {
		d := dialect(name)
		r, err := parseBody(in, d)
		if err != nil {
			return
		}
		if r.limit < 0 || r.dialect != d || r.continuousUsage && !r.includeUsage || r.includeUsage && !r.stream {
			t.Errorf("impossible request %+v", r)
		}
		if n := r.promptTokens(roughCount); n < 1 {
			t.Errorf("a prompt of %d tokens", n)
		}
	})
}
