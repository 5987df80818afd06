package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// renderer builds the JSON of an answer without encoding/json: all but the
// words, the finish reason and the usage is fixed per request. It appends to
// one buffer that the caller takes and resets.
type renderer struct {
	buf []byte
	// head runs up to the value of choices: `{"id":…,"model":…,`.
	head                   string
	chat                   bool
	reasoningKey           string
	prompt                 int
	cached                 int  // of prompt; -1: there is no cache
	perChunk, atEnd, whole bool // where usage is reported
}

func newRenderer(c *call) renderer {
	model, err := json.Marshal(c.model)
	if err != nil {
		panic(err) // every string has a JSON form
	}
	prefix, object := "chatcmpl-", "chat.completion"
	if !c.req.chat {
		prefix, object = "cmpl-", "text_completion"
	}
	if c.req.chat && c.req.stream {
		object += ".chunk"
	}
	cached := -1
	if c.srv.cfg.PrefixCache {
		cached = c.cached
	}
	every := c.srv.cfg.Usage == usageEvery
	last := c.srv.cfg.Usage == usageLast
	return renderer{
		head: fmt.Sprintf(`{"id":"%s%016x","object":"%s","created":%d,"model":%s,`,
			prefix, c.hash, object, c.rec.arrived.Unix(), model),
		chat:         c.req.chat,
		reasoningKey: c.srv.cfg.ReasoningField,
		prompt:       c.rec.prompt,
		cached:       cached,
		perChunk:     every || last && c.req.continuousUsage,
		atEnd:        every || last && c.req.includeUsage,
		whole:        every || last,
	}
}

// span is a run of tokens of one kind.
type span struct {
	text      []byte
	reasoning bool
	finish    string // empty: not the last
	// output and reasoned count the answer's tokens up to this span's end.
	output, reasoned int
}

// contentType implements form.
func (r *renderer) contentType() string { return "text/event-stream; charset=utf-8" }

// open implements form: the event that says who speaks.
func (r *renderer) open(role bool) {
	if !role || !r.chat {
		return
	}
	r.event()
	r.put(`"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]`)
	if r.perChunk {
		r.put(`,`)
		r.usage(0, 0)
	}
	r.put("}\n\n")
}

// tokens appends an event with content, or, with an empty text, without.
func (r *renderer) tokens(s span) {
	r.event()
	r.put(`"choices":[{"index":0,`)
	r.delta(s)
	r.put(`,"logprobs":null,"finish_reason":`)
	r.finish(s.finish)
	r.put(`}]`)
	if r.perChunk {
		r.put(`,`)
		r.usage(s.output, s.reasoned)
	}
	r.put("}\n\n")
}

func (r *renderer) delta(s span) {
	if !r.chat {
		r.put(`"text":"`)
		r.buf = append(r.buf, s.text...)
		r.put(`"`)
		return
	}
	r.put(`"delta":{`)
	if len(s.text) > 0 {
		key := "content"
		if s.reasoning {
			key = r.reasoningKey
		}
		r.put(`"`, key, `":"`)
		r.buf = append(r.buf, s.text...)
		r.put(`"`)
	}
	r.put(`}`)
}

// blocked implements form: the event of an audit hit.
func (r *renderer) blocked(s span, mark bool) {
	r.event()
	r.put(`"blocked":true,"choices":[{"index":0,`)
	r.delta(span{})
	r.put(`,"finish_reason":"content_filter"}]`)
	if r.perChunk {
		r.put(`,`)
		r.usage(s.output, s.reasoned)
	}
	r.put("}\n\n")
	r.close(s, mark)
}

// failure implements form: an error object where an event should be.
func (r *renderer) failure(mark bool) {
	r.put("data: ")
	r.failureBody()
	r.put("\n\n")
	r.done(mark)
}

// close implements form: the whole usage, without choices, and the end mark.
func (r *renderer) close(s span, mark bool) {
	if r.atEnd {
		r.event()
		r.put(`"choices":[],`)
		r.usage(s.output, s.reasoned)
		r.put("}\n\n")
	}
	r.done(mark)
}

func (r *renderer) done(mark bool) {
	if mark {
		r.put("data: [DONE]\n\n")
	}
}

func (r *renderer) failureBody() {
	b, err := json.Marshal(errorFor(500, "simulated engine failure"))
	if err != nil {
		panic(err) // a fixed value
	}
	r.buf = append(r.buf, b...)
}

// usage appends the member of that name.
func (r *renderer) usage(output, reasoned int) {
	r.put(`"usage":{"prompt_tokens":`)
	r.num(r.prompt)
	r.put(`,"total_tokens":`)
	r.num(r.prompt + output)
	r.put(`,"completion_tokens":`)
	r.num(output)
	if r.cached >= 0 {
		r.put(`,"prompt_tokens_details":{"cached_tokens":`)
		r.num(r.cached)
		r.put(`}`)
	}
	if r.chat {
		r.put(`,"completion_tokens_details":{"reasoning_tokens":`)
		r.num(reasoned)
		r.put(`}`)
	}
	r.put(`}`)
}

// document appends a whole answer. thought is its reasoning text.
func (r *renderer) document(thought, text []byte, s script, blocked bool) {
	r.put(r.head)
	if blocked {
		r.put(`"blocked":true,`)
	}
	r.put(`"choices":[{"index":0,`)
	if r.chat {
		r.put(`"message":{"role":"assistant","content":"`)
		r.buf = append(r.buf, text...)
		r.put(`"`)
		if len(thought) > 0 {
			r.put(`,"`, r.reasoningKey, `":"`)
			r.buf = append(r.buf, thought...)
			r.put(`"`)
		}
		r.put(`}`)
	} else {
		r.put(`"text":"`)
		r.buf = append(r.buf, text...)
		r.put(`"`)
	}
	finish := s.finish
	if blocked {
		finish = "content_filter"
	}
	r.put(`,"logprobs":null,"finish_reason":"`, finish, `"}]`)
	if r.whole {
		r.put(`,`)
		r.usage(s.tokens, s.reasoning)
	}
	r.put("}\n")
}

func (r *renderer) event() { r.put("data: ", r.head) }

func (r *renderer) finish(reason string) {
	if reason == "" {
		r.put("null")
		return
	}
	r.put(`"`, reason, `"`)
}

func (r *renderer) put(parts ...string) {
	for _, p := range parts {
		r.buf = append(r.buf, p...)
	}
}

func (r *renderer) num(n int) { r.buf = strconv.AppendInt(r.buf, int64(n), 10) }
