package backends_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"loadgate/backends"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/internal/yamlpos"
)

var update = flag.Bool("update", false, "write what is got into testdata")

// fixture is a file of testdata: a backend's section, a request, the call that
// it becomes, the bytes that a server answered, and what their events say. The
// comment names where the bytes come from.
type fixture struct {
	path    string
	archive *txtar.Archive
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var out []fixture
	for _, p := range paths {
		a, err := txtar.ParseFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fixture{p, a})
	}
	return out
}

func (f fixture) file(name string) []byte {
	for _, file := range f.archive.Files {
		if file.Name == name {
			return file.Data
		}
	}
	return nil
}

// answer is the recorded body and its content type.
func (f fixture) answer() (contentType string, body []byte) {
	if b := f.file("answer.json"); b != nil {
		return "application/json", b
	}
	return "text/event-stream", f.file("answer.sse")
}

func (f fixture) check(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		for i := range f.archive.Files {
			if f.archive.Files[i].Name == name {
				f.archive.Files[i].Data = []byte(got)
			}
		}
		if err := os.WriteFile(f.path, txtar.Format(f.archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(f.file(name)), got); diff != "" {
		t.Errorf("%s: want -, got +\n%s", name, diff)
	}
}

// open makes a backend from YAML.
func open(t testing.TB, yaml string, env yamlpos.Lookup) llm.Backend {
	t.Helper()
	n, list := yamlpos.Parse("section.yaml", []byte(yaml), env)
	if list.HasErrors() {
		t.Fatal(list.Err())
	}
	b, list := backends.Kinds.Open(n, kind.Context{Name: "main", Lookup: env})
	if list.HasErrors() {
		t.Fatal(list.Err())
	}
	if s, ok := b.(backends.Spawner); ok {
		s.Connect("http://127.0.0.1:40000")
	}
	return b
}

// teller writes down what each event says.
type teller struct {
	decoder llm.Decoder
	text    strings.Builder
}

func (r *teller) Receive(f *wire.Frame) wire.Progress {
	var ev llm.Event
	if err := r.decoder.Decode(f.Name, f.Data, &ev); err != nil {
		fmt.Fprintf(&r.text, "malformed: %v\n", err)
		return wire.Stop
	}
	r.text.WriteString(tell(&ev) + "\n")
	if ev.Done {
		return wire.Done
	}
	return wire.Nothing
}

func tell(ev *llm.Event) string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	for _, m := range []struct {
		name string
		text []byte
	}{{"content", ev.Content}, {"reasoning", ev.Reasoning}, {"tool", ev.Tool}} {
		if len(m.text) > 0 {
			add("%s %q", m.name, m.text)
		}
	}
	if ev.Tokens != 0 {
		add("tokens %d", ev.Tokens)
	}
	if ev.Finish != "" {
		add("finish %s", ev.Finish)
	}
	if u := ev.Usage; u.Set {
		add("usage in %d out %d reasoning %d cached %d", u.Input, u.Output, u.Reasoning, u.Cached)
	}
	if ev.Audit {
		add("audit")
	}
	if ev.Error != "" {
		add("error %q", ev.Error)
	}
	if ev.Done {
		add("done")
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(f.path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			b := open(t, string(f.file("section.yaml")), nil)
			f.check(t, "call", renderCall(t, b, f.file("request.json")))
			contentType, body := f.answer()
			told := func(r io.Reader) string {
				t.Helper()
				rec := &teller{decoder: b.Decoder()}
				if err := wire.Replay(contentType, r, rec); err != nil {
					t.Fatal(err)
				}
				return rec.text.String()
			}
			want := told(bytes.NewReader(body))
			f.check(t, "events", want)
			if got := told(iotest.OneByteReader(bytes.NewReader(body))); got != want {
				t.Errorf("byte by byte: %s", cmp.Diff(want, got))
			}
			for cut := range body {
				if got := told(io.MultiReader(bytes.NewReader(body[:cut]), bytes.NewReader(body[cut:]))); got != want {
					t.Fatalf("cut at %d: %s", cut, cmp.Diff(want, got))
				}
			}
			for _, end := range []string{"\r\n", "\r"} {
				if got := told(bytes.NewReader(bytes.ReplaceAll(body, []byte("\n"), []byte(end)))); got != want {
					t.Errorf("with %q: %s", end, cmp.Diff(want, got))
				}
			}
		})
	}
}

func renderCall(t *testing.T, b llm.Backend, request []byte) string {
	t.Helper()
	var r struct {
		Messages  []llm.Message
		Prompt    string
		Body      json.RawMessage
		Model     string
		Tools     json.RawMessage
		Extra     map[string]json.RawMessage
		MaxTokens int `json:"max_tokens"`
	}
	if err := json.Unmarshal(request, &r); err != nil {
		t.Fatal(err)
	}
	call, err := b.Encode(llm.Request{
		Messages: r.Messages, Prompt: r.Prompt, Body: r.Body, Model: r.Model, Tools: r.Tools, Extra: r.Extra, MaxTokens: r.MaxTokens,
	})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s\n", call.Method, call.URL)
	for key := range call.Header {
		fmt.Fprintf(&out, "%s: %s\n", key, call.Header.Get(key)) // at most one in a fixture: the order is free
	}
	return out.String() + string(call.Body) + "\n"
}

func TestEveryKindHasAFixture(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range fixtures(t) {
		n, _ := yamlpos.Parse(f.path, f.file("section.yaml"), nil)
		seen[n.Get("kind").Text] = true
		if len(bytes.TrimSpace(f.archive.Comment)) == 0 {
			t.Errorf("%s does not say where its bytes come from", f.path)
		}
	}
	for _, k := range backends.Kinds.Names() {
		if !seen[k] {
			t.Errorf("kind %s has no fixture in testdata", k)
		}
	}
}

// The whole way from bytes to events, as a run goes it.
func BenchmarkStream(b *testing.B) {
	const events = 1000
	event := `data: {"id":"chatcmpl-8251530f5a4323d3","object":"chat.completion.chunk","created":1795441287,"model":"tiny","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null,"token_ids":null}]}` + "\n\n"
	body := strings.Repeat(event, events)
	backend := open(b, "kind: vllm\nurl: http://h/v1\nmodel: m\n", nil)
	b.ReportAllocs()
	for b.Loop() {
		rec := &counter{decoder: backend.Decoder()}
		if err := wire.Replay("text/event-stream", strings.NewReader(body), rec); err != nil || rec.n != events {
			b.Fatal(rec.n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
}

type counter struct {
	decoder llm.Decoder
	ev      llm.Event // here, lest each event allocate one
	n       int
}

func (c *counter) Receive(f *wire.Frame) wire.Progress {
	c.ev = llm.Event{}
	if c.decoder.Decode(f.Name, f.Data, &c.ev) != nil || c.ev.Kind() != llm.Content {
		return wire.Stop
	}
	c.n++
	return wire.Token
}
