package engine

import (
	"context"
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
	sample  *Sample // outlives the recorder

	texts                    bool // keep them
	prompt                   string
	content, reasoning, tool []byte

	audited bool
	whole   bool           // the answer came to its end
	mayEnd  bool           // the protocol lets the body end here
	broken  error          // the stream is not what the protocol allows
	inBand  string         // an error object inside the stream
	class   llm.ErrorClass // of it; "" = in_band_error
}

func newRecorder(cfg *Config, j *job) *recorder {
	keep := !cfg.DropTexts || (j.rest != nil && j.rest.grows)
	return &recorder{cfg: cfg, decoder: cfg.Backend.Decoder(), texts: keep, prompt: j.prompt, sample: &Sample{
		Index: j.index, Session: j.session, Turn: j.turn, Think: j.think, Model: j.request.Model, Streamed: j.call.Stream,
		PromptKnown: j.request.InputTokens, Asked: j.request.MaxTokens, PromptHash: j.hash,
		Media:  j.media,
		Bytes:  len(j.call.Body),
		Events: make([]Event, 0, roomFor(j)),
	}}
}

// roomFor is how many content events to expect.
func roomFor(j *job) int {
	if !j.call.Stream {
		return 1
	}
	return min(max(j.request.MaxTokens, 0)+2, maxEvents)
}

// Receive reads one frame.
func (r *recorder) Receive(f *wire.Frame) wire.Progress {
	at := f.At
	if f.Kernel != 0 {
		at = f.Kernel
	}
	if r.sample.Ev1 == 0 {
		r.sample.Ev1 = at
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
	s, ev := r.sample, &r.ev
	if ev.Usage.Set {
		u := ev.Usage
		s.Usage = &u
	}
	if ev.Finish != "" {
		s.Finish = ev.Finish
	}
	r.audited = r.audited || ev.Audit
	r.mayEnd = ev.MayEnd
	progress := wire.Nothing
	if kind := ev.Kind(); kind != llm.None {
		r.material(f, at, kind)
		progress = wire.Token
	}
	switch {
	case ev.Error != "":
		r.inBand, r.class = ev.Error, ev.Class
		return wire.Stop
	case ev.Done:
		r.whole = true
		return wire.Done
	default:
		r.whole = r.whole || !s.Streamed // a document that could be read is whole
		return progress
	}
}

// material notes an event with content. Only a stream has a first and a last
// one: in a document, they say nothing of when the tokens were made.
func (r *recorder) material(f *wire.Frame, at int64, kind llm.Kind) {
	s, ev := r.sample, &r.ev
	if r.texts {
		r.content = append(r.content, ev.Content...)
		r.reasoning = append(r.reasoning, ev.Reasoning...)
		r.tool = append(r.tool, ev.Tool...)
	}
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
	s := r.sample
	s.Conn, s.Wrote, s.Hdr, s.Done = res.Conn, res.Wrote, res.Header, res.End
	if res.KernelHeader != 0 {
		s.Hdr = res.KernelHeader
	}
	if s.Done == 0 {
		s.Done = r.cfg.Clock.Now()
	}
	s.Reused, s.Status, s.Retry = res.Reused, res.Status, res.RetryAfter
	if r.texts {
		s.Texts = &Texts{Content: string(r.content), Reasoning: string(r.reasoning), Tool: string(r.tool), Prompt: r.prompt}
	}
	s.Outcome, s.Class, s.Error = r.judge(ctx, res)
}
