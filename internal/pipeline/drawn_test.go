package pipeline_test

import (
	"testing"

	"loadgate/datasets"
	"loadgate/engine"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
	"loadgate/metrics"
	"loadgate/scenario"
)

// What random datasets draw is no misfit, whatever the seed, the distribution, and the
// number of requests.
func TestFairDrawsAreNoMisfits(t *testing.T) {
	t.Parallel()
	for _, lengths := range []string{
		"input_tokens: 1024, output_tokens: 128",
		"input_tokens: 1024, output_tokens: 128, range_ratio: 0.4",
		"input_tokens: {lognormal: {median: 500, p95: 3000}}, output_tokens: {lognormal: {mean: 600, sigma: 2, max: 100000}}",
		"input_tokens: {normal: {mean: 100, stddev: 90, min: 20, max: 120}}, output_tokens: {normal: {mean: 3, stddev: 2}}",
		"input_tokens: {mix: [{weight: 97, tokens: 16}, {weight: 3, tokens: {uniform: {min: 30000, max: 100000}}}]}, output_tokens: {uniform: {min: 1, max: 2}}, prefix_tokens: 200, prefix_share: 0.5",
		"shapes: [{weight: 70, input_tokens: {lognormal: {median: 120, p95: 600, max: 1500}}, output_tokens: {normal: {mean: 24, stddev: 6, min: 4}}}, {weight: 30, input_tokens: {uniform: {min: 800, max: 2000}}, output_tokens: 8}]",
	} {
		section, list := yamlpos.Parse("x.yaml", []byte("{kind: random, tokenizer: cl100k_base, turns: 1, "+lengths+"}"), func(string) (string, bool) { return "", false })
		if list.HasErrors() {
			t.Fatal(list)
		}
		d, list := datasets.Kinds["random"](section, kind.Context{Name: "x"})
		if list.HasErrors() {
			t.Fatal(list)
		}
		in, out := datasets.Configured(section, d)
		for seed := range uint64(60) {
			n := []int{1, 4, 50, 700}[seed%4]
			c := metrics.NewCollector(metrics.Input{Load: &scenario.Load{Concurrency: 1}, Configured: metrics.Configured{Input: in, Output: out}})
			for i := range n {
				shapes, err := d.(llm.Shaped).Shapes(seed, i)
				if err != nil {
					t.Fatal(err)
				}
				c.Add(&engine.Sample{Index: i, Done: 1, Outcome: llm.Completed, PromptKnown: shapes[0].Input, Asked: shapes[0].Output})
			}
			if fit := c.Repeat(engine.Totals{}).Fit; len(fit.Misfits) > 0 || len(fit.Lines) != 2 {
				t.Errorf("%s, seed %d, %d requests: %d lines, %q", lengths, seed, n, len(fit.Lines), fit.Misfits)
			}
		}
	}
}
