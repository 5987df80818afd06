package llm

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// TraceID is the W3C trace id of the request with an x-request-id: 32
// hexadecimal digits, the same whenever the id is. A server that traces can be
// asked for it.
func TraceID(requestID string) string {
	return strings.Split(TraceParent(requestID), "-")[1]
}

// TraceParent is the traceparent header of the request with an x-request-id, by
// which a server's spans join the request's trace. It says that the trace is not
// sampled: recording every request of a load test is the server's to decide, and
// would slow it down.
// Source: W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header
func TraceParent(requestID string) string {
	sum := sha256.Sum256([]byte(requestID))
	return "00-" + hex.EncodeToString(sum[:16]) + "-" + hex.EncodeToString(sum[16:24]) + "-00"
}
