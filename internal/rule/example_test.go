package rule_test

import (
	"fmt"

	"loadgate/internal/rule"
)

// measured is a cell that knows one percentile.
type measured struct{}

func (measured) Measured(path string) (rule.Measure, bool) {
	return rule.Measure{Value: 612.4, N: 199}, path == "ttft.p99"
}
func (measured) Quantile(string, float64) (rule.Measure, bool) { return rule.Measure{}, false }
func (measured) Share(string) (rule.Measure, bool)             { return rule.Measure{}, false }
func (measured) Cell(string) (any, bool)                       { return nil, false }

func ExampleCompile() {
	words := &rule.Vocabulary{Dists: map[string]rule.Dim{"ttft": rule.Time}}
	_, problems := rule.Compile("ttft.p99 < 500", rule.Options{Vocabulary: words})
	for _, p := range problems {
		fmt.Printf("at %d: %s (%s)\n", p.Offset, p.Message, p.Hint)
	}
	// Output:
	// at 11: ttft.p99 is a duration, and 500 has no unit (write 500ms or 500s)
}

func ExampleRule_Eval() {
	words := &rule.Vocabulary{Dists: map[string]rule.Dim{"ttft": rule.Time}}
	r, _ := rule.Compile("ttft.p99 < 500ms && ttft.p50 < 300ms", rule.Options{Vocabulary: words})
	outcome := r.Eval(measured{})
	fmt.Println(outcome.Result)
	for _, c := range outcome.Clauses {
		fmt.Println(c.Explain())
	}
	// Output:
	// false
	// ttft.p99 is 612.4ms (n 199), not < 500ms: missed by 112.4ms (22.5%)
	// ttft.p50 has no value
}

func ExamplePredicate_Match() {
	words := &rule.Vocabulary{Request: map[string]rule.Dim{"ttft": rule.Time, "tpot": rule.Time}}
	p, _ := rule.CompilePredicate("ttft < 500ms && tpot < 50ms", words)
	request := map[string]float64{"ttft": 320, "tpot": 41}
	fmt.Println(p.Match(func(name string) (float64, bool) { v, ok := request[name]; return v, ok }))
	// Output:
	// true
}
