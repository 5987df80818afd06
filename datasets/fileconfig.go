package datasets

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
)

// fileConfig is what the kinds that read rows from a file have in common.
type fileConfig struct {
	Kind      string `yaml:"kind"`
	Path      string `yaml:"path"`
	Limit     int    `yaml:"limit"`
	Order     string `yaml:"order"`
	Tokenizer string `yaml:"tokenizer"`
}

// Orders in which rows are handed out.
const (
	orderFile     = "file"
	orderShuffled = "shuffled"
)

// check reports wrong values and opens the tokenizer, nil where none is wanted.
func (c *fileConfig) check(s *section) *tokenizer {
	s.require("path", "prompts.jsonl")
	s.notEmpty("path")
	s.within("limit", 1, 1e9, "a whole number from 1")
	s.oneOf("order", orderFile, orderShuffled)
	return s.openCounter(c.Tokenizer)
}

// openRows makes the dataset of the rows of the section's file, unless there
// are mistakes. of is what the kind's own keys add to the digest.
func (c *fileConfig) openRows(s *section, ctx kind.Context, how layout, t *tokenizer, rows *rowFile, of ...any) (llm.Dataset, diag.List) {
	if s.list.HasErrors() {
		return nil, s.list
	}
	if rows.data = s.openData(ctx, c.Path, how); rows.data == nil {
		return nil, s.list
	}
	rows.open(s, c.Limit)
	if s.list.HasErrors() {
		return nil, s.list
	}
	parts := append([]any{c.Limit, c.Order, rows.data.sum, mediaDigest(rows.media)}, of...)
	parts = append(parts, rows.sums.sum()...)
	return &rowSet{counted{t}, rows, c.Order == orderShuffled, digest(c.Kind, parts...), rows.media}, s.list
}
