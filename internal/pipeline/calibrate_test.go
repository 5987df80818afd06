package pipeline

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"loadgate/internal/tokens"
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
