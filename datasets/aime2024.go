package datasets

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// openAIME2024 opens AIME 2024: rows of ID, Problem, Solution and Answer.
func openAIME2024(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	b := benchmark{kind: "aime_2024", prompt: filled("{Problem}" + reasoned), id: "ID", output: 32768}
	return b.open(n, ctx)
}
