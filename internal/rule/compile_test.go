package rule

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/expr-lang/expr"
)

// badRule is an expression with its first problem. The text under the carets
// is given instead of an offset, which says the same and can be read.
type badRule struct {
	src, under, message, hint string
}

func TestCompileRefusesInACell(t *testing.T) {
	t.Parallel()
	refuses(t, CellScope, []badRule{
		// Units.
		{"ttft.p99 < 500", "500", "ttft.p99 is a duration, and 500 has no unit", "write 500ms or 500s"},
		{"500 > ttft.p99", "500", "ttft.p99 is a duration, and 500 has no unit", "write 500ms or 500s"},
		{"ttft.p99 < 5 * 100", "5 * 100", "ttft.p99 is a duration, and 5 * 100 has no unit", "give it a unit, as in 500ms"},
		{"ttft.p99 < 99%", "99%", "cannot compare a duration (ttft.p99) and a ratio (99%)", "write a duration such as 500ms; the share of requests within a limit is share(ttft < 500ms) >= 99%"},
		{`ttft.p99 < "500ms"`, `"500ms"`, `ttft.p99 is a duration, and "500ms" is text`, "write 500ms without quotes"},
		{"ttft.p99 < 500mz", "500mz", `"500mz" is a number with an unknown unit`, unitHint},
		{"ttft.p99 < 2sec", "2sec", `"2sec" is a number with an unknown unit`, "write 2s"},
		{"ttft.p99 < 500 ms", "500 ms", "a unit stands directly after its number", "write 500ms"},
		{"success_rate >= 99 %", "99 %", "a unit stands directly after its number", "write 99%"},
		{"ttft.p99 < 30s1m", "30s1m", `"30s1m" is not a number with a unit`, unitHint},
		{"ttft.p99 < 1m30", "1m30", `"1m30" is a number with an unknown unit`, unitHint},
		{"ttft.p99 < 9e999s", "9e999s", `"9e999s" is not a number with a unit`, unitHint},
		{"success_rate >= 99", "99", "success_rate is a ratio (0 to 1, or 0% to 100%), and 99 is a bare number", "write 99%"},
		{"success_rate >= 250", "250", "success_rate is a ratio (0 to 1, or 0% to 100%), and 250 is a bare number", "a ratio lies between 0% and 100%"},
		{"success_rate < 1s", "1s", "cannot compare a ratio (success_rate) and a duration (1s)", "write a ratio such as 99%"},
		{"failed < 1%", "1%", "cannot compare a count (failed) and a ratio (1%)", "divide by what it is a part of, such as failed / sent"},
		{"output_throughput > 1s", "1s", "cannot compare a rate per second (output_throughput) and a duration (1s)", "write a plain number, such as 1200"},
		{"ttft.p99 + success_rate < 4s", "ttft.p99 + success_rate", "cannot add a duration (ttft.p99) and a ratio (success_rate)", "write a duration such as 500ms; the share of requests within a limit is share(ttft < 500ms) >= 99%"},
		{"ttft.p99 < output_throughput", "ttft.p99 < output_throughput", "cannot compare a duration (ttft.p99) and a rate per second (output_throughput)", ""},
		{"ttft.p99 * ttft.p99 < 4", "ttft.p99 * ttft.p99", "ttft.p99 is a duration and ttft.p99 a duration: * has no meaning between them", ""},
		{"ttft.p99 % 2 == 0", "ttft.p99 % 2", "ttft.p99 is a duration and 2 a plain number: % has no meaning between them", ""},
		{"max(ttft.p99, 500) < 1s", "500", "ttft.p99 is a duration, and 500 has no unit", "write 500ms or 500s"},
		{"ttft.p99 in [500ms, 1]", "1", "500ms is a duration, and 1 has no unit", "write 1ms or 1s"},
		{"10% 3 == failed", "3", `unexpected "3"`, "for modulo put spaces on both sides: 10 % 3"},
		// Names.
		{"tfft.p99 < 1s", "tfft", `unknown name "tfft"`, `did you mean "ttft"?`},
		{"ttft.p98 < 1s", "p98", `ttft has no field "p98"`, "write quantile(ttft, 98%)"},
		{"ttft.p995 < 1s", "p995", `ttft has no field "p995"`, "write quantile(ttft, 99.5%)"},
		{"ttft.p9 < 1s", "p9", `ttft has no field "p9"`, "write ttft.p90; the one that this names is quantile(ttft, 9%)"},
		{"ttft.p99.9 < 1s", "p99.9", "a percentile's name has no decimal point", "write p999"},
		{"ttft.p99.5 < 1s", "p99.5", "a percentile's name has no decimal point", "write quantile(ttft, 99.5%), with the metric's name"},
		{"ttft.mean < 1s", "mean", `ttft has no field "mean"`, "write ttft.avg"},
		{"ttft.stdev < 1s", "stdev", `ttft has no field "stdev"`, "write ttft.stddev"},
		{"ttft.foobar < 1s", "foobar", `ttft has no field "foobar"`, "its fields are n, avg, min, max, stddev, p1, p10, p25, p50, p75, p90, p95, p99, p999; other percentiles are quantile(ttft, 97.5%)"},
		{"request_latency.p99 < 1s", "request_latency", `unknown name "request_latency"`, "write e2el"},
		{"inter_token_latency.avg < 1s", "inter_token_latency", `unknown name "inter_token_latency"`, "write tpot (GuideLLM, AIPerf) or icl (vllm bench)"},
		{"p99 < 1s", "p99", `unknown name "p99"`, "write it after a metric: ttft.p99"},
		{"http_429 == 0", "http_429", `unknown name "http_429"`, "write errors.http_429"},
		{"errors.http_42 == 0", "http_42", `errors has no field "http_42"`, `did you mean "http_429"?`},
		{"errors == 0", "errors", "errors is a section, not a value", "its fields are dns, http_429, http_5xx"},
		{"output_throughput.avg > 4", "avg", "output_throughput is one number and has no fields", "write output_throughput alone"},
		{"ttft.p99.x > 4s", "x", "ttft.p99 is one number and has no fields", ""},
		{"ttft < 500ms", "ttft", "ttft is a distribution: say which value of it", "write ttft.p99, or share(ttft < 500ms) for single requests"},
		{"goodput > 1", "goodput", "goodput is not available: the scenario has no `goodput:` section", ""},
		{"ttft.p99 < baseline.ttft * 110%", "ttft", "baseline.ttft is a distribution: say which value of it", "write baseline.ttft.p99, say"},
		{"ttft.p99 < baseline", "baseline", "baseline is a cell: say which value of it", "write baseline.ttft.p99, say"},
		{"ttft.p99 < baseline.load.concurrency", "load", "baseline has measured values only", "write load without baseline: it is the same there"},
		{"ttft.p99 < baseline.tfft.p99", "tfft", `unknown name "tfft"`, `did you mean "ttft"?`},
		{"ttft.p99 < baseline.ttft.p98", "p98", `ttft has no field "p98"`, "write quantile(ttft, 98%)"},
		{"any(cells, .ttft.p95 < 1s)", "cells", "`cells` exists in rules on the whole run only", "add `scope: run` to the rule"},
		{"ttft.p99 < 1s && tpto.p99 < 5", "tpto", `unknown name "tpto"`, `did you mean "tpot"?`},
		// Conditions.
		{"ttft.p99", "ttft.p99", "ttft.p99 is a duration, and a condition is needed here", "write ttft.p99 < 500ms, say"},
		{"success_rate", "success_rate", "success_rate is a ratio, and a condition is needed here", "write success_rate >= 99%, say"},
		{"(ttft.p99 - ttft.p50) * 2", "(ttft.p99 - ttft.p50) * 2", "(ttft.p99 - ttft.p50) * 2 is a duration, and a condition is needed here", "write (ttft.p99 - ttft.p50) * 2 < 500ms, say"},
		{"failed == 0 && sent", "sent", "sent is a count, and a condition is needed here", "write sent == 0, say"},
		{"1 < 2", "1 < 2", "this compares two constants", "name something measured on one side"},
		{"true", "true", "true is the same in every run", "leave it out"},
		{"failed == 0 || true", "true", "true is the same in every run", "leave it out"},
		{"load.concurrency < 8", "load.concurrency < 8", "this rule names nothing that is measured", "a choice of cells belongs in `when:`"},
		{"not ttft.p99 > 5ms", "not ttft.p99", "`not` belongs to ttft.p99 alone here, which is a duration", "put the comparison in brackets: not (a > b)"},
		{strings.Repeat("sent + ", 20) + "sent", strings.Repeat("sent + ", 20) + "sent", strings.Repeat("sent + ", 11) + "se… is a count, and a condition is needed here", "compare it with something"},
		// Functions.
		{"now() > 1", "now", `unknown function "now"`, "the functions are abs, all, any, count, filter, find, map, max, mean, min, none, quantile, share, sum"},
		{"percentile(ttft, 99%) < 1s", "percentile", `unknown function "percentile"`, "write quantile(ttft, 97.5%)"},
		{"quantil(ttft, 99%) < 1s", "quantil", `unknown function "quantil"`, `did you mean "quantile"?`},
		{"quantile(ttft, 97.5) < 1s", "97.5", "a quantile lies between 0% and 100%", "write 97.5%"},
		{"quantile(ttft, 100%) < 1s", "100%", "a quantile lies between 0% and 100%, without the ends", "write ttft.min or ttft.max"},
		{"quantile(ttft, success_rate) < 1s", "success_rate", "the quantile is a ratio that is written out", "write quantile(ttft, 97.5%)"},
		{"quantile(errors, 90%) < 1s", "errors", "errors is a section, and quantile needs a distribution", "write quantile(ttft, 97.5%), with a metric alone"},
		{"quantile(ttft.p99, 90%) < 1s", "ttft.p99", "ttft.p99 is a duration, and quantile needs a distribution", "write quantile(ttft, 97.5%), with a metric alone"},
		{"quantile(ttft) < 1s", "quantile(ttft)", "quantile(…) is called differently", "write quantile(ttft, 97.5%)"},
		{"share(ttft < 500) >= 99%", "500", "ttft is a duration, and 500 has no unit", "write 500ms or 500s"},
		{"share(ttft.p99 < 500ms) >= 99%", "p99", "ttft is one request's value here and has no fields", "write ttft alone"},
		{"share(itl < 500ms) >= 99%", "itl", `"itl" is not a value of a request`, "the values of a request are e2el, output_tokens, tpot, ttft"},
		{"share(request_latency < 500ms) >= 99%", "request_latency", `"request_latency" is not a value of a request`, "write e2el"},
		{`share("ttft < 500ms") >= 99%`, `"ttft < 500ms"`, "the condition of share(…) is not quoted", "write share(ttft < 500ms)"},
		{"share(ttft < 500ms) >= 99", "99", "share(ttft < 500ms) is a ratio (0 to 1, or 0% to 100%), and 99 is a bare number", "write 99%"},
		{"share(ttft) >= 99%", "ttft", "ttft is a duration, and a condition is needed here", "write ttft < 500ms, say"},
		{"share(quantile(ttft, 9%) < 1s) > 1%", "quantile", "quantile(…) cannot stand inside share(…)", "compare the values of one request"},
		{"ttft.p99() < 500ms", "ttft.p99", "ttft.p99 is a value, not a function", "write ttft.p99 without brackets"},
		{"sent() > 0", "sent", "sent is a value, not a function", "write sent without brackets"},
		{"max() < 1s", "max()", "max(…) is called differently", "write max(map(cells, .ttft.p95)) or max(a, b)"},
		{"max(ttft.p99) < 1s", "ttft.p99", "ttft.p99 is a duration, and max needs a list", "write max(map(cells, .ttft.p95)) or max(a, b)"},
		{`axis.shape matches "(" && sent > 0`, `"("`, "the pattern is not a regular expression: error parsing regexp: missing closing ): `(`", "patterns are Go's (RE2)"},
		{"axis.shape contains 4", "4", "4 is a plain number, and `contains` works on text", ""},
		// Grammar.
		{"ttft.p99 = 500ms", "=", `"=" is not part of rules`, "write == to compare"},
		{"ttft.p99 ≤ 500ms", "≤", "unexpected character '≤'", "write <="},
		{"failed == 0 | sent > 1", "|", `"|" is not part of rules`, `write || or "or" between conditions`},
		{"failed == 0 & sent > 1", "&", `"&" is not part of rules`, `write && or "and" between conditions`},
		{"output_throughput >= 1,200", ",", `unexpected ","`, "numbers are written without commas: 1200 or 1_200"},
		{"ttft.p99 < 500ms &&", "&", "the expression ends too early", "an operand is missing"},
		{"(ttft.p99 < 500ms", "s", "the expression ends too early", "a bracket is not closed"},
		{"ttft.p99 < 500ms)", ")", `unexpected ")"`, "an operand is missing, or a bracket was never opened"},
		{`axis.shape == "short`, `"`, "a quote is not closed", ""},
		{"failed == 0 sent > 1", "sent", `unexpected "sent"`, `an operator is missing before it, such as && or "and"`},
		{"let x = 1; x < sent", "let", `"let" is not part of rules`, "write the value where it is used"},
		{"failed == 0; sent > 1", ";", `";" is not part of rules`, "one rule is one expression: write another rule"},
		{"ttft.p99 < 500ms // comment", "//", "an expression has no comments", "write the comment in the YAML, after a #"},
		{"ttft.p99 < 500ms /* why", "/*", "an expression has no comments", "write the comment in the YAML, after a #"},
		{"ttft?.p99 < 500ms", "?.", `"?." is not part of rules`, "write a plain dot; a missing value makes the rule inconclusive"},
		{"failed in 1..3", "..", `".." is not part of rules`, "write a range as 1 <= x && x <= 4"},
		{"ttft.p99 < nil", "nil", "nil is not part of rules", "a missing value makes the rule inconclusive by itself"},
		{`{"a": 1} == failed`, `{"a": 1}`, "a map is not part of rules", ""},
		{"failed in 4", "4", "4 is a plain number, and `in` needs a list", "write failed in [1, 2, 4], say"},
		{"failed in []", "[]", "the list is empty", ""},
		{"  ", "  ", "the expression is empty", "write a comparison, such as ttft.p99 < 500ms"},
		{"", "", "the expression is empty", "write a comparison, such as ttft.p99 < 500ms"},
		{"a\xffb", "", "the expression is not valid UTF-8", ""},
		{"\"日本\" == axis.shape && tfft.p99 < 1s", "tfft", `unknown name "tfft"`, `did you mean "ttft"?`},
	})
}

