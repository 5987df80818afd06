package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// ask sends a body and returns the answer's type and lines that are not blank.
func (r *rig) ask(t *testing.T, path, body string) (contentType string, lines []string) {
	t.Helper()
	resp, err := r.client.Post(r.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return resp.Header.Get("Content-Type"), lines
}

func TestMessages(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ReasoningTokens = 1
	r := serve(t, cfg)
	typ, lines := r.ask(t, "/v1/messages", `{"model":"sim","system":"be brief","messages":[{"role":"user","content":"a b c"}],"max_tokens":3,"stream":true}`)
	var events []string
	for i, line := range lines {
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			events = append(events, name)
			if data := lines[i+1]; !json.Valid([]byte(strings.TrimPrefix(data, "data: "))) || !strings.Contains(data, `{"type":"`+name+`"`) {
				t.Errorf("event %s: %s", name, data)
			}
		}
	}
	want := "message_start ping content_block_start content_block_delta content_block_stop content_block_start content_block_delta content_block_delta " +
		"content_block_stop message_delta message_stop"
	if got := strings.Join(events, " "); got != want || !strings.HasPrefix(typ, "text/event-stream") {
		t.Errorf("%s\n got %s\nwant %s", typ, got, want)
	}
	all := strings.Join(lines, "\n")
	for _, part := range []string{`"thinking_delta"`, `"input_tokens":5`, `"stop_reason":"max_tokens"`, `"output_tokens":3`} {
		if !strings.Contains(all, part) {
			t.Errorf("no %s in\n%s", part, all)
		}
	}
	typ, lines = r.ask(t, "/v1/messages", `{"messages":[{"role":"user","content":"a"}],"max_tokens":3}`)
	if len(lines) != 1 || typ != "application/json" || !json.Valid([]byte(lines[0])) || !strings.Contains(lines[0], `"type":"thinking"`) {
		t.Errorf("%s %s", typ, lines)
	}
	if _, lines = r.ask(t, "/v1/messages", `{"messages":[{"role":"user","content":"a"}]}`); !strings.Contains(lines[0], "max_tokens is missing") {
		t.Error(lines)
	}
}

func TestOllama(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ReasoningTokens = 1
	r := serve(t, cfg)
	typ, lines := r.ask(t, "/api/chat", `{"messages":[{"role":"user","content":"a b","images":["AA=="]}],"options":{"num_predict":3}}`)
	if typ != "application/x-ndjson" || len(lines) != 4 {
		t.Fatalf("%s\n%s", typ, strings.Join(lines, "\n"))
	}
	var last struct {
		Done       bool   `json:"done"`
		Reason     string `json:"done_reason"`
		Prompt     int    `json:"prompt_eval_count"`
		Output     int    `json:"eval_count"`
		Model, Not string
	}
	if err := json.Unmarshal([]byte(lines[3]), &last); err != nil || !last.Done || last.Reason != "length" || last.Prompt != 2+mediaTokens || last.Output != 3 || last.Model != "sim" {
		t.Errorf("%+v (%v)", last, err)
	}
	if !strings.Contains(lines[0], `"thinking":`) || strings.Contains(lines[1], `"thinking":`) {
		t.Error(lines)
	}
	typ, lines = r.ask(t, "/api/generate", `{"prompt":"a b","stream":false,"options":{"num_predict":2}}`)
	if typ != "application/json" || len(lines) != 1 || !strings.Contains(lines[0], `"response":" `) || !strings.Contains(lines[0], `"done":true`) {
		t.Errorf("%s %s", typ, lines)
	}
	resp, err := http.Get(r.url + "/api/tags")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list struct{ Models []struct{ Name string } }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list.Models) != 1 || list.Models[0].Name != "sim" {
		t.Errorf("%+v (%v)", list, err)
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.ReasoningTokens = 1
	r := serve(t, cfg)
	_, lines := r.ask(t, "/v1/responses", `{"input":[{"role":"user","content":[{"type":"input_text","text":"a b"}]}],"max_output_tokens":3,"stream":true}`)
	var last struct {
		Type     string
		Response struct {
			Status  string
			Details struct{ Reason string } `json:"incomplete_details"`
			Usage   struct {
				Input  int `json:"input_tokens"`
				Output int `json:"output_tokens"`
			}
		}
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(lines[len(lines)-1], "data: ")), &last); err != nil {
		t.Fatal(err)
	}
	if u := last.Response.Usage; last.Type != "response.incomplete" || last.Response.Details.Reason != "max_output_tokens" || u.Input != 2 || u.Output != 3 {
		t.Errorf("%+v", last)
	}
	if n := strings.Count(strings.Join(lines, "\n"), "data: {\"type\":\"response.output_text.delta\""); n != 2 {
		t.Errorf("%d deltas in\n%s", n, strings.Join(lines, "\n"))
	}
	if _, lines = r.ask(t, "/v1/responses", `{"input":"a b","max_output_tokens":3}`); len(lines) != 1 || !json.Valid([]byte(lines[0])) || !strings.Contains(lines[0], `"output_text"`) {
		t.Error(lines)
	}
}

// Faults end an answer of every form as it would end there.
func TestFaultsOfForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, body, failed string }{
		{"/v1/messages", `{"messages":[{"role":"user","content":"a"}],"max_tokens":3,"stream":true}`, `"type":"error"`},
		{"/v1/responses", `{"input":"a","max_output_tokens":3,"stream":true}`, `"type":"response.failed"`},
		{"/api/chat", `{"messages":[{"role":"user","content":"a"}],"options":{"num_predict":3}}`, `{"error":`},
	} {
		cfg := quick()
		cfg.InBandErrorRate = 1
		_, lines := serve(t, cfg).ask(t, c.path, c.body)
		if last := lines[len(lines)-1]; !strings.Contains(last, c.failed) {
			t.Errorf("%s: %s", c.path, last)
		}
	}
}
