package rule

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustCompile(t *testing.T, src string, scope Scope) *Rule {
	t.Helper()
	r, problems := Compile(src, Options{Scope: scope, Vocabulary: testVocabulary()})
	for _, p := range problems {
		t.Errorf("\n%s", caret(src, p))
	}
	if r == nil {
		t.FailNow()
	}
	return r
}

func TestEvalOneCell(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]Result{
		// Units and literals.
		"ttft.p99 < 500ms":                  False,
		"ttft.p99 < 612.5ms":                True,
		"ttft.p99 < 0.6125s":                True,
		"ttft.p99 < 1m30s":                  True,
		"ttft.p99 > 612399us":               True,
		"ttft.p99 >= 6.124e2ms":             True,
		"ttft.p99 < 0x10 * 100ms":           True,
		"ttft.p99 < 1_000ms":                True,
		"ttft.p99 > 0":                      True,
		"500ms < ttft.p99":                  True,
		"output_throughput >= 1200":         True,
		"output_throughput >= 1.2k":         True,
		"output_throughput >= 1.2001k":      False,
		"success_rate >= 99.5%":             True,
		"success_rate >= 99.50001%":         False,
		"success_rate >= 0.99":              True,
		"success_rate > 1e-2":               True,
		"sent == 10 % 3 * 200":              True,
		"sent == 10%3 * 200":                True,
		"sent % 7 == 4":                     True,
		"2% < success_rate and failed == 1": True,
		// Names.
		"ttft.n == 199 && errors.http_429 == 0":        True,
		"errors.dns > 0 or audit_hits > 0":             True,
		"quantile(ttft, 97.5%) < 600ms":                True,
		"quantile(ttft, 0.975) < 500ms":                False,
		"share(ttft < 500ms) >= 95%":                   True,
		"share(ttft < 500ms && tpot <= 50ms) >= 95%":   False,
		`axis.shape == "short" && ttft.p99 > 0s`:       True,
		`axis.shape in ["long", "short"] && sent > 0`:  True,
		`axis["load.concurrency"] == 8 && sent > 0`:    True,
		"axis.load.concurrency == 8 && sent > 0":       True,
		`backend == "main" && sent > 0`:                True,
		`backend.kind startsWith "v" && sent > 0`:      True,
		`backend.kind endsWith "M" && sent > 0`:        False,
		`backend.kind matches "^v.+m$" && sent > 0`:    True,
		`not (axis.shape contains "ho") && sent > 0`:   False,
		`axis.shape not in ["long"] && sent > 0`:       True,
		"load.stream && sent > 0":                      True,
		"load.stream == false || sent > 1000":          False,
		"labels.gpus >= 8 && sent > 0":                 True,
		`labels.gpus == "eight" || sent > 1000`:        False,
		"axis.shape == labels.gpus || sent > 1000":     False,
		"labels.gpus > load.concurrency || sent > 1":   True,
		"load.concurrency <= 4 || ttft.p95 < 500ms":    True,
		"ttft.p99 < (load.stream ? 700ms : 600ms)":     True,
		"ttft.p99 < (load.stream ? 600ms : 700ms)":     False,
		"load.stream ? failed < 2 : failed < 1":        True,
		"(failed == 1) == (audit_hits == 0)":           True,
		"100ms < ttft.p50 < 300ms":                     True,
		"100ms < ttft.p50 < 150ms":                     False,
		"ttft.p99 in [612.4ms, 1s]":                    True,
		"max(ttft.p50, ttft.p95) == 480ms":             True,
		"min(ttft.p50, ttft.p95, 1s) == 200ms":         True,
		"mean([ttft.p50, ttft.p95]) == 340ms":          True,
		"sum([failed, sent]) == 201":                   True,
		"abs(ttft.p50 - ttft.p95) == 280ms":            True,
		"-ttft.p50 < 0ms":                              True,
		"failed / sent < 1%":                           True,
		"(sent - failed) / sent == success_rate":       True,
		"1 - success_rate <= 0.5001%":                  True,
		"success_rate * 100 >= 99":                     True,
		"output_tokens.avg == 128":                     True,
		"ttft.p99 / ttft.p50 < 4":                      True,
		"ttft.p99 < 110% * 600ms":                      True,
		"request_throughput * e2el.avg <= 8":           True, // Little's law: 4/s × 2 s
		"request_throughput * e2el.avg > 7.999":        True,
		"sent / duration == request_throughput":        True, // 200 / 50 s
		"8 / request_throughput == e2el.avg":           True,
		"output_throughput / load.concurrency >= 150":  True,
		"load.concurrency ** 2 == 64 && sent > 0":      True,
		"ttft.p99 < 500ms || ttft.p99 > 600ms":         True,
		"!(ttft.p99 < 500ms) and !(ttft.p50 > 500ms)":  True,
		"e2el.p99 < 10s":                               False, // +Inf is a value
		"e2el.p99 > 10s":                               True,
		"tpot.p99 < 50ms":                              Missing, // NaN
		"not (tpot.p99 > 50ms)":                        Missing,
		"tpot.p99 != 50ms":                             Missing,
		"ttft.p10 < 50ms":                              Missing, // absent
		"ttft.p10 < 50ms || sent == 200":               True,
		"sent == 200 || ttft.p10 < 50ms":               True,
		"ttft.p10 < 50ms && sent == 1":                 False,
		"ttft.p10 < 50ms && sent == 200":               Missing,
		"ttft.p10 < 50ms || sent == 1":                 Missing,
		"sent / errors.http_429 > 5":                   Missing, // division by zero
		"sent % errors.http_429 == 0":                  Missing,
		"e2el.p99 - e2el.p99 < 1s":                     Missing, // Inf - Inf
		"e2el.p99 * errors.http_429 < 1s":              Missing, // Inf × 0
		"max(ttft.p50, tpot.p99) < 1s":                 Missing,
		"load.rate > 4 && sent > 0":                    Missing,
		"(load.rate > 4 ? failed : audit_hits) == 0":   Missing,
		"quantile(ttft, 12%) < 1s":                     Missing,
		"share(e2el < 1s) > 50%":                       Missing,
		"sent > 0\n  && failed < 2\n":                  True,
		`labels.tier == "gold" || sent > 0`:            True,
		`"x y" == labels.tier || sent < 0`:             Missing,
		"output_tokens.n >= 0 || sent > 0":             True,
		"errors.http_5xx == 0":                         Missing,
		"ttft.p99 < 500ms ? sent > 0 : failed == 1":    True,
		"ttft.p99 != 500ms":                            True,
		"ttft.avg + 2 * ttft.stddev < 0.5s":            True,
		"ttft.p99 > 612.4ms - 0":                       False,
		"load.warmup.requests == 0 || sent > 0":        True,
		"dataset.range_ratio <= 20% || sent > 0":       True,
		"load.requests == sent":                        True,
		`(axis.shape == "short") != false && sent > 0`: True,
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			got := mustCompile(t, src, CellScope).Eval(sampleCell())
			if got.Result != want {
				t.Errorf("%v, want %v; absent %v, clauses %+v", got.Result, want, got.Absent, got.Clauses)
			}
			if (got.Result == Missing) != (len(got.Absent) > 0) {
				t.Errorf("result %v with absences %v", got.Result, got.Absent)
			}
		})
	}
}

