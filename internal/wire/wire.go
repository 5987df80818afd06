package wire

import (
	"crypto/tls"
	"time"

	"loadgate/internal/llm"
)

// Timeouts limits one request; 0 = no limit. Each limit has an error class of
// its own.
type Timeouts struct {
	Connect    time.Duration // name lookup and TCP connect
	TLS        time.Duration // TLS handshake
	FirstByte  time.Duration // from a ready connection to the first byte of the answer
	FirstToken time.Duration // from the start of the request to the first content; streams only
	Idle       time.Duration // the longest silence once content has begun: comments and empty events do not count. Without streaming: between reads of the body
	Total      time.Duration // from the start of the request to its end
}

// Protocol is the version of HTTP that a client speaks.
type Protocol string

// Protocols.
const (
	HTTP1 Protocol = ""      // HTTP/1.1
	HTTP2 Protocol = "http2" // HTTP/2, agreed on under TLS; an http:// URL gets H2C
	H2C   Protocol = "h2c"   // HTTP/2 from the first byte, without TLS
)

// Options configure a Client.
type Options struct {
	Clock          llm.Clock
	Timeouts       Timeouts
	NewConnections bool        // a connection for each request
	MaxConnections int         // idle connections of HTTP/1.1 to keep; 0 = no limit
	UserAgent      string      // "" = loadgate
	UserStamps     bool        // ask the kernel for no receive stamps
	TLS            *tls.Config // as TLS.Load makes it; nil = the zero TLS
	Protocol       Protocol
	// StreamsPerConnection is how many requests a connection of HTTP/2 carries at
	// a time; 0 = 1. The server may allow fewer.
	StreamsPerConnection int
}

// Progress is what the receiver learnt from one frame; it drives the time
// limits and says whether to read on.
type Progress int

// Steps of progress.
const (
	Nothing Progress = iota // a ping, a role-only chunk, usage: nothing that counts as content
	Token                   // content came: ends the first-token limit, restarts the idle limit
	Done                    // the terminator: the answer is whole
	Stop                    // the receiver gives up: malformed data, an error object in the stream
)

// Frame is one event as it arrived, or the whole body of an answer that is not
// streamed. At is the user-space stamp of the read that completed it, Kernel
// the kernel's receive stamp of that read's last byte, 0 where there is none;
// events that one read completed share both. Kernel is never later than At, nor
// earlier than the stamp of the read before. Name is the `event:` field
// of SSE, else empty. Name and Data are valid during the call only.
type Frame struct {
	At, Kernel int64
	Name, Data []byte
}

// Receiver takes the frames of one answer, in order, from one goroutine.
type Receiver interface {
	Receive(f *Frame) Progress
}

// Result is how an exchange went, below the protocol. Stamps are those of the
// client's clock; 0 = it did not happen.
type Result struct {
	Conn   int64 // a connection was ready
	Wrote  int64 // the request's last byte was handed to the kernel
	Header int64 // first byte of the answer
	End    int64 // terminator, end of body, or failure

	KernelHeader int64 // the kernel received what Header is the stamp of; 0 = unknown

	Reused     bool // the connection was open before this request began
	Status     int  // 0 when no answer came
	RetryAfter string
	// Class is "" when the exchange ended cleanly at this level: the body ended,
	// or the receiver said Done or Stop, or the caller's context was cancelled
	// (then Err is its cause).
	Class llm.ErrorClass
	Err   error  // why, in words: without secrets and query strings
	Body  []byte // first 4 KiB of an answer that is not 2xx or has a wrong content type
	EOF   bool   // the body ended without a Done from the receiver
}
