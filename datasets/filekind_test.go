package datasets

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
)

const onePixel = "\x89PNG\r\n\x1a\nrest of an image"

func asked(role, text string, media ...llm.Media) llm.Message {
	return llm.Message{Role: role, Text: text, Media: media}
}

func TestFileMapping(t *testing.T) {
	t.Parallel()
	png := llm.Media{Kind: llm.Image, MIME: "image/png", Data: []byte(onePixel)}
	base64 := "iVBORw0KGgpyZXN0IG9mIGFuIGltYWdl"
	for _, c := range []struct {
		name, content, section string
		ids                    []string
		want                   []llm.Request
	}{
		{"a.jsonl", `{"q": "Why?", "c": ["x", {"y": 2}], "n": 3}`, `prompt: "{q} {c[0]} {c[1].y} {n} {none?}{{}}"`, nil, []llm.Request{{Prompt: "Why? x 2 3 {}"}}},
		{"a.csv", "a,b\n1,\n", `{prompt: "{a}:{b}", output_tokens: 7}`, nil, []llm.Request{{Prompt: "1:", MaxTokens: 7}}},
		{"a.csv", "Why,10\nHow,\n", `{columns: [q, n], prompt: "{q}", output_tokens: n, id: q}`, []string{"Why", "How"}, []llm.Request{{Prompt: "Why", MaxTokens: 10}, {Prompt: "How"}}},
		{"a.txt", "one\n\n  two\n", ``, nil, []llm.Request{{Prompt: "one"}, {Prompt: "  two"}}},
		{"a.dat", "one\ttwo\n1\t2", `{format: tsv, prompt: "{two}"}`, nil, []llm.Request{{Prompt: "2"}}},
		{"a.jsonl", `{"prompt": "p", "text": "t"}` + "\n" + `{"prompt": null, "text": "t"}`, ``, nil, []llm.Request{{Prompt: "p"}, {Prompt: "t"}}},
		{
			"a.jsonl", `{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}, {"from": "human", "value": "Bye"}, {"from": "gpt", "value": "!"}], "topic": "x"}`,
			`system: "About {topic}."`, nil,
			[]llm.Request{{Messages: []llm.Message{asked("system", "About x."), asked("user", "Hi"), asked("assistant", "Hello"), asked("user", "Bye")}}},
		},
		{
			"a.jsonl", `{"m": "[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"What\"}, {\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,` + base64 +
				`\"}}, {\"type\": \"text\", \"text\": \"is it?\"}]}]"}`,
			`messages: m`, nil,
			[]llm.Request{{Messages: []llm.Message{asked("user", "What\nis it?", png)}}},
		},
		{
			"a.jsonl", `{"q": "Which?", "pics": ["one.png", "https://example.com/two.png"], "pic": {"bytes": "` + base64 + `", "path": "x.png"}, "none": null}`,
			`{prompt: "{q}", images: [pics, pic, none, nowhere]}`, nil,
			[]llm.Request{{Messages: []llm.Message{asked("user", "Which?", png, llm.Media{Kind: llm.Image, URL: "https://example.com/two.png"}, png)}}},
		},
		{
			"a.jsonl", `{"q": "x", "t": [{"type": "function"}], "e": {"top_p": 0.5}, "m": "lora-1", "l": 12, "id": 7}`,
			`{prompt: "{q}", tools: t, extra: e, model: m, input_tokens: l, id: id}`,
			[]string{"7"},
			[]llm.Request{{Prompt: "x", Tools: json.RawMessage(`[{"type": "function"}]`), Extra: map[string]json.RawMessage{"top_p": json.RawMessage("0.5")}, Model: "lora-1", InputTokens: 12}},
		},
		{"a.csv", "b\n\"{\"\"messages\"\": []}\"\n", `body: b`, nil, []llm.Request{{Body: json.RawMessage(`{"messages": []}`)}}},
		{
			"a.jsonl", `{"p": "one two three", "a": "yes"}` + "\n" + `{"p": "one", "a": "yes and no"}` + "\n" + `{"p": "one two three four", "a": "yes and no"}`,
			`{prompt: "{p}", answer: a, tokenizer: cl100k_base, filter: {min_input_tokens: 2, max_total_tokens: 6}}`, nil,
			[]llm.Request{{Prompt: "one two three", InputTokens: 3, MaxTokens: 1}},
		},
		{
			"a.jsonl", `{"prompt": "a", "n": 5}` + "\n" + `{"prompt": "b", "n": 50}`, `{input_tokens: n, filter: {min_input_tokens: 6}, output_tokens: 9}`, nil,
			[]llm.Request{{Prompt: "b", InputTokens: 50, MaxTokens: 9}},
		},
	} {
		dir := put(t, c.name, []byte(c.content))
		if err := os.WriteFile(filepath.Join(dir, "one.png"), []byte(onePixel), 0o600); err != nil {
			t.Fatal(err)
		}
		d, list := try(t, dir, sectionOf(c.name, c.section))
		if len(list) > 0 {
			t.Errorf("%s: %v", c.section, list)
			continue
		}
		ids, got := requests(t, d)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.section, diff)
		}
		if c.ids != nil && !cmp.Equal(c.ids, ids) {
			t.Errorf("%s: ids %q", c.section, ids)
		}
	}
}