func runCells() []Values {
	return []Values{
		testCell{"load.concurrency": 1, "axis.shape": "short", "ttft.p95": 100.0, "output_throughput": 300.0, "sent": 10, "failed": 0, "quantile(ttft, 0.975)": 120.0, "errors.dns": 0, "load.stream": true},
		testCell{"load.concurrency": 4, "axis.shape": "short", "ttft.p95": 400.0, "output_throughput": 1000.0, "sent": 40, "failed": 1, "errors.dns": 1, "load.stream": false},
		testCell{"load.concurrency": 16, "axis.shape": "long", "ttft.p95": 1600.0, "output_throughput": 1500.0, "sent": 160, "failed": 0, "errors.dns": 0},
		testCell{"load.rate": 5.0, "axis.shape": "long", "output_throughput": 900.0, "sent": 50, "failed": 2}, // no ttft
	}
}

func TestEvalRun(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]Result{
		"any(cells, .output_throughput >= 1000 && .ttft.p95 < 1s)":                  True,
		"any(cells, .output_throughput >= 1200 && .ttft.p95 < 1s)":                  False, // the cell without ttft is settled by its throughput
		"any(cells, .output_throughput >= 800 && .ttft.p95 < 100ms)":                Missing,
		"all(cells, .output_throughput > 200)":                                      True,
		"all(cells, .ttft.p95 < 2s)":                                                Missing,
		"all(cells, .ttft.p95 < 1s)":                                                False,
		"none(cells, .failed > 5)":                                                  True,
		"none(cells, .ttft.p95 > 2s)":                                               Missing,
		"none(cells, .failed > 1)":                                                  False,
		"sum(cells, .sent) == 260":                                                  True,
		"sum(map(cells, .sent)) == 260":                                             True,
		"max(map(cells, .ttft.p95)) < 2s":                                           Missing,
		`max(map(filter(cells, .axis.shape == "short"), .ttft.p95)) == 400ms`:       True,
		`min(map(filter(cells, .axis.shape == "short"), .ttft.p95)) == 100ms`:       True,
		"mean(map(cells, .output_throughput)) == 925":                               True,
		"find(cells, .load.concurrency == 4).ttft.p95 < 500ms":                      True,
		"find(cells, .load.concurrency == 5).ttft.p95 < 500ms":                      Missing,
		"find(cells, .load.rate == 5).sent == 50":                                   True, // cells without a rate are not chosen
		"count(cells, .failed > 0) <= 2":                                            True,
		"count(cells, .ttft.p95 < 1s) >= 2":                                         Missing,
		"count(filter(cells, .load.concurrency <= 4), .ttft.p95 < 1s) == 2":         True,
		"all(filter(cells, .load.concurrency <= 4), .ttft.p95 < 1s)":                True,
		"all(filter(cells, .load.concurrency > 99), .ttft.p95 < 1s)":                Missing, // looks at nothing
		"any(filter(cells, .load.concurrency > 99), .ttft.p95 < 1s)":                Missing,
		"max(map(filter(cells, .load.concurrency > 99), .sent)) < 1":                Missing,
		"sum(filter(cells, .load.concurrency > 99), .sent) < 1":                     Missing,
		"count(filter(cells, .load.concurrency > 99), .sent > 0) == 0":              True,
		"any(cells, .load.concurrency == 16 && .sent == 160)":                       True,
		"any(cells, .load.concurrency == 17 && .sent == 160)":                       False,
		"any(cells, .load.stream && .failed > 0)":                                   False,
		"any(map(cells, .load.stream), #) || sum(cells, .sent) > 0":                 True,
		"any(map(cells, .sent), # > 100)":                                           True,
		`"long" in map(cells, .axis.shape) && sum(cells, .failed) == 3`:             True,
		"160 in map(cells, .sent)":                                                  True,
		"all(cells, .output_throughput <= 5 * min(map(cells, .output_throughput)))": True,
		"quantile(find(cells, .sent == 10).ttft, 97.5%) < 200ms":                    True,
		"any(cells, quantile(.ttft, 97.5%) < 200ms)":                                True,
		"sum(cells, .errors.dns) == 1":                                              Missing,
		`find(cells, .axis.shape == "long").output_throughput / find(cells, .axis.shape == "short").output_throughput == 5`: True,
	} {
		t.Run(src, func(t *testing.T) {
			t.Parallel()
			got := mustCompile(t, src, RunScope).EvalRun(runCells())
			if got.Result != want {
				t.Errorf("%v, want %v; absent %v, clauses %+v", got.Result, want, got.Absent, got.Clauses)
			}
			if none := mustCompile(t, src, RunScope).EvalRun(nil); none.Result != Missing {
				t.Errorf("%v for a run without cells, want missing", none.Result)
			}
		})
	}
}

