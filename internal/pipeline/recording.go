package pipeline

import (
	"loadgate/engine"
	"loadgate/internal/gate"
	"loadgate/internal/llm"
	"loadgate/internal/store"
)

// recording stores the samples of one repeat, judged by what the scenario
// expects of answers. It holds back those whose tokens have to be counted here
// until the load is over: a tokenizer at work would slow the client down.
type recording struct {
	cell    string
	counter llm.Counter // nil: nothing can be counted
	expect  *gate.Expectations
	attempt *store.Attempt
	repeat  int
	held    []*engine.Sample
}

func (r *recording) add(s *engine.Sample) error {
	if r.counter == nil || s.Outcome != llm.Completed || knownTokens(s) {
		return r.keep(s)
	}
	r.held = append(r.held, s)
	return nil
}

// keep judges the answer while its texts are there, and stores the sample.
func (r *recording) keep(s *engine.Sample) error {
	r.expect.Apply(r.cell, s)
	return r.attempt.Append(r.repeat, s)
}

// knownTokens reports whether the server counted what matters.
func knownTokens(s *engine.Sample) bool {
	return s.Usage != nil && s.Usage.Output >= 0 && (s.Usage.Input >= 0 || s.PromptKnown > 0)
}

// flush counts the tokens of what was held back, and stores it.
func (r *recording) flush() error {
	for _, s := range r.held {
		t := s.Texts
		reasoning := r.counter.Count(t.Reasoning)
		s.Counted = &engine.Counted{
			Tokenizer: r.counter.Name(), Input: r.counter.Count(t.Prompt),
			Output: r.counter.Count(t.Content) + r.counter.Count(t.Tool) + reasoning, Reasoning: reasoning,
		}
		if err := r.keep(s); err != nil {
			return err
		}
	}
	return nil
}