// sectionOf is a section of kind file with more keys, in either style.
func sectionOf(name, more string) string {
	if inner, ok := strings.CutPrefix(more, "{"); ok {
		return "{kind: file, path: " + name + ", " + inner
	}
	return "kind: file\npath: " + name + "\n" + more + "\n"
}

func TestFileParquet(t *testing.T) {
	t.Parallel()
	dir := "../internal/datafile/testdata"
	d, list := try(t, dir, `{kind: file, path: nested.parquet, limit: 1, prompt: "{question} {choices[1]}", images: image, id: id}`)
	if len(list) > 0 {
		t.Fatal(list)
	}
	ids, got := requests(t, d)
	want := []llm.Request{{Messages: []llm.Message{asked("user", "What is 2+2? 日本 b", llm.Media{Kind: llm.Image, MIME: "image/png", Data: []byte("\x89PNG\r\n\x1a\n\x00")})}}}
	if diff := cmp.Diff(want, got); diff != "" || ids[0] != "1" {
		t.Error(ids, diff)
	}
	_, list = try(t, dir, `{kind: file, path: nested.parquet, prompt: "{question}"}`)
	if len(list) != 2 || list[0].Message != "row 2: the row has no question" || list[0].Pos.String() != dir+"/nested.parquet" || list[1].Message != "row 3: the prompt is empty" {
		t.Errorf("%q %v", list, list[0].Pos)
	}
}

func TestFileBadRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, content, section, want string }{
		{"a.jsonl", `{"question": "x"}`, ``, "1:1: nothing says what the prompt is, and the row has no messages, conversations, prompt, text (say so: prompt: \"{column}\"; the row's columns are question)"},
		{"a.jsonl", "{\"q\": \"x\"}\n{\"r\": \"x\"}\n", `prompt: "{q}"`, "2:1: the row has no q (its columns are r)"},
		{"a.jsonl", `{"q": {"a": 1}}`, `prompt: "{q.b}"`, "1:1: the row has no q.b"},
		{"a.jsonl", `{"q": ""}`, `prompt: "{q}"`, "1:1: the prompt is empty"},
		{"a.jsonl", `["q"]`, `prompt: "{q}"`, "1:2: expected an object, got text"},
		{"a.jsonl", `{"messages": [{"role": "user", "content": "x"}, {"role": "wizard", "content": "y"}]}`, ``, `1:1: messages: message 2: unknown role "wizard"`},
		{"a.jsonl", `{"messages": [{"role": "tool", "content": "x"}]}`, ``, `1:1: messages: message 1: calls of tools are not taken apart: give the whole request as body`},
		{"a.jsonl", `{"messages": [{"role": "user", "content": 7}]}`, ``, `1:1: messages: message 1: content: expected text or a list of parts`},
		{"a.jsonl", `{"messages": [{"role": "user", "content": [{"type": "smell"}]}]}`, ``, `1:1: messages: message 1: part 1: unknown type "smell"`},
		{"a.jsonl", `{"messages": [{"role": "assistant", "content": "x"}]}`, ``, `1:1: messages: there is no message to send`},
		{"a.jsonl", `{"messages": "hello"}`, ``, `1:1: messages: the text is not JSON`},
		{"a.jsonl", `{"prompt": "x", "i": "nosuch.png"}`, `images: i`, "1:1: i: there is no file nosuch.png in DIR"},
		{"a.jsonl", `{"prompt": "x", "i": "a.jsonl"}`, `images: i`, "1:1: i: DIR/a.jsonl: this is not an image of a known type"},
		{"a.jsonl", `{"prompt": "x", "i": 5}`, `images: i`, "1:1: i: expected a path, a URL, base64, or a list of them"},
		{"a.jsonl", `{"prompt": "x", "i": "data:image/png,abc"}`, `images: i`, "1:1: i: a data: URL must hold base64"},
		{"a.jsonl", `{"prompt": "x", "n": true}`, `output_tokens: n`, "1:1: n: expected a number, got true or false"},
		{"a.jsonl", `{"prompt": "x", "n": -1}`, `input_tokens: n`, "1:1: n: expected a whole number from 0 to 10000000, got -1"},
		{"a.jsonl", `{"prompt": "x", "t": {}}`, `tools: t`, "1:1: t: expected a list, or text that holds one"},
		{"a.jsonl", `{"prompt": "x", "e": "{"}`, `extra: e`, "1:1: e: the text is not JSON"},
		{"a.jsonl", `{"b": 7}`, `body: b`, "1:1: b: expected an object, or text that holds one"},
	} {
		dir := put(t, c.name, []byte(c.content))
		_, list := try(t, dir, sectionOf(c.name, c.section))
		var got []string
		for _, d := range list {
			line := strings.TrimPrefix(d.Pos.String(), filepath.Join(dir, c.name)+":") + ": " + d.Message
			if d.Hint != "" {
				line += " (" + d.Hint + ")"
			}
			got = append(got, strings.ReplaceAll(line, dir, "DIR"))
		}
		if diff := cmp.Diff([]string{c.want}, got); diff != "" {
			t.Errorf("%s with %s: %s", c.content, c.section, diff)
		}
	}
}

func TestFileBadSections(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]string{
		`prompt: "{q"`:           `3:9: a { stands alone: a value is written {column}, a brace {{`,
		`prompt: "q}"`:           `3:9: a } stands alone: a value is written {column}, a brace }}`,
		`prompt: 'Say {"a": 1}'`: `3:9: {"a": 1} names no value: write {column}, {data.prompt} or {choices[0]}, and {{ }} for braces`,
		`prompt: "{a..b}"`:       `3:9: {a..b} names no value: write {column}, {data.prompt} or {choices[0]}, and {{ }} for braces`,
		`prompt: ""`:             `3:9: prompt is empty`,
		`id: "a["`:               `3:5: "a[" is no path of a value: write a column, as in question, or what is within it, as in data.prompt or choices[0]`,
		"prompt: x\nmessages: m": `4:1: the dataset chat has both prompt and messages`,
		"body: b\nsystem: x":     `4:1: system has no place beside body`,
		"output_tokens: 0":       `3:16: output_tokens is 0: expected a whole number from 1 to 10000000`,
		"output_tokens: [1]":     `3:16: output_tokens: expected the name of a column`,
		"images: [1]":            `3:10: images: expected the name of a column, or a list of them`,
		"answer: a":              `3:9: answer needs a tokenizer, to say how long it is`,
		"answer: a\noutput_tokens: 5\ntokenizer: cl100k_base":   `3:1: answer and output_tokens both say how long answers are to be`,
		"filter: {max_input_tokens: 5}":                         `3:1: the filter needs the lengths of prompts`,
		"filter: {max_input_tokens: 0}\ntokenizer: cl100k_base": `3:28: max_input_tokens is 0: expected a whole number from 1 to 10000000`,
		"filter: {max: 1}": `3:10: unknown key "max"`,
		"columns: [a]":     `3:1: columns names the columns of a table without a header line, and this is none`,
		"format: xml":      `3:9: format is "xml": expected json or csv or tsv or text or parquet`,
		"filter: {min_input_tokens: 50}\ntokenizer: cl100k_base": `2:7: DIR/a.jsonl has no row that the filter keeps`,
	} {
		dir := put(t, "a.jsonl", []byte(`{"prompt": "x"}`))
		_, list := try(t, dir, sectionOf("a.jsonl", section))
		got := ""
		if len(list) > 0 {
			got = strings.ReplaceAll(fmt.Sprintf("%d:%d: %s", list[0].Line, list[0].Col, list[0].Message), dir, "DIR")
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", section, got, want)
		}
	}
	_, list := try(t, put(t, "a.dat", nil), `{kind: file, path: a.dat}`)
	if len(list) != 1 || list[0].Message != "the name a.dat does not say how its rows are written" {
		t.Error(list)
	}
}