func TestEvalWhen(t *testing.T) {
	t.Parallel()
	open := testCell{"load.rate": 5.0, "axis.shape": "long"}
	for src, want := range map[string][2]Result{ // for the sample cell, for an open-loop cell
		"load.concurrency <= 8":                    {True, Missing},
		"not (load.concurrency <= 8)":              {False, Missing},
		"load.concurrency <= 8 || load.rate < 6":   {True, True},
		`axis.shape == "short"`:                    {True, False},
		`load.concurrency > 1 && axis.shape != ""`: {True, Missing},
		"load.stream":                              {True, Missing},
	} {
		r := mustCompile(t, src, WhenScope)
		if got := [2]Result{r.Eval(sampleCell()).Result, r.Eval(open).Result}; got != want {
			t.Errorf("%s: %v, want %v", src, got, want)
		}
	}
}

func TestEvalWithoutCell(t *testing.T) {
	t.Parallel()
	if got := mustCompile(t, "sent >= 0", CellScope).Eval(nil); got.Result != Missing {
		t.Errorf("%v for no cell, want missing", got.Result)
	}
	if got := mustCompile(t, "all(cells, .sent >= 0)", RunScope).Eval(sampleCell()); got.Result != Missing {
		t.Errorf("%v for a run rule on one cell, want missing", got.Result)
	}
}

