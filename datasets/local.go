package datasets

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// localConfig is the section of kind local.
type localConfig struct {
	fileConfig
	OutputTokens int `yaml:"output_tokens"`
}

// localRow is one row: a prompt, and lengths where they are known. null is as
// good as not there.
type localRow struct {
	Prompt    string `json:"prompt"`
	PromptLen number `json:"prompt_len"`
	OutputLen number `json:"output_len"`
}

// openLocal opens a file of prompts. A row's prompt_len is taken as the
// prompt's tokens, its output_len as the output length to ask for.
func openLocal(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := localConfig{fileConfig: fileConfig{Order: orderFile}}
	s := decode(n, ctx, &c)
	t := c.check(s)
	s.tokens("output_tokens", 1)
	return c.openRows(s, ctx, layout{}, t, &rowFile{parse: c.parse}, c.OutputTokens)
}

// parse makes a row's request, with the output length that the section wants.
func (c *localConfig) parse(raw rawRow) (candidate, bool, error) {
	r, err := parseLocal(raw)
	if c.OutputTokens > 0 {
		r.request.MaxTokens = c.OutputTokens
	}
	return candidate{row: r}, true, err
}

func parseLocal(raw rawRow) (row, error) {
	var r localRow
	if err := raw.unmarshal(&r); err != nil {
		return row{}, err
	}
	if r.Prompt == "" {
		return row{}, raw.fault("the row has no prompt")
	}
	input, err := raw.count("prompt_len", r.PromptLen)
	if err != nil {
		return row{}, err
	}
	output, err := raw.count("output_len", r.OutputLen)
	if err != nil {
		return row{}, err
	}
	return row{request: llm.Request{Prompt: r.Prompt, InputTokens: input, MaxTokens: output}}, nil
}
