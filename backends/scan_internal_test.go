package backends

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"loadgate/internal/llm"
)

// seen is a chunk as a test compares it.
func seen(c *chunk) map[string]any {
	return map[string]any{
		"content": string(c.content), "reasoning": string(c.reasoning), "tool": string(c.tool),
		"finish": c.finish, "usage": c.usage, "choices": c.choices, "index": c.index, "err": c.err,
		"ids": c.ids, "has ids": c.hasIDs, "finishes": c.finishes,
	}
}

// agree reports whether the fast reader took the event, and fails the test if
// the full one sees it otherwise.
func agree(t *testing.T, data []byte) bool {
	t.Helper()
	var fast, full chunk
	if !scanChunk(data, &fast, &mould{}) {
		return false
	}
	if err := parseChunk(data, &full); err != nil {
		t.Fatalf("the fast reader took what is broken: %v\n%q", err, data)
	}
	if diff := cmp.Diff(seen(&full), seen(&fast), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%q: full -, fast +\n%s", data, diff)
	}
	return true
}

var usual = []string{
	`{"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}`,
	`{"id": "c-1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}`,
	`{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[],"function_call":null,"refusal":null}}]}`,
	`{"choices":[{"index":0,"delta":{"content":null,"reasoning":"cted"},"finish_reason":"stop","stop_reason":302}]}`,
	`{"choices":[{"index":0,"delta":{"reasoning_content":"\n\"\\\/\b\f\r\t"}}]}`,
	`{"choices":[{"index":0,"delta":{"content":"caf\u00e9 \ud83d\ude00 日本 \ud800 \ud83dx"}}]}`,
	`{"choices":[{"index":1,"text":"it","logprobs":{"tokens":["a\u0041\n"],"x":[-0.5,1e9,0,{}]},"finish_reason":"length"}]}`,
	`{"choices":[],"usage":{"prompt_tokens":14,"total_tokens":20,"completion_tokens":6,"prompt_tokens_details":{"cached_tokens":13},"completion_tokens_details":{"reasoning_tokens":5}}}`,
	`{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":14,"completion_tokens":null,"prompt_tokens_details":null},"error":null}`,
	`{"choices":null,"usage":null}`,
	`{"choices":[{"delta":{"content":"a"},"index":0},{"delta":{"content":"b"},"index":1}]}`,
	` { } `,
	`{"choices":[{"index":0,"delta":{},"token_ids":[3, 4]},{"index":1,"delta":{"content":"a"},"token_ids":[205],"finish_reason":"stop"}]}`,
}

var unusual = []string{
	`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]}}]}`,
	`{"choices":[{"delta":{"refusal":"no"}}]}`, `{"error":{"message":"overloaded"}}`, `{"object":"error","message":"bad"}`,
	`{"choices":[{"delta":{"content":[{"type":"text","text":"a"}]}}]}`, `{"choices":[{"message":{"content":"a"}}]}`,
	`{"choices":[{"delta":{"reasoning":"a","reasoning_content":"a"}}]}`, `{"choices":[{"delta":{"content":"a","content":"b"}}]}`,
	`{"choices":[{"text":"a","delta":{"content":"b"}}]}`, `{"usage":{"completion_tokens":-1}}`, `{"usage":{"completion_tokens":1.5}}`,
	`{"usage":{"completion_tokens":012}}`, `{"a":1}{"b":2}`, `[1]`, `{"a":NaN}`, `{"a":"` + "\x01" + `"}`, "{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}",
	`{"a":"\x"}`, `{"a":tru}`, `{"a":1.}`, `{"a":-}`, `{"a":[1,]}`, `{"a":1,}`, `{"a"}`, `{"choices":[{"delta":{"content":"a`, `"`, `{`, ``,
	`{"a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`,
}

