package datasets

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
)

// requests are all of a dataset's, in order.
func requests(t *testing.T, d llm.Dataset) (ids []string, out []llm.Request) {
	t.Helper()
	for i := range d.Rows() {
		s := session(t, d, 1, i)
		ids, out = append(ids, s.ID), append(out, s.Turns...)
	}
	return ids, out
}

func TestLocalFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"local.jsonl", "local.json"} {
		_, got := requests(t, open(t, `{kind: local, path: `+name+`}`))
		want := []llm.Request{
			{Prompt: "What is the boiling point of water at sea level?", InputTokens: 10, MaxTokens: 20},
			{Prompt: "Name a colour.", MaxTokens: 8},
			{Prompt: "Wie heißt die Hauptstadt von Österreich?", InputTokens: 12},
			{Prompt: "Écris une phrase sur la mer.\nUne seule."},
			{Prompt: "  leading space is kept ", InputTokens: 5, MaxTokens: 16},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		_, got = requests(t, open(t, `{kind: local, path: `+name+`, output_tokens: 3, limit: 2}`))
		for i := range want {
			want[i].MaxTokens = 3
		}
		if diff := cmp.Diff(want[:2], got); diff != "" {
			t.Errorf("%s, limited: %s", name, diff)
		}
	}
}

func TestCustomFile(t *testing.T) {
	t.Parallel()
	ids, got := requests(t, open(t, `{kind: custom, path: custom.jsonl}`))
	want := []llm.Request{
		{Body: json.RawMessage(`{"messages": [{"role": "user", "content": "Hello, who are you?"}], "temperature": 0.2, "max_tokens": 32}`)},
		{Body: json.RawMessage(`{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Count to \"three\"."}]}`)},
		{Body: json.RawMessage(`{"prompt": "Once upon a time", "max_tokens": 16, "stop": ["\n"]}`)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"1", "two", ""}, ids); diff != "" {
		t.Error(diff)
	}
	if d := open(t, `{kind: custom, path: custom.json}`); d.Rows() != 3 {
		t.Errorf("%d rows in the array", d.Rows())
	}
}

func TestAbsolutePath(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("testdata/local.json")
	if err != nil {
		t.Fatal(err)
	}
	if d, list := try(t, "/nonexistent", `{kind: local, path: '`+path+`'}`); len(list) > 0 || d.Rows() != 5 {
		t.Error(list)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, want := range map[string]string{
		"nosuch.json":                      "there is no file " + dir + "/nosuch.json",
		".":                                dir + " is no regular file",
		write("empty.json", ""):            dir + "/empty.json has no rows",
		write("blank.jsonl", "\n \n\t\n"):  dir + "/blank.jsonl has no rows",
		write("array.json", "\ufeff [\n]"): dir + "/array.json has no rows",
		write("a.xz", "\xfd7zXZ\x00rest"):  "cannot read " + dir + "/a.xz: it is packed with xz, which is not read: unpack it, or pack it with zstd or gzip",
		write("local.json", "{}") + "/x":   "cannot read " + dir + "/local.json/x: not a directory",
	} {
		_, list := try(t, dir, "kind: custom\npath: "+name+"\n")
		if len(list) != 1 || list[0].Message != want || list[0].Pos.String() != "gate.yaml:2:7" || list[0].Width != len(name) {
			t.Errorf("%s: got %v (width %d), want %s", name, list, list[0].Width, want)
		}
	}
}

// A file that fails while it is read is no bad row, and no end of the file.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken disk")
	for _, start := range []string{"", "{\"prompt\": \"a\"}\n{", "[", "[{\"prompt\": \"a\"},", "[{\"prompt\": \"a\"}"} {
		rows := newRowReader(iotest.OneByteReader(&failing{strings.NewReader(start), broken}))
		faults := faultList{}
		if err := scanRows(rows, keepLocal, func(row, span) bool { return true }, &faults); !errors.Is(err, broken) {
			t.Errorf("after %q: %v, faults %v", start, err, faults.shown)
		}
	}
}

// failing gives an error where its text ends.
type failing struct {
	*strings.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.Len() == 0 {
		return 0, f.err
	}
	return f.Reader.Read(p)
}

func keepLocal(raw rawRow) (row, bool, error) {
	r, err := parseLocal(raw)
	return r, true, err
}

func TestBadRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, content, want string }{
		{"one bad line among good ones", "local", "{\"prompt\": \"a\"}\n\n{\"prompt\": \"b\", }\n{\"prompt\": \"c\"}\n", `
3:17: error: this is not JSON: invalid character '}' looking for beginning of object key string`},
		{"wrong types", "local", `{"prompt": 5}
  ["prompt"]
"prompt"
{"prompt": "a", "prompt_len": "ten"}
{"prompt": "a", "output_len": 1.5}`, `
1:1: error: prompt: expected text, got a number
2:3: error: expected an object, got a list
3:1: error: expected an object, got text
4:1: error: prompt_len: expected a number, got text
5:1: error: output_len: expected a whole number from 0 to 10000000, got 1.5`},
		{"values that cannot be", "local", `{"prompt": ""}
{"output_len": 5}
{"prompt": "a", "prompt_len": -1}
{"prompt": "a", "output_len": 1e12}
null`, `
1:1: error: the row has no prompt
2:1: error: the row has no prompt
3:1: error: prompt_len: expected a whole number from 0 to 10000000, got -1
4:1: error: output_len: expected a whole number from 0 to 10000000, got 1e+12
5:1: error: the row has no prompt`},
		{"six bad rows", "local", strings.Repeat("{}\n", 6), `
1:1: error: the row has no prompt
2:1: error: the row has no prompt
3:1: error: the row has no prompt
4:1: error: the row has no prompt
5:1: error: the row has no prompt
6: error: and 1 more bad row`},
		{"many bad rows", "local", "{\"prompt\": \"a\"}\n" + strings.Repeat("{}\n\n", 100), `
2:1: error: the row has no prompt
4:1: error: the row has no prompt
6:1: error: the row has no prompt
8:1: error: the row has no prompt
10:1: error: the row has no prompt
12: error: and 95 more bad rows from here on`},
		{"an array's elements have lines", "local", "[\n  {\"prompt\": \"a\"},\n  {\n    \"prompt\": \"é\",, \"output_len\": 5\n  },\n  {}, {\"prompt\": \"b\"}\n]", `
4:19: error: this is not JSON: invalid character ',' looking for beginning of object key string
6:3: error: the row has no prompt`},
		{"an array that is cut off", "local", "[{\"prompt\": \"a\"},\n{\"prompt\": \"b\"", `
2:15: error: the file ends before its array does`},
		{"a text that is cut off", "local", "[{\"prompt\": \"a\"},\n{\"prompt\": \"b\n\"}, {}]", `
2: error: a text is not closed before its line ends`},
		{"a comma too many", "local", "[{\"prompt\": \"a\"},\n]", `
2:1: error: a row is missing`},
		{"something behind the array", "local", "[{\"prompt\": \"a\"}]\n [1]", `
2:2: error: the file goes on after the end of the array`},
		{"one object over several lines", "local", "{\n\"prompt\": \"a\"\n}\n", `
1:1: error: this is not JSON: unexpected end of JSON input
2:9: error: this is not JSON: invalid character ':' after top-level value
3:1: error: this is not JSON: invalid character '}' looking for beginning of value`},
		{"not UTF-8", "local", "{\"prompt\": \"ü\xff\"}", `
1:14: error: this is not UTF-8 text`},
		{"bodies", "custom", `{"idx": 1}
{"prompt_body": null}
{"prompt_body": [1]}
{"prompt_body": "[1]"}
{"prompt_body": "{\"a\": }"}`, `
1:1: error: the row has no prompt_body
2:1: error: the row has no prompt_body
3:1: error: prompt_body: expected an object, or text that holds one
4:1: error: prompt_body: expected an object, or text that holds one
5:1: error: prompt_body: the text is not JSON`},
		{"an empty body", "custom", `{"prompt_body": " "}`, `
1:1: error: prompt_body: the text is not JSON`},
		{"conversations", "sharegpt", `[{"id": "a"},
{"id": "b", "conversations": {"from": "human"}},
{"id": "c", "conversations": [{"from": "human", "value": 1}]},
{"id": "d", "messages": ["Hi"]}]`, `
1:2: error: the row has neither conversations nor messages
2:1: error: conversations: expected a list, got an object
3:1: error: turn 1: value: expected text, got a number
4:1: error: turn 1: expected an object, got text`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "data.jsonl"), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			d, list := try(t, dir, `{kind: `+c.kind+`, path: data.jsonl}`)
			if d != nil {
				t.Error("a dataset comes back beside mistakes")
			}
			got := ""
			for _, d := range list.Sorted() {
				got += "\n" + strings.TrimPrefix(d.String(), dir+"/data.jsonl:")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A file that is neither an array nor lines is told what it should be; a slip
// within a row is not.
func TestHintOnTheFormOfFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{`{`: true, `"prompt": "a",`: true, `{"prompt": "a",}`: false, `{"prompt": a}`: false} {
		_, err := parseLocal(rawRow{text: []byte(text), line: 1, col: 1})
		var f *fault
		if !errors.As(err, &f) || (f.hint != "") != want {
			t.Errorf("%s: %v, hint %v", text, err, want)
		}
	}
}

// What is behind the limit is not looked at.
func TestLimitEndsReading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "data.jsonl"), []byte("{\"prompt\": \"a\"}\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, list := try(t, dir, `{kind: local, path: data.jsonl, limit: 1}`); len(list) > 0 || d.Rows() != 1 {
		t.Error(list)
	}
}
