package pipeline

import (
	"strconv"
	"strings"

	"loadgate/datasets"
	"loadgate/internal/gate"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/internal/validity"
	"loadgate/internal/yamlpos"
	"loadgate/metrics"
	"loadgate/scenario"
)

// declared is what a scenario says of a cell that the checks have to know.
type declared struct {
	IgnoreEOS bool `json:"ignore_eos,omitempty"`
	Redraws   bool `json:"redraws,omitempty"` // prompts are drawn with replacement

	// Lengths as the dataset's section configures them; nil where it does not.
	Input  *llm.Lengths `json:"input_tokens,omitempty"`
	Output *llm.Lengths `json:"output_tokens,omitempty"`
}

// declaredBy reads it from a cell's sections.
func declaredBy(c *Cell) declared {
	var d declared
	for _, n := range []*yamlpos.Node{c.Cell.Backend.Get("ignore_eos"), c.Cell.Backend.At("params", "ignore_eos")} {
		if n != nil {
			d.IgnoreEOS = n.Retype().Value == true
		}
	}
	_, d.Redraws = c.Dataset.(llm.Pooled)
	d.Input, d.Output = datasets.Configured(c.Cell.Dataset, c.Dataset)
	return d
}

// check judges whether a repeat's numbers may be believed.
func check(g *gate.Gate, s *storedCell, c *scenario.Cell, info store.RepeatInfo, r *result.Repeat, e *validity.Evidence) []result.Finding {
	limit := g.LatencyLimit(s.ID)
	for _, metric := range []string{"ttft", "e2el"} {
		if ms, ok := c.Goodput[metric]; ok && (limit == 0 || ms < limit) {
			limit = ms
		}
	}
	return validity.Check(validity.Input{
		Load: &c.Load, Limits: c.Validity, Totals: info.Totals, Repeat: r, Evidence: e,
		Percentiles: percentiles(g.Uses(s.ID)), LatencyLimit: limit,
		IgnoreEOS:      s.Declared.IgnoreEOS,
		RepeatsPrompts: c.Load.SamePrompts || s.Declared.Redraws || (s.DatasetRows > 0 && s.DatasetRows < info.Totals.Planned),
	})
}

// percentiles picks the percentiles among what rules read: "ttft.p99" is 0.99 of
// ttft.
func percentiles(uses []string) []metrics.Quantile {
	var out []metrics.Quantile
	for _, use := range uses {
		metric, field, ok := strings.Cut(use, ".p")
		digits, err := strconv.ParseUint(field, 10, 32)
		if !ok || err != nil {
			continue
		}
		q := float64(digits) / 100
		if digits > 100 { // p999
			q = float64(digits) / 1000
		}
		out = append(out, metrics.Quantile{Metric: metric, Q: q})
	}
	return out
}