func TestFastReader(t *testing.T) {
	t.Parallel()
	for _, data := range usual {
		if !agree(t, []byte(data)) {
			t.Errorf("the fast reader gave a usual event up: %s", data)
		}
		for cut := range data[:max(0, len(strings.TrimSpace(data))-1)] {
			if agree(t, []byte(data[:cut])) {
				t.Errorf("the fast reader took a torn event: %s", data[:cut])
			}
		}
	}
	for _, data := range unusual {
		if agree(t, []byte(data)) {
			t.Errorf("the fast reader took an unusual event: %s", data)
		}
	}
}

func TestPlainEnd(t *testing.T) {
	t.Parallel()
	for _, stop := range "\"\\\x00\x1f\n" {
		for n := range 40 {
			text := strings.Repeat("aé~\x7f !", 10)[:n] + string(stop) + "\"\\ tail"
			if got := plainEnd([]byte(text), 0); got != n {
				t.Errorf("%q: %d, want %d", text, got, n)
			}
		}
	}
	if got := plainEnd([]byte("0123456789"), 3); got != 10 {
		t.Errorf("no end: %d", got)
	}
}

// remembered reports whether an event was read by the shape of the one before,
// and fails the test if the full reader sees it otherwise.
func remembered(t *testing.T, before, data []byte) bool {
	t.Helper()
	var d decoder
	var full chunk
	if d.read(before) != nil {
		return false
	}
	d.chunk.reset()
	if !d.mould.read(data, &d.chunk) {
		return false
	}
	if err := parseChunk(data, &full); err != nil {
		t.Fatalf("after %q the mould took what is broken: %v\n%q", before, err, data)
	}
	if diff := cmp.Diff(seen(&full), seen(&d.chunk), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%q after %q: full -, mould +\n%s", data, before, diff)
	}
	return true
}

