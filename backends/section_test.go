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
		{"kind: openai\nmodel: m\nurl: 127.0.0.1:8000", `s:3:6: error: url does not begin with http://, https:// or unix://`},
		{"kind: openai\nmodel: m\nurl: ftp://h/v1", `s:3:6: error: url does not begin with http://, https:// or unix://`},
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
		{"kind: openai\nmodel: m\nurl: http://h/v1\nkey_header: \"a b\"", `s:4:13: error: "a b" is no name of a header`},
		{"kind: openai\nmodel: m\nurl: http://h/v1/embeddings\nstream: true", `s:4:9: error: the api embeddings has no streams`},
		{"kind: vllm\nmodel: m\nurl: http://h/v1/messages\nignore_eos: true", `s:4:13: error: the api messages has no place for ignore_eos`},
		{"kind: llamacpp\nurl: http://h/v1\napi: completion", `s:3:6: error: the api completion does not stand below /v1`},
		{"kind: llamacpp\nurl: http://h/x", `s:2:6: error: nothing tells which API stands at the path /x`},
		{"kind: ollama\nurl: http://h\napi: completions", `s:3:6: error: api is "completions": expected chat or generate`},
		{"kind: gemini\nurl: https://h/v1beta?key=abc\nmodel: m", `s:2:6: error: url holds what looks like a key: addresses are printed and stored`},
		{"kind: gemini\nurl: https://h/v1beta/models/m:streamGenerateContent?alt=sse\nframing: json_array", `s:3:10: error: framing is json_array, but the url asks for alt=sse`},
		{"kind: triton\nurl: http://h", `s:1:1: error: the backend main has no model: it stands in the path`},
		{"kind: sglang\nurl: http://h\nmodel: m\nstream_output: true", `s:4:16: error: the api chat has no place for stream_output`},
		{"kind: http\nurl: http://h/x\nbody: {a: \"{{prompt}}\"}", `s:1:1: error: the backend main does not say where in its answers the content is`},
		{"kind: http\nanswer: {content: $.a}", `s:1:1: error: the backend main has no url`},
		{"kind: http\nurl: http://h/x\nanswer: {finish: $.a}", `s:3:9: error: answer does not say where the content is`},
		{"kind: http\nurl: http://h/x\nanswer: {content: a.b}", `s:3:19: error: "a.b" is no JSONPath: unexpected identifier`},
		{"kind: http\nurl: http://h/x\nanswer: {content: \"$.a[\"}", `s:3:23: error: "$.a[" is no JSONPath: unexpected eof`},
		{"kind: http\nurl: http://h/x\nanswer: {content: $.a}\nbody: {q: \"ä {{promt}}\"}", `s:4:14: error: {{promt}} stands for nothing: expected max_tokens, messages, model, prompt, system, tools`},
		{"kind: http\nurl: http://h/x\nanswer: {content: $.a}\nbody: [\"a {{messages}}\"]", `s:4:11: error: {{messages}} is no text and cannot stand inside one`},
		{"kind: http\nurl: http://h/x\nanswer: {content: $.a}\nmethod: GTE", `s:4:9: error: method is "GTE": expected POST or PUT or PATCH or GET`},
		{"kind: vllm\nmodel: m\nurl: unix://run/v.sock", `s:3:6: error: url names no absolute path of a unix socket`},
		{"kind: vllm\nmodel: m\nurl: unix:///run/v.sock:v1", `s:3:6: error: what follows the socket in url is no path`},
		{"kind: vllm\nmodel: m\nurl: unix:///run/v.sock:/v1?key=abc", `s:3:6: error: url holds what looks like a key: addresses are printed and stored`},
		{"kind: vllm\nmodel: m\nurl: unix:///run/v.sock\nprotocol: http2", `s:4:11: error: http2 is agreed on under TLS, which a unix socket has not`},
		{"kind: vllm\nmodel: m\nurl: unix:///run/v.sock\ntls: {insecure: true}", `s:4:6: error: tls has no meaning for a url that begins with unix://`},
		{"kind: vllm\nmodel: m\nurl: http://h/v1\nprotocol: http2", `s:4:11: error: http2 is agreed on under TLS, and the url begins with http://`},
		{"kind: vllm\nmodel: m\nurl: https://h/v1\nprotocol: h2c", `s:4:11: error: h2c has no TLS, and the url begins with https://`},
		{"kind: vllm\nmodel: m\nurl: https://h/v1\nprotocol: http3", `s:4:11: error: protocol is "http3": expected http1 or http2 or h2c`},
		{"kind: vllm\nmodel: m\nurl: https://h/v1\nstreams_per_connection: 8", `s:4:25: error: a connection of HTTP/1.1 carries one request at a time`},
		{"kind: simulator\nprotocol: http2", `s:2:11: error: http2 is agreed on under TLS, which the simulator has not`},
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
		{"https://h/v1/messages", "", "https://h/v1/messages", "https://h/v1/models", "https://h/reset_prefix_cache"},
		{"unix:///run/v.sock", "", "unix:///run/v.sock:/v1/chat/completions", "unix:///run/v.sock:/v1/models", "unix:///run/v.sock:/reset_prefix_cache"},
		{"unix:///run/v.sock:/api/v3", "protocol: h2c", "unix:///run/v.sock:/api/v3/chat/completions", "unix:///run/v.sock:/api/v3/models", "unix:///run/v.sock:/api/reset_prefix_cache"},
		{"unix:///run/v.sock:/v1/completions?x=1", "", "unix:///run/v.sock:/v1/completions?x=1", "unix:///run/v.sock:/v1/models?x=1", "unix:///run/v.sock:/reset_prefix_cache?x=1"},
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

func TestURLsOfOtherKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ section, endpoint, model, models string }{
		{"kind: anthropic\nurl: https://api.anthropic.com\nmodel: m", "https://api.anthropic.com/v1/messages", "m", "https://api.anthropic.com/v1/models"},
		{"kind: gemini\nurl: https://h\nmodel: m", "https://h/v1beta/models/m:streamGenerateContent?alt=sse", "m", ""},
		{"kind: gemini\nurl: https://h/v1beta/models/a-1:generateContent\nstream: false", "https://h/v1beta/models/a-1:generateContent", "a-1", ""},
		{"kind: gemini\nurl: https://h/v1/models/a-1:streamGenerateContent\nframing: json_array", "https://h/v1/models/a-1:streamGenerateContent", "a-1", ""},
		{"kind: bedrock\nurl: https://bedrock-runtime.us-west-2.amazonaws.com\nmodel: m", "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/chat/completions", "m", ""},
		{"kind: llamacpp\nurl: http://h:8080/", "http://h:8080/completion", "", "http://h:8080/v1/models"},
		{"kind: llamacpp\nurl: http://h:8080/v1", "http://h:8080/v1/chat/completions", "", "http://h:8080/v1/models"},
		{"kind: ollama\nurl: http://h:11434", "http://h:11434/api/chat", "", "http://h:11434/api/tags"},
		{"kind: tgi\nurl: http://h", "http://h/generate_stream", "", "http://h/info"},
		{"kind: tgi\nurl: http://h\nstream: false", "http://h/generate", "", "http://h/info"},
		{"kind: tgi\nurl: http://h/generate\n", "http://h/generate_stream", "", "http://h/info"},
		{"kind: sglang\nurl: http://h/generate", "http://h/generate", "", "http://h/v1/models"},
		{"kind: triton\nurl: http://h/v2/models/a/generate", "http://h/v2/models/a/generate_stream", "a", ""},
		{"kind: openai\nurl: https://me.openai.azure.com\nmodel: m", "https://me.openai.azure.com/openai/v1/chat/completions", "m", ""},
		{"kind: openai\nurl: https://me.openai.azure.com/openai/deployments/d?api-version=1", "https://me.openai.azure.com/openai/deployments/d/chat/completions?api-version=1", "d", ""},
		{"kind: http\nurl: http://h/x?y=1\nmodel: m\nanswer: {content: $.a}", "http://h/x?y=1", "m", ""},
	} {
		b := open(t, tc.section, nil)
		if got := b.(llm.Target); got.Endpoint() != tc.endpoint || got.Model() != tc.model {
			t.Errorf("%q: endpoint %s, model %q", tc.section, got.Endpoint(), got.Model())
		}
		if tc.models != "" && b.(llm.ModelAsker).ModelsCall().URL != tc.models {
			t.Errorf("%q: models at %s", tc.section, b.(llm.ModelAsker).ModelsCall().URL)
		}
	}
	if call := open(t, "kind: tgi\nurl: http://h/mine\napi: generate", nil).(llm.ModelAsker).ModelsCall(); call != nil {
		t.Errorf("models are asked for at %s, a guess", call.URL)
	}
	if got := open(t, "kind: gemini\nurl: https://h\nmodel: m", nil); encodeFor(t, got, "other").URL != "https://h/v1beta/models/other:streamGenerateContent?alt=sse" {
		t.Error("the row's model is not in the path")
	}
}

