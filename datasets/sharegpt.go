package datasets

import (
	"encoding/json"
	"fmt"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/tokens"
	"loadgate/internal/yamlpos"
)

// Which conversations are used: those that the serving benchmarks of vLLM and
// SGLang use, in tokens. The limits hold for the recorded answer, whatever
// output_tokens says, so that it does not change which prompts are sent.
const (
	minTurnTokens   = 4
	maxPromptTokens = 1024
	maxTotalTokens  = 2048
)

// shareGPTConfig is the section of kind sharegpt.
type shareGPTConfig struct {
	fileConfig
	OutputTokens int `yaml:"output_tokens"`
}

// openShareGPT opens a file of recorded conversations: the first turn is the
// prompt, the length of the second the output length to ask for.
func openShareGPT(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := shareGPTConfig{fileConfig: fileConfig{Order: orderShuffled, Tokenizer: "cl100k_base"}}
	s := decode(n, ctx, &c)
	t := c.check(s)
	if c.Tokenizer == tokens.None { // turns must be counted
		t = s.openTokenizer(c.Tokenizer)
	}
	s.tokens("output_tokens", 1)
	filter := &lengthFilter{
		counter: t, minInput: minTurnTokens, maxInput: maxPromptTokens, minAnswer: minTurnTokens, maxTotal: maxTotalTokens, output: c.OutputTokens,
		what: fmt.Sprintf("conversation of use: of at least two turns, with a prompt of %d to %d tokens, an answer of at least %d, and no more than %d in all",
			minTurnTokens, maxPromptTokens, minTurnTokens, maxTotalTokens),
	}
	return c.openRows(s, ctx, layout{}, t, &rowFile{parse: parseShareGPT, filter: filter}, c.Tokenizer, c.OutputTokens)
}

// shareGPTRow is one row. Turns stand under conversations or messages, each as
// from and value or as role and content.
type shareGPTRow struct {
	ID            json.RawMessage   `json:"id"`
	Conversations []json.RawMessage `json:"conversations"`
	Messages      []json.RawMessage `json:"messages"`
}

type shareGPTTurn struct {
	From    string `json:"from"`
	Value   string `json:"value"`
	Role    string `json:"role"`
	Content string `json:"content"`
}

// parseShareGPT reads the first two turns; a system prompt before them is none.
// A conversation that has fewer is of no use, and no mistake either.
func parseShareGPT(raw rawRow) (c candidate, keep bool, err error) {
	var r shareGPTRow
	if err := raw.unmarshal(&r); err != nil {
		return c, false, err
	}
	turns := r.Conversations
	if turns == nil {
		turns = r.Messages
	}
	if turns == nil {
		return c, false, raw.fault("the row has neither conversations nor messages")
	}
	var texts []string
	for i := 0; i < len(turns) && len(texts) < 2; i++ {
		var t shareGPTTurn
		if err := (rawRow{text: turns[i], line: raw.line, col: raw.col}).unmarshal(&t); err != nil {
			return c, false, raw.fault("turn %d: %v", i+1, err)
		}
		if t.From != "system" && t.Role != "system" {
			texts = append(texts, t.Value+t.Content) // a turn has one of them
		}
	}
	if len(texts) < 2 || texts[1] == "" {
		return c, false, nil
	}
	return candidate{row: row{identifier(r.ID), llm.Request{Prompt: texts[0]}}, text: texts[0], answer: texts[1]}, true, nil
}
