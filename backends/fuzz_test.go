package backends_test

import (
	"bytes"
	"testing"

	"loadgate/internal/llm"
)

// decoders are sections that lead to one of each.
var decoders = []string{
	"kind: openai\nmodel: m\nurl: http://h/v1/responses", "kind: openai\nmodel: m\nurl: http://h/v1/embeddings",
	"kind: anthropic\nmodel: m\nurl: http://h", "kind: gemini\nmodel: m\nurl: http://h", "kind: ollama\nmodel: m\nurl: http://h",
	"kind: tgi\nurl: http://h", "kind: sglang\nmodel: m\nurl: http://h\napi: generate", "kind: llamacpp\nurl: http://h",
	"kind: triton\nmodel: m\nurl: http://h",
	"kind: http\nurl: http://h/x\nanswer: {content: '$.a[0]', reasoning: '$.a[1]', tool: '$..f', tokens: $.n, output_tokens: $.o, done: $.d, error: $.e, cumulative: true}",
}

// FuzzKinds gives events to the decoder of every protocol: whatever comes, it
// answers with an event or an error, the same every time, and keeps nothing of
// the input.
func FuzzKinds(f *testing.F) {
	for i := range decoders {
		for _, fx := range fixtures(f) {
			_, body := fx.answer()
			for _, line := range bytes.Split(body, []byte("\n"))[:min(2, bytes.Count(body, []byte("\n")))] {
				f.Add(uint8(i), "", bytes.TrimPrefix(line, []byte("data: ")), []byte(`{"a":["x"],"n":2}`))
			}
		}
		f.Add(uint8(i), "error", []byte(`{"error":{"code":"insufficient_quota"}}`), []byte("[DONE]"))
	}
	f.Fuzz(func(t *testing.T, which uint8, name string, first, second []byte) {
		b := open(t, decoders[int(which)%len(decoders)], nil)
		told := func() (out []string) {
			d := b.Decoder()
			for _, data := range [][]byte{first, second, first} {
				var ev llm.Event
				input := bytes.Clone(data)
				if err := d.Decode([]byte(name), input, &ev); err != nil {
					return append(out, err.Error())
				}
				if ev.Usage.Set && (ev.Usage.Input < -1 || ev.Usage.Output < -1) || ev.Tokens < 0 {
					t.Errorf("%+v", ev)
				}
				out = append(out, tell(&ev))
			}
			return out
		}
		once, again := told(), told()
		for i := range once {
			if once[i] != again[i] {
				t.Fatalf("%q, then %q", once[i], again[i])
			}
		}
	})
}
