package sim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// quick is a config whose answers take a few milliseconds.
func quick() Config {
	c := DefaultConfig()
	c.TTFT, c.ITL = Duration(time.Millisecond), Duration(time.Millisecond)
	c.ITLPerSequence, c.PrefillPerToken = 0, 0
	c.Stall = Duration(30 * time.Millisecond)
	return c
}

// rig is a served simulator and its truth.
type rig struct {
	url    string
	sim    *Server
	web    *httptest.Server
	client *http.Client
	log    *syncBuffer
}

func serve(t *testing.T, cfg Config) *rig {
	t.Helper()
	r := &rig{log: &syncBuffer{}}
	r.sim = New(cfg, func(s string) int { return len(strings.Fields(s)) }, r.log)
	r.web = httptest.NewServer(r.sim)
	r.url = r.web.URL
	r.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		if err := r.sim.Close(); err != nil {
			t.Error(err)
		}
		r.web.Close()
	})
	return r
}

// truths closes the simulator and returns its truth by request id.
func (r *rig) truths(t *testing.T) map[string]truthLine {
	t.Helper()
	if err := r.sim.Close(); err != nil {
		t.Fatal(err)
	}
	return parseTruth(t, r.log.Bytes())
}

type truthLine struct {
	RequestID       string  `json:"request_id"`
	Index           int     `json:"index"`
	ArrivedNS       int64   `json:"arrived_ns"`
	TokensNS        []int64 `json:"tokens_ns"`
	Chunks          int     `json:"chunks"`
	Outcome         string  `json:"outcome"`
	Status          int     `json:"status"`
	PromptTokens    int     `json:"prompt_tokens"`
	OutputTokens    int     `json:"output_tokens"`
	ReasoningTokens int     `json:"reasoning_tokens"`
	LateNS          int64   `json:"late_ns"`
}

func parseTruth(t *testing.T, data []byte) map[string]truthLine {
	t.Helper()
	got := map[string]truthLine{}
	for line := range bytes.Lines(data) {
		var l truthLine
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			t.Fatalf("truth line %q: %v", line, err)
		}
		if _, twice := got[l.RequestID]; twice {
			t.Errorf("two truth lines for %q", l.RequestID)
		}
		got[l.RequestID] = l
	}
	return got
}

// usage, choice and chunk are what a client decodes of an event or a document.
type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
	Details    *struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

type text struct {
	Role             *string `json:"role"`
	Content          *string `json:"content"`
	ReasoningContent *string `json:"reasoning_content"`
	Reasoning        *string `json:"reasoning"`
}

type choice struct {
	Index        int     `json:"index"`
	Delta        *text   `json:"delta"`
	Message      *text   `json:"message"`
	Text         *string `json:"text"`
	FinishReason *string `json:"finish_reason"`
}

type chunk struct {
	ID      string          `json:"id"`
	Object  string          `json:"object"`
	Created int64           `json:"created"`
	Model   string          `json:"model"`
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Blocked bool            `json:"blocked"`
	Error   json.RawMessage `json:"error"`
}

// reply is an answer as a plain client saw it.
type reply struct {
	status  int
	header  http.Header
	body    string
	err     error // of reading the body, or of the request
	events  []chunk
	stamps  []time.Time // of events, when they were read
	content string      // of all events, or of the document
	thought string
	spoken  []time.Time // of events with content or reasoning
	perText []int       // words in each of those
	usage   *usage      // the last
	finish  string
	done    bool // [DONE] came
	blocked bool
	failed  bool // an error object came
}

// post sends one request. It does not touch t: any goroutine may call it.
func (r *rig) post(id, path, body string) *reply {
	req, err := http.NewRequest(http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		return &reply{err: err}
	}
	if id != "" {
		req.Header.Set("X-Request-Id", id)
	}
	return r.do(req)
}

func (r *rig) do(req *http.Request) *reply {
	resp, err := r.client.Do(req)
	if err != nil {
		return &reply{err: err}
	}
	defer resp.Body.Close()
	got := &reply{status: resp.StatusCode, header: resp.Header}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		b, err := io.ReadAll(resp.Body)
		got.body, got.err = string(b), err
		var c chunk
		if json.Unmarshal(b, &c) == nil {
			got.add(c, time.Now())
		}
		return got
	}
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			if err != io.EOF || line != "" {
				got.err = err
			}
			return got
		}
		got.body += line
		data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		if !ok {
			continue
		}
		if data == "[DONE]" {
			got.done = true
			continue
		}
		var c chunk
		if got.err = json.Unmarshal([]byte(data), &c); got.err != nil {
			return got
		}
		got.add(c, time.Now())
	}
}

func (p *reply) add(c chunk, at time.Time) {
	p.events = append(p.events, c)
	p.stamps = append(p.stamps, at)
	p.blocked = p.blocked || c.Blocked
	p.failed = p.failed || len(c.Error) > 0
	if c.Usage != nil {
		p.usage = c.Usage
	}
	for _, ch := range c.Choices {
		if ch.FinishReason != nil {
			p.finish = *ch.FinishReason
		}
		content, thought := ch.said()
		p.content += content
		p.thought += thought
		if n := len(strings.Fields(content + thought)); n > 0 {
			p.spoken = append(p.spoken, at)
			p.perText = append(p.perText, n)
		}
	}
}

func (c choice) said() (content, thought string) {
	for _, t := range []*text{c.Delta, c.Message} {
		if t != nil {
			content += deref(t.Content)
			thought += deref(t.ReasoningContent) + deref(t.Reasoning)
		}
	}
	return content + deref(c.Text), thought
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (p *reply) words() int { return len(strings.Fields(p.content)) + len(strings.Fields(p.thought)) }

// syncBuffer is a writer for the truth.
type syncBuffer struct {
	mu sync.Mutex
	b  []byte
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = append(s.b, p...)
	return len(p), nil
}

func (s *syncBuffer) Bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.b)
}
