package datasets

import (
	"loadgate/internal/datafile"
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// fileKind is the section of kind file.
type fileKind struct {
	fileConfig
	mappingConfig
	Format  string        `yaml:"format"`
	Columns []string      `yaml:"columns"`
	Filter  filterConfig  `yaml:"filter"`
	Media   []mediaConfig `yaml:"media"`
}

// filterConfig says which rows are used, by lengths in tokens.
type filterConfig struct {
	MinInput  int `yaml:"min_input_tokens"`
	MaxInput  int `yaml:"max_input_tokens"`
	MinOutput int `yaml:"min_output_tokens"`
	MaxOutput int `yaml:"max_output_tokens"`
	MaxTotal  int `yaml:"max_total_tokens"`
}

// openFile opens a file of rows of which the section says what they mean.
func openFile(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := fileKind{fileConfig: fileConfig{Order: orderFile}}
	s := decode(n, ctx, &c)
	t := c.check(s)
	how := c.layout(s)
	m := c.mappingConfig.open(s, folderOf(ctx, c.Path))
	rows := &rowFile{parse: m.parse, filter: c.filter(s, t), media: s.attachments(c.Media), sums: m.files.sums}
	return c.openRows(s, ctx, how, t, rows, c.mapped(s), how.format, c.Columns, c.Filter, c.Tokenizer)
}

// layout checks how the file is cut into rows.
func (c *fileKind) layout(s *section) layout {
	known := []string{string(datafile.JSON), string(datafile.CSV), string(datafile.TSV), string(datafile.Text), string(datafile.Parquet)}
	s.oneOf("format", known...)
	s.notEmpty("columns")
	format := datafile.Format(c.Format)
	if format == datafile.Unknown {
		format = datafile.FormatOf(c.Path)
	}
	if c.Columns != nil && format != datafile.CSV && format != datafile.TSV {
		s.errorAtKey("columns", "", "columns names the columns of a table without a header line, and this is none")
	}
	if format == datafile.Unknown && c.Path != "" {
		s.errorAt("path", "say it: format: json, csv, tsv or text", "the name %s does not say how its rows are written", c.Path)
	}
	return layout{format: datafile.Format(c.Format), columns: c.Columns}
}

// filter is nil where no row has to be counted.
func (c *fileKind) filter(s *section, t *tokenizer) *lengthFilter {
	at := s.Get("filter")
	if at == nil && c.Answer == "" {
		return nil
	}
	if at != nil {
		f := &section{Node: at, ctx: s.ctx}
		for _, key := range []string{"min_input_tokens", "max_input_tokens", "min_output_tokens", "max_output_tokens", "max_total_tokens"} {
			f.tokens(key, 1)
		}
		s.list = append(s.list, f.list...)
	}
	switch {
	case t != nil:
	case c.Answer != "":
		s.errorAt("answer", "add tokenizer: cl100k_base", "answer needs a tokenizer, to say how long it is")
	case c.InputTokens == nil && c.Filter.MinInput+c.Filter.MaxInput+c.Filter.MaxTotal > 0:
		s.errorAtKey("filter", "add tokenizer: cl100k_base, or input_tokens with the column that says how long prompts are", "the filter needs the lengths of prompts")
	}
	return &lengthFilter{
		counter: t, minInput: c.Filter.MinInput, maxInput: c.Filter.MaxInput, minAnswer: c.Filter.MinOutput, maxAnswer: c.Filter.MaxOutput,
		maxTotal: c.Filter.MaxTotal, what: "row that the filter keeps",
	}
}

// mapped is the mapping as it stands in the section, for the digest.
func (c *fileKind) mapped(s *section) map[string]any {
	out := map[string]any{}
	for _, key := range []string{
		"prompt", "system", "messages", "body", "input_tokens", "output_tokens", "answer", "images", "audio", "video", "tools", "extra", "model", "id",
	} {
		if n := s.Get(key); n != nil {
			out[key] = n.Any()
		}
	}
	return out
}
