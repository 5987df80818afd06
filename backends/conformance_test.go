package backends_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"loadgate/backends"
	"loadgate/engine"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
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
	for _, a := range []struct{ file, contentType string }{
		{"answer.json", "application/json"}, {"answer.array", "application/json"}, {"answer.ndjson", "application/x-ndjson"}, {"answer.sse", "text/event-stream"},
	} {
		if b := f.file(a.file); b != nil {
			return a.contentType, b
		}
	}
	return "", nil
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
	from    *tap
	events  []string
	at      []int
	stopped bool // it asked for no more
}

// tap counts the bytes that were read through it.
type tap struct {
	r io.Reader
	n int
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.n += n
	return n, err
}

func (r *teller) Receive(f *wire.Frame) wire.Progress {
	var ev llm.Event
	err := r.decoder.Decode(f.Name, f.Data, &ev)
	line := tell(&ev)
	if err != nil {
		line = "malformed: " + err.Error()
	}
	r.events, r.at = append(r.events, line), append(r.at, r.from.n)
	switch {
	case err != nil:
		r.stopped = true
		return wire.Stop
	case ev.Done:
		r.stopped = true
		return wire.Done
	default:
		return wire.Nothing
	}
}

// preset is a backend whose request has been made.
type preset struct {
	llm.Backend
	call *llm.Call
}

func (p preset) Encode(llm.Request) (*llm.Call, error) { return p.call, nil }

// nothing is a dataset for it.
type nothing struct{}

func (nothing) Session(uint64, int) (llm.Session, error) {
	return llm.SingleTurn("", llm.Request{Prompt: "x", InputTokens: 1}), nil
}
func (nothing) Rows() int      { return 0 }
func (nothing) Digest() string { return "" }

// canned answers every call with the same bytes.
type canned struct {
	contentType string
	body        []byte
}

func (c canned) Do(_ context.Context, call *llm.Call, _ string, r wire.Receiver) wire.Result {
	err := wire.ReplayCall(call, c.contentType, bytes.NewReader(c.body), r)
	return wire.Result{Status: 200, Err: err, EOF: true}
}