func TestCompileRefusesInARun(t *testing.T) {
	t.Parallel()
	refuses(t, RunScope, []badRule{
		{"ttft.p95 < 1s", "ttft", "ttft belongs to a cell, and this rule is on the whole run", "write any(cells, .ttft.p95 …) or all(cells, …), or leave out `scope: run`"},
		{"any(cells, ttft.p95 < 1s)", "ttft", "ttft belongs to a cell", "write .ttft.p95 with a leading dot"},
		{"any(cells, .tfft.p95 < 1s)", "tfft", `unknown name "tfft"`, `did you mean "ttft"?`},
		{"any(cells, .axis.shpae == \"short\")", "shpae", `the matrix has no axis "shpae"`, `did you mean "shape"?`},
		{"max(cells, .ttft.p95) < 1s", ".", `unexpected "."`, "a leading dot stands for a cell inside any(cells, …), all(…), map(…) and the like: max(map(cells, .ttft.p95))"},
		{"max(cells) < 1s", "cells", "max needs numbers, and each of these is a cell", "write max(map(cells, .ttft.p95)) or max(a, b)"},
		{"max(map(cells, .ttft)) < 1s", "map(cells, .ttft)", "max needs numbers, and each of these is a distribution", "write .ttft.p99, say"},
		{"any(cells)", ")", "a list and a condition are needed here", "for example any(cells, .ttft.p95 < 1s)"},
		{"cells.ttft.p99 < 1s", "ttft", "cells is a list and has no fields", "write any(cells, .ttft …), or all, max(map(…)), filter, count"},
		{"cells[0].ttft.p99 < 1s", "0", "values are not indexed", "choose a cell with find(cells, …) or filter(cells, …)"},
		{"any(cells, .ttft.p95)", ".ttft.p95", ".ttft.p95 is a duration, and a condition is needed here", "write .ttft.p95 < 500ms, say"},
		{"any(cells, share(ttft < 1s) > 99%)", "share(ttft < 1s)", "share(…) belongs to rules on one cell", "leave out `scope: run`"},
		{"any(cells, .quantile(ttft, 9%) < 1s)", ".quantile", "quantile(…) is called without a dot before it", "write quantile(ttft, 97.5%); a cell's metric keeps its dot: quantile(.ttft, 97.5%)"},
		{"any(sent, .x > 1)", "sent", "sent belongs to a cell, and this rule is on the whole run", "write any(cells, .sent …) or all(cells, …), or leave out `scope: run`"},
		{"any(map(cells, .sent), .x > 1)", "x", "the elements of this list have no fields: each is a count", "write # for the element"},
		{"any(cells, #index > 1)", "#", "#index is not part of rules", "an element is # alone, and its fields are .ttft.p95"},
		{"all(cells, all(cells, all(cells, .sent > 0)))", "all(cells, .sent > 0)", "lists are gone through more than two deep", "split it into several rules"},
		{"count(cells, .load.concurrency > 4) > 2", "count(cells, .load.concurrency > 4) > 2", "this rule names nothing that is measured", "a choice of cells belongs in `when:`"},
		{"sum(map(cells, .axis.shape)) > 2", "map(cells, .axis.shape)", "sum needs numbers, and each of these is text", "write sum(cells, .sent)"},
		{"cells", "cells", "cells is a list, and a condition is needed here", "compare it with something"},
		{"find(cells, .sent > 1) == 4", "find(cells, .sent > 1)", "this is a whole cell, not a value", "name a value of it, such as .ttft.p95"},
	})
}

