package datasets

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
)

// put writes a file and returns its folder.
func put(t testing.TB, name string, content []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func gzipped(t testing.TB, content string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The same rows give the same requests in every format.
func TestFormatsOfRows(t *testing.T) {
	t.Parallel()
	want := []llm.Request{
		{Prompt: "What is 2+2, \"exactly\"?", InputTokens: 10, MaxTokens: 20},
		{Prompt: "zwei\nZeilen", MaxTokens: 8},
		{Prompt: " 日本 ", InputTokens: 3},
	}
	jsonl := `{"prompt": "What is 2+2, \"exactly\"?", "prompt_len": 10, "output_len": "20"}
{"prompt": "zwei\nZeilen", "output_len": 8}
{"prompt": " 日本 ", "prompt_len": 3.0}
`
	csv := "\ufeffprompt,prompt_len,output_len,note\r\n" + `"What is 2+2, ""exactly""?",10,20,x` + "\r\n\r\n" + "\"zwei\nZeilen\",,8,\r\n 日本 ,3,,\"a,b\"\n"
	tsv := "prompt\tprompt_len\toutput_len\n" + `"What is 2+2, ""exactly""?"` + "\t10\t20\n\"zwei\nZeilen\"\t\t8\n 日本 \t3\t"
	for name, content := range map[string][]byte{
		"a.jsonl": []byte(jsonl), "a.jsonl.gz": gzipped(t, jsonl), "b": gzipped(t, jsonl),
		"a.csv": []byte(csv), "a.csv.gz": gzipped(t, csv), "a.tsv": []byte(tsv),
	} {
		d, list := try(t, put(t, name, content), `{kind: local, path: `+name+`}`)
		if len(list) > 0 {
			t.Errorf("%s: %v", name, list)
			continue
		}
		if _, got := requests(t, d); !cmp.Equal(want, got) {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
	}
}

func TestBadTables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ content, want string }{
		{"prompt,prompt_len\na,1\nb\nc,2,3\nd,x\n", `
3:1: error: the row has 1 values, and there are 2 columns
4:1: error: the row has 3 values, and there are 2 columns
5:1: error: prompt_len: expected a number, got text`},
		{"prompt,prompt_len\na\"b,1\n\"x\"y,2\nc,3\n", `
2:2: error: a " within a value that does not begin with one
hint: put the value into "…" and write "" for a " within it
3:3: error: this is not CSV: extraneous or missing " in quoted-field
hint: a text that begins with " ends with ", and a " within it is written ""`},
		{"prompt,prompt_len\n\"a,1\nb,2\n", `
3:5: error: this is not CSV: extraneous or missing " in quoted-field
hint: a text that begins with " ends with ", and a " within it is written ""`},
		{"prompt,,x\na,b,c", `
1:8: error: column 2 has no name
hint: the first line names the columns; or name them in the scenario: columns: [question, answer]`},
		{"prompt,x,prompt\na,b,c", `
1:10: error: two columns are named "prompt"
hint: the first line names the columns; or name them in the scenario: columns: [question, answer]`},
		{"prompt,x\na,\xff\nb,c", `
2:3: error: this is not UTF-8 text
hint: save the file as UTF-8`},
		{"question,x\na,b", `
2:1: error: the row has no prompt`},
	} {
		dir := put(t, "a.csv", []byte(c.content))
		_, list := try(t, dir, `{kind: local, path: a.csv}`)
		var got strings.Builder
		for _, d := range list {
			fmt.Fprintf(&got, "\n%s", strings.TrimPrefix(d.Pos.String(), filepath.Join(dir, "a.csv:")))
			fmt.Fprintf(&got, ": %s: %s", d.Severity, d.Message)
			if d.Hint != "" {
				fmt.Fprintf(&got, "\nhint: %s", d.Hint)
			}
		}
		if diff := cmp.Diff(c.want, got.String()); diff != "" {
			t.Errorf("%q: %s", c.content, diff)
		}
	}
}

// A quote that is not closed must not take the rest of the file into memory.
func TestTableRowsHaveAnEnd(t *testing.T) {
	t.Parallel()
	r := newTableReader(io.MultiReader(strings.NewReader("a,b\nx,y\n\"z,"), &endless{left: 2 * maxRowBytes}), ',', nil)
	got := cutRows(t, r)
	if diff := cmp.Diff([]string{`2:1 {"a":"x","b":"y"}`, "3:1 !a row from here on has more than 67108863 bytes"}, got); diff != "" {
		t.Error(diff)
	}
}

// endless gives the letter x for a long time.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.left)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= n
	return n, nil
}

