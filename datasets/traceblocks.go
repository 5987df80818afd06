package datasets

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/tokens"
)

// blockRow is what the formats with hash blocks have in common. Their units and
// the tokens of a block differ:
//
//	Mooncake    {"timestamp":3000,"input_length":2012,"output_length":354,"hash_ids":[0,427,428,429]}
//	Bailian     {"chat_id":160,"parent_chat_id":159,"timestamp":62.5,"input_length":400,"output_length":80,"hash_ids":[1089,1090]}
type blockRow struct {
	Timestamp given   `json:"timestamp"`
	Input     given   `json:"input_length"`
	Output    given   `json:"output_length"`
	HashIDs   []int64 `json:"hash_ids"`
}

// parse makes a row of it. exact: the blocks cover the prompt, the last one in
// part; else what they do not cover is the row's own.
func (b *blockRow) parse(o traceOptions, raw rawRow, exact bool) (r traceRow, err error) {
	if b.Timestamp.there {
		r.timed = true
		if r.at, err = o.time(raw, "timestamp", b.Timestamp); err != nil {
			return r, err
		}
	}
	t, err := lengths(raw, "input_length", b.Input, "output_length", b.Output)
	if err != nil {
		return r, err
	}
	need := (t.input + o.block - 1) / o.block
	if n := len(b.HashIDs); n > need || (exact && n > 0 && n < need) {
		bad := raw.fault("%d hash_ids of %d tokens each do not cover an input_length of %d", n, o.block, t.input)
		bad.hint = "block_tokens says how many tokens a block has"
		return r, bad
	}
	t.request.BlockTokens = o.block
	for _, id := range b.HashIDs {
		t.request.Blocks = append(t.request.Blocks, uint64(id))
	}
	r.turns = []traceTurn{t}
	return r, nil
}

func parseMooncake(o traceOptions, raw rawRow) (traceRow, error) {
	var b blockRow
	if err := raw.unmarshal(&b); err != nil {
		return traceRow{}, err
	}
	if !b.Timestamp.there {
		return traceRow{}, raw.fault("the row has no timestamp")
	}
	return b.parse(o, raw, true)
}

// bailianRow has sessions: a turn names the one before it.
type bailianRow struct {
	blockRow
	Chat   int64 `json:"chat_id"`
	Parent int64 `json:"parent_chat_id"` // -1: there is none
}

func parseBailian(o traceOptions, raw rawRow) (traceRow, error) {
	var b bailianRow
	if err := raw.unmarshal(&b); err != nil {
		return traceRow{}, err
	}
	if !b.Timestamp.there {
		return traceRow{}, raw.fault("the row has no timestamp")
	}
	r, err := b.parse(o, raw, false)
	r.chat, r.parent = b.Chat+1, b.Parent+1 // 0 is a name, and -1 none
	return r, err
}

func parseVLLMTimed(o traceOptions, raw rawRow) (traceRow, error) {
	var row map[string]json.RawMessage
	if err := raw.unmarshal(&row); err != nil {
		return traceRow{}, err
	}
	var b blockRow
	for name, into := range map[string]any{"timestamp": &b.Timestamp, "input_length": &b.Input, "output_length": &b.Output, "hash_ids": &b.HashIDs} {
		if own, ok := o.fields[name]; ok {
			name = own
		}
		value, ok := row[name]
		if !ok {
			return traceRow{}, raw.fault("the row has no %s", name)
		}
		if err := json.Unmarshal(value, into); err != nil {
			return traceRow{}, raw.fault("%s: expected %s", name, wordFor(into))
		}
	}
	return b.parse(o, raw, false)
}

func wordFor(into any) string {
	if _, ok := into.(*given); ok {
		return "a number"
	}
	return "a list of numbers"
}

// fill gives a turn the prompt that the trace leaves out. A block's text is a
// function of the seed and its number alone, and a part of a block is its
// beginning: so equal numbers are equal bytes, in every process. salt names the
// turn: what is behind the blocks, or all where there are none, is its own.
func (t *trace) fill(turn *traceTurn, seed uint64, salt string) error {
	r := &turn.request
	r.MaxTokens = turn.output
	if len(turn.media) > 0 {
		c := candidate{row: row{request: *r}, messages: []message{{"user", r.Prompt, turn.media}}}
		err := c.finish()
		*r, r.Prompt, r.Messages = c.request, "", c.request.Messages
		return err
	}
	if r.Prompt != "" || r.Messages != nil || r.Body != nil {
		return nil
	}
	words, err := t.tokenizer.load()
	if err != nil {
		return err
	}
	r.InputTokens = turn.input
	r.Prompt = blockText(words, seed, r.Blocks, r.BlockTokens, turn.input, salt)
	return nil
}

func blockText(words tokens.Maker, seed uint64, blocks []uint64, size, length int, salt string) string {
	var text strings.Builder
	for _, id := range blocks {
		n := min(size, length)
		text.WriteString(words.Make(source(seed, "block", strconv.FormatUint(id, 10)), n))
		length -= n
	}
	if length > 0 {
		text.WriteString(words.Make(source(seed, "trace", salt), length))
	}
	return words.Join(text.String())
}

// delay is a time in milliseconds.
func delay(raw rawRow, name string, g given) (time.Duration, error) {
	return traceOptions{unit: time.Millisecond}.time(raw, name, g)
}
