package datasets

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// Histories: whose answers a later turn carries.
const (
	historyServer   = "server"
	historyRecorded = "recorded"
)

// talkConfig is what the kinds of conversations have in common.
type talkConfig struct {
	History string `yaml:"history"`
	Think   think  `yaml:"think_time"`
}

func (c *talkConfig) check(s *section) { s.oneOf("history", historyServer, historyRecorded) }

// think is how long the user thinks before turn k, from 0: as the section says,
// else as recorded.
func (c *talkConfig) think(rng *rand.Rand, k int, recorded time.Duration) time.Duration {
	switch {
	case k == 0:
		return 0
	case c.Think.given:
		return c.Think.draw(rng)
	default:
		return recorded
	}
}

// conversationsConfig is the section of kind conversations.
type conversationsConfig struct {
	fileConfig
	talkConfig
	Turns        int `yaml:"turns"`
	OutputTokens int `yaml:"output_tokens"`
}

// conversations are recorded conversations of which every turn is asked.
type conversations struct {
	counted
	config conversationsConfig
	data   *dataFile
	files  mediaFiles
	spans  spanList
	count  []uint16 // turns, by row
	digest string
}

// openConversations opens a file of conversations. Rows stay in the file; of each
// its place and the number of its turns are kept.
func openConversations(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := conversationsConfig{
		fileConfig: fileConfig{Order: orderShuffled, Tokenizer: "cl100k_base"},
		talkConfig: talkConfig{History: historyServer},
	}
	s := decode(n, ctx, &c)
	d := &conversations{counted: counted{c.fileConfig.check(s)}, files: mediaFiles{folderOf(ctx, c.Path), newMediaSums()}}
	c.talkConfig.check(s)
	s.within("turns", 1, math.MaxUint16, "a whole number from 1 to 65535")
	s.tokens("output_tokens", 1)
	d.config = c
	if s.list.HasErrors() {
		return nil, s.list
	}
	if d.data = s.openData(ctx, c.Path, layout{lists: true}); d.data == nil {
		return nil, s.list
	}
	far := false
	scan(s, d.data, d.parse, func(t talk, at span) bool {
		if far = !d.spans.add(at); far {
			return false
		}
		d.count = append(d.count, uint16(len(t.turns)))
		return len(d.count) != c.Limit
	})
	switch {
	case s.list.HasErrors():
	case far:
		s.errorAt("path", "set a limit, or split the file", "%s is too large: rows are used up to %d GiB from its beginning", d.data.name, (maxOffset+1)>>30)
	case len(d.count) == 0:
		s.errorAt("path", "", "%s has no conversation with a question", d.data.name)
	}
	of := []any{c.Limit, c.Order, c.Tokenizer, c.History, fmt.Sprintf("%+v", c.Think), c.Turns, c.OutputTokens, d.data.sum}
	d.digest = digest(c.Kind, append(of, d.files.sums.sum()...)...)
	return d, s.list
}

// talk is a conversation.
type talk struct {
	id    string
	turns []talkTurn
}

// talkTurn is a question, with what else is said before the answer.
type talkTurn struct {
	messages []message
	answer   string // as recorded; "" = there is none
	output   int    // length to ask for where the row says so; 0 = it does not
	request  llm.Request
}

// talkRow is a conversation in one of its forms: ShareGPT's, with from and value
// or role and content; vLLM's; AIPerf's multi_turn; or nothing but a list of
// messages, as evalscope has them.
type talkRow struct {
	ID            json.RawMessage `json:"id"`
	Conversations json.RawMessage `json:"conversations"`
	Messages      json.RawMessage `json:"messages"`
	Turns         json.RawMessage `json:"turns"`
}

// parse reads a row. One without a question is of no use, and no mistake either.
func (d *conversations) parse(raw rawRow) (t talk, keep bool, err error) {
	var r talkRow
	if len(raw.text) > 0 && raw.text[0] == '[' {
		r.Messages = raw.text
	} else if err := raw.unmarshal(&r); err != nil {
		return t, false, err
	}
	list := r.Conversations
	if isNone(list) {
		list = r.Messages
	}
	switch {
	case !isNone(list):
		messages, err := d.files.parseConversation(list)
		if err != nil {
			return t, false, raw.fault("%v", err)
		}
		t.turns = cutTurns(messages)
	case !isNone(r.Turns):
		if t, err = aiperfTalk(d.files, raw); err != nil {
			return t, false, err
		}
	default:
		return t, false, raw.fault("the row has none of conversations, messages and turns")
	}
	if !isNone(r.ID) {
		t.id = identifier(r.ID)
	}
	if n := d.config.Turns; n > 0 {
		t.turns = t.turns[:min(n, len(t.turns))]
	}
	if len(t.turns) > math.MaxUint16 {
		return t, false, raw.fault("the conversation has more than %d turns", math.MaxUint16)
	}
	return t, len(t.turns) > 0, d.answered(raw, t)
}

// answered sees to it that recorded answers are there where they are needed.
func (d *conversations) answered(raw rawRow, t talk) error {
	if d.config.History != historyRecorded || len(t.turns) == 0 {
		return nil
	}
	for i, turn := range t.turns[:len(t.turns)-1] {
		if turn.answer == "" {
			bad := raw.fault("turn %d has no recorded answer", i+1)
			bad.hint = "history: recorded needs one for every turn but the last; history: server takes the server's own"
			return bad
		}
	}
	return nil
}