// A file that goes away after it was checked is an error of the request.
func TestMediaFileThatGoes(t *testing.T) {
	t.Parallel()
	dir := put(t, "a.jsonl", []byte(`{"prompt": "x", "i": "a.png"}`))
	if err := os.WriteFile(filepath.Join(dir, "a.png"), []byte(onePixel), 0o600); err != nil {
		t.Fatal(err)
	}
	d, list := try(t, dir, `{kind: file, path: a.jsonl, images: i}`)
	if len(list) > 0 {
		t.Fatal(list)
	}
	if err := os.Remove(filepath.Join(dir, "a.png")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Session(1, 0); err == nil || !strings.Contains(err.Error(), "i: there is no file a.png") {
		t.Error(err)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"", "{a}", "{a.b[0]?} {{x}}", "{", "}", "{a[}", "{[0]}", "{a.}", "{a..b}", "é{ü}"} {
		f.Add(text, `{"a": {"b": ["x"]}, "ü": 1}`)
	}
	f.Fuzz(func(t *testing.T, text, src string) {
		tpl, err := parseTemplate(text)
		if err != nil {
			return
		}
		var row columns
		if json.Unmarshal([]byte(src), &row) != nil {
			return
		}
		filled, err := tpl.fill(rawRow{text: []byte(src), line: 1, col: 1}, row)
		if err == nil && !strings.ContainsAny(text, "{}") && filled != text {
			t.Fatalf("%q became %q", text, filled)
		}
	})
}

func FuzzFile(f *testing.F) {
	m := &mapping{guess: true, files: mediaFiles{dir: "testdata"}}
	for _, key := range []struct {
		to   **field
		name string
	}{{&m.input, "n"}, {&m.tools, "t"}, {&m.extra, "e"}, {&m.model, "m"}, {&m.id, "id"}} {
		parsed, err := parseField(key.name)
		if err != nil {
			f.Fatal(err)
		}
		*key.to = &parsed
	}
	images, err := parseField("i")
	if err != nil {
		f.Fatal(err)
	}
	m.media = []mediaColumn{{llm.Image, images}}
	for _, src := range []string{
		`{"prompt": "x", "n": 3, "t": [], "e": {}, "m": "m", "id": 1, "i": ["https://x", {"bytes": "iVBORw0KGgo="}, {"url": "data:image/png;base64,aaaa"}]}`,
		`{"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "aaaa", "format": "wav"}}, {"type": "image_url", "image_url": "https://x"}]}]}`,
		`{"conversations": "[{\"from\": \"human\", \"value\": \"x\"}]", "i": null}`,
	} {
		f.Add([]byte(src))
	}
	fuzzParser(f, m.parse, func(c candidate) bool {
		if err := c.finish(); err != nil {
			return true
		}
		return (c.request.Prompt != "") != (len(c.request.Messages) > 0) && c.request.InputTokens >= 0
	})
}
