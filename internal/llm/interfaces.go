package llm

import "time"

// Backend is a protocol: it turns requests into calls and answers into events.
// It is a pure codec: no network, no clock. Methods are safe for concurrent use.
type Backend interface {
	// Encode renders a request. The body is rendered once, before load runs.
	Encode(Request) (*Call, error)
	// Decoder makes the reader of one answer. A decoder serves one goroutine.
	Decoder() Decoder
}

// Decoder reads the answer to one call.
type Decoder interface {
	// Decode reads one event: the data of an SSE event (name is its `event:`
	// field, else empty), one NDJSON line, or, without streaming, the whole
	// body. It fills ev, which comes zeroed. An error means that the bytes are
	// not what the protocol allows (class malformed_stream). A decoder keeps
	// neither name nor data; ev's texts may lie in data, or in the decoder's own
	// memory until the next call.
	Decode(name, data []byte, ev *Event) error
}

// Dataset is a source of sessions. Methods are safe for concurrent use.
type Dataset interface {
	// Session gives session i (from 0) of the stream that seed selects: a pure
	// function of (the dataset's own configuration, seed, i), the same in every
	// process. A source with fewer rows than asked for starts again.
	Session(seed uint64, i int) (Session, error)
	// Rows is the number of distinct sessions, 0 when there is no end to them.
	Rows() int
	// Digest identifies the content: equal digests give equal sessions for equal
	// seeds. Hexadecimal.
	Digest() string
}

// Conversational is a Dataset whose sessions may have several turns. Those of
// any other have one.
type Conversational interface {
	// Turns is the number of turns of session i, at least 1: what Session would
	// give, without the work of making its texts.
	Turns(seed uint64, i int) int
}

// Timed is a Dataset with an end that knows when its sessions arrived, so that
// they can be replayed.
type Timed interface {
	// Arrival is when session i, 0 <= i < Rows(), arrived after session 0. It
	// never decreases in i.
	Arrival(i int) time.Duration
}

// Calibrated is a Dataset whose lengths are to be what the server counts, and so
// to leave room for what the server puts round a prompt, such as a chat template.
type Calibrated interface {
	Dataset
	Calibrates() bool // whether the section asks for it
	// WithOverhead is the same dataset with prompts shorter by tokens, and the
	// lengths that it says including them.
	WithOverhead(tokens int) Dataset
}

// Exact is a Dataset whose prompts can be made as long as a server's own tokenizer
// counts them, session by session.
type Exact interface {
	Calibrated
	CountsByServer() bool // whether the section asks for it
	// Fit finds how to make the prompt of session i so that count, which asks the
	// server, gives its length less the overhead. ok is false when no way was found;
	// the size is then the nearest one below, if any.
	Fit(seed uint64, i int, count func(text string) (int, error)) (size PromptSize, ok bool, err error)
	// WithSizes is the same dataset with sizes for some of its prompts. Those of the
	// others are estimated by them.
	WithSizes(sizes map[SessionKey]PromptSize) Dataset
}

// SessionKey is a session of the stream that Seed selects.
type SessionKey struct {
	Seed  uint64
	Index int
}

// PromptSize is how a prompt is made. Sessions that share a prefix have the same
// Prefix.
type PromptSize struct{ Prefix, Text TextSize }

// TextSize is how a text is made: of so many tokens as the dataset's tokenizer
// counts, and of Pad times a padding of the dataset's, which Unit numbers.
type TextSize struct{ Tokens, Pad, Unit int }

// Counter counts the tokens of a text. It is safe for concurrent use.
type Counter interface {
	Name() string // the tokenizer's name, for labels
	Count(text string) int
}

// Tokenized is a Dataset or Backend that names the tokenizer with which texts
// are counted where the server sends no usage. Counter may return nil.
type Tokenized interface{ Counter() Counter }

// Target is a Backend that can say, for `plan` and the preflight, whom it will
// call. Endpoint holds no secret.
type Target interface {
	Endpoint() string // the full URL that calls go to
	Model() string    // "" when it is still to be asked of the server
}

// ModelAsker is a Backend that can find its model out by itself: pipeline sends
// the call before the run and hands the answer's body to UseModels, which keeps
// the only model listed or returns an error that lists them. A nil call: nothing
// is asked, and the requests need no model.
type ModelAsker interface {
	ModelsCall() *Call
	UseModels(body []byte) error
}

// Refuser is a Backend that knows more of a refusal than its HTTP status: Refused
// names the class of an answer that is not 2xx by the beginning of its body; "" =
// the status says it all.
type Refuser interface {
	Refused(status int, body []byte) ErrorClass
}

// CacheResetter is a Backend whose server can drop its prefix cache on request.
type CacheResetter interface{ ResetCacheCall() *Call }

// ServerTokenizer is a Backend whose server shows how it cuts texts into tokens,
// for prompts of an exact length. All four are pure: the caller sends the calls
// (each is a POST that answers a JSON document). Texts are bare: neither special
// tokens nor a chat template are put around them.
type ServerTokenizer interface {
	TokenizeCall(text string) *Call
	ReadTokens(body []byte) (ids []int, err error)
	DetokenizeCall(ids []int) *Call
	ReadText(body []byte) (string, error)
}

// Pooled is a Dataset whose requests are drawn from pools of rows with replacement,
// so that prompts and parts of them come again by design.
type Pooled interface{ Pools() []Pool }

// Pool says what the rows of a pool hold.
type Pool struct {
	Name   string `json:"name"` // of its file
	Rows   int    `json:"rows"`
	Texts  int    `json:"texts,omitempty"`
	Images int    `json:"images,omitempty"`
	Audio  int    `json:"audio,omitempty"`
	Video  int    `json:"video,omitempty"`
}

// Shape is the size of a turn.
type Shape struct {
	Input, Output int           // tokens; 0 = not known
	Shared        int           // of Input, those at its beginning that an earlier turn of the session had
	Think, After  time.Duration // as Request has them
	Blocks        []uint64      // as Request has them
	BlockTokens   int
}

// Shaped is a Dataset that knows the sizes of its sessions' turns without the work
// of making their texts.
type Shaped interface {
	Shapes(seed uint64, i int) ([]Shape, error)
}
