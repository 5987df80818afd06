package backends_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"loadgate/backends"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

func env(vars map[string]string) yamlpos.Lookup {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ yaml, want string }{
		{"kind: openai\nmodel: m", `s:1:1: error: the backend main has no url`},
		{"kind: openai\nmodel: m\nurl: 127.0.0.1:8000", `s:3:6: error: url does not begin with http:// or https://`},
		{"kind: openai\nmodel: m\nurl: ftp://h/v1", `s:3:6: error: url does not begin with http:// or https://`},
		{"kind: openai\nmodel: m\nurl: http:///v1", `s:3:6: error: url names no host`},
		{"kind: vllm\nmodel: m\nurl: http://me:pw@h/v1", `s:3:6: error: url holds a user name or password`},
		{"kind: vllm\nmodel: m\nurl: http://h/v1?api_key=abc", `s:3:6: error: url holds what looks like a key: addresses are printed and stored`},
		{"kind: maas\nmodel: m\nurl: http://h/llm/invoke", `s:3:6: error: nothing tells which API stands at the path /llm/invoke`},
		{"kind: maas\nmodel: m\napi: chat\nurl: http://h/v1/completions", `s:3:6: error: api is chat, but the url is one for completions`},
		{"kind: maas\napi: chat\nurl: http://h/llm/invoke", `s:1:1: error: the backend main has no model, and its url does not tell where models are listed`},
		{"kind: maas\nmodel: m\napi: caht\nurl: http://h/v1", `s:3:6: error: api is "caht": expected chat or completions`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\noutput_limit: max", `s:4:15: error: output_limit is "max": expected max_tokens or max_completion_tokens or both`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\nparams: {temperature: 0, stream: false}", `s:4:26: error: params cannot set stream`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\nparams: {top_p: .inf}", `s:4:9: error: params cannot be written as JSON`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\nheaders: {\"a b\": x}", `s:4:11: error: "a b" is no name of a header`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\nheaders: {content-length: \"7\"}", `s:4:11: error: the header content-length is set by loadgate`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\nheaders: {X-A: a, x-a: b}", `s:4:19: error: the header x-a stands here twice`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\nheaders: {x-a: \"a\\nb\"}", `s:4:16: error: the value of header x-a has a line break or another control character`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\napi_key: sk-123", `s:4:10: error: a secret must not stand in the file`},
		{"kind: openai\nmodel: m\nurl: http://h/v1\nignore_eos: true", `s:4:1: error: unknown key "ignore_eos"`},
		{"kind: vllm\nmodel: m\nurl: http://h/v1\nmin_tokens: -1", `s:4:13: error: min_tokens is -1: expected a whole number from 0`},
		{"kind: vllm\nmodel: m\nurl: http://h/v1\nstop_token_ids: [1, -2]", `s:4:17: error: stop_token_ids is -2: expected a whole number from 0`},
		{"kind: vllm\nmodel: m\nurl: http://h/v1\ntimeouts: {idle: 5}", `s:4:18: error: expected a duration, got 5`},
		{"kind: vllm\nmodel: m\nurl: http://h/v1\ntls: {insecure: true}", `s:4:6: error: tls has no meaning for a url that begins with http://`},
		{"kind: vllm\nmodel: m\nurl: https://h/v1\ntls: {ca: none.pem}", `s:4:11: error: tls.ca: open none.pem: no such file or directory`},
		{"kind: maas\nmodel: m\nurl: https://h/v1\ntls: {cert: a.pem}", `s:4:13: error: tls.cert: a certificate needs its key`},
		{"kind: openai\nmodel: m\nurl: https://h/v1\ntls: {insecure: 1}", `s:4:17: error: expected true or false, got 1`},
		{"kind: simulator\nserver: fast", `s:2:9: error: server is not a mapping`},
		{"kind: simulator\nurl: http://h/v1", `s:2:1: error: unknown key "url"`},
		{"kind: vlm\nurl: http://h/v1", `s:1:7: error: unknown kind "vlm"`},
	} {
		n, list := yamlpos.Parse("s", []byte(tc.yaml), nil)
		if list.HasErrors() {
			t.Fatal(list.Err())
		}
		_, list = backends.Kinds.Open(n, kind.Context{Name: "main"})
		if len(list) != 1 || list[0].String() != tc.want {
			t.Errorf("%q:\n got %v\nwant %s", tc.yaml, list, tc.want)
		}
		for _, secret := range []string{"me:pw", "abc", "sk-123"} {
			if strings.Contains(fmt.Sprint(list), secret) {
				t.Errorf("the message shows %s: %v", secret, list)
			}
		}
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ url, more, endpoint, models, reset string }{
		{"http://h:8000", "", "http://h:8000/v1/chat/completions", "http://h:8000/v1/models", "http://h:8000/reset_prefix_cache"},
		{"http://h:8000/", "api: completions", "http://h:8000/v1/completions", "http://h:8000/v1/models", "http://h:8000/reset_prefix_cache"},
		{"https://h/v1/", "", "https://h/v1/chat/completions", "https://h/v1/models", "https://h/reset_prefix_cache"},
		{"https://h/a/v1/chat/completions", "", "https://h/a/v1/chat/completions", "https://h/a/v1/models", "https://h/a/reset_prefix_cache"},
		{"https://h/v1/completions", "", "https://h/v1/completions", "https://h/v1/models", "https://h/reset_prefix_cache"},
		{"https://h/api/v3", "", "https://h/api/v3/chat/completions", "https://h/api/v3/models", "https://h/api/reset_prefix_cache"},
		{"https://h/openai/deployments/d/chat/completions?api-version=2024-10-21", "", "https://h/openai/deployments/d/chat/completions?api-version=2024-10-21", "https://h/openai/deployments/d/models?api-version=2024-10-21", "https://h/openai/deployments/d/reset_prefix_cache?api-version=2024-10-21"},
		{"https://h/invoke", "api: completions", "https://h/invoke", "", ""},
	} {
		b := open(t, "kind: vllm\nmodel: m\nurl: "+tc.url+"\n"+tc.more, nil)
		if got := b.(llm.Target).Endpoint(); got != tc.endpoint {
			t.Errorf("%s: endpoint %s, want %s", tc.url, got, tc.endpoint)
		}
		if got := b.(llm.ModelAsker).ModelsCall(); tc.models != "" && (got.URL != tc.models || got.Method != "GET") {
			t.Errorf("%s: models at %s, want %s", tc.url, got.URL, tc.models)
		}
		if got := b.(llm.CacheResetter).ResetCacheCall(); tc.reset != "" && (got.URL != tc.reset || got.Method != "POST") {
			t.Errorf("%s: reset at %s, want %s", tc.url, got.URL, tc.reset)
		}
	}
}

func TestUseModels(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"data":[{"id":"a"}]}`:            "",
		`{"data":[]}`:                      "the server lists no model: set model",
		`{"data":[{"id":"a"},{"id":"b"}]}`: "the server lists 2 models: set model to one of a, b",
		`<html>`:                           "the list of models cannot be read: invalid character '<' looking for beginning of value",
	} {
		b := open(t, "kind: openai\nurl: http://h/v1\n", nil)
		if _, err := b.Encode(llm.Request{Prompt: "x"}); err == nil {
			t.Error("a request was rendered without a model")
		}
		err := b.(llm.ModelAsker).UseModels([]byte(body))
		if (err == nil) != (want == "") || (err != nil && err.Error() != want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
		if err == nil && b.(llm.Target).Model() != "a" {
			t.Errorf("%s: model %q", body, b.(llm.Target).Model())
		}
	}
}

// The usual variable holds a key for one server: no other may get it unasked.
func TestUsualKey(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind, url, base string
		want            bool
	}{
		{"openai", "https://api.openai.com/v1", "", true},
		{"openai", "http://api.openai.com/v1", "", false},
		{"openai", "https://api.openai.com.evil.example/v1", "", false},
		{"openai", "https://gw.example/v1", "", false},
		{"openai", "https://gw.example/v1", "https://gw.example/openai/v1", true},
		{"openai", "https://gw.example:8443/v1", "https://gw.example/v1", false},
		{"vllm", "https://api.openai.com/v1", "", false},
	} {
		vars := map[string]string{"OPENAI_API_KEY": "sk-usual"}
		if tc.base != "" {
			vars["OPENAI_BASE_URL"] = tc.base
		}
		call := encode(t, open(t, "kind: "+tc.kind+"\nmodel: m\nurl: "+tc.url, env(vars)))
		if got := call.Header.Get("Authorization") == "Bearer sk-usual"; got != tc.want {
			t.Errorf("%+v: key sent: %v", tc, got)
		}
	}
}

func encode(t *testing.T, b llm.Backend) *llm.Call {
	t.Helper()
	call, err := b.Encode(llm.Request{Prompt: "x", MaxTokens: 3})
	if err != nil {
		t.Fatal(err)
	}
	return call
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	vars := env(map[string]string{"K": "sk-1", "T": "t-2"})
	call := encode(t, open(t, "kind: openai\nmodel: m\nurl: http://h/v1\napi_key: ${env:K}\nheaders: {x-env: \"6\", api-key: \"${env:T}\"}", vars))
	want := http.Header{"Authorization": {"Bearer sk-1"}, "X-Env": {"6"}, "Api-Key": {"t-2"}}
	if fmt.Sprint(call.Header) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", call.Header, want)
	}
	call = encode(t, open(t, "kind: openai\nmodel: m\nurl: http://h/v1\napi_key: ${env:K}\nheaders: {authorization: \"Basic ${env:T}\"}", vars))
	if got := call.Header.Get("Authorization"); got != "Basic t-2" {
		t.Errorf("Authorization %q: the section's own wins", got)
	}
}

func TestParamsWin(t *testing.T) {
	t.Parallel()
	for params, want := range map[string]string{
		"{}":                         `"max_tokens":3,"min_tokens":2,"stream":true,"stream_options":{"include_usage":true}`,
		"{max_tokens: 9}":            `"max_tokens":9,"min_tokens":2,"stream":true,"stream_options":{"include_usage":true}`,
		"{max_completion_tokens: 9}": `"max_completion_tokens":9,"min_tokens":2,"stream":true,"stream_options":{"include_usage":true}`,
		"{min_tokens: 0, stream_options: {}, z: [1, 1.5, null, {b: x, a: y}]}": `"max_tokens":3,"min_tokens":0,"stream":true,"stream_options":{},"z":[1,1.5,null,{"a":"y","b":"x"}]`,
	} {
		b := open(t, "kind: vllm\nmodel: m\nurl: http://h/v1/completions\nmin_tokens: 2\nparams: "+params, nil)
		want = `{"model":"m","prompt":"x",` + want + `}`
		if got := string(encode(t, b).Body); got != want {
			t.Errorf("%s:\n got %s\nwant %s", params, got, want)
		}
	}
}

func TestRequestsThatDoNotFit(t *testing.T) {
	t.Parallel()
	b := open(t, "kind: openai\nmodel: m\nurl: http://h/v1/completions", nil)
	two := []llm.Message{{Role: "user", Text: "a"}, {Role: "assistant", Text: "b"}}
	if _, err := b.Encode(llm.Request{Messages: two}); err == nil || !strings.Contains(err.Error(), "api: chat") {
		t.Errorf("a conversation to completions: %v", err)
	}
	for _, body := range []string{`[]`, `{"a":1`, `{"a":1} x`, `"x"`} {
		if _, err := b.Encode(llm.Request{Body: json.RawMessage(body)}); err == nil {
			t.Errorf("body %s went through", body)
		}
	}
}

func TestCustomBodyWithoutStreaming(t *testing.T) {
	t.Parallel()
	b := open(t, "kind: openai\nmodel: m\nurl: http://h/v1\nstream: false\nparams: {temperature: 1}", nil)
	call, err := b.Encode(llm.Request{Body: json.RawMessage(`{"b": 1, "stream": true, "stream_options": {}, "a": 2}`)})
	if want := `{"b":1,"stream":false,"a":2,"model":"m"}`; err != nil || string(call.Body) != want || call.Stream {
		t.Errorf("%s (%v), want %s", call.Body, err, want)
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	got := open(t, "kind: maas\nmodel: m\nurl: http://h/v1\ntimeouts: {first_token: 30s, idle: 0s}", nil).(backends.Limited).Timeouts()
	if got.Connect != 10*time.Second || got.TLS != 10*time.Second || got.FirstToken != 30*time.Second || got.Idle != 0 || got.Total != time.Hour || got.FirstByte != 0 {
		t.Errorf("%+v", got)
	}
}

func TestSimulator(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"kind: simulator":                                     `sim {"model":"sim"}`,
		"kind: simulator\nmodel: m":                           `m {"model":"m"}`,
		"kind: simulator\nserver: {model: [a, b], x-n: 1}":    `a {"model":["a","b"]}`,
		"kind: simulator\nserver: {ttft: 30ms, max_batch: 4}": `sim {"max_batch":4,"model":"sim","ttft":"30ms"}`,
	} {
		b := open(t, yaml, nil)
		if got := b.(llm.Target).Model() + " " + string(b.(backends.Spawner).ServerConfig()); got != want {
			t.Errorf("%q: %s, want %s", yaml, got, want)
		}
	}
	b := open(t, "kind: simulator\nserver:\n  api_key: ${env:K}", env(map[string]string{"K": "k-1"}))
	if got := encode(t, b).Header.Get("Authorization"); got != "Bearer k-1" {
		t.Errorf("the server's key is not sent: %q", got)
	}
	n, _ := yamlpos.Parse("s", []byte("kind: simulator"), nil)
	alone, _ := backends.Kinds.Open(n, kind.Context{Name: "main"})
	if _, err := alone.Encode(llm.Request{Prompt: "x"}); err == nil || alone.(llm.Target).Endpoint() != "" {
		t.Errorf("a request to a server that was not started: %v", err)
	}
}

func TestTokenizerName(t *testing.T) {
	t.Parallel()
	b := open(t, "kind: openai\nmodel: m\nurl: http://h/v1\ntokenizer: o200k_base", nil)
	if got := b.(backends.TokenizerNamer).TokenizerName(); got != "o200k_base" {
		t.Error(got)
	}
}
