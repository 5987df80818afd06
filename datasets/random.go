package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/schedule"
	"loadgate/internal/yamlpos"
)

// randomConfig is the section of kind random.
type randomConfig struct {
	prefixConfig
	Kind         string        `yaml:"kind"`
	Tokenizer    string        `yaml:"tokenizer"`
	InputTokens  lengthSpec    `yaml:"input_tokens"`
	OutputTokens lengthSpec    `yaml:"output_tokens"`
	Shapes       []shapeConfig `yaml:"shapes"`
	RangeRatio   float64       `yaml:"range_ratio"`
	Calibrate    string        `yaml:"calibrate"`
	Media        []mediaConfig `yaml:"media"`
	roundsConfig               // read by conversing
}

// shapeConfig is a pair of lengths that go together.
type shapeConfig struct {
	Weight       float64    `yaml:"weight"`
	InputTokens  lengthSpec `yaml:"input_tokens"`
	OutputTokens lengthSpec `yaml:"output_tokens"`
}

// How a prompt's length is made to be what the server counts.
const (
	calibrateNone  = "none"
	calibrateUsage = "usage"
	calibrateExact = "tokenize"
)

// random makes prompts of exact token counts out of random words.
type random struct {
	counted
	shapes []shape
	choice schedule.Choice // among the shapes
	prefix *prefixes
	digest string

	calibrate string
	overhead  int // tokens that the server adds to a prompt
	sizes     *promptSizes
	fits      *sync.Map // prefixKey to func() (fittedPrefix, error): what was found so far; may be nil
	media     []attachment
}

// shape is the lengths of a request.
type shape struct{ input, output length }

func openRandom(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := randomConfig{prefixConfig: prefixConfig{Groups: 1, Share: 1}}
	s := decode(n, ctx, &c)
	s.require("tokenizer", "cl100k_base")
	c.check(s)
	s.within("range_ratio", 0, math.Nextafter(1, 0), "a number from 0 to below 1")
	s.oneOf("calibrate", calibrateNone, calibrateUsage, calibrateExact)
	r := &random{calibrate: c.Calibrate}
	r.shapes, r.choice = c.shapes(s)
	if r.calibrates() && s.Get("turns") != nil {
		s.errorAt("calibrate", "leave out one of them", "conversations cannot be calibrated: each turn adds to what the server's template makes of them")
	}
	if r.media = s.attachments(c.Media); len(r.media) > 0 && r.calibrates() {
		s.errorAt("calibrate", "leave out one of them", "prompts with media cannot be calibrated: servers count the media too")
	}
	if r.tokenizer = s.openMaker(c.Tokenizer); s.list.HasErrors() {
		return nil, s.list
	}
	r.prefix = newPrefixes(c.prefixConfig)
	parts := map[string]any{}
	for _, key := range []string{"tokenizer", "input_tokens", "output_tokens", "shapes", "range_ratio", "calibrate"} {
		if n := s.Get(key); n != nil {
			parts[key] = n.Any()
		}
	}
	r.digest = digest("random", parts, c.prefixConfig, mediaDigest(r.media))
	return r, s.list
}

// shapes checks the lengths: one pair, or several with weights.
func (c *randomConfig) shapes(s *section) (out []shape, choice schedule.Choice) {
	if s.Get("shapes") == nil {
		s.require("input_tokens", "1024")
		s.require("output_tokens", "128")
		c.ratio(s, &c.InputTokens)
		c.ratio(s, &c.OutputTokens)
		return []shape{{c.InputTokens.length, c.OutputTokens.length}}, schedule.Choice{1}
	}
	for _, key := range []string{"input_tokens", "output_tokens"} {
		if s.Get(key) != nil {
			s.errorAtKey(key, "put it into each of the shapes", "the dataset %s has both shapes and %s", s.ctx.Name, key)
		}
	}
	items := s.Get("shapes").Items
	if len(items) == 0 || len(items) != len(c.Shapes) {
		s.errorAt("shapes", "", "shapes is a list of input_tokens and output_tokens with weights")
		return nil, nil
	}
	weights := make([]float64, len(items))
	check := lengthReader{}
	for i, item := range items {
		weights[i] = check.weight(item, c.Shapes[i].Weight)
		for _, key := range []string{"input_tokens", "output_tokens"} {
			if item.Get(key) == nil {
				check.fail(item, "", "a shape needs %s", key)
			}
		}
		c.ratio(s, &c.Shapes[i].InputTokens)
		c.ratio(s, &c.Shapes[i].OutputTokens)
		out = append(out, shape{c.Shapes[i].InputTokens.length, c.Shapes[i].OutputTokens.length})
	}
	if s.list = append(s.list, check.list...); s.list.HasErrors() {
		return nil, nil
	}
	return out, schedule.NewChoice(weights)
}

// ratio spreads a plain length by range_ratio; a distribution has a spread of
// its own.
func (c *randomConfig) ratio(s *section, l *lengthSpec) {
	switch {
	case c.RangeRatio == 0 || l.length == nil:
	case l.plain:
		l.length = even{l.length.(even).middle, c.RangeRatio}
	default:
		s.errorAt("range_ratio", "write {uniform: {min: …, max: …}} where you want it", "range_ratio spreads lengths that are numbers, and one here is a distribution")
	}
}

// Session implements llm.Dataset. The prompt counts exactly InputTokens: those
// of the prefix and those drawn for the input, less the server's overhead, which
// InputTokens include; a prompt keeps one token at least.
func (r *random) Session(seed uint64, i int) (llm.Session, error) {
	words, err := r.tokenizer.load()
	if err != nil {
		return llm.Session{}, fmt.Errorf("session %d: %w", i, err)
	}
	rng, input, output := r.draw(seed, i)
	input = max(1, input-r.overhead)
	size := r.sizes.of(seed, i, input)
	request := llm.Request{
		Prompt:      words.Join(r.prefix.of(words, seed, i), sized(words, rng, size)),
		InputTokens: r.prefix.Tokens + input + r.overhead,
		MaxTokens:   output,
		Blocks:      r.prefix.blocks(seed, i),
		BlockTokens: r.prefix.Tokens,
	}
	err = attach(r.media, seed, i, &request)
	return llm.SingleTurn("", request), err
}

// draw draws the lengths of session i; the generator that is left makes its words.
func (r *random) draw(seed uint64, i int) (rng *rand.Rand, input, output int) {
	rng = source(seed, "random", strconv.Itoa(i))
	of := r.shapes[0]
	if len(r.shapes) > 1 {
		of = r.shapes[r.choice.Of(fraction(rng))]
	}
	input = of.input.draw(rng)
	return rng, input, of.output.draw(rng)
}

// shape is the size of session i's request, without the work of making its text.
func (r *random) shape(seed uint64, i int) llm.Shape {
	_, input, output := r.draw(seed, i)
	return llm.Shape{
		Input: r.prefix.Tokens + max(1, input-r.overhead) + r.overhead, Output: output,
		Blocks: r.prefix.blocks(seed, i), BlockTokens: r.prefix.Tokens,
	}
}

// Rows implements llm.Dataset: there is no end of random prompts.
func (r *random) Rows() int { return 0 }

// Digest implements llm.Dataset.
func (r *random) Digest() string { return r.digest }

// source is the generator of one part of a stream. Only its Uint64 is used:
// what the other methods make of the stream may change with a release of Go.
func source(seed uint64, parts ...string) *rand.Rand {
	return rand.New(rand.NewPCG(schedule.Seed(seed, parts...), 0))
}
