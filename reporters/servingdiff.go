package reporters

import (
	"fmt"
	"math"

	"loadgate/internal/llm"
)

// ServingDifferences says, a line each, where the figures of a report are others
// than serving_perf_eval would have had of the same answers: where a difference
// on purpose changes a number. Without samples there is nothing to say.
func ServingDifferences(r *Report) ([]string, error) {
	if r.Samples == nil {
		return nil, nil
	}
	var d servingDifference
	for _, c := range r.Doc.Cells {
		d.output += c.Tokens.Output
		d.reasoning += c.Tokens.Reasoning
		d.failed += c.Counts.Failed + c.Counts.Cancelled
		d.sent += c.Counts.Sent
		for rec, err := range r.Samples(c.ID) {
			if err != nil {
				return nil, fmt.Errorf("samples of cell %s: %w", c.ID, err)
			}
			s := &rec.Sample
			if s.Warmup || s.Outcome != llm.Completed {
				continue
			}
			d.completed++
			if s.Streamed && s.Ev1 != 0 && s.Tok1 > s.Ev1 {
				d.early++
				d.earlier += float64(s.Tok1-s.Ev1) / 1e6
			}
			if s.Streamed && s.Usage != nil && s.Usage.Output == 1 {
				d.single++
			}
		}
	}
	return d.lines(), nil
}

// servingDifference is what the lines are made of.
type servingDifference struct {
	completed, early, single int
	earlier                  float64 // ms by which the first chunk came before the first content, summed
	output, reasoning        int     // tokens
	failed, sent             int
}

func (d *servingDifference) lines() []string {
	var out []string
	say := func(format string, args ...any) {
		out = append(out, "unlike serving_perf_eval: "+fmt.Sprintf(format, args...))
	}
	if d.early > 0 {
		if mean := d.earlier / float64(d.completed); mean >= 0.005 { // shows in two decimals
			say("TTFT ends at the first content, not at the first chunk, which came %s ms earlier on average", number(math.Round(mean*100)/100))
		}
	}
	if d.reasoning > 0 {
		say("output tokens hold the %s of reasoning once: %s, not %s", grouped(int64(d.reasoning)), grouped(int64(d.output)), grouped(int64(d.output+d.reasoning)))
	}
	if d.single > 0 {
		say("TPOT leaves out %s of one token, which it counted as 0", plural(d.single, "answer"))
	}
	if d.failed > 0 {
		say("%s of %s did not succeed, and the exit code says so", plural(d.failed, "request"), grouped(int64(d.sent)))
	}
	return out
}
