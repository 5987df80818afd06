package engine

import (
	"cmp"
	"context"
	"strings"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// judge says how the request ended. An audit hit is an answer, whatever came
// after it; success wants a 2xx, content, no error and a clean end. What the
// server did counts before what loadgate gave up: a cancelled request is one
// that nothing else had ended.
func (r *recorder) judge(ctx context.Context, res *wire.Result) (llm.Outcome, llm.ErrorClass, string) {
	switch {
	case r.audited:
		return llm.Audited, "", ""
	case r.inBand != "":
		return llm.Failed, cmp.Or(r.class, llm.ErrInBand), shorten(r.inBand)
	case r.broken != nil:
		return llm.Failed, llm.ErrMalformedStream, shorten(r.broken.Error())
	case res.Class != "":
		return llm.Failed, r.refusal(res), shorten(text(res))
	case res.Err != nil && ctx.Err() != nil && !r.whole:
		return llm.Cancelled, "", shorten(context.Cause(ctx).Error())
	case res.Err != nil && !r.whole:
		return llm.Failed, llm.ErrReset, shorten(res.Err.Error())
	case r.sample.Ev1 != 0 && !r.whole && !r.mayEnd && r.sample.Finish == "":
		return llm.Failed, llm.ErrTruncated, "the stream ended without a finish reason or terminator"
	case len(r.sample.Events) == 0:
		return llm.Failed, llm.ErrEmpty, "the answer ended without any content"
	default:
		return llm.Completed, "", ""
	}
}

// refusal is the class of a failed exchange: the transport's, unless the backend
// can tell more from what the server wrote.
func (r *recorder) refusal(res *wire.Result) llm.ErrorClass {
	if b, ok := r.cfg.Backend.(llm.Refuser); ok && res.Status >= 400 {
		return cmp.Or(b.Refused(res.Status, res.Body), res.Class)
	}
	return res.Class
}

// text is what is known of a failed exchange: the error, and what the server
// wrote.
func text(res *wire.Result) string {
	why := string(res.Class)
	if res.Err != nil {
		why = res.Err.Error()
	}
	if body := strings.TrimSpace(string(res.Body)); body != "" {
		why += ": " + body
	}
	return why
}

// shorten cuts a text of the server's to what a report can hold.
func shorten(s string) string {
	const most = 500
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
