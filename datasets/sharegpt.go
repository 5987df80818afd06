package datasets

import (
	"encoding/json"
	"runtime"
	"sync"

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

// conversation is what is kept of a row: its first two turns.
type conversation struct{ id, prompt, answer string }

// openShareGPT opens a file of recorded conversations: the first turn is the
// prompt, the length of the second the output length to ask for.
//
// Counting takes about a second for 4 MB of text. With a limit it is done while
// reading, which then ends early. Without one it is left to the first request,
// and opening counts no further than to the first conversation of use.
func openShareGPT(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := shareGPTConfig{fileConfig: fileConfig{Order: orderShuffled, Tokenizer: "cl100k_base"}}
	s := decode(n, ctx, &c)
	t := c.check(s)
	if c.Tokenizer == tokens.None { // turns must be counted
		t = s.openTokenizer(c.Tokenizer)
	}
	s.tokens("output_tokens", 1)
	if s.list.HasErrors() {
		return nil, s.list
	}
	f := shareGPTFilter{t, c.OutputTokens}
	var rows func() []row
	var name, sum string
	some := false
	if c.Limit > 0 {
		file := readRows(s, ctx, c.Path, c.Limit, f.parse)
		name, sum, some = file.name, file.sum, len(file.rows) > 0
		rows = file.all
	} else {
		file := readRows(s, ctx, c.Path, 0, parseShareGPT)
		name, sum, some = file.name, file.sum, f.anyOf(file.rows)
		rows = sync.OnceValue(func() []row { return f.all(file.rows) })
	}
	if !some && !s.list.HasErrors() {
		s.errorAt("path", "", "%s has no conversation of use: of at least two turns, with a prompt of %d to %d tokens, an answer of at least %d, and no more than %d in all",
			name, minTurnTokens, maxPromptTokens, minTurnTokens, maxTotalTokens)
	}
	return c.open(s, t, rows, digest("sharegpt", c.Limit, c.Order, c.Tokenizer, c.OutputTokens, sum))
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
func parseShareGPT(raw rawRow) (c conversation, keep bool, err error) {
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
		if err := (rawRow{turns[i], raw.line, raw.col}).unmarshal(&t); err != nil {
			return c, false, raw.fault("turn %d: %v", i+1, err)
		}
		if t.From != "system" && t.Role != "system" {
			texts = append(texts, t.Value+t.Content) // a turn has one of them
		}
	}
	if len(texts) < 2 {
		return c, false, nil
	}
	return conversation{identifier(r.ID), texts[0], texts[1]}, true, nil
}

// shareGPTFilter makes requests of the conversations of use.
type shareGPTFilter struct {
	counter *tokenizer
	output  int // asked for in place of the answer's length; 0: that
}

// parse reads a row and counts it at once.
func (f shareGPTFilter) parse(raw rawRow) (r row, keep bool, err error) {
	c, keep, err := parseShareGPT(raw)
	if !keep || err != nil {
		return row{}, false, err
	}
	r, keep = f.request(c)
	return r, keep, nil
}

// request makes a conversation's request; ok is false when it is of no use.
func (f shareGPTFilter) request(c conversation) (r row, ok bool) {
	if len(c.prompt) < minTurnTokens || len(c.answer) < minTurnTokens {
		return row{}, false // a token has at least one byte
	}
	prompt := f.counter.Count(c.prompt)
	if prompt < minTurnTokens || prompt > maxPromptTokens {
		return row{}, false
	}
	answer := f.counter.Count(c.answer)
	if answer < minTurnTokens || prompt+answer > maxTotalTokens {
		return row{}, false
	}
	if f.output > 0 {
		answer = f.output
	}
	return row{c.id, llm.Request{Prompt: c.prompt, InputTokens: prompt, MaxTokens: answer}}, true
}

func (f shareGPTFilter) anyOf(list []conversation) bool {
	for _, c := range list {
		if _, ok := f.request(c); ok {
			return true
		}
	}
	return false
}

// all makes the requests of a file in its order, counting on all cores.
func (f shareGPTFilter) all(list []conversation) []row {
	rows, ok := make([]row, len(list)), make([]bool, len(list))
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { // ends with its share of the list
			for i := w; i < len(list); i += workers {
				rows[i], ok[i] = f.request(list[i])
			}
		})
	}
	group.Wait()
	var out []row
	for i := range rows {
		if ok[i] {
			out = append(out, rows[i])
		}
	}
	return out
}
