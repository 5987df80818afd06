package datasets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/schedule"
	"loadgate/internal/yamlpos"
)

// roundsConfig makes conversations of a kind's single requests.
type roundsConfig struct {
	talkConfig
	Turns rounds `yaml:"turns"`
}

// rounds is a number of turns, or {uniform: {min: 2, max: 6}}.
type rounds struct{ low, high int }

const maxRounds = 1000

// UnmarshalNode reads either form.
func (r *rounds) UnmarshalNode(n *yamlpos.Node) diag.List {
	var c struct {
		Uniform struct {
			Min int `yaml:"min"`
			Max int `yaml:"max"`
		} `yaml:"uniform"`
	}
	var list diag.List
	if n.Kind == yamlpos.Map {
		list = yamlpos.Decode(n, &c)
	} else {
		list = yamlpos.Decode(n, &c.Uniform.Min)
		c.Uniform.Max = c.Uniform.Min
	}
	r.low, r.high = c.Uniform.Min, c.Uniform.Max
	if !list.HasErrors() && (r.low < 1 || r.high > maxRounds || r.low > r.high) {
		list.Errorf(n.Pos, max(1, n.Width), "write 4, or {uniform: {min: 2, max: 6}}", "turns is a whole number from 1 to %d, or such a range", maxRounds)
	}
	return list
}

func (r rounds) draw(rng *rand.Rand) int { return r.low + int(rng.Uint64()%uint64(r.high-r.low+1)) }

// conversing makes sessions of several turns of a kind of requests without an end.
// A section without `turns` is left alone.
func conversing(open kind.Constructor[llm.Dataset]) kind.Constructor[llm.Dataset] {
	return func(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
		first, list := open(n, ctx)
		for _, key := range []string{"history", "think_time"} {
			if e := n.Entry(key); e != nil && n.Get("turns") == nil {
				list.Errorf(e.KeyPos, len(key), "add turns: 4", "%s says nothing of requests that stand alone", key)
			}
		}
		if list.HasErrors() || n.Get("turns") == nil {
			return first, list
		}
		c := roundsConfig{talkConfig: talkConfig{History: historyServer}}
		s := decode(keysOf(n, spoken), ctx, &c) // what is wrong in it, the kind itself has reported
		c.check(s)
		later, _ := open(keysOf(n, func(key string) bool { return !spoken(key) && !strings.HasPrefix(key, "prefix_") }), ctx)
		return &roundsOf{roundsConfig: c, first: first.(made), later: later.(made)}, append(list, s.list...)
	}
}

// spoken keys are those of roundsConfig. Those of prefixes are about the beginning
// of a conversation.
func spoken(key string) bool { return key == "turns" || key == "history" || key == "think_time" }

// keysOf is a mapping with some of its keys.
func keysOf(n *yamlpos.Node, keep func(key string) bool) *yamlpos.Node {
	out := *n
	out.Entries = slices.DeleteFunc(slices.Clone(n.Entries), func(e yamlpos.Entry) bool { return !keep(e.Key) })
	return &out
}

// made is a dataset of single requests without an end whose sizes are known without
// their texts.
type made interface {
	llm.Dataset
	llm.Tokenized
	llm.Configured
	shape(seed uint64, i int) llm.Shape
}

// roundsOf is a dataset of made-up conversations: of the first turn's request, with
// the prefix that conversations share, and of later ones.
type roundsOf struct {
	roundsConfig
	first, later made
}

// Turns implements llm.Conversational.
func (d *roundsOf) Turns(seed uint64, i int) int {
	return d.roundsConfig.Turns.draw(source(seed, "turns", strconv.Itoa(i)))
}

// Session implements llm.Dataset.
func (d *roundsOf) Session(seed uint64, i int) (llm.Session, error) {
	turns, recorded := d.Turns(seed, i), d.History == historyRecorded
	s := llm.Session{Grows: !recorded && turns > 1}
	rng := source(seed, "think", strconv.Itoa(i))
	var said []llm.Message
	tokens := 0 // of what was said
	for k := range turns {
		r, err := d.turn(seed, i, k)
		if err != nil {
			return llm.Session{}, err
		}
		r.Think = d.think(rng, k, 0)
		if recorded {
			own := r.InputTokens
			said = append(said, llm.Message{Role: "user", Text: r.Prompt})
			r.Messages, r.Prompt, r.SharedTokens, r.InputTokens = said[:len(said):len(said)], "", tokens, tokens+own
			answer, err := d.answer(seed, i, k, r.MaxTokens)
			if err != nil {
				return llm.Session{}, err
			}
			said = append(said, llm.Message{Role: "assistant", Text: answer})
			tokens += own + r.MaxTokens
		}
		s.Turns = append(s.Turns, r)
	}
	return s, nil
}

// source is what makes the requests of turn k, and with which seed.
func (d *roundsOf) source(seed uint64, k int) (made, uint64) {
	if k == 0 {
		return d.first, seed
	}
	return d.later, schedule.Seed(seed, "turn", strconv.Itoa(k))
}

// Shapes implements llm.Shaped. Answers count as long as they are asked to be.
func (d *roundsOf) Shapes(seed uint64, i int) ([]llm.Shape, error) {
	out := make([]llm.Shape, d.Turns(seed, i))
	rng := source(seed, "think", strconv.Itoa(i))
	said := 0
	for k := range out {
		from, seed := d.source(seed, k)
		out[k] = from.shape(seed, i)
		out[k].Think = d.think(rng, k, 0)
		out[k].Shared = said
		out[k].Input += said
		said = out[k].Input + out[k].Output
	}
	return out, nil
}

// turn is the request of a turn by itself.
func (d *roundsOf) turn(seed uint64, i, k int) (llm.Request, error) {
	from, seed := d.source(seed, k)
	s, err := from.Session(seed, i)
	if err != nil {
		return llm.Request{}, err
	}
	return s.Turns[0], nil
}

// answer makes up what was answered, in as many tokens as were asked for.
func (d *roundsOf) answer(seed uint64, i, k, length int) (string, error) {
	t, ok := d.Counter().(*tokenizer)
	if !ok {
		return "", fmt.Errorf("session %d: no tokenizer to make an answer with", i)
	}
	words, err := t.load()
	if err != nil {
		return "", fmt.Errorf("session %d: %w", i, err)
	}
	return words.Join(words.Make(source(seed, "answer", strconv.Itoa(i), strconv.Itoa(k)), length)), nil
}

// Counter implements llm.Tokenized.
func (d *roundsOf) Counter() llm.Counter { return d.first.Counter() }

// Rows implements llm.Dataset.
func (d *roundsOf) Rows() int { return d.first.Rows() }

// Digest implements llm.Dataset.
func (d *roundsOf) Digest() string {
	return digest("conversation", d.first.Digest(), fmt.Sprintf("%+v", d.roundsConfig))
}
