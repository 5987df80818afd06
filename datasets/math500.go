package datasets

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// reasoned is what competition problems end in, so that answers can be read.
const reasoned = `Please reason step by step, and put your final answer within \boxed{{}}.`

// openMath500 opens MATH-500: rows of problem, solution, answer, subject, level
// and unique_id.
func openMath500(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	b := benchmark{kind: "math_500", prompt: filled("{problem}" + reasoned), id: "unique_id", output: 4096}
	return b.open(n, ctx)
}
