package backends_test

import (
	"slices"
	"strings"
	"testing"

	"loadgate/internal/llm"
)

func TestServerTokenizer(t *testing.T) {
	t.Parallel()
	b := open(t, "kind: vllm\nurl: http://h:8000/v1\nmodel: m\n", nil).(llm.ServerTokenizer)
	call := b.TokenizeCall("<a>")
	if want := `{"model":"m","prompt":"<a>","add_special_tokens":false}`; call.Method != "POST" || call.URL != "http://h:8000/tokenize" || string(call.Body) != want || call.Stream {
		t.Errorf("%s %s %s", call.Method, call.URL, call.Body)
	}
	call = b.DetokenizeCall([]int{5, 7})
	if want := `{"model":"m","tokens":[5,7]}`; call.URL != "http://h:8000/detokenize" || string(call.Body) != want {
		t.Errorf("%s %s", call.URL, call.Body)
	}
	ids, err := b.ReadTokens([]byte(`{"count":2,"max_model_len":2048,"tokens":[5,7],"token_strs":null}`))
	if err != nil || !slices.Equal(ids, []int{5, 7}) {
		t.Error(ids, err)
	}
	text, err := b.ReadText([]byte(`{"prompt":"<a>"}`))
	if err != nil || text != "<a>" {
		t.Error(text, err)
	}
	for _, body := range []string{"", "[]", `{"count":2}`, `{"tokens":"a"}`, `{"prompt":null}`, `{"detail":"Not Found"}`} {
		if _, err := b.ReadTokens([]byte(body)); err == nil || !strings.Contains(err.Error(), "/tokenize") {
			t.Errorf("tokens from %q: %v", body, err)
		}
		if _, err := b.ReadText([]byte(body)); err == nil || !strings.Contains(err.Error(), "/detokenize") {
			t.Errorf("text from %q: %v", body, err)
		}
	}
}
