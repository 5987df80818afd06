package llm

import (
	"encoding/json"
	"net/http"
	"time"
)

// Session is a sequence of requests of which each waits for the answer to the
// one before. Nearly every session has one turn.
type Session struct {
	ID    string    // the dataset's own name for it, for reports; may be empty
	Turns []Request // at least one

	// Grows says that a turn holds only what is new in it. What is sent then is
	// everything asked and answered in the session so far, with the server's own
	// answers, and the turn's messages behind it. Else a turn is whole in itself.
	Grows bool
}

// Request is what a dataset asks for, free of any protocol.
//
// Exactly one of Messages, Prompt and Body is set. Body is a whole request body
// as the dataset gave it: the backend sets the model in it and what streaming
// needs, and leaves the rest alone.
type Request struct {
	Messages []Message
	Prompt   string
	Body     json.RawMessage

	Model string                     // asked for in place of the backend's; "" = the backend's
	Tools json.RawMessage            // a list of tools in OpenAI's form; nil = none
	Extra map[string]json.RawMessage // members of the body that win over the backend's params; nil = none

	InputTokens int // exact tokens of the prompt where the dataset knows them; 0 = unknown

	// Blocks are the parts of the prompt by identity, in order: equal numbers in
	// two requests are equal text. All but the last have BlockTokens tokens; what is
	// behind them is in no other prompt. nil = not known.
	Blocks      []uint64
	BlockTokens int
	// SharedTokens is how many tokens at the beginning of the prompt an earlier
	// turn of its session had, where that is known without blocks.
	SharedTokens int

	MaxTokens int // output length to ask for; 0 = leave it to the server

	// Of a turn behind the first: when it is due. Both must have passed.
	Think time.Duration // after the end of the answer before
	After time.Duration // in a replay, after the session's own arrival, at speed 1; 0 = as soon as that
}

// Message is one entry of a conversation.
type Message struct {
	Role  string // system | user | assistant | tool
	Text  string
	Media []Media // beside the text, in order; may be empty
}

// Media is an image, a recording or a film that a message carries.
type Media struct {
	Kind MediaKind
	MIME string // such as image/png
	Data []byte // the file itself; nil where URL is set
	URL  string // where the server finds it; "" where Data is set
}

// MediaKind says what a Media is.
type MediaKind string

// Kinds of media.
const (
	Image MediaKind = "image"
	Audio MediaKind = "audio"
	Video MediaKind = "video"
)

// MediaCounts is how many media of each kind a request carries.
type MediaCounts struct {
	Images int `json:"images,omitempty"`
	Audios int `json:"audios,omitempty"`
	Videos int `json:"videos,omitempty"`
}

// CountMedia counts those of all messages; nil where there are none.
func CountMedia(messages []Message) *MediaCounts {
	var n MediaCounts
	for i := range messages {
		for _, m := range messages[i].Media {
			switch m.Kind {
			case Image:
				n.Images++
			case Audio:
				n.Audios++
			case Video:
				n.Videos++
			}
		}
	}
	if n == (MediaCounts{}) {
		return nil
	}
	return &n
}

// Call is a request as a protocol puts it on the wire.
type Call struct {
	Method string
	URL    string
	Header http.Header // may hold secrets: never printed or stored
	Body   []byte
	Stream bool // a stream of events is expected, not one document

	Framing Framing // how a stream is cut into events
}

// Framing says how the events of a stream are told apart.
type Framing string

// Framings.
const (
	FramingByType    Framing = ""           // as the answer's content type says
	FramingSSE       Framing = "sse"        // server-sent events
	FramingNDJSON    Framing = "ndjson"     // one JSON value a line
	FramingJSONArray Framing = "json_array" // the elements of one JSON array
)

// SingleTurn makes the common session of one request.
func SingleTurn(id string, r Request) Session { return Session{ID: id, Turns: []Request{r}} }

// UserMessage makes the common conversation of one user message.
func UserMessage(text string) []Message { return []Message{{Role: "user", Text: text}} }
