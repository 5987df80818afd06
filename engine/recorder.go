package engine

import (
	"context"
	"errors"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// maxEvents is the room made for a stream's events beforehand, at the most.
const maxEvents = 4096

// recorder turns the frames of one answer into a sample. It serves the one
// goroutine that reads the stream.
type recorder struct {
	cfg     *Config
	decoder llm.Decoder
	ev      llm.Event
	sample  Sample

	content, reasoning, tool []byte
	audited, whole           bool
	broken                   error  // the stream is not what the protocol allows
	inBand                   string // an error object inside the stream
	prompt                   string
}

func newRecorder(cfg *Config, j *job) *recorder {
	r := &recorder{cfg: cfg, decoder: cfg.Backend.Decoder(), prompt: j.prompt}
	r.sample = Sample{
		Index: j.index, Session: j.session, Streamed: j.call.Stream,
		PromptKnown: j.request.InputTokens, Asked: j.request.MaxTokens, PromptHash: j.hash,
	}
	r.sample.Events = make([]Event, 0, min(j.request.MaxTokens+2, maxEvents))
	return r
}

// Receive reads one frame.
func (r *recorder) Receive(f *wire.Frame) wire.Progress {
	at := f.At
	if f.Kernel != 0 {
		at = f.Kernel
	}
	s := &r.sample
	if s.Ev1 == 0 {
		s.Ev1 = at
	}
	r.ev = llm.Event{}
	if err := r.decoder.Decode(f.Name, f.Data, &r.ev); err != nil {
		r.broken = err
		return wire.Stop
	}
	return r.take(f, at)
}

// take notes what the decoded event says.
func (r *recorder) take(f *wire.Frame, at int64) wire.Progress {
	s, ev := &r.sample, &r.ev
	if ev.Usage.Set {
		u := ev.Usage
		s.Usage = &u
	}
	if ev.Finish != "" {
		s.Finish = ev.Finish
	}
	r.audited = r.audited || ev.Audit
	progress := wire.Nothing
	if kind := ev.Kind(); kind != llm.None {
		r.material(f, at, kind)
		progress = wire.Token
	}
	switch {
	case ev.Error != "":
		r.inBand = ev.Error
		return wire.Stop
	case ev.Done:
		r.whole = true
		return wire.Done
	default:
		return progress
	}
}

func (r *recorder) material(f *wire.Frame, at int64, kind llm.Kind) {
	s, ev := &r.sample, &r.ev
	r.content = append(r.content, ev.Content...)
	r.reasoning = append(r.reasoning, ev.Reasoning...)
	r.tool = append(r.tool, ev.Tool...)
	s.Events = append(s.Events, Event{At: f.At, Kernel: f.Kernel, Bytes: int32(ev.Bytes()), Tokens: int32(ev.Tokens), Kind: kind})
	if !s.Streamed {
		return
	}
	if o := r.cfg.Observer; o != nil {
		if s.Tok1 == 0 {
			o.First(time.Duration(at - s.Sched))
		} else {
			o.Token(time.Duration(at - s.TokN))
		}
	}
	if s.Tok1 == 0 {
		s.Tok1 = at
	}
	if s.Ans1 == 0 && kind != llm.Reasoning {
		s.Ans1 = at
	}
	s.TokN = at
}

// finish completes the sample with how the exchange went and judges it.
func (r *recorder) finish(ctx context.Context, res *wire.Result) {
	s := &r.sample
	s.Conn, s.Wrote, s.Hdr, s.Done = res.Conn, res.Wrote, res.Header, res.End
	if s.Done == 0 {
		s.Done = r.cfg.Clock.Now()
	}
	s.Reused, s.Status, s.Retry = res.Reused, res.Status, res.RetryAfter
	s.Texts = &Texts{Content: string(r.content), Reasoning: string(r.reasoning), Tool: string(r.tool), Prompt: r.prompt}
	s.Outcome, s.Class, s.Error = r.judge(ctx, res)
}

// judge says how the request ended. An audit hit is an answer, whatever came
// after it; success wants a 2xx, content, no error and a clean end.
func (r *recorder) judge(ctx context.Context, res *wire.Result) (llm.Outcome, llm.ErrorClass, string) {
	switch {
	case r.audited:
		return llm.Audited, "", ""
	case r.inBand != "":
		return llm.Failed, llm.ErrInBand, shorten(r.inBand)
	case r.broken != nil:
		return llm.Failed, llm.ErrMalformedStream, shorten(r.broken.Error())
	case ctx.Err() != nil && !r.whole && (res.Err != nil || res.Class != ""):
		return llm.Cancelled, "", shorten(context.Cause(ctx).Error())
	case res.Class != "":
		return llm.Failed, res.Class, shorten(text(res))
	case res.Err != nil:
		return llm.Failed, llm.ErrReset, shorten(res.Err.Error())
	case len(r.sample.Events) == 0:
		return llm.Failed, llm.ErrEmpty, "the answer ended without any content"
	case !r.whole && r.sample.Finish == "":
		return llm.Failed, llm.ErrTruncated, "the stream ended without a finish reason or terminator"
	default:
		return llm.Completed, "", ""
	}
}

// text is what is known of a failed exchange: the error, else what the server
// wrote.
func text(res *wire.Result) string {
	err := res.Err
	if err == nil {
		err = errors.New(string(res.Class))
	}
	if len(res.Body) > 0 {
		return err.Error() + ": " + string(res.Body)
	}
	return err.Error()
}

// shorten cuts a text of the server's to what a report can hold.
func shorten(s string) string {
	const most = 500
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
