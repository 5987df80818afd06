package backends

import (
	"fmt"

	"loadgate/internal/llm"
)

const responsesAPI = "responses"

// responsesProtocol is OpenAI's responses.
var responsesProtocol = protocol{
	root: "/v1", path: "/responses", speech: []string{"input"},
	say: sayResponses, streaming: plainStream,
	limit: func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{"max_output_tokens": r.MaxTokens}
	},
	decoder: func(*family) llm.Decoder { return &responsesDecoder{gleaner: newGleaner(responsesPlaces)} },
}

// plainStream asks for a stream where that is all there is to ask.
func plainStream(f *family) map[string]any {
	if !f.config.Stream {
		return nil
	}
	return map[string]any{"stream": true}
}

// inputPart is one element of a content list of responses.
type inputPart struct {
	Type  string `json:"type"`
	Text  string `json:"text,omitempty"`
	Image string `json:"image_url,omitempty"`
}

func sayResponses(_ *family, o *object, r *llm.Request) error {
	input := []message{}
	for _, m := range conversation(r) {
		if m.Role == "tool" {
			return toolNeedsID(responsesAPI)
		}
		content, err := responsesContent(&m)
		if err != nil {
			return err
		}
		input = append(input, message{m.Role, content})
	}
	o.set("input", input)
	return sayFunctions(o, r, func(f function) any {
		return struct {
			Type string `json:"type"`
			function
		}{"function", f}
	})
}

// toolNeedsID refuses the answer of a tool where the protocol ties it to a call.
func toolNeedsID(api string) error {
	return fmt.Errorf("the api %s ties a tool's answer to the id of its call, which messages of a dataset do not have: give a whole body", api)
}

// sayFunctions writes the tools in a form of the protocol's own.
func sayFunctions(o *object, r *llm.Request, form func(function) any) error {
	if r.Tools == nil {
		return nil
	}
	list, err := functions(r.Tools)
	if err != nil {
		return err
	}
	tools := make([]any, len(list))
	for i, f := range list {
		tools[i] = form(f)
	}
	o.set("tools", tools)
	return nil
}

func responsesContent(m *llm.Message) (any, error) {
	if len(m.Media) == 0 {
		return m.Text, nil
	}
	var parts []inputPart
	if m.Text != "" {
		parts = append(parts, inputPart{Type: "input_text", Text: m.Text})
	}
	for i := range m.Media {
		if m.Media[i].Kind != llm.Image {
			return nil, cannotCarry(responsesAPI, &m.Media[i])
		}
		parts = append(parts, inputPart{Type: "input_image", Image: dataURL(&m.Media[i])})
	}
	return parts, nil
}

// What is wanted of an event of responses.
const (
	respType slot = iota + 1
	respDelta
	respItemName
	respStatus
	respReason
	respError
	respMessage
	respIn
	respOut
	respCached
	respReasoning
	respObject
	respCall
	respPartType
	respText
	respSummary
)

// responsesPlaces are the places in events, and in a whole answer, which is
// what the last event has under response.
var responsesPlaces = func() *branch {
	paths := map[string]slot{
		"type": respType, "delta": respDelta, "item.name": respItemName, "object": respObject, "message": respMessage,
		"output.*.name": respCall, "output.*.arguments": respCall,
		"output.*.content.*.type": respPartType, "output.*.content.*.text": respText, "output.*.content.*.refusal": respText,
		"output.*.summary.*.text": respSummary,
	}
	for _, at := range []string{"", "response."} {
		paths[at+"status"] = respStatus
		paths[at+"incomplete_details.reason"] = respReason
		paths[at+"error"] = respError
		paths[at+"usage.input_tokens"] = respIn
		paths[at+"usage.output_tokens"] = respOut
		paths[at+"usage.input_tokens_details.cached_tokens"] = respCached
		paths[at+"usage.output_tokens_details.reasoning_tokens"] = respReasoning
	}
	return places(paths)
}()

// responsesDecoder reads a stream of responses, of which the type of each event
// says what its delta is, or a whole answer, which is of no type.
type responsesDecoder struct {
	gleaner
	kind           hit
	whole          bool // an answer that was not streamed
	usage          llm.Usage
	status, reason string
}

// Decode implements llm.Decoder.
func (d *responsesDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	d.kind, d.usage, d.status, d.reason = only(hits, respType), unknownUsage, "", ""
	object := only(hits, respObject)
	d.whole = object.is("response")
	for i := range hits {
		d.take(&hits[i], hits, ev)
	}
	d.fill(ev)
	k := &d.kind
	if ends := k.is("response.completed") || k.is("response.incomplete") || k.is("response.failed") || k.is("response.cancelled"); ends || d.whole {
		ev.Usage = told(d.usage)
		d.end(ev)
		ev.Done = ends && ev.Error == ""
	}
	return nil
}

// end says how the answer ended.
func (d *responsesDecoder) end(ev *llm.Event) {
	ev.Finish = d.status
	switch {
	case ev.Error != "":
	case d.status == "failed" || d.status == "cancelled":
		ev.Error = "the response has " + d.status
	case d.reason != "":
		ev.Finish = d.reason
	}
}

func (d *responsesDecoder) take(h *hit, hits []hit, ev *llm.Event) {
	switch h.slot {
	case respDelta:
		d.delta(h)
	case respItemName:
		if d.kind.is("response.output_item.added") {
			h.text(&d.tool)
		}
	case respError:
		fail(ev, h)
	case respMessage:
		if d.kind.is("error") {
			ev.Error = h.word()
		}
	case respStatus:
		d.status = finishOf(h)
	case respReason:
		d.reason = finishOf(h)
	case respIn:
		d.usage.Input = h.count()
	case respOut:
		d.usage.Output = h.count()
	case respCached:
		d.usage.Cached = h.count()
	case respReasoning:
		d.usage.Reasoning = h.count()
	default:
		if d.whole {
			d.output(h, hits)
		}
	}
}

// delta adds the new text of an event: what it is, its type says.
func (d *responsesDecoder) delta(h *hit) {
	switch k := &d.kind; {
	case k.is("response.output_text.delta"), k.is("response.refusal.delta"):
		h.text(&d.content)
	case k.is("response.reasoning_text.delta"), k.is("response.reasoning_summary_text.delta"):
		h.text(&d.reasoning)
	case k.is("response.function_call_arguments.delta"), k.is("response.custom_tool_call_input.delta"):
		h.text(&d.tool)
	}
}

// output adds what stands in a whole answer.
func (d *responsesDecoder) output(h *hit, hits []hit) {
	switch h.slot {
	case respCall:
		h.text(&d.tool)
	case respSummary:
		h.text(&d.reasoning)
	case respText:
		if kind := beside(hits, h, respPartType); kind.is("reasoning_text") {
			h.text(&d.reasoning)
		} else {
			h.text(&d.content)
		}
	}
}
