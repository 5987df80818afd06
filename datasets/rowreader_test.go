package datasets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// cut gives a file's rows as line:col text, and its faults as line:col !message.
func cut(t testing.TB, r io.Reader) []string {
	t.Helper()
	return cutRows(t, newRowReader(r))
}

func cutRows(t testing.TB, rows rowSource) []string {
	t.Helper()
	out := []string{}
	for {
		row, err := rows.next()
		if err == io.EOF {
			return out
		}
		if f, ok := err.(*fault); ok {
			out = append(out, fmt.Sprintf("%d:%d !%s", f.line, f.col, f.message))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d:%d %s", row.line, row.col, row.text))
	}
}

func TestRowReader(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][]string{
		"":                                {},
		"{}":                              {"1:1 {}"},
		"\ufeff{}\r\n\r\n  {\"é\": 1} \n": {"1:1 {}", "3:3 {\"é\": 1}"},
		"\n\n{}\n[1]\n7":                  {"3:1 {}", "4:1 [1]", "5:1 7"},
		"[]":                              {},
		" \n [ ] \n":                      {},
		"[1]":                             {"1:2 1"},
		"[1, {\"a\": [1, 2]},\n\t\"x,]\\\"}\" , [[]]\n]\n": {"1:2 1", `1:5 {"a": [1, 2]}`, `2:2 "x,]\"}"`, "2:13 [[]]"},
		`["é\\", "ü"]`:   {`1:2 "é\\"`, `1:9 "ü"`},
		"[,1]":           {"1:2 !a row is missing", "1:3 1"},
		"[1,,2]":         {"1:2 1", "1:4 !a row is missing", "1:5 2"},
		"[1,]":           {"1:2 1", "1:4 !a row is missing"},
		"[1 2]":          {"1:2 1 2"},
		"[1]]":           {"1:2 1", "1:4 !the file goes on after the end of the array"},
		"[":              {"1:2 !the file ends before its array does"},
		"[1,":            {"1:2 1", "1:4 !the file ends before its array does"},
		"[{\"a\": \"b]":  {"1:11 !the file ends before its array does"},
		"[\"a\nb\", 1]":  {"1:0 !a text is not closed before its line ends"},
		"[}, 1]":         {"1:2 }", "1:5 1"},
		"[1, [2, 3, {}]": {"1:2 1", "1:15 !the file ends before its array does"},
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(src), "byte by byte": iotest.OneByteReader(strings.NewReader(src))} {
			if diff := cmp.Diff(want, cut(t, r)); diff != "" {
				t.Errorf("%q, %s: %s", src, name, diff)
			}
		}
	}
}

func TestRowsThatAreTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000) // more than the buffer holds
	for src, want := range map[string][]string{
		"{}\n{" + long + "}\n{}\n": {"1:1 {}", "2:1 !the row has more than 50000 bytes", "3:1 {}"},
		"[1, \"" + long + "\"]":    {"1:2 1", "1:5 !the row has more than 50000 bytes"},
	} {
		rows := newRowReader(strings.NewReader(src))
		rows.most = 50_000
		if diff := cmp.Diff(want, cutRows(t, rows)); diff != "" {
			t.Error(diff)
		}
	}
}

func addFiles(f *testing.F) {
	for _, src := range []string{
		"[{\"prompt\": \"a\", \"prompt_len\": 3},\n {\"prompt\": \"b\\\"]\"}]", "{\"prompt\": \"a\"}\n\n{}\r\n[", "[1,,2]x", "[\"a\nb\"]", "[[[", "\ufeff[1]", "\xff",
		`{"idx": 1, "prompt_body": {"messages": []}}`, `{"prompt_body": "{\"prompt\": \"x\"}"}`, `{"prompt_body": ""}`, `{"prompt": null}`,
		`[{"id": 1, "conversations": [{"from": "human", "value": "a"}, {"role": "assistant", "content": "b"}, 7]}]`,
		`[{"messages": [{"role": "system", "content": "s"}, null, {"content": null}]}]`, `{"conversations": []}`,
	} {
		f.Add([]byte(src))
	}
}

