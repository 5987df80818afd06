package wire

import (
	"fmt"
	"io"

	"loadgate/internal/llm"
)

// Replay hands the events of a recorded body to r, split exactly as Do would
// split them. A document (application/json) is one frame. It stops early when r
// says Done or Stop; the error is one of reading.
func Replay(contentType string, body io.Reader, r Receiver) error {
	return ReplayCall(&llm.Call{Stream: !isJSON(mediaType(contentType))}, contentType, body, r)
}

// ReplayCall is Replay for the answer to a call, which may say how it is cut.
func ReplayCall(call *llm.Call, contentType string, body io.Reader, r Receiver) error {
	s := splitterFor(mediaType(contentType), call)
	if s == nil {
		return fmt.Errorf("content type %q is neither a stream nor JSON", contentType)
	}
	defer s.release()
	c := &Client{opt: Options{Clock: llm.NewClock()}}
	x := &exchange{c: c, ask: ask{call: call, r: r}}
	x.dog.clock, x.dog.cancel = c.opt.Clock, func(error) {}
	defer x.dog.stop()
	return x.frames(body, s)
}
