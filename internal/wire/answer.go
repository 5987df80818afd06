package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/llm"
)

// answer reads an answer from its header on. The error is a failure to read it;
// what the server itself refused stands in the result.
func (x *exchange) answer(resp *http.Response) error {
	x.opened(resp)
	ok := resp.StatusCode >= 200 && resp.StatusCode < 300
	if x.fetch {
		if err := x.wholeBody(resp.Body); err != nil {
			return err
		}
	}
	switch {
	case !ok:
		x.refuse(resp, x.statusClass(resp.StatusCode), statusError(resp))
		return nil
	case x.fetch:
		return nil
	}
	s, err := x.splitter(resp)
	if err != nil {
		x.refuse(resp, llm.ErrBadContentType, err)
		return nil
	}
	defer s.release()
	if !x.call.Stream {
		at, _ := x.stamps()
		x.dog.touch(at)
	}
	return x.frames(resp.Body, s)
}

// opened notes what the head of an answer says.
func (x *exchange) opened(resp *http.Response) {
	x.res.Status = resp.StatusCode
	x.res.RetryAfter = retryAfter(resp.Header, time.Now())
}

// retryAfter is how long a server asks to wait, in seconds, "" if it does not say.
// Some say it in milliseconds under another name; some give the time of day.
func retryAfter(h http.Header, now time.Time) string {
	after := strings.TrimSpace(h.Get("Retry-After"))
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms >= 0 {
		return strconv.FormatFloat(ms/1000, 'f', -1, 64)
	}
	if at, err := http.ParseTime(after); err == nil {
		return strconv.FormatFloat(max(0, at.Sub(now).Round(time.Second).Seconds()), 'f', -1, 64)
	}
	if s, err := strconv.ParseFloat(after, 64); err != nil || s < 0 || len(after) > 32 {
		return ""
	}
	return after
}

// refuse ends the exchange with a class and the beginning of the body.
func (x *exchange) refuse(resp *http.Response, class llm.ErrorClass, err error) {
	x.res.Class, x.res.Err = class, err
	if !x.fetch && x.res.Body == nil {
		x.keepBody(resp.Body, maxErrorBytes)
	}
}

// wholeBody keeps the body of a fetch.
func (x *exchange) wholeBody(body io.Reader) error {
	kept, err := io.ReadAll(io.LimitReader(body, maxFetchBytes))
	x.res.Body, x.res.End = kept, x.endStamp()
	return err
}

// keepBody keeps the first bytes of a body and reads some more, so that the
// connection can serve again.
func (x *exchange) keepBody(body io.Reader, limit int64) {
	x.dog.allow(errorTime)
	kept, err := io.ReadAll(io.LimitReader(body, limit))
	x.res.Body = kept
	if err == nil {
		_, _ = io.CopyN(io.Discard, body, 64<<10)
	}
	x.res.End = x.endStamp()
}

func (x *exchange) statusClass(status int) llm.ErrorClass {
	switch {
	case status == http.StatusProxyAuthRequired && x.route.proxy != nil:
		return llm.ErrProxy
	case status >= 500:
		return llm.ErrHTTP5xx
	case status == http.StatusTooManyRequests:
		return llm.ErrHTTP429
	case status >= 400:
		return llm.ErrHTTP4xx
	case status >= 300:
		return llm.ErrRedirect
	default:
		return llm.ErrMalformedStream // 1xx as a final answer
	}
}

func statusError(resp *http.Response) error {
	text := fmt.Sprintf("HTTP %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if loc := resp.Header.Get("Location"); loc != "" && resp.StatusCode < 400 {
		text += " to " + Bare(loc)
	}
	return errors.New(strings.TrimSpace(text))
}

// Bare is a URL without what may hold a secret.
func Bare(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an address that cannot be read"
	}
	u.User, u.RawQuery, u.Fragment, u.ForceQuery = nil, "", "", false
	return u.String()
}

// splitter picks the reader for an answer, or says why there is none.
func (x *exchange) splitter(resp *http.Response) (splitter, error) {
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, fmt.Errorf("content encoding %q, though none was asked for", clip(enc, 80))
	}
	media := mediaType(resp.Header.Get("Content-Type"))
	if s := splitterFor(media, x.call); s != nil {
		return s, nil
	}
	if x.call.Stream && isJSON(media) {
		return x.errorDocument(resp, media)
	}
	return nil, fmt.Errorf("content type %q, expected %s", clip(media, 80), x.expected())
}

func mediaType(header string) string {
	media, _, err := mime.ParseMediaType(header)
	if err != nil { // parameters that cannot be read do no harm
		media, _, _ = strings.Cut(strings.ToLower(header), ";")
	}
	return strings.TrimSpace(media)
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// splitterFor is the reader for a content type, nil if that is not what was
// asked for. An answer without a content type is taken for it. Where the call
// says how its stream is cut, sloppy types of lines and arrays do no harm.
func splitterFor(media string, call *llm.Call) splitter {
	lines := media == "application/x-ndjson" || media == "application/ndjson" || media == "application/jsonl"
	switch {
	case !call.Stream && (isJSON(media) || media == ""):
		return newWhole()
	case !call.Stream || media == "text/html":
		return nil
	case call.Framing == llm.FramingJSONArray:
		return newJSONArray()
	case call.Framing == llm.FramingNDJSON, call.Framing == llm.FramingByType && lines:
		return newNDJSON()
	case media == "text/event-stream" || media == "", call.Framing == llm.FramingSSE && media == "text/plain":
		return newSSE()
	default:
		return nil
	}
}

func (x *exchange) expected() string {
	switch {
	case !x.call.Stream:
		return "application/json"
	case x.call.Framing == llm.FramingNDJSON:
		return "application/x-ndjson"
	case x.call.Framing == llm.FramingJSONArray:
		return "application/json"
	default:
		return "text/event-stream"
	}
}

// errorDocument handles a JSON document in place of a stream: one with an error
// object is an answer that the receiver can read; any other is not what was
// asked for.
func (x *exchange) errorDocument(resp *http.Response, media string) (splitter, error) {
	x.keepBody(resp.Body, maxFetchBytes)
	x.res.End = 0
	var doc struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(x.res.Body, &doc) == nil && len(doc.Error) > 0 && !bytes.Equal(doc.Error, []byte("null")) {
		resp.Body = io.NopCloser(bytes.NewReader(x.res.Body))
		x.res.Body = nil
		return newWhole(), nil
	}
	x.res.Body = x.res.Body[:min(len(x.res.Body), maxErrorBytes)]
	return nil, fmt.Errorf("content type %q, expected %s: is streaming switched off?", media, x.expected())
}

// clip keeps what a server wrote short in messages.
func clip(s string, limit int) string {
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