// FuzzRowReader: an array is cut as encoding/json cuts it, and each row's place
// is where its text stands.
func FuzzRowReader(f *testing.F) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		got := cut(t, bytes.NewReader(src))
		if other := cut(t, iotest.OneByteReader(bytes.NewReader(src))); !cmp.Equal(got, other) {
			t.Fatalf("byte by byte: %q, at once: %q", other, got)
		}
		var want []json.RawMessage
		if json.Unmarshal(src, &want) != nil || !bytes.HasPrefix(bytes.TrimLeft(src, " \t\r\n"), []byte("[")) || !utf8.Valid(src) {
			return
		}
		lines := strings.Split(string(src), "\n")
		if len(got) != len(want) {
			t.Fatalf("%d rows %q, want %d", len(got), got, len(want))
		}
		for i := range got {
			var line, col int
			place, text, _ := strings.Cut(got[i], " ")
			if _, err := fmt.Sscanf(place, "%d:%d", &line, &col); err != nil || text != string(want[i]) {
				t.Fatalf("row %d: %q, want %q", i, got[i], want[i])
			}
			first, _, _ := strings.Cut(text, "\n")
			if at := string([]rune(lines[line-1])[col-1:]); !strings.HasPrefix(at, first) {
				t.Fatalf("row %d is %q, and at %s stands %q", i, text, place, at)
			}
		}
	})
}

// fuzzParser feeds a kind's parser with files. Rows that are kept must be
// sendable; faults must have a place within the file.
func fuzzParser[T any](f *testing.F, parse parser[T], sound func(T) bool) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		faults := faultList{file: "data"}
		var rows []T
		if err := scanRows(newRowReader(bytes.NewReader(src)), parse, func(r T, _ span) bool { rows = append(rows, r); return true }, &faults); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if !sound(r) {
				t.Fatalf("%+v", r)
			}
		}
		lines := bytes.Count(src, []byte("\n")) + 1
		for _, d := range faults.diagnostics() {
			if d.Line < 1 || d.Line > lines || d.Col < 0 || d.Message == "" {
				t.Fatalf("%+v in %d lines", d, lines)
			}
		}
	})
}

func FuzzLocal(f *testing.F) {
	fuzzParser(f, keepLocal, func(r row) bool {
		return r.request.Prompt != "" && r.request.InputTokens >= 0 && r.request.MaxTokens >= 0
	})
}

func FuzzCustom(f *testing.F) {
	fuzzParser(f, func(raw rawRow) (row, bool, error) { r, err := parseCustom(raw); return r, true, err }, func(r row) bool {
		return json.Valid(r.request.Body) && r.request.Body[0] == '{'
	})
}

func FuzzShareGPT(f *testing.F) {
	fuzzParser(f, parseShareGPT, func(c candidate) bool { return utf8.ValidString(c.text + c.answer) })
}

func BenchmarkReadArray(b *testing.B) {
	var src bytes.Buffer
	text := strings.Repeat("the quick brown fox ", 50)
	for i := range 1000 {
		fmt.Fprintf(&src, "%c\n{\"id\": \"%d\", \"conversations\": [{\"from\": \"human\", \"value\": %q}, {\"from\": \"gpt\", \"value\": %q}]}", "[,"[min(i, 1)], i, text, text)
	}
	src.WriteString("]")
	b.SetBytes(int64(src.Len()))
	b.ReportAllocs()
	for b.Loop() {
		faults := faultList{}
		rows := 0
		if err := scanRows(newRowReader(bytes.NewReader(src.Bytes())), parseShareGPT, func(candidate, span) bool { rows++; return true }, &faults); rows != 1000 || err != nil {
			b.Fatal(rows, err)
		}
	}
}

// FuzzMember: the list inside an object is cut into the rows that it has alone.
func FuzzMember(f *testing.F) {
	f.Add([]byte(`[{"a": 1}, {"b": [2]}]`))
	f.Add([]byte("[\n1,\n2\n]"))
	f.Fuzz(func(t *testing.T, list []byte) {
		if !json.Valid(list) || bytes.TrimSpace(list)[0] != '[' {
			t.Skip()
		}
		texts := func(src []byte) (out []string) {
			r := newRowReader(bytes.NewReader(src))
			r.member = "data"
			for {
				row, err := r.next()
				if err != nil {
					return append(out, err.Error())
				}
				out = append(out, string(row.text))
			}
		}
		wrapped := slices.Concat([]byte("{\n \"data\" : "), list, []byte("\n}\n"))
		if got, want := texts(wrapped), texts(list); !slices.Equal(got, want) {
			t.Errorf("%q, and alone %q", got, want)
		}
	})
}