func TestMould(t *testing.T) {
	t.Parallel()
	event := func(text string) []byte {
		return []byte(`{"id":"c-1","choices":[{"index":0,"delta":{"content":` + text + `},"finish_reason":null}]}`)
	}
	for text, want := range map[string]bool{
		`"b"`: true, `""`: true, `"\u00e9\n日本\""`: true, `"\\"`: true,
		`null`: false, `"b","x":"y"`: false, `"\q"`: false, "\"\xff\"": false, "\"\n\"": false, `"`: false,
	} {
		if got := remembered(t, event(`"a"`), event(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		plain := want && !strings.Contains(text, `\`)
		if got := follows(t, event(`"a"`), event(text)); got != plain {
			t.Errorf("%s: taken as it stands: %v, want %v", text, got, plain)
		}
	}
	for _, other := range unusual {
		if remembered(t, []byte(other), event(`"a"`)) {
			t.Errorf("took %s for a shape", other)
		}
	}
	// The beginning and the end of the shape must not overlap.
	if remembered(t, []byte(`{"choices":[{"text":"a"}],"x":[{"text":"a"}]}`), []byte(`{"choices":[{"text":"a"}]}`)) {
		t.Error("took half an event")
	}
}

// follows has two decoders read the same two events, one of which knows no shape
// by then, and fails the test if they do not agree. It reports whether the other
// took the second event for another one like the first.
func follows(t *testing.T, before, data []byte) bool {
	t.Helper()
	var fast, full decoder
	var ev, want llm.Event
	if fast.Decode(nil, before, &ev) != nil || full.Decode(nil, before, &want) != nil {
		return false
	}
	full.mould = mould{}
	ev, want = llm.Event{}, llm.Event{}
	probe := fast
	took := probe.another(data, &llm.Event{})
	gotErr, wantErr := fast.Decode(nil, data, &ev), full.Decode(nil, data, &want)
	if (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("%q after %q: error %v, want %v", data, before, gotErr, wantErr)
	}
	if diff := cmp.Diff(want, ev, cmpopts.EquateEmpty()); gotErr == nil && diff != "" {
		t.Fatalf("%q after %q: full -, by shape +\n%s", data, before, diff)
	}
	if fast.growth != full.growth || fast.choices != full.choices || fast.finished != full.finished || fast.exact != full.exact {
		t.Fatalf("%q after %q: %+v, want %+v", data, before, fast, full)
	}
	return took
}

// counting is an event of a shape with another word in place of each count.
func counting(m *mould, word string) []byte {
	b, from := slices.Clone(m.before), 0
	for _, n := range m.numbers.at[:m.numbers.n] {
		b = append(append(b, m.after[from:n.from]...), word...)
		from = n.to
	}
	return append(b, m.after[from:]...)
}

// Counts may change from event to event, and what a usage says is read from them.
func TestMouldCounts(t *testing.T) {
	t.Parallel()
	const first = `{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":14,"total_tokens":15,"completion_tokens":1,` +
		`"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":0}}}`
	for next, want := range map[string]bool{
		first: true,
		strings.NewReplacer(`:15`, `:116`, `:1,`, `:102,`, `"a"`, `"\n"`, `:0}`, `:99}`).Replace(first): true,
		strings.Replace(first, `:1,`, `:01,`, 1):                                                        false,
		strings.Replace(first, `:1,`, `:1.0,`, 1):                                                       false,
		strings.Replace(first, `:1,`, `:-1,`, 1):                                                        false,
		strings.Replace(first, `:1,`, `:null,`, 1):                                                      false,
		strings.Replace(first, `:1,`, `:12345678901,`, 1):                                               false,
		strings.Replace(first, `:1,`, `:,`, 1):                                                          false,
		strings.TrimSuffix(first, "}"):                                                                  false,
		first[:strings.Index(first, `,"usage"`)] + `,"usage":null}`:                                     false,
		strings.Replace(first, `"total_tokens":15`, `"total_tokens": 15`, 1):                            false,
		strings.Replace(first, `:14`, `:14,"completion_tokens":7`, 1):                                   false,
	} {
		if got := remembered(t, []byte(first), []byte(next)); got != want {
			t.Errorf("%s: %v, want %v", next, got, want)
		}
		follows(t, []byte(first), []byte(next))
	}
}

// What the fast readers take, the full one sees alike.
func FuzzDecode(f *testing.F) {
	all := append(append([]string{}, usual...), unusual...)
	for i, data := range all {
		f.Add([]byte(data), []byte(all[(i+1)%len(all)]), "text")
		f.Add([]byte(data), []byte(data), "12")
	}
	f.Fuzz(func(t *testing.T, before, data []byte, text string) {
		agree(t, data)
		remembered(t, before, data)
		follows(t, before, data)
		var d decoder
		if d.read(before) == nil { // the same event with another text
			same := slices.Concat(d.mould.before, []byte(text), d.mould.after)
			remembered(t, before, same)
			follows(t, before, same)
			other := counting(&d.mould, text)
			remembered(t, before, other)
			follows(t, before, other)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	for name, data := range map[string]string{
		"content": `{"id":"chatcmpl-8251530f5a4323d3","object":"chat.completion.chunk","created":1795441287,"model":"tiny","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null,"token_ids":null}]}`,
		"usage":   `{"id":"chatcmpl-8251530f5a4323d3","object":"chat.completion.chunk","created":1795441287,"model":"tiny","choices":[{"index":0,"delta":{"reasoning":"The"},"logprobs":null,"finish_reason":null,"token_ids":null}],"usage":{"prompt_tokens":14,"total_tokens":17,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":2}}}`,
	} {
		event := []byte(data)
		var c chunk
		b.Run(name+"/scan", func(b *testing.B) {
			b.ReportAllocs()
			var m mould
			for b.Loop() {
				c.reset()
				if !scanChunk(event, &c, &m) {
					b.Fatal("gave up")
				}
			}
		})
		b.Run(name+"/decoder", func(b *testing.B) {
			b.ReportAllocs()
			var d decoder
			var ev llm.Event
			for b.Loop() {
				ev = llm.Event{}
				if err := d.Decode(nil, event, &ev); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/full", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.reset()
				if err := parseChunk(event, &c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
