package sim

import "strconv"

// messagesForm is Anthropic's: named events, and a block for each kind of text.
type messagesForm struct {
	*renderer
	model string // in JSON
	id    uint64
	block string // the type of the open block; "" = none
	index int    // of the open or next block
}

// open implements form. The role is in the first event, which is always sent.
func (f *messagesForm) open(bool) {
	f.named("message_start", `"message":{"id":"msg_`+strconv.FormatUint(f.id, 16)+`","type":"message","role":"assistant","content":[],"model":`+f.model+
		`,"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":`+strconv.Itoa(f.prompt)+`,"output_tokens":0}}`)
	f.named("ping", "")
}

func (f *messagesForm) tokens(s span) {
	if len(s.text) == 0 {
		return
	}
	kind, delta := "text", `{"type":"text_delta","text":"`
	if s.reasoning {
		kind, delta = "thinking", `{"type":"thinking_delta","thinking":"`
	}
	if f.block != kind {
		f.endBlock()
		f.block = kind
		f.named("content_block_start", `"index":`+strconv.Itoa(f.index)+`,"content_block":{"type":"`+kind+`","`+kind+`":""}`)
	}
	f.named("content_block_delta", `"index":`+strconv.Itoa(f.index)+`,"delta":`+delta+string(s.text)+`"}`)
}

func (f *messagesForm) endBlock() {
	if f.block != "" {
		f.named("content_block_stop", `"index":`+strconv.Itoa(f.index))
		f.block = ""
		f.index++
	}
}

// close implements form. There is always an end mark: message_stop.
func (f *messagesForm) close(s span, _ bool) { f.end(s, messagesStop(s.finish)) }

// blocked implements form: the dialect has no audit, but a model that refuses.
func (f *messagesForm) blocked(s span, _ bool) { f.end(s, "refusal") }

func (f *messagesForm) end(s span, stop string) {
	f.endBlock()
	f.named("message_delta", `"delta":{"stop_reason":"`+stop+`","stop_sequence":null},"usage":{"output_tokens":`+strconv.Itoa(s.output)+`}`)
	f.named("message_stop", "")
}

func (f *messagesForm) failure(bool) {
	f.put("event: error\ndata: ")
	f.failureBody()
	f.put("\n\n")
}

func (f *messagesForm) failureBody() {
	f.put(`{"type":"error","error":{"type":"api_error","message":"simulated engine failure"}}`)
}

func (f *messagesForm) document(thought, text []byte, s script, blocked bool) {
	f.put(`{"id":"msg_`, strconv.FormatUint(f.id, 16), `","type":"message","role":"assistant","model":`, f.model, `,"content":[`)
	if len(thought) > 0 {
		f.put(`{"type":"thinking","thinking":"`, string(thought), `"},`)
	}
	stop := messagesStop(s.finish)
	if blocked {
		stop = "refusal"
	}
	f.put(`{"type":"text","text":"`, string(text), `"}],"stop_reason":"`, stop, `","stop_sequence":null,"usage":{"input_tokens":`)
	f.num(f.prompt)
	f.put(`,"output_tokens":`)
	f.num(s.tokens)
	f.put("}}\n")
}

// messagesStop is the dialect's word for a finish reason.
func messagesStop(finish string) string {
	if finish == finishLength {
		return "max_tokens"
	}
	return "end_turn"
}

// named appends an event; rest are its members behind the type.
func (f *messagesForm) named(event, rest string) {
	f.put("event: ", event, "\ndata: {\"type\":\"", event, `"`)
	if rest != "" {
		f.put(",", rest)
	}
	f.put("}\n\n")
}
