package pipeline

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadgate/internal/tokens"
	"loadgate/scenario"
)

// templated is a server whose chat template adds tokens to a prompt, and which
// may send no usage.
func templated(t *testing.T, adds int, usage bool) string {
	t.Helper()
	words, err := tokens.Open("cl100k_base")
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tokenize" {
			http.NotFound(w, r)
			return
		}
		var body struct {
			Messages []struct{ Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}`+"\n\n")
		if usage {
			fmt.Fprintf(w, `data: {"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":1}}`+"\n\n", words.Count(body.Messages[0].Content)+adds)
		}
		fmt.Fprint(w, "data: [DONE]\n\n")
	}))
	t.Cleanup(web.Close)
	return web.URL
}

const calibrating = `
apiVersion: loadgate/v1
name: test
backends: {s: {kind: openai, url: URL, model: m}}
datasets: {d: {kind: random, tokenizer: cl100k_base, input_tokens: {uniform: {min: 4, max: 60}}, output_tokens: 1, calibrate: HOW}}
load: {concurrency: 2, requests: 30}
`

// What the server adds is learnt before the load and taken off the prompts: the
// server counts what the scenario says.
func TestCalibrationByUsage(t *testing.T) {
	t.Parallel()
	run := func(how string) (asked, counted float64, misfits []string) {
		text := strings.NewReplacer("URL", templated(t, 11, true), "HOW", how).Replace(calibrating)
		s, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		report, _, err := s.Finish(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		fit := report.Doc.Cells[0].Repeats[0].Fit
		line := fit.Line("input_tokens")
		return float64(line.Asked.Avg), float64(line.Sent.Avg), fit.Misfits
	}
	if asked, counted, misfits := run("none"); counted != asked+11 || len(misfits) == 0 {
		t.Errorf("without: %v asked, %v counted, %q", asked, counted, misfits)
	}
	if asked, counted, misfits := run("usage"); counted != asked || len(misfits) > 0 {
		t.Errorf("calibrated: %v asked, %v counted, %q", asked, counted, misfits)
	}
}

func TestCalibrationNeedsUsage(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		url, want string
	}{
		"no usage": {templated(t, 0, false), "calibrated by the usage that the server sends, and it sends none"},
		"fewer":    {templated(t, -2, true), "the server counts 2 tokens fewer than its tokenizer"},
	} {
		text := strings.NewReplacer("URL", c.url, "HOW", "usage").Replace(calibrating)
		if _, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// chopping is a vLLM server whose tokenizer is its own: a token is at most
// three bytes of a word, or a run of what is between words.
func chopping(t *testing.T, adds int) string {
	t.Helper()
	token := regexp.MustCompile(`[\pL\pN]{1,3}|[^\pL\pN]+`)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Prompt   string
			Messages []struct{ Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/tokenize" {
			ids := make([]int, len(token.FindAllString(body.Prompt, -1)))
			_ = json.NewEncoder(w).Encode(map[string]any{"tokens": ids})
			return
		}
		n := len(token.FindAllString(body.Messages[0].Content, -1))
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}`+"\n\n")
		fmt.Fprintf(w, `data: {"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":1}}`+"\n\ndata: [DONE]\n\n", n+adds)
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// A server with another tokenizer counts what the scenario says, prompt by prompt.
func TestCalibrationByTheServersTokenizer(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("kind: openai", "kind: vllm", "min: 4", "min: 20", "URL", chopping(t, 7), "HOW", "tokenize").Replace(calibrating)
	var notes []string
	s, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{Note: func(line string) { notes = append(notes, line) }})
	if err != nil {
		t.Fatal(err)
	}
	report, _, err := s.Finish(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	fit := report.Doc.Cells[0].Repeats[0].Fit
	line := fit.Line("input_tokens")
	if *line.Asked != *line.Sent || len(fit.Misfits) > 0 {
		t.Errorf("%+v asked, %+v counted, %q", line.Asked, line.Sent, fit.Misfits)
	}
	want := "dataset d: all 30 prompts counted by the server's tokenizer, 30 exact, with room for the 7 tokens that it adds"
	if !slices.Contains(notes, want) {
		t.Errorf("notes: %q", notes)
	}
}

// What the server cannot be made to count is said.
func TestCalibrationThatCannotBeExact(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("kind: openai", "kind: vllm", "URL", templated(t, 0, true), "HOW", "tokenize").Replace(calibrating)
	if _, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{}); err == nil || !strings.Contains(err.Error(), "asked to count a prompt, the server answered 404") {
		t.Errorf("a server that does not count: %v", err)
	}
	text = strings.NewReplacer("URL", "http://127.0.0.1:9", "HOW", "tokenize").Replace(calibrating)
	plan, list := scenario.Read(scenario.Options{File: "test.yaml", Source: []byte(text), Env: noEnv})
	if list.HasErrors() {
		t.Fatal(list)
	}
	_, list = Open(plan, noEnv)
	if len(list) != 1 || list[0].Pos.Line != 5 || !strings.Contains(list[0].Message, "backend s of kind openai has no way to ask it") {
		t.Errorf("a kind that cannot: %v", list)
	}
}
