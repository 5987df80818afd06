package datasets

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	Timestamp given    `json:"timestamp"`
	Input     given    `json:"input_length"`
	Output    given    `json:"output_length"`
	HashIDs   blockIDs `json:"hash_ids"`
}

// blockIDs are the numbers of blocks. A row has dozens, which are most of it.
type blockIDs []uint64

// UnmarshalJSON reads a list of whole numbers that fit into 64 bits, or null.
func (b *blockIDs) UnmarshalJSON(list []byte) error {
	if string(list) == "null" {
		return nil
	}
	inner, ok := bytes.CutPrefix(list, []byte{'['})
	if !ok {
		return fmt.Errorf("hash_ids: expected a list of whole numbers, got %s", jsonWords[jsonType(list)])
	}
	inner = bytes.TrimSpace(inner[:len(inner)-1])
	*b = make(blockIDs, 0, 1+bytes.Count(inner, []byte{','}))
	for more := len(inner) > 0; more; {
		var one []byte
		one, inner, more = bytes.Cut(inner, []byte{','})
		id, err := wholeNumber(bytes.TrimSpace(one))
		if err != nil {
			return err
		}
		*b = append(*b, id)
	}
	return nil
}

func wholeNumber(text []byte) (uint64, error) {
	if n, ok := digits(text); ok {
		return uint64(n), nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("hash_ids: %.30s is no whole number", text)
	}
	return uint64(n), nil
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
	t.request.Blocks = b.HashIDs
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
	var b blockRow
	var err error
	if len(o.fields) == 0 {
		err = raw.unmarshal(&b)
	} else {
		err = b.renamed(o, raw)
	}
	if err != nil {
		return traceRow{}, err
	}
	if !b.Timestamp.there || b.HashIDs == nil { // the lengths have a check of their own
		name := "timestamp"
		if b.Timestamp.there {
			name = "hash_ids"
		}
		return traceRow{}, raw.fault("the row has no %s", o.field(name))
	}
	return b.parse(o, raw, false)
}

// renamed reads a row whose members have other names.
func (b *blockRow) renamed(o traceOptions, raw rawRow) error {
	var row map[string]json.RawMessage
	if err := raw.unmarshal(&row); err != nil {
		return err
	}
	for _, of := range []struct {
		name, want string
		into       any
	}{
		{"timestamp", "a number", &b.Timestamp},
		{"input_length", "a number", &b.Input},
		{"output_length", "a number", &b.Output},
		{"hash_ids", "a list of whole numbers", &b.HashIDs},
	} {
		name := o.field(of.name)
		value, ok := row[name]
		if !ok {
			return raw.fault("the row has no %s", name)
		}
		if err := json.Unmarshal(value, of.into); err != nil {
			return raw.fault("%s: expected %s", name, of.want)
		}
	}
	return nil
}

// field is the name that a member has in the file.
func (o traceOptions) field(name string) string {
	if own, ok := o.fields[name]; ok {
		return own
	}
	return name
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
