package rule

import (
	"math"
	"testing"
	"unicode/utf8"
)

// seeds are every kind of expression, right and wrong.
func seeds() []string {
	return []string{
		"ttft.p99 < 500ms", "success_rate >= 99.9% && failed / sent < 1%", "share(ttft < 500ms && tpot < 1m30s) >= 95%",
		"any(cells, .output_throughput >= 1.2k && .ttft.p95 < 1s)", `find(cells, .axis.shape == "short").ttft.p95 < 1s`,
		"quantile(ttft, 97.5%) < 1s", "not (load.stream ? failed == 0 : sent > 1)", "max(map(filter(cells, .sent > 1), .ttft.p50)) < 1s",
		"axis.shape in ['a', \"b\", `c`]", `axis["load.concurrency"] ** 2 % 3 == 0`, "1 < failed < 2", "all(map(cells, .sent), # > 1)",
		"ttft.p99.9 < 5 ms", "failed = 1", "(((", "let x = 1; x", "a | b", "b'x' == failed", "{a: 1}[0:1]", "!!!!failed", "5ms.x", "5ms(1)", ".5ms",
		"#index", "count(cells)", "sum(cells, .sent) > 1", "µs 1µs 1μs", "\"\\u{1F600}\" == axis.shape", "failed // x", "/* x", "0x10ms", "1e5%", "cells[1:2]",
		"quantile(find(cells, .sent > 1).ttft, 5%) > 0", "abs(-failed) == +1", "mean([sent, failed]) > 1", "none(cells, all(cells, .sent > #.failed))",
		"goodput > 1", "baseline.x", "failed ?? 1", "a?.b", "::now()", "failed > -0 / 1", "5 % 3 % 2 == failed", "99 % and failed",
	}
}

func FuzzCompile(f *testing.F) {
	for i, s := range seeds() {
		f.Add(s, i%3)
	}
	f.Fuzz(func(t *testing.T, src string, scope int) {
		scope = ((scope % 3) + 3) % 3
		r, problems := Compile(src, Options{Scope: Scope(scope), Vocabulary: testVocabulary()})
		if (r == nil) == (len(problems) == 0) {
			t.Fatalf("rule %v with problems %+v", r, problems)
		}
		for _, p := range problems {
			if n := max(1, utf8.RuneCountInString(src)); p.Offset < 0 || p.Width < 1 || p.Offset+p.Width > n {
				t.Errorf("problem outside the source of %d runes: %+v", n, p)
			}
			if p.Message == "" || !utf8.ValidString(p.Message) {
				t.Errorf("message %q", p.Message)
			}
		}
		if r == nil {
			return
		}
		if got := r.Eval(testCell{}); got.Result == True {
			t.Errorf("true without any value: %+v", got)
		}
		strange := testCell{"sent": math.NaN(), "failed": math.Inf(-1), "ttft.p99": math.Inf(1), "load.stream": "text", "axis.shape": 4.0, "labels.gpus": true}
		for _, cells := range [][]Values{nil, runCells(), {sampleCell()}, {strange, sampleCell()}} {
			outcomes := []Outcome{r.EvalRun(cells)}
			for _, c := range cells {
				outcomes = append(outcomes, r.Eval(c))
			}
			for _, o := range outcomes {
				if (o.Result == Missing) != (len(o.Absent) > 0) {
					t.Errorf("%v with absences %v", o.Result, o.Absent)
				}
				for _, c := range o.Clauses {
					_ = c.Explain()
				}
			}
		}
		for _, p := range r.Shares() {
			p.Match(func(string) (float64, bool) { return math.NaN(), true })
			p.Match(func(string) (float64, bool) { return 0, false })
			p.Match(func(string) (float64, bool) { return 1, true })
		}
	})
}

func FuzzLiterals(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := &source{runes: []rune(text)}
		out, problems := src.rewrite()
		if got := utf8.RuneCountInString(out); got != len(src.runes) {
			t.Fatalf("%d runes became %d: %q", len(src.runes), got, out)
		}
		for at, lit := range src.literals {
			if at < 0 || at >= len(src.runes) || math.IsNaN(lit.value) || math.IsInf(lit.value, 0) {
				t.Errorf("literal %+v at %d", lit, at)
			}
		}
		for _, p := range problems {
			if p.Offset < 0 || p.Width < 1 || p.Offset+p.Width > len(src.runes) {
				t.Errorf("problem outside the source: %+v", p)
			}
		}
	})
}