func TestLineReader(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][]string{
		"":                               {},
		"one":                            {`1:1 {"text":"one"}`},
		"\ufeffone\r\n\n  two \n\t\n3\"": {`1:1 {"text":"one"}`, `3:1 {"text":"  two "}`, `5:1 {"text":"3\""}`},
		"a\n\xffb\nc":                    {`1:1 {"text":"a"}`, "2:1 !this is not UTF-8 text", `3:1 {"text":"c"}`},
	} {
		if diff := cmp.Diff(want, cutRows(t, newLineReader(iotest.OneByteReader(strings.NewReader(src))))); diff != "" {
			t.Errorf("%q: %s", src, diff)
		}
	}
}

// What is read again at a row's span is the row.
func fuzzSpans(f *testing.F, of func(io.Reader) (rowSource, func([]byte) ([]byte, error))) {
	for _, src := range []string{
		"", "a,b\n1,2\n", "\ufeffa\tb\r\n\"x\ny\"\t\r\n\r\n \tz", "a\n\"", "a,b\n\"x\"\"y\",z\n1\n\xff,2", "one\n\n two \r\n\ufeff", "[{}, 1,\n[2] ]", "\ufeff{}\n 7",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		rows, render := of(bytes.NewReader(src))
		for {
			row, err := rows.next()
			if err == io.EOF {
				return
			}
			if _, bad := err.(*fault); bad {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			text := string(row.text)
			again, err := render(src[row.at.from : row.at.from+row.at.size])
			if err != nil || string(again) != text {
				t.Fatalf("at %v: %q (%v), was %q", row.at, again, err, text)
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	fuzzSpans(f, func(in io.Reader) (rowSource, func([]byte) ([]byte, error)) {
		r := newTableReader(in, ',', nil)
		return r, r.render
	})
}

func FuzzLines(f *testing.F) {
	fuzzSpans(f, func(in io.Reader) (rowSource, func([]byte) ([]byte, error)) {
		return newLineReader(in), func(raw []byte) ([]byte, error) { return (&lineReader{}).render(raw), nil }
	})
}

func FuzzRowSpans(f *testing.F) {
	fuzzSpans(f, func(in io.Reader) (rowSource, func([]byte) ([]byte, error)) {
		return newRowReader(in), func(raw []byte) ([]byte, error) { return raw, nil }
	})
}

func TestSpanList(t *testing.T) {
	t.Parallel()
	var l spanList
	for i := range int64(3 * pieceRows) {
		if !l.add(span{i * 1000, i % maxRowBytes}) {
			t.Fatal(i)
		}
	}
	if !l.add(span{maxOffset, maxRowBytes}) || l.add(span{maxOffset + 1, 1}) {
		t.Error("the largest span is not what it is said to be")
	}
	for i := range int64(3 * pieceRows) {
		if got := l.at(int(i)); got != (span{i * 1000, i % maxRowBytes}) {
			t.Fatalf("%d: %v", i, got)
		}
	}
	if got := l.at(l.n - 1); got != (span{maxOffset, maxRowBytes}) {
		t.Error(got)
	}
}

// A file that is changed under a run is an error of the request, not another
// prompt.
func TestFileThatChanges(t *testing.T) {
	t.Parallel()
	dir := put(t, "a.jsonl", []byte("{\"prompt\": \"one\"}\n{\"prompt\": \"two\"}\n"))
	d, list := try(t, dir, `{kind: local, path: a.jsonl}`)
	if len(list) > 0 {
		t.Fatal(list)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte("{\"prompt\": \"one\"}\n{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Session(1, 1); err == nil || !strings.Contains(err.Error(), "the file changed since it was opened") {
		t.Error(err)
	}
}