func TestClauses(t *testing.T) {
	t.Parallel()
	src := `ttft.p99 < 500ms && (success_rate >= 99.9% || 10 > failed) && share(ttft < 500ms) >= 97% && load.stream`
	got := mustCompile(t, src, CellScope).Eval(sampleCell())
	type row struct {
		Text, Got, Op, Want string
		Result              Result
		Decisive            bool
	}
	var rows []row
	for _, c := range got.Clauses {
		rows = append(rows, row{c.Text, c.Got.String(), c.Op, c.Want.String(), c.Result, c.Decisive})
	}
	want := []row{
		{"ttft.p99 < 500ms", "612.4ms", "<", "500ms", False, true},
		{"success_rate >= 99.9%", "99.5%", ">=", "99.9%", False, false},
		{"10 > failed", "1", "<", "10", True, false},
		{"share(ttft < 500ms) >= 97%", "96%", ">=", "97%", False, true},
		{"load.stream", "true", "", "0", True, false},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	var read []string
	for _, o := range got.Operands {
		read = append(read, o.Path+" = "+o.String())
	}
	if d := cmp.Diff([]string{"ttft.p99 = 612.4ms", "success_rate = 99.5%", "failed = 1", "share(ttft < 500ms) = 96%", "load.stream = true"}, read); d != "" {
		t.Error(d)
	}
	first := got.Decisive()[0].Got
	if first.Metric != "ttft" || first.Q != 0.99 || first.N != 199 || first.CI == nil {
		t.Errorf("the first decisive operand is %+v", first)
	}
}

func TestClausesOfARun(t *testing.T) {
	t.Parallel()
	got := mustCompile(t, "all(cells, .failed < 2)", RunScope).EvalRun(runCells())
	decisive := got.Decisive()
	if len(got.Clauses) != 4 || len(decisive) != 1 || decisive[0].Cell != 3 {
		t.Errorf("clauses %+v", got.Clauses)
	}
	nested := mustCompile(t, "all(cells, .sent < 100 || any(cells, .sent < 10))", RunScope).EvalRun(runCells())
	if d := nested.Decisive(); len(nested.Clauses) != 8 || len(d) != 2 || d[1].Text != "any(cells, .sent < 10)" || d[1].Explain() != "any(cells, .sent < 10) is false" {
		t.Errorf("nested: %+v", d)
	}
	absent := mustCompile(t, "all(cells, .ttft.p95 < 2s)", RunScope).EvalRun(runCells()).Absent
	if d := cmp.Diff([]Absence{{".ttft.p95", 3}}, absent); d != "" {
		t.Error(d)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"ttft.p99 < 500ms":           "ttft.p99 is 612.4ms (n 199, 95% interval 590ms to 640ms), not < 500ms: missed by 112.4ms (22.5%)",
		"1s > ttft.p99":              "ttft.p99 is 612.4ms (n 199, 95% interval 590ms to 640ms), which is < 1s, with 387.6ms (38.8%) to spare",
		"ttft.p99 <= 612.39999ms":    "ttft.p99 is 612.4ms (n 199, 95% interval 590ms to 640ms), not <= 612.39999ms: missed by 0.00001ms (0.00000163%)",
		"share(ttft < 500ms) >= 99%": "share(ttft < 500ms) is 96% (n 200, 95% interval 92% to 98%), not >= 99%: missed by 3 percentage points",
		"ttft.p99 < 2 * ttft.p50":    "ttft.p99 is 612.4ms (n 199, 95% interval 590ms to 640ms), not < 400ms (2 * ttft.p50): missed by 212.4ms (53.1%)",
		"ttft.p99 - ttft.p50 < 1s":   "ttft.p99 - ttft.p50 is 412.4ms (n 100), which is < 1s, with 587.6ms (58.8%) to spare",
		"audit_hits < 0":             "audit_hits is 0 (n 100), not < 0: missed by 0",
		"failed == 0":                "failed is 1 (n 100), not == 0",
		"e2el.p99 < 10s":             "e2el.p99 is inf (n 100), not < 10s",
		"ttft.p10 < 1s":              "ttft.p10 has no value",
		"tpot.p99 / sent < 1s":       "tpot.p99 / sent has no value",
		"(2 * failed) * 1 > 4":       "(2 * failed) * 1 is 2 (n 100), not > 4: missed by 2 (50%)",
	} {
		c := mustCompile(t, src, CellScope).Eval(sampleCell()).Clauses[0]
		if got := c.Explain(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", src, got, want)
		}
	}
	when := mustCompile(t, `axis.shape in ["long", "wide"]`, WhenScope).Eval(sampleCell()).Clauses[0]
	if got := when.Explain(); got != `axis.shape is "short", not in ["long", "wide"]` {
		t.Error(got)
	}
}

func TestRuleLists(t *testing.T) {
	t.Parallel()
	r := mustCompile(t, "quantile(ttft, 97.5%) < 1s && quantile( ttft, 0.975 ) > 0 && share(ttft  <\n500ms) > 0.5 && share(ttft < 500ms) < 1 && errors.dns == 0 && ttft.p99 < 1s && load.concurrency > 1", CellScope)
	if d := cmp.Diff([]string{"errors.dns", "quantile(ttft, 0.975)", "share(ttft < 500ms)", "ttft.p99"}, r.Uses()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Quantile{{"ttft", 0.975}}, r.Quantiles()); d != "" {
		t.Error(d)
	}
	if s := r.Shares(); len(s) != 1 || s[0].Key() != "ttft < 500ms" {
		t.Errorf("shares %v", s)
	}
}

func TestPredicate(t *testing.T) {
	t.Parallel()
	full := map[string]float64{"ttft": 400, "tpot": 40, "e2el": 2000, "output_tokens": 100}
	oneToken := map[string]float64{"ttft": 400, "tpot": math.NaN(), "e2el": 400, "output_tokens": 1}
	noUsage := map[string]float64{"ttft": 400}
	for _, c := range []struct {
		src                     string
		full, oneToken, noUsage bool
	}{
		{"ttft < 500ms", true, true, true},
		{"ttft < 300ms", false, false, false},
		{"ttft < 500ms && tpot < 50ms", true, true, false},
		{"ttft < 300ms && tpot < 50ms", false, false, false},
		{"tpot < 30ms", false, true, false},
		{"not (tpot >= 50ms)", true, true, false},
		{"ttft < 500ms || tpot < 30ms", true, true, true},
		{"e2el / output_tokens < 30ms", true, false, false},
		{"max(ttft, e2el) < 1s", false, true, false},
	} {
		p, problems := CompilePredicate(c.src, testVocabulary())
		if p == nil {
			t.Fatalf("%s: %+v", c.src, problems)
		}
		match := func(values map[string]float64) bool {
			return p.Match(func(name string) (float64, bool) { v, ok := values[name]; return v, ok })
		}
		if got := [3]bool{match(full), match(oneToken), match(noUsage)}; got != [3]bool{c.full, c.oneToken, c.noUsage} {
			t.Errorf("%s: %v", c.src, got)
		}
	}
	p, _ := CompilePredicate("tpot < 50ms && ttft < 1s", testVocabulary())
	if d := cmp.Diff([]string{"tpot", "ttft"}, p.Fields()); d != "" {
		t.Error(d)
	}
}
