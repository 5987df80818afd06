package sim

import "strconv"

// responsesForm is OpenAI's responses: named events, the last of which has the
// usage.
type responsesForm struct {
	*renderer
	model string // in JSON
	id    uint64
	item  string // the type of the open item; "" = none
	index int    // of the open or next item
	seq   int    // of the next event
}

func (f *responsesForm) open(bool) {
	f.named("response.created", `"response":`+f.response("in_progress", "null", "null", "null"))
}

func (f *responsesForm) tokens(s span) {
	if len(s.text) == 0 {
		return
	}
	item, event := "message", "response.output_text.delta"
	if s.reasoning {
		item, event = "reasoning", "response.reasoning_text.delta"
	}
	at := `"output_index":` + strconv.Itoa(f.index)
	if f.item != item {
		if f.item != "" {
			f.index++
		}
		f.item = item
		at = `"output_index":` + strconv.Itoa(f.index)
		f.named("response.output_item.added", at+`,"item":{"type":"`+item+`","status":"in_progress"}`)
	}
	f.named(event, at+`,"content_index":0,"delta":"`+string(s.text)+`"`)
}

// close implements form. There is always an end mark: the last event.
func (f *responsesForm) close(s span, _ bool) {
	status, details := responsesStatus(s.finish)
	f.named("response."+status, `"response":`+f.response(status, details, "null", f.total(s.output, s.reasoned)))
}

// blocked implements form: the provider's filter ends the answer.
func (f *responsesForm) blocked(s span, _ bool) {
	f.named("response.incomplete", `"response":`+f.response("incomplete", `{"reason":"content_filter"}`, "null", f.total(s.output, s.reasoned)))
}

func (f *responsesForm) failure(bool) {
	f.named("response.failed", `"response":`+f.response("failed", "null", `{"code":"server_error","message":"simulated engine failure"}`, "null"))
}

func (f *responsesForm) document(thought, text []byte, s script, blocked bool) {
	status, details := responsesStatus(s.finish)
	if blocked {
		status, details = "incomplete", `{"reason":"content_filter"}`
	}
	output := ""
	if len(thought) > 0 {
		output = `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"` + string(thought) + `"}]},`
	}
	output += `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"` + string(text) + `"}]}`
	f.put(f.begin(status, details, "null"), `"output":[`, output, `],"usage":`, f.total(s.tokens, s.reasoning), "}\n")
}

func responsesStatus(finish string) (status, details string) {
	if finish == finishLength {
		return "incomplete", `{"reason":"max_output_tokens"}`
	}
	return "completed", "null"
}

// response is the object that events and whole answers have, without its output.
func (f *responsesForm) response(status, details, failure, usage string) string {
	return f.begin(status, details, failure) + `"output":[],"usage":` + usage + `}`
}

func (f *responsesForm) begin(status, details, failure string) string {
	return `{"id":"resp_` + strconv.FormatUint(f.id, 16) + `","object":"response","status":"` + status + `","model":` + f.model +
		`,"error":` + failure + `,"incomplete_details":` + details + `,`
}

func (f *responsesForm) total(output, reasoned int) string {
	return `{"input_tokens":` + strconv.Itoa(f.prompt) + `,"input_tokens_details":{"cached_tokens":0},"output_tokens":` + strconv.Itoa(output) +
		`,"output_tokens_details":{"reasoning_tokens":` + strconv.Itoa(reasoned) + `},"total_tokens":` + strconv.Itoa(f.prompt+output) + `}`
}

func (f *responsesForm) named(event, rest string) {
	f.put("event: ", event, "\ndata: {\"type\":\"", event, `","sequence_number":`)
	f.num(f.seq)
	f.put(",", rest, "}\n\n")
	f.seq++
}
