package datasets

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// promptConfig is the section of kind prompt.
type promptConfig struct {
	Kind         string        `yaml:"kind"`
	Prompt       string        `yaml:"prompt"`
	Prompts      []string      `yaml:"prompts"`
	OutputTokens int           `yaml:"output_tokens"`
	Tokenizer    string        `yaml:"tokenizer"`
	Media        []mediaConfig `yaml:"media"`
}

// openPrompt opens a dataset of prompts that stand in the scenario. They are
// sent in turn.
func openPrompt(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	var c promptConfig
	s := decode(n, ctx, &c)
	one, many := s.Get("prompt"), s.Get("prompts")
	switch {
	case one == nil && many == nil:
		s.list.Errorf(s.Pos, 1, "add prompt: Hello!, or prompts: with a list", "the dataset %s has no prompt", s.ctx.Name)
	case one != nil && many != nil:
		s.errorAtKey("prompts", "put all of them into prompts", "the dataset %s has both prompt and prompts", s.ctx.Name)
	case many != nil && many.Kind == yamlpos.List && len(many.Items) == 0:
		s.errorAt("prompts", "", "prompts is empty")
	}
	s.notEmpty("prompt")
	s.notEmpty("prompts")
	s.tokens("output_tokens", 1)
	t := s.openCounter(c.Tokenizer)
	media := s.attachments(c.Media)
	if s.list.HasErrors() {
		return nil, s.list
	}
	if one != nil {
		c.Prompts = []string{c.Prompt}
	}
	rows := make(heldRows, len(c.Prompts))
	for i, text := range c.Prompts {
		rows[i].request = llm.Request{Prompt: text, MaxTokens: c.OutputTokens}
	}
	return &rowSet{
		counted: counted{t},
		rows:    rows,
		digest:  digest("prompt", c.Prompts, c.OutputTokens, mediaDigest(media)),
		media:   media,
	}, s.list
}