func TestCompileRefusesInWhen(t *testing.T) {
	t.Parallel()
	refuses(t, WhenScope, []badRule{
		{"ttft.p99 < 1s", "ttft", "ttft is measured, and `when` is decided before the run", "it sees the cell's own values: load, dataset, backend, labels, axis"},
		{"share(ttft < 1s) > 1%", "share(ttft < 1s)", "share(…) is measured, and `when` is decided before the run", ""},
		{"load.concurency <= 4", "concurency", `load has no field "concurency"`, `did you mean "concurrency"?`},
		{"axis.shpae == \"short\"", "shpae", `the matrix has no axis "shpae"`, `did you mean "shape"?`},
		{"axis.shape < \"short\"", `axis.shape < "short"`, "axis.shape is text: it has no order", "compare it with == or !="},
		{"axis.shape == 4", "4", "cannot compare text (axis.shape) and a plain number (4)", `write "4"`},
		{"labels.x == \"y\"", "x", `labels has no field "x"`, "its fields are gpus, tier"},
		{"load == 4", "load", "load is a section, not a value", "its fields are concurrency, rate, requests, stream, warmup"},
		{"load.warmup > 4", "load.warmup", "load.warmup is a section, not a value", "its fields are requests"},
		{"load.rate.x > 4", "x", "load.rate is one value and has no fields", ""},
		{"shape == \"short\"", "shape", `unknown name "shape"`, "write axis.shape"},
		{"concurrency < 4", "concurrency", `unknown name "concurrency"`, "write load.concurrency"},
		{"banana < 4", "banana", `unknown name "banana"`, "`when` sees load, dataset, backend, labels, axis"},
	})
	if _, problems := Compile("axis.x == 1", Options{Scope: WhenScope}); len(problems) != 1 || problems[0].Message != "no cell has axis.x" {
		t.Errorf("without a matrix: %+v", problems)
	}
}

