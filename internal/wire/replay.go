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
	media := mediaType(contentType)
	stream := !isJSON(media)
	s := splitterFor(media, stream)
	if s == nil {
		return fmt.Errorf("content type %q is neither a stream nor JSON", contentType)
	}
	defer s.release()
	c := &Client{opt: Options{Clock: llm.NewClock()}}
	x := &exchange{c: c, ask: ask{call: &llm.Call{Stream: stream}, r: r}}
	x.dog.clock, x.dog.cancel = c.opt.Clock, func(error) {}
	defer x.dog.stop()
	return x.frames(body, s)
}
