package datasets

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"sync/atomic"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/schedule"
	"loadgate/internal/yamlpos"
)

// randomConfig is the section of kind random.
type randomConfig struct {
	Kind         string  `yaml:"kind"`
	Tokenizer    string  `yaml:"tokenizer"`
	InputTokens  int     `yaml:"input_tokens"`
	OutputTokens int     `yaml:"output_tokens"`
	RangeRatio   float64 `yaml:"range_ratio"`
	PrefixTokens int     `yaml:"prefix_tokens"`
	roundsConfig         // read by conversing
}

// random makes prompts of exact token counts out of random words.
type random struct {
	counted
	config randomConfig
	prefix atomic.Pointer[sharedPrefix] // of the stream last asked for
}

// sharedPrefix is the text that all prompts of one stream begin with.
type sharedPrefix struct {
	seed uint64
	text string
}

func openRandom(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	var c randomConfig
	s := decode(n, ctx, &c)
	s.require("tokenizer", "cl100k_base")
	s.require("input_tokens", "1024")
	s.require("output_tokens", "128")
	s.tokens("input_tokens", 1)
	s.tokens("output_tokens", 1)
	s.tokens("prefix_tokens", 0)
	s.within("range_ratio", 0, math.Nextafter(1, 0), "a number from 0 to below 1")
	t := s.openMaker(c.Tokenizer)
	if s.list.HasErrors() {
		return nil, s.list
	}
	return &random{counted: counted{t}, config: c}, s.list
}

// Session implements llm.Dataset. The prompt counts exactly InputTokens: those
// of the prefix and, drawn evenly from the range, those of the input.
func (r *random) Session(seed uint64, i int) (llm.Session, error) {
	words, err := r.tokenizer.load()
	if err != nil {
		return llm.Session{}, fmt.Errorf("session %d: %w", i, err)
	}
	prefix := r.prefix.Load()
	if prefix == nil || prefix.seed != seed {
		prefix = &sharedPrefix{seed, words.Make(source(seed, "prefix"), r.config.PrefixTokens)}
		r.prefix.Store(prefix)
	}
	rng := source(seed, "random", strconv.Itoa(i))
	input := drawLength(rng, r.config.InputTokens, r.config.RangeRatio)
	output := drawLength(rng, r.config.OutputTokens, r.config.RangeRatio)
	return llm.SingleTurn("", llm.Request{
		Prompt:      words.Join(prefix.text, words.Make(rng, input)),
		InputTokens: r.config.PrefixTokens + input,
		MaxTokens:   output,
	}), nil
}

// Rows implements llm.Dataset: there is no end of random prompts.
func (r *random) Rows() int { return 0 }

// Digest implements llm.Dataset.
func (r *random) Digest() string {
	c := r.config
	return digest("random", c.Tokenizer, c.InputTokens, c.OutputTokens, c.RangeRatio, c.PrefixTokens)
}

// source is the generator of one part of a stream. Only its Uint64 is used:
// what the other methods make of the stream may change with a release of Go.
func source(seed uint64, parts ...string) *rand.Rand {
	return rand.New(rand.NewPCG(schedule.Seed(seed, parts...), 0))
}

// drawLength draws a whole number evenly from [mean·(1-ratio), mean·(1+ratio)],
// both ends included where they are whole; mean is at least 1, ratio in [0, 1).
// What is drawn is at least 1 and averages mean.
func drawLength(rng *rand.Rand, mean int, ratio float64) int {
	const slack = 1e-9 // 100 · 0.29 is 28.999…6
	spread := min(int(float64(mean)*ratio+slack), mean-1)
	offset, _ := bits.Mul64(rng.Uint64(), uint64(2*spread+1))
	return mean - spread + int(offset)
}