func tell(ev *llm.Event) string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	for _, m := range []struct {
		name string
		text []byte
	}{{"content", ev.Content}, {"reasoning", ev.Reasoning}, {"tool", ev.Tool}, {"vector", ev.Vector}} {
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
	if ev.Class != "" {
		add("class %s", ev.Class)
	}
	if ev.Done {
		add("done")
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// exchange is a fixture that was opened.
type exchange struct {
	fixture
	backend     llm.Backend
	call        *llm.Call
	contentType string
	body        []byte
}

// told is what the events of a body say, a line each, and how many bytes of it
// had been read when each was told.
func (x *exchange) told(t *testing.T, r io.Reader) (events []string, at []int) {
	t.Helper()
	rec := &teller{decoder: x.backend.Decoder(), from: &tap{r: r}}
	if err := wire.ReplayCall(x.call, x.contentType, rec.from, rec); err != nil {
		t.Fatal(err)
	}
	return rec.events, rec.at
}

// outcome is how the engine judges an answer of these bytes, after which the
// body ends in good order.
func (x *exchange) outcome(t *testing.T, body []byte) *engine.Sample {
	t.Helper()
	var got *engine.Sample
	_, err := engine.Run(t.Context(), make(chan struct{}), engine.Config{
		Clock: llm.NewClock(), Load: scenario.Load{Concurrency: 1, Requests: 1}, Backend: preset{x.backend, x.call}, Dataset: nothing{},
		Transport: canned{x.contentType, body},
	}, func(s *engine.Sample) error { got = s; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures(t) {
		t.Run(strings.TrimSuffix(filepath.Base(f.path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			x := &exchange{fixture: f, backend: open(t, string(f.file("section.yaml")), nil)}
			var text string
			x.call, text = renderCall(t, x.backend, f.file("request.json"))
			f.check(t, "call", text)
			x.contentType, x.body = f.answer()
			if f.file("answer.json") != nil {
				x.call.Stream = false // also where an error document comes in place of a stream
			}
			events, _ := x.told(t, bytes.NewReader(x.body))
			f.check(t, "events", strings.Join(x.mayEnd(t, events), "\n")+"\n")
			x.whereverItIsSplit(t, events)
			x.asSoonAsItIsThere(t, events)
		})
	}
}

// mayEnd cuts the answer behind every event and marks those after which the
// engine takes it for whole. Before the first that says why it ended, or that it
// has, that would be a mistake of the codec's: an answer that broke off would
// pass for a good one.
func (x *exchange) mayEnd(t *testing.T, events []string) []string {
	t.Helper()
	_, ends := x.told(t, iotest.OneByteReader(bytes.NewReader(x.body)))
	out := slices.Clone(events)
	ended := x.file("ends") != nil // anywhere: the protocol has no mark for it
	for i := range events {
		s := x.outcome(t, x.body[:ends[i]])
		ended = ended || strings.Contains(events[i], "finish") || strings.Contains(events[i], "done")
		switch s.Outcome {
		case llm.Completed:
			out[i] += " | may end"
			if !ended {
				t.Errorf("cut behind event %d, the answer counts as whole", i)
			}
		case llm.Failed:
			if s.Error == "" {
				t.Errorf("cut behind event %d: a failure without a word", i)
			}
		}
	}
	s := x.outcome(t, x.body)
	return append(out, strings.TrimSpace(fmt.Sprintf("= %s %s", s.Outcome, s.Class)))
}

// whereverItIsSplit reads the answer in two pieces, split at every byte, byte by
// byte, and with other line ends.
func (x *exchange) whereverItIsSplit(t *testing.T, want []string) {
	t.Helper()
	same := func(how string, r io.Reader) {
		t.Helper()
		if got, _ := x.told(t, r); !slices.Equal(got, want) {
			t.Fatalf("%s: %s", how, cmp.Diff(want, got))
		}
	}
	for cut := 0; cut < len(x.body); cut += 1 + len(x.body)/2048 { // of the longest, every second or third byte
		same(fmt.Sprintf("split at %d", cut), io.MultiReader(bytes.NewReader(x.body[:cut]), bytes.NewReader(x.body[cut:])))
	}
	same("with CRLF", bytes.NewReader(bytes.ReplaceAll(x.body, []byte("\n"), []byte("\r\n"))))
	if x.contentType == "text/event-stream" {
		same("with CR", bytes.NewReader(bytes.ReplaceAll(x.body, []byte("\n"), []byte("\r"))))
	}
}

// asSoonAsItIsThere lets the answer stall behind every event: what came before
// has been told by then, and the answer ends as a failure unless it was whole.
func (x *exchange) asSoonAsItIsThere(t *testing.T, want []string) {
	t.Helper()
	got, ends := x.told(t, iotest.OneByteReader(bytes.NewReader(x.body)))
	if !slices.Equal(got, want) {
		t.Fatalf("byte by byte: %s", cmp.Diff(want, got))
	}
	for i, end := range ends {
		if wanted := x.endOf(i); wanted == 0 {
			continue // nothing but the end of the body shows the event's
		} else if wanted > 0 && end != wanted {
			t.Errorf("event %d, whole after %d bytes, was told after %d", i, wanted, end)
		}
		stalled := errors.New("stalled")
		rec := &teller{decoder: x.backend.Decoder(), from: &tap{r: io.MultiReader(bytes.NewReader(x.body[:end]), iotest.ErrReader(stalled))}}
		err := wire.ReplayCall(x.call, x.contentType, rec.from, rec)
		if !slices.Equal(rec.events, want[:i+1]) {
			t.Errorf("stalled behind event %d: %s", i, cmp.Diff(want[:i+1], rec.events))
		}
		if whole := rec.stopped; whole == errors.Is(err, stalled) {
			t.Errorf("stalled behind event %d: %v", i, err)
		}
	}
}

// endOf is where event i is whole, as far as the form of the body says it at
// sight; 0 = it does not, -1 = not at this sight.
func (x *exchange) endOf(i int) int {
	var mark string
	switch {
	case !x.call.Stream:
		return 0
	case x.contentType == "text/event-stream":
		mark = "\n\n"
	case x.contentType == "application/x-ndjson":
		mark = "\n"
	default:
		return -1
	}
	rest, end := string(x.body), 0
	for {
		part, after, ok := strings.Cut(rest, mark)
		end += len(part) + len(mark)
		if !ok {
			return 0
		}
		if mark == "\n" || strings.Contains("\n"+part, "\ndata:") { // else a comment
			i--
		}
		if i < 0 {
			return end
		}
		rest = after
	}
}

func renderCall(t *testing.T, b llm.Backend, request []byte) (*llm.Call, string) {
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
	for _, key := range slices.Sorted(maps.Keys(call.Header)) {
		fmt.Fprintf(&out, "%s: %s\n", key, call.Header.Get(key))
	}
	return call, out.String() + string(call.Body) + "\n"
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

// keeper keeps the frames of a stream.
type keeper struct{ names, data [][]byte }

func (k *keeper) Receive(f *wire.Frame) wire.Progress {
	k.names, k.data = append(k.names, bytes.Clone(f.Name)), append(k.data, bytes.Clone(f.Data))
	return wire.Nothing
}

// What an event of each recorded stream costs its decoder.
func BenchmarkRecorded(b *testing.B) {
	for _, f := range fixtures(b) {
		contentType, body := f.answer()
		section := string(f.file("section.yaml"))
		if contentType != "text/event-stream" && contentType != "application/x-ndjson" {
			continue
		}
		all := &keeper{}
		if err := wire.Replay(contentType, bytes.NewReader(body), all); err != nil || len(all.data) < 8 {
			continue
		}
		b.Run(strings.TrimSuffix(filepath.Base(f.path), ".txtar"), func(b *testing.B) {
			backend := open(b, section, func(string) (string, bool) { return "x", true })
			var ev llm.Event
			b.ReportAllocs()
			for b.Loop() {
				d := backend.Decoder()
				for i := range all.data {
					ev = llm.Event{}
					_ = d.Decode(all.names[i], all.data[i], &ev)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all.data)), "ns/event")
		})
	}
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
