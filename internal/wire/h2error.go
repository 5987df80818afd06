package wire

import (
	"fmt"
	"strings"

	"loadgate/internal/llm"
)

// h2StreamError has the shape of net/http's own error for a stream that was
// reset, which has no name outside; errors.As fills it.
type h2StreamError struct {
	StreamID uint32
	Code     h2Code
	Cause    error
}

func (e h2StreamError) Error() string {
	return "the server reset the stream (HTTP/2 " + e.Code.String() + ")"
}

// h2Code is an error code of RFC 9113, section 7.
type h2Code uint32

var h2Codes = []string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
	"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

func (c h2Code) String() string {
	if int(c) < len(h2Codes) {
		return h2Codes[c]
	}
	return fmt.Sprintf("error code %d", uint32(c))
}

// h2Failure words those of net/http's errors about HTTP/2 that have no type, and
// classes them; "" is none of them.
func h2Failure(text string) (class llm.ErrorClass, words string) {
	switch {
	case strings.Contains(text, "GOAWAY") && strings.Contains(text, "ErrCode=NO_ERROR"),
		strings.Contains(text, "graceful shutdown GOAWAY"), strings.Contains(text, "client conn not usable"),
		strings.Contains(text, "client conn is closed"), strings.Contains(text, "client conn could not be established"):
		return llm.ErrTruncated, "the server closed the connection (HTTP/2 GOAWAY)"
	case strings.Contains(text, "GOAWAY"):
		return llm.ErrReset, "the server gave the connection up: " + text
	case strings.Contains(text, "looked like an HTTP/1.1 header"):
		return llm.ErrMalformedStream, "the server answered in HTTP/1.1: use protocol http1"
	case strings.Contains(text, `malformed HTTP response "\x00\x00`):
		return llm.ErrMalformedStream, "the server speaks HTTP/2: use protocol h2c"
	default:
		return "", ""
	}
}