func refuses(t *testing.T, scope Scope, rules []badRule) {
	t.Helper()
	for _, bad := range rules {
		t.Run(bad.src, func(t *testing.T) {
			t.Parallel()
			r, problems := Compile(bad.src, Options{Scope: scope, Vocabulary: testVocabulary()})
			if r != nil || len(problems) == 0 {
				t.Fatal("was accepted")
			}
			p := problems[0]
			if utf8.ValidString(bad.src) && strings.TrimSpace(bad.src) != "" {
				if runes := []rune(bad.src); string(runes[p.Offset:p.Offset+p.Width]) != bad.under {
					t.Errorf("points at %q, want %q", string(runes[p.Offset:p.Offset+p.Width]), bad.under)
				}
			}
			if p.Message != bad.message || p.Hint != bad.hint {
				t.Errorf("\n%s\nwant %s\n  hint: %s", caret(bad.src, p), bad.message, bad.hint)
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, problems := Compile("tfft.p99 < 500mz && success_rate >= 99 || share(ttft < 1) > 2", Options{Vocabulary: testVocabulary()})
	var at []int
	for _, p := range problems {
		at = append(at, p.Offset)
	}
	if len(at) != 4 || at[0] != 0 || at[1] != 11 || at[2] != 36 || at[3] != 55 {
		t.Errorf("problems at %v: %+v", at, problems)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, message string }{
		{strings.Repeat("failed == 0 && ", 400) + "failed == 0", "the expression has 6011 bytes, and the limit is 4096"},
		{strings.Repeat("a+", 400) + "1 < 2", "the expression has more than 500 parts"},
		{strings.Repeat("(", 60) + "failed" + strings.Repeat(")", 60) + " == 0", "brackets are nested more than 50 deep"},
		{strings.Repeat("!", 2000) + "(failed == 0)", "the expression has more than 500 parts"},
	} {
		_, problems := Compile(c.src, Options{Vocabulary: testVocabulary()})
		if len(problems) == 0 || problems[0].Message != c.message {
			t.Errorf("%.20s…: %+v, want %s", c.src, problems, c.message)
		}
	}
	deep := strings.Repeat("!", 401) + "(failed == 0)"
	if got := mustCompile(t, deep, CellScope).Eval(sampleCell()).Result; got != True {
		t.Errorf("an odd number of nots of a false condition is %v", got)
	}
}

// TestAgreesWithExpr holds our evaluation to expr's own where both have one.
func TestAgreesWithExpr(t *testing.T) {
	t.Parallel()
	names := map[string]any{"sent": 200.0, "failed": 1.0, "audit_hits": 0.0}
	for _, src := range []string{
		"1 + 2 * failed ^ 3 ** 2 - sent / 8 > -22", "-failed + sent == 199", "2 ^ 3 ^ 2 == sent + 312", "-2 ^ 2 == failed - 5",
		"not (sent > 1) || failed < 1 && audit_hits == 0", "sent > 1 || failed < 1 && audit_hits == 1", "!(failed == 1) == (sent == 1)",
		"sent > 1 and not (failed == 0)", "1 < failed + 1 < 3", "0 < failed < 1", "failed in [0, 1]", "failed not in [0, 1]",
		"failed == 1 ? sent > 1 : sent < 1", "max(sent, failed, 3) == 200", "min(sent, failed) != 1", "mean([sent, failed]) == 100.5",
		"sum([sent, failed]) > 200", "abs(failed - sent) >= 199", "sent / 3 * 3 == 200", "0.1 + 0.2 + failed == 1.3", "1e-2 * sent == 2",
		"0x10 + failed == 17", "1_000 > sent", ".5 < failed", "failed * (sent + 2) - (3 - 4) == 203",
	} {
		want, err := expr.Eval(src, names)
		if err != nil {
			t.Fatalf("expr: %s: %v", src, err)
		}
		got := mustCompile(t, src, CellScope).Eval(sampleCell()).Result
		if (got == True) != want.(bool) || got == Missing {
			t.Errorf("%s: %v, and expr says %v", src, got, want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    float64
		dim  Dim
		want string
	}{
		{612.4, Time, "612.4ms"},
		{0.01234567, Time, "0.01235ms"},
		{999.96, Time, "1000ms"},
		{1234.5, Time, "1.234s"},
		{90000, Time, "90s"},
		{0.999, Ratio, "99.9%"},
		{1, Ratio, "100%"},
		{1234.56, PerSecond, "1235/s"},
		{128, Tokens, "128 tokens"},
		{123456, Count, "123456"},
		{0, Number, "0"},
		{-2.5, Number, "-2.5"},
		{1e-20, Number, "1e-20"},
		{3e20, Count, "300000000000000000000"},
	} {
		if got := Format(c.v, c.dim); got != c.want {
			t.Errorf("Format(%v, %v) = %s, want %s", c.v, c.dim, got, c.want)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	voc := testVocabulary()
	b.ReportAllocs()
	for b.Loop() {
		if r, _ := Compile("ttft.p99 < 500ms && share(ttft < 500ms && tpot < 50ms) >= 95%", Options{Vocabulary: voc}); r == nil {
			b.Fatal("refused")
		}
	}
}
