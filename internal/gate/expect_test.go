package gate

import (
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/scenario"
)

func expecting(t *testing.T, list ...*scenario.Expectation) *Expectations {
	t.Helper()
	a, _ := aCell("a", 1)
	b, _ := aCell("b", 8)
	e, mistakes := CompileExpectations(&scenario.Plan{Cells: []*scenario.Cell{a, b}, Expect: list})
	if mistakes.HasErrors() {
		t.Fatal(mistakes)
	}
	return e
}

func anAnswer() *engine.Sample {
	return &engine.Sample{
		Outcome: llm.Completed, Status: 200, Finish: "stop", Asked: 16, Usage: &llm.Usage{Input: 5, Output: 7, Reasoning: -1, Cached: -1},
		Texts: &engine.Texts{Content: `{"city": "Paris"}`},
	}
}

func TestExpectations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		assert, want string // want: how the error begins; "": as expected
		change       func(*engine.Sample)
	}{
		{assert: `status == 200 && finish_reason == "stop" && json_valid`},
		{assert: `output_tokens <= max_tokens && input_tokens == 5`},
		{assert: `text contains "Rome"`, want: `text is "{"city": "Paris"}", not contains "Rome"`},
		{assert: `json_valid`, want: "json_valid is false", change: func(s *engine.Sample) { s.Texts.Content = "{" }},
		{assert: `reasoning_tokens < 10`, want: "reasoning_tokens has no value"},
		{assert: `output_tokens >= 3`, want: "", change: func(s *engine.Sample) { s.Usage, s.Counted = nil, &engine.Counted{Output: 3} }},
	} {
		s := anAnswer()
		if c.change != nil {
			c.change(s)
		}
		expecting(t, &scenario.Expectation{Name: c.assert, Assert: text(c.assert)}).Apply("a", s)
		failed := s.Outcome == llm.Failed && s.Class == llm.ErrUnexpected
		if failed != (c.want != "") || !strings.HasPrefix(s.Error, c.want) {
			t.Errorf("%s: %s %s %q, want %q", c.assert, s.Outcome, s.Class, s.Error, c.want)
		}
	}
}

func TestExpectationsLeaveAloneWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	e := expecting(t, &scenario.Expectation{Name: "short", Assert: text("output_tokens < 3"), When: text("load.concurrency >= 4")})
	here, there := anAnswer(), anAnswer()
	e.Apply("a", here)
	e.Apply("b", there)
	if here.Outcome != llm.Completed || there.Outcome != llm.Failed || !strings.HasPrefix(there.Error, "short: output_tokens is 7") {
		t.Errorf("a: %s; b: %s %q", here.Outcome, there.Outcome, there.Error)
	}
	timedOut := &engine.Sample{Outcome: llm.Failed, Class: llm.ErrTimeoutTotal}
	e.Apply("b", timedOut)
	if timedOut.Class != llm.ErrTimeoutTotal {
		t.Errorf("a timeout became %s", timedOut.Class)
	}
}

func TestExpectationsSayWhetherTheyReadTexts(t *testing.T) {
	t.Parallel()
	e := expecting(t,
		&scenario.Expectation{Name: "stop", Assert: text(`finish_reason == "stop"`)},
		&scenario.Expectation{Name: "json", Assert: text("json_valid"), When: text("load.concurrency >= 4")})
	if e.ReadsTexts("a") || !e.ReadsTexts("b") {
		t.Errorf("a: %v, b: %v", e.ReadsTexts("a"), e.ReadsTexts("b"))
	}
	s := anAnswer()
	s.Texts = nil // as where nobody needs them
	if e.Apply("a", s); s.Outcome != llm.Completed {
		t.Errorf("without its texts the answer is %s: %s", s.Outcome, s.Error)
	}
}
