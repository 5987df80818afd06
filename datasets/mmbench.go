package datasets

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// openMMBench opens MMBench in Chinese, in the form that serving_perf_eval
// takes: rows as of kind custom, with the images as base64 in their bodies.
func openMMBench(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	return openBodies(n, ctx, "mmbench_cn")
}
