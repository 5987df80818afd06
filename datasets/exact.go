package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"loadgate/internal/llm"
	"loadgate/internal/tokens"
)

// paddings lengthen a prompt by a token or so each, where whole words do not meet
// the length. Which of them is one token depends on the server's vocabulary.
var paddings = []string{" a", " 1", ".", "x", "\n"}

// promptSizes are those found for a server, and what they say of the others.
type promptSizes struct {
	known map[llm.SessionKey]llm.PromptSize
	ratio float64 // own tokens to one that the server counts
}

// of is how to make the prompt of a session whose own part is to have so many tokens.
func (p *promptSizes) of(seed uint64, i, input int) llm.PromptSize {
	if p == nil {
		return llm.PromptSize{Tokens: input}
	}
	if size, ok := p.known[llm.SessionKey{Seed: seed, Index: i}]; ok {
		return size
	}
	return llm.PromptSize{Tokens: max(1, int(math.Round(float64(input)*p.ratio)))}
}

func (r *random) calibrates() bool { return r.calibrate != "" && r.calibrate != calibrateNone }

// Calibrates implements llm.Calibrated.
func (r *random) Calibrates() bool { return r.calibrates() }

// WithOverhead implements llm.Calibrated.
func (r *random) WithOverhead(tokens int) llm.Dataset {
	out := *r
	out.overhead = tokens
	return &out
}

// CountsByServer implements llm.Exact.
func (r *random) CountsByServer() bool { return r.calibrate == calibrateExact }

// WithSizes implements llm.Exact.
func (r *random) WithSizes(sizes map[llm.SessionKey]llm.PromptSize) llm.Dataset {
	own, asked := 0, 0
	for key, size := range sizes {
		_, input, _ := r.draw(key.Seed, key.Index)
		own += size.Tokens + size.Pad
		asked += max(1, input-r.overhead)
	}
	out := *r
	out.sizes = &promptSizes{known: sizes, ratio: float64(max(1, own)) / float64(max(1, asked))}
	return &out
}

// text makes a prompt of a size: its prefix, its words, its padding.
func (r *random) text(words tokens.Maker, rng *rand.Rand, seed uint64, i int, size llm.PromptSize) string {
	text := words.Join(r.prefix.of(words, seed, i), words.Make(rng, size.Tokens))
	return text + strings.Repeat(paddings[size.Unit], size.Pad)
}

// fitTries bounds how often a server is asked for one prompt by words, and again
// for each padding.
const fitTries = 10

// Fit implements llm.Exact.
func (r *random) Fit(seed uint64, i int, count func(string) (int, error)) (llm.PromptSize, bool, error) {
	words, err := r.tokenizer.load()
	if err != nil {
		return llm.PromptSize{}, false, fmt.Errorf("session %d: %w", i, err)
	}
	_, input, _ := r.draw(seed, i)
	input = max(1, input-r.overhead)
	f := fitting{target: r.prefix.Tokens + input, count: func(size llm.PromptSize) (int, error) {
		rng, _, _ := r.draw(seed, i)
		return count(r.text(words, rng, seed, i, size))
	}}
	if err := f.byWords(r.sizes.of(seed, i, input).Tokens); err != nil || f.gap == 0 {
		return f.best, f.gap == 0, err
	}
	err = f.byPadding()
	return f.best, f.gap == 0, err
}

// fitting is the search for one prompt's size.
type fitting struct {
	target int
	count  func(llm.PromptSize) (int, error)
	best   llm.PromptSize // the nearest that is not too long
	gap    int            // tokens that best lacks; -1 = nothing is short enough yet
}

// try asks for a size and says how many tokens it lacks, below 0 if it has too many.
func (f *fitting) try(size llm.PromptSize) (lacks int, err error) {
	n, err := f.count(size)
	if err != nil {
		return 0, err
	}
	lacks = f.target - n
	if lacks >= 0 && (f.gap < 0 || lacks < f.gap) {
		f.best, f.gap = size, lacks
	}
	return lacks, nil
}

// byWords closes in on the number of words between one that is too short and one
// that is too long, in proportion to what its words turned out to count.
func (f *fitting) byWords(start int) error {
	f.best, f.gap = llm.PromptSize{Tokens: 1}, -1
	low, high := 0, math.MaxInt
	n := start
	for range fitTries {
		lacks, err := f.try(llm.PromptSize{Tokens: n})
		if err != nil || lacks == 0 {
			return err
		}
		if lacks > 0 {
			low = max(low, n)
		} else {
			high = min(high, n)
		}
		next := n + int(float64(lacks)*float64(n)/float64(max(1, f.target-lacks)))
		if next = min(max(next, low+1), high-1); next <= low || next == n {
			return nil // less than a word is missing
		}
		n = next
	}
	return nil
}

// byPadding fills up what the nearest prompt lacks.
func (f *fitting) byPadding() error {
	if f.gap < 0 {
		return nil
	}
	words, base := f.best.Tokens, f.gap
	for unit := range paddings {
		pad, seen := base, map[int]bool{}
		for !seen[pad] && len(seen) < fitTries {
			seen[pad] = true
			lacks, err := f.try(llm.PromptSize{Tokens: words, Pad: pad, Unit: unit})
			if err != nil || lacks == 0 {
				return err
			}
			pad = max(1, int(math.Round(float64(pad)*float64(base)/float64(max(1, base-lacks)))))
			pad = min(pad, 4*base)
		}
	}
	return nil
}
