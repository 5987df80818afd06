package llm

// Outcome is how a request ended.
type Outcome string

// Outcomes. A request that was sent has exactly one of them.
const (
	Completed Outcome = "completed" // a whole, clean answer
	Failed    Outcome = "failed"    // see its ErrorClass
	Audited   Outcome = "audit"     // an answer that the gateway's audit blocked: neither completed nor failed
	Cancelled Outcome = "cancelled" // loadgate itself gave it up (Ctrl-C)
)

// ErrorClass names why a request failed. The words are the same in scenarios,
// results and docs.
type ErrorClass string

// Error classes.
const (
	ErrDNS               ErrorClass = "dns"
	ErrDial              ErrorClass = "dial"
	ErrProxy             ErrorClass = "proxy" // a proxy on the way failed or refused, not the target
	ErrTLS               ErrorClass = "tls"
	ErrTimeoutConnect    ErrorClass = "timeout_connect"
	ErrTimeoutTLS        ErrorClass = "timeout_tls"
	ErrTimeoutFirstByte  ErrorClass = "timeout_first_byte"
	ErrTimeoutFirstToken ErrorClass = "timeout_first_token"
	ErrTimeoutIdle       ErrorClass = "timeout_idle"
	ErrTimeoutTotal      ErrorClass = "timeout_total"
	ErrHTTP4xx           ErrorClass = "http_4xx"
	ErrHTTP429           ErrorClass = "http_429"
	ErrQuota             ErrorClass = "quota" // the service says, by status or in words, that what was paid for or granted is used up
	ErrHTTP5xx           ErrorClass = "http_5xx"
	ErrRedirect          ErrorClass = "redirect"
	ErrBadContentType    ErrorClass = "bad_content_type"
	ErrMalformedStream   ErrorClass = "malformed_stream"
	ErrInBand            ErrorClass = "in_band_error"
	ErrReset             ErrorClass = "reset"
	ErrTruncated         ErrorClass = "truncated"
	ErrEmpty             ErrorClass = "empty"
	ErrUnexpected        ErrorClass = "unexpected"
	// ErrClient is loadgate's own want of sockets (EMFILE, EADDRNOTAVAIL,
	// ENOBUFS): a fault of the machine that measures, not of the target.
	ErrClient ErrorClass = "client_sockets"
)

// ErrorClasses lists every class in the order of docs and reports.
func ErrorClasses() []ErrorClass {
	return []ErrorClass{
		ErrDNS, ErrDial, ErrProxy, ErrTLS, ErrTimeoutConnect, ErrTimeoutTLS, ErrTimeoutFirstByte, ErrTimeoutFirstToken,
		ErrTimeoutIdle, ErrTimeoutTotal, ErrHTTP4xx, ErrHTTP429, ErrQuota, ErrHTTP5xx, ErrRedirect, ErrBadContentType,
		ErrMalformedStream, ErrInBand, ErrReset, ErrTruncated, ErrEmpty, ErrUnexpected, ErrClient,
	}
}
