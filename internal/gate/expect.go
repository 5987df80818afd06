package gate

import (
	"encoding/json"
	"slices"
	"strings"

	"loadgate/engine"
	"loadgate/internal/diag"
	"loadgate/internal/llm"
	"loadgate/internal/rule"
	"loadgate/scenario"
)

// Expectations are the compiled entries of `expect:`: what an answer must be
// to count as one. They are immutable.
type Expectations struct {
	all []expectation
}

type expectation struct {
	name   string
	assert *rule.Expectation
	cells  map[string]bool // by id; nil: all
}

// answerFields are the values that an expectation may name.
func answerFields() map[string]rule.Dim {
	return map[string]rule.Dim{
		"status": rule.Number, "finish_reason": rule.Text, "text": rule.Text, "reasoning": rule.Text, "tool_calls": rule.Text,
		"json_valid": rule.Bool, "input_tokens": rule.Tokens, "output_tokens": rule.Tokens, "reasoning_tokens": rule.Tokens,
		"max_tokens": rule.Tokens, "events": rule.Count,
	}
}

// answerAliases are other names for them, for hints.
func answerAliases() map[string]string {
	return map[string]string{
		"content": "text", "answer": "text", "output": "text", "stop_reason": "finish_reason", "finish": "finish_reason", "is_json": "json_valid",
		"completion_tokens": "output_tokens", "prompt_tokens": "input_tokens", "status_code": "status", "code": "status",
	}
}

// CompileExpectations compiles a plan's expectations. Mistakes come back at
// their places in the file; one whose `when` selects no cell is a mistake.
func CompileExpectations(plan *scenario.Plan) (*Expectations, diag.List) {
	out := &Expectations{}
	var list diag.List
	var voc *rule.Vocabulary
	for _, x := range plan.Expect {
		assert, problems := rule.CompileExpectation(x.Assert.Text, answerFields(), answerAliases())
		list = append(list, located(x.Assert, problems)...)
		c := expectation{name: x.Name, assert: assert}
		if x.When != nil {
			if voc == nil {
				voc = vocabulary(factsOf(plan.Cells), false)
			}
			var mistakes diag.List
			c.cells, mistakes = selected(x.When, plan.Cells, voc, "so nothing would be expected")
			list = append(list, mistakes...)
		}
		if assert != nil {
			out.all = append(out.all, c)
		}
	}
	return out, list
}

func (x *expectation) on(cellID string) bool { return x.cells == nil || x.cells[cellID] }

// ReadsTexts reports whether judging answers of a cell takes their texts.
func (e *Expectations) ReadsTexts(cellID string) bool {
	return slices.ContainsFunc(e.all, func(x expectation) bool {
		return x.on(cellID) && slices.ContainsFunc([]string{"text", "reasoning", "tool_calls", "json_valid"}, x.assert.Uses)
	})
}

// Apply judges the answer of a completed request, whose texts are still there
// where ReadsTexts wants them.
// What is not as expected has failed, with the class `unexpected` and a sentence
// that says which expectation, and what the answer was instead.
func (e *Expectations) Apply(cellID string, s *engine.Sample) {
	if s.Outcome != llm.Completed {
		return
	}
	for _, x := range e.all {
		if !x.on(cellID) {
			continue
		}
		if o := x.assert.Judge(answerOf(s)); o.Result != rule.True {
			s.Outcome, s.Class, s.Error = llm.Failed, llm.ErrUnexpected, x.explain(o)
			return
		}
	}
}

func (x *expectation) explain(o rule.Outcome) string {
	var why []string
	for _, c := range o.Decisive() {
		why = append(why, c.Explain())
	}
	for _, a := range o.Absent {
		if len(why) == 0 {
			why = append(why, "the answer has no "+a.Text)
		}
	}
	says := strings.Join(why, "; ")
	if x.name != x.assert.String() {
		says = x.name + ": " + says
	}
	return says
}

// answerOf gives the values of one answer by name.
func answerOf(s *engine.Sample) func(string) (any, bool) {
	texts := s.Texts
	if texts == nil {
		texts = &engine.Texts{}
	}
	return func(field string) (any, bool) {
		switch field {
		case "status":
			return float64(s.Status), s.Status != 0
		case "finish_reason":
			return s.Finish, true
		case "text":
			return texts.Content, true
		case "reasoning":
			return texts.Reasoning, true
		case "tool_calls":
			return texts.Tool, true
		case "json_valid":
			return json.Valid([]byte(texts.Content)), true
		case "max_tokens":
			return float64(s.Asked), s.Asked > 0
		case "events":
			return float64(len(s.Events)), true
		default:
			return tokensOf(s, field)
		}
	}
}

// tokensOf gives a number of tokens: the server's own, else what was counted.
func tokensOf(s *engine.Sample, field string) (any, bool) {
	n := -1
	switch u, c := s.Usage, s.Counted; {
	case field == "input_tokens" && u != nil && u.Input >= 0:
		n = u.Input
	case field == "input_tokens" && s.PromptKnown > 0:
		n = s.PromptKnown
	case field == "input_tokens" && c != nil:
		n = c.Input
	case field == "output_tokens" && u != nil && u.Output >= 0:
		n = u.Output
	case field == "output_tokens" && c != nil:
		n = c.Output
	case field == "reasoning_tokens" && u != nil && u.Reasoning >= 0:
		n = u.Reasoning
	case field == "reasoning_tokens" && c != nil:
		n = c.Reasoning
	}
	return float64(n), n >= 0
}
