package llm

// Kind says what a content event carries. It is stored as one letter.
type Kind byte

// Kinds of content.
const (
	None      Kind = 0
	Content   Kind = 'c' // text of the answer
	Reasoning Kind = 'r' // text of the model's reasoning
	Tool      Kind = 't' // part of a tool call
	Vector    Kind = 'v' // an embedding
)

// Event is what one event of a stream (or one whole non-streamed answer) says,
// once a Decoder has read it. The zero Event says nothing.
//
// The byte slices belong to the Decoder and are valid until its next call.
type Event struct {
	Content   []byte // new text of the answer
	Reasoning []byte // new reasoning text
	Tool      []byte // new tool-call material: names and arguments, as counted text
	Vector    []byte // embeddings, as the server wrote them: no text, and no tokens

	Tokens int        // tokens in this event where the server says so; 0 = unknown
	Usage  Usage      // the server's own count; Usage.Set says whether there was one
	Finish string     // finish reason, "" until it is known; in OpenAI's word (stop, length, tool_calls, content_filter) where one fits, else the server's
	Audit  bool       // the gateway's audit blocked the answer
	Error  string     // an error object inside the stream: its message (or raw JSON), never ""
	Class  ErrorClass // of Error; "" = in_band_error
	Done   bool       // terminator: nothing of interest follows
	MayEnd bool       // in a protocol without finish reason and terminator: the body may end here
}

// Kind says what the event carries: answer content before reasoning before
// tools before vectors; None for an event without material (role-only chunks, usage, pings).
func (e *Event) Kind() Kind {
	switch {
	case len(e.Content) > 0:
		return Content
	case len(e.Reasoning) > 0:
		return Reasoning
	case len(e.Tool) > 0:
		return Tool
	case len(e.Vector) > 0:
		return Vector
	default:
		return None
	}
}

// Bytes is the size of the event's material.
func (e *Event) Bytes() int {
	return len(e.Content) + len(e.Reasoning) + len(e.Tool) + len(e.Vector)
}

// Usage is the server's own account of one request, in tokens. Output contains
// Reasoning, Input contains Cached. A field that the server did not send is -1
// when Set is true.
type Usage struct {
	Set       bool `json:"-"`
	Input     int  `json:"input"`
	Output    int  `json:"output"`
	Reasoning int  `json:"reasoning"`
	Cached    int  `json:"cached"`
}
