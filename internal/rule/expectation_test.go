package rule_test

import (
	"strings"
	"testing"

	"loadgate/internal/rule"
)

var answerFields = map[string]rule.Dim{
	"status": rule.Number, "finish_reason": rule.Text, "output_tokens": rule.Tokens, "text": rule.Text, "json_valid": rule.Bool,
}

func answer(values map[string]any) func(string) (any, bool) {
	return func(field string) (any, bool) { v, ok := values[field]; return v, ok }
}

func TestExpectation(t *testing.T) {
	t.Parallel()
	good := map[string]any{"status": 200.0, "finish_reason": "stop", "output_tokens": 12.0, "text": "the answer is 42", "json_valid": false}
	for source, want := range map[string]rule.Result{
		`status == 200`: rule.True,
		`finish_reason == "stop" && output_tokens >= 12`: rule.True,
		`finish_reason in ["length", "tool_calls"]`:      rule.False,
		`text matches "\\b[0-9]+$"`:                      rule.True,
		`text contains "43"`:                             rule.False,
		`json_valid`:                                     rule.False,
		`not json_valid`:                                 rule.True,
		`output_tokens < 4k`:                             rule.True,
	} {
		e, problems := rule.CompileExpectation(source, answerFields, nil)
		if e == nil {
			t.Fatalf("%s: %v", source, problems)
		}
		if got := e.Judge(answer(good)).Result; got != want {
			t.Errorf("%s is %v, want %v", source, got, want)
		}
		for _, field := range []string{"status", "text"} {
			if e.Uses(field) != strings.Contains(source, field) {
				t.Errorf("%s: Uses(%s) is %v", source, field, e.Uses(field))
			}
		}
	}
}

func TestExpectationWithoutItsValueDoesNotHold(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`output_tokens < 100`, `not (output_tokens > 100)`, `output_tokens != 3`} {
		e, _ := rule.CompileExpectation(source, answerFields, nil)
		if got := e.Judge(answer(nil)).Result; got == rule.True {
			t.Errorf("%s holds for an answer of unknown length", source)
		}
	}
}

func TestExpectationSaysWhatItSaw(t *testing.T) {
	t.Parallel()
	e, _ := rule.CompileExpectation(`finish_reason == "stop" && status == 200`, answerFields, nil)
	broken := e.Judge(answer(map[string]any{"finish_reason": "length", "status": 200.0})).Decisive()
	if len(broken) != 1 || broken[0].Explain() != `finish_reason is "length", not == "stop"` {
		t.Errorf("%+v", broken)
	}
}

func TestExpectationMistakes(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`finish_reson == "stop"`:      `"finish_reson" is not a value of an answer`,
		`share(status == 200) >= 99%`: `share(…) is not part of expectations`,
		`text`:                        `text is text, and a condition is needed here`,
		`text matches "("`:            `the pattern is not a regular expression`,
		`text.length > 3`:             `text is one answer's value here and has no fields`,
		`1 < 2`:                       `this compares two constants`,
	} {
		e, problems := rule.CompileExpectation(source, answerFields, nil)
		if e != nil || len(problems) == 0 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: %v, want %q", source, problems, want)
		}
	}
}
