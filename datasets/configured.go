package datasets

import (
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// Configured says from which distributions lengths are drawn that a dataset's section
// configures: those of the dataset itself, or the one length that every answer is to
// have. nil = the section does not say, as where rows bring their own.
func Configured(section *yamlpos.Node, d llm.Dataset) (input, output *llm.Lengths) {
	if c, ok := d.(llm.Configured); ok {
		return c.Lengths()
	}
	n := section.Get("output_tokens")
	if n == nil {
		return nil, nil
	}
	if tokens, ok := n.Retype().Value.(int64); ok && tokens > 0 {
		return nil, lawOf(even{middle: int(tokens)})
	}
	return nil, nil
}
