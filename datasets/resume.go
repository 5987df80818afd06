package datasets

import (
	"encoding/json"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// openInHouse opens a dataset that serving_perf_eval knows by name and that was
// never published: resume_screening, lenovo_mmlu or tencent_yuanbao. Those who
// have its file give its path; a row is one of kind custom if it has a
// prompt_body, else one of kind local.
func openInHouse(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := localConfig{fileConfig: fileConfig{Order: orderFile}}
	s := decode(n, ctx, &c)
	if s.Get("path") == nil {
		s.errorAt("kind", "give the file, if you have it: path: data.jsonl", "the dataset %s came with llm-eval or from its makers, and is not published", c.Kind)
		return nil, s.list
	}
	t := c.check(s)
	s.tokens("output_tokens", 1)
	parse := func(raw rawRow) (candidate, bool, error) {
		var row struct {
			Body json.RawMessage `json:"prompt_body"`
		}
		if json.Unmarshal(raw.text, &row) == nil && row.Body != nil {
			r, err := parseCustom(raw)
			return candidate{row: r}, true, err
		}
		return c.parse(raw)
	}
	return c.openRows(s, ctx, layout{}, t, &rowFile{parse: parse}, c.OutputTokens)
}