func encodeFor(t *testing.T, b llm.Backend, model string) *llm.Call {
	t.Helper()
	call, err := b.Encode(llm.Request{Prompt: "x", Model: model})
	if err != nil {
		t.Fatal(err)
	}
	return call
}

func TestUseModels(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"models":[{"name":"a","model":"a"}]}`:          "",
		`{"models":[{"name":"a"}],"data":[{"id":"a"}]}`:  "",
		`{"model_id":"a","model_dtype":"torch.float16"}`: "",
		`{"data":[{"id":"a"}]}`:                          "",
		`{"data":[]}`:                                    "the server lists no model: set model",
		`{"data":[{"id":"a"},{"id":"b"}]}`:               "the server lists 2 models: set model to one of a, b",
		`<html>`:                                         "the list of models cannot be read: invalid character '<' looking for beginning of value",
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

// Each vendor's variable and header, for the vendor's hosts only.
func TestVendorsKeys(t *testing.T) {
	t.Parallel()
	all := env(map[string]string{
		"OPENAI_API_KEY": "o", "AZURE_OPENAI_API_KEY": "z", "ANTHROPIC_API_KEY": "a", "GEMINI_API_KEY": "g", "AWS_BEARER_TOKEN_BEDROCK": "b",
		"OLLAMA_API_KEY": "l", "K": "mine",
	})
	for _, tc := range []struct{ section, header, want string }{
		{"kind: openai\nmodel: m\nurl: https://me.openai.azure.com", "Api-Key", "z"},
		{"kind: openai\nmodel: m\nurl: http://me.openai.azure.com", "Api-Key", ""},
		{"kind: openai\nmodel: m\nurl: https://h/openai/deployments/d/chat/completions\napi_key: ${env:K}", "Api-Key", "mine"},
		{"kind: anthropic\nmodel: m\nurl: https://api.anthropic.com", "X-Api-Key", "a"},
		{"kind: anthropic\nmodel: m\nurl: https://gw.example", "X-Api-Key", ""},
		{"kind: anthropic\nmodel: m\nurl: https://gw.example\napi_key: ${env:K}", "X-Api-Key", "mine"},
		{"kind: anthropic\nmodel: m\nurl: https://gw.example\napi_key: ${env:K}\nkey_header: authorization", "Authorization", "Bearer mine"},
		{"kind: gemini\nmodel: m\nurl: https://generativelanguage.googleapis.com", "X-Goog-Api-Key", "g"},
		{"kind: gemini\nmodel: m\nurl: https://generativelanguage.googleapis.com.evil.example", "X-Goog-Api-Key", ""},
		{"kind: bedrock\nmodel: m\nurl: https://bedrock-runtime.us-west-2.amazonaws.com", "Authorization", "Bearer b"},
		{"kind: bedrock\nmodel: m\nurl: https://amazonaws.com.example", "Authorization", ""},
		{"kind: ollama\nmodel: m\nurl: https://ollama.com", "Authorization", "Bearer l"},
		{"kind: ollama\nmodel: m\nurl: http://127.0.0.1:11434", "Authorization", ""},
		{"kind: openai\nmodel: m\nurl: http://h\norganization: org-1\nproject: p", "Openai-Organization", "org-1"},
		{"kind: anthropic\nmodel: m\nurl: http://h\nversion: 2024-01-01", "Anthropic-Version", "2024-01-01"},
	} {
		call := encode(t, open(t, tc.section, all))
		if got := call.Header.Get(tc.header); got != tc.want || strings.Contains(call.URL, "key=") {
			t.Errorf("%q: %s %q, want %q", tc.section, tc.header, got, tc.want)
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

// What a protocol has no place for is refused, never dropped.
func TestNothingIsDropped(t *testing.T) {
	t.Parallel()
	talk := []llm.Message{{Role: "user", Text: "a"}, {Role: "assistant", Text: "b"}, {Role: "user", Text: "c"}}
	with := func(m llm.Media) llm.Request {
		return llm.Request{Messages: []llm.Message{{Role: "user", Text: "x", Media: []llm.Media{m}}}}
	}
	image, audio := with(llm.Media{Kind: llm.Image, Data: []byte{1}}), with(llm.Media{Kind: llm.Audio, Data: []byte{1}})
	linked := with(llm.Media{Kind: llm.Image, URL: "https://h/a.png"})
	tools := llm.Request{Prompt: "x", Tools: json.RawMessage(`[{"type":"function","function":{"name":"f"}}]`)}
	odd := llm.Request{Prompt: "x", Tools: json.RawMessage(`[{"type":"web_search"}]`)}
	tool := llm.Request{Messages: []llm.Message{{Role: "tool", Text: "42"}}}
	model := llm.Request{Prompt: "x", Extra: map[string]json.RawMessage{"model": json.RawMessage(`"a"`)}}
	const http = "kind: http\nurl: http://h/x\nanswer: {content: $.a}\nbody: "
	for _, tc := range []struct {
		section string
		request llm.Request
		want    string
	}{
		{"kind: openai\nmodel: m\nurl: http://h/v1/completions", llm.Request{Messages: talk}, "a conversation of 3 messages"},
		{"kind: openai\nmodel: m\nurl: http://h/v1/completions", image, "the dataset gives image"},
		{"kind: openai\nmodel: m\nurl: http://h/v1/completions", tools, "no place for tools"},
		{"kind: openai\nmodel: m\nurl: http://h/v1", model, "cannot set model"},
		{"kind: openai\nmodel: m\nurl: http://h/v1/responses", audio, "cannot carry audio"},
		{"kind: openai\nmodel: m\nurl: http://h/v1/responses", tool, "the id of its call"},
		{"kind: openai\nmodel: m\nurl: http://h/v1/responses", odd, "tool 0 is no function"},
		{"kind: openai\nmodel: m\nurl: http://h/v1/embeddings", tools, "no place for tools"},
		{"kind: openai\nmodel: m\nurl: http://h/v1", llm.Request{Body: json.RawMessage(`{}`), Tools: tools.Tools}, "tools beside it"},
		{"kind: anthropic\nmodel: m\nurl: http://h", audio, "cannot carry audio"},
		{"kind: anthropic\nmodel: m\nurl: http://h", tool, "the id of its call"},
		{"kind: gemini\nmodel: m\nurl: http://h", tool, "do not name"},
		{"kind: ollama\nmodel: m\nurl: http://h", linked, "image by its URL"},
		{"kind: ollama\nmodel: m\nurl: http://h\napi: generate", tools, "no place for tools"},
		{"kind: ollama\nmodel: m\nurl: http://h\napi: generate", llm.Request{Messages: talk}, "a conversation"},
		{"kind: tgi\nurl: http://h", image, "the dataset gives image"},
		{"kind: sglang\nmodel: m\nurl: http://h\napi: generate", audio, "cannot carry audio"},
		{"kind: sglang\nmodel: m\nurl: http://h\napi: generate", llm.Request{Messages: talk}, "a conversation"},
		{"kind: llamacpp\nurl: http://h", tools, "no place for tools"},
		{"kind: triton\nmodel: m\nurl: http://h", llm.Request{Messages: talk}, "a conversation"},
		{http + "{q: a}", llm.Request{Prompt: "x"}, "no place for the prompt"},
		{http + "{q: \"{{prompt}}\"}", llm.Request{Messages: talk}, "a conversation"},
		{http + "{q: \"{{prompt}}\"}", image, "the dataset gives image"},
		{http + "{q: \"{{prompt}}\"}", tools, "no place for tools"},
	} {
		if _, err := open(t, tc.section, nil).Encode(tc.request); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %s", tc.section, err, tc.want)
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
