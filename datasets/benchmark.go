package datasets

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// benchmark is a published set of questions of which the format is known: a
// kind of its own, which needs nothing but the file's path.
type benchmark struct {
	kind   string
	prompt func(raw rawRow, row columns) (text string, output int, err error) // output: 0 = the benchmark's
	id     string                                                             // column
	output int                                                                // length of answers to ask for
	layout layout
}

// benchmarkConfig is the section of such a kind.
type benchmarkConfig struct {
	fileConfig
	OutputTokens int `yaml:"output_tokens"`
}

func (b *benchmark) open(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := benchmarkConfig{fileConfig: fileConfig{Order: orderFile}}
	s := decode(n, ctx, &c)
	c.Kind = b.kind
	t := c.check(s)
	s.tokens("output_tokens", 1)
	parse := func(raw rawRow) (candidate, bool, error) { return b.parse(raw, c.OutputTokens) }
	return c.openRows(s, ctx, b.layout, t, &rowFile{parse: parse}, c.OutputTokens)
}

func (b *benchmark) parse(raw rawRow, output int) (candidate, bool, error) {
	var cols columns
	if err := raw.unmarshal(&cols); err != nil {
		return candidate{}, false, err
	}
	text, own, err := b.prompt(raw, cols)
	if err != nil {
		return candidate{}, false, err
	}
	out := candidate{row: row{request: llm.Request{Prompt: text, MaxTokens: b.output}}}
	if id, ok := cols[b.id]; ok && !isNull(id) {
		out.id = identifier(id)
	}
	switch {
	case output > 0:
		out.request.MaxTokens = output
	case own > 0:
		out.request.MaxTokens = own
	}
	return out, true, nil
}

// filled is the prompt of a benchmark whose rows go into one template.
func filled(text string) func(rawRow, columns) (string, int, error) {
	t, err := parseTemplate(text)
	if err != nil {
		panic("datasets: " + err.Error()) // the templates stand in this package, and its tests fill them
	}
	return func(raw rawRow, row columns) (string, int, error) {
		prompt, err := t.fill(raw, row)
		return prompt, 0, err
	}
}