// cutTurns makes turns of messages: each ends with an answer. Answers before the
// first question are left out.
func cutTurns(messages []message) []talkTurn {
	var out []talkTurn
	var turn talkTurn
	asked := false
	for _, m := range messages {
		switch {
		case m.role != "assistant":
			turn.messages = append(turn.messages, m)
			asked = asked || m.role == "user"
		case asked:
			turn.answer = m.text
			out = append(out, turn)
			turn, asked = talkTurn{}, false
		}
	}
	if asked {
		out = append(out, turn)
	}
	return out
}

// aiperfTalk reads AIPerf's multi_turn.
func aiperfTalk(files mediaFiles, raw rawRow) (talk, error) {
	r, err := parseAIPerf(traceOptions{unit: time.Millisecond, block: 1, files: files}, raw)
	if err != nil {
		return talk{}, err
	}
	t := talk{}
	for _, turn := range r.turns {
		if turn.request.Prompt == "" && len(turn.media) == 0 {
			return talk{}, raw.fault("a turn has no text")
		}
		t.id = turn.session
		q := llm.Request{Think: turn.request.Think, Extra: turn.request.Extra, Tools: turn.request.Tools, Model: turn.request.Model}
		t.turns = append(t.turns, talkTurn{messages: []message{{role: "user", text: turn.request.Prompt, media: turn.media}}, output: turn.output, request: q})
	}
	return t, nil
}

// place finds the row of session i.
func (d *conversations) place(seed uint64, i int) int {
	return placeOf(seed, i, len(d.count), d.config.Order == orderShuffled)
}

// Turns implements llm.Conversational.
func (d *conversations) Turns(seed uint64, i int) int { return int(d.count[d.place(seed, i)]) }

// talk reads the conversation of session i.
func (d *conversations) talk(seed uint64, i int) (talk, error) {
	if i < 0 {
		return talk{}, fmt.Errorf("there is no session %d of %d rows", i, len(d.count))
	}
	raw, err := d.data.read(d.spans.at(d.place(seed, i)))
	if err != nil {
		return talk{}, err
	}
	t, keep, err := d.parse(raw)
	if err != nil || !keep {
		return talk{}, errChanged
	}
	return t, nil
}

// Session implements llm.Dataset. With the server's own answers, turns hold what
// is new in them; with the recorded ones, everything that was said before.
func (d *conversations) Session(seed uint64, i int) (llm.Session, error) {
	t, err := d.talk(seed, i)
	if err != nil {
		return llm.Session{}, fmt.Errorf("session %d: %w", i, err)
	}
	recorded := d.config.History == historyRecorded
	s := llm.Session{ID: t.id, Grows: !recorded && len(t.turns) > 1}
	rng := source(seed, "think", strconv.Itoa(i))
	var said []llm.Message
	sizes := d.sizes(t, recorded || d.config.OutputTokens == 0)
	for k, turn := range t.turns {
		c := candidate{row: row{request: turn.request}, messages: turn.messages}
		if err := c.finish(); err != nil {
			return llm.Session{}, fmt.Errorf("session %d, turn %d: %w", i, k+1, err)
		}
		r := c.request
		if recorded {
			said = append(said, r.Messages...)
			r.Messages, r.SharedTokens = said[:len(said):len(said)], sizes[k].Shared
			said = append(said, llm.Message{Role: "assistant", Text: turn.answer})
		}
		r.MaxTokens = sizes[k].Output
		r.Think = d.config.think(rng, k, r.Think)
		s.Turns = append(s.Turns, r)
	}
	return s, nil
}

// sizes are the lengths of a conversation's turns, as far as they can be counted
// and are to be.
func (d *conversations) sizes(t talk, count bool) []llm.Shape {
	out := make([]llm.Shape, len(t.turns))
	said := 0
	for k, turn := range t.turns {
		answer := 0
		if d.tokenizer != nil && count {
			out[k].Shared = said
			for _, m := range turn.messages {
				said += d.tokenizer.Count(m.text)
			}
			out[k].Input = said
			answer = d.tokenizer.Count(turn.answer)
		}
		out[k].Think = turn.request.Think
		out[k].Output = firstOf(d.config.OutputTokens, turn.output, answer)
		if said += answer; turn.answer == "" {
			said += out[k].Output
		}
	}
	return out
}

// firstOf is the first number that is not 0.
func firstOf(numbers ...int) int {
	for _, n := range numbers {
		if n != 0 {
			return n
		}
	}
	return 0
}

// Shapes implements llm.Shaped.
func (d *conversations) Shapes(seed uint64, i int) ([]llm.Shape, error) {
	t, err := d.talk(seed, i)
	if err != nil {
		return nil, fmt.Errorf("session %d: %w", i, err)
	}
	out := d.sizes(t, true)
	rng := source(seed, "think", strconv.Itoa(i))
	for k := range out {
		out[k].Think = d.config.think(rng, k, out[k].Think)
	}
	return out, nil
}

// Rows implements llm.Dataset.
func (d *conversations) Rows() int { return len(d.count) }

// Digest implements llm.Dataset.
func (d *conversations) Digest() string { return d.digest }
