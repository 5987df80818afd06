package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"

	"loadgate/internal/llm"
	"loadgate/internal/tokens"
)

// paddings lengthen a prompt by a token or so each, where whole words do not meet
// the length. Which of them is one token depends on the server's vocabulary.
var paddings = []string{" a", " 1", ".", "x", "\n"}

// sized makes a text of a size: words, and padding after them.
func sized(words tokens.Maker, rng *rand.Rand, size llm.TextSize) string {
	return words.Make(rng, size.Tokens) + strings.Repeat(paddings[size.Unit], size.Pad)
}

// promptSizes are those found for a server, and what they say of the others.
type promptSizes struct {
	texts    map[llm.SessionKey]llm.PromptSize
	prefixes map[prefixKey]llm.TextSize
	ratio    float64 // own tokens to one that the server counts
}

// of is how to make the text of a session that is to have so many tokens.
func (p *promptSizes) of(seed uint64, i, tokens int) llm.TextSize {
	if p == nil {
		return llm.TextSize{Tokens: tokens}
	}
	if size, ok := p.texts[llm.SessionKey{Seed: seed, Index: i}]; ok {
		return size.Text
	}
	return p.estimate(tokens)
}

// ofPrefix is how to make a prefix that is to have so many.
func (p *promptSizes) ofPrefix(key prefixKey, tokens int) llm.TextSize {
	if p == nil {
		return llm.TextSize{Tokens: tokens}
	}
	if size, ok := p.prefixes[key]; ok {
		return size
	}
	return p.estimate(tokens)
}

func (p *promptSizes) estimate(tokens int) llm.TextSize {
	return llm.TextSize{Tokens: max(1, int(math.Round(float64(tokens)*p.ratio)))}
}

func (r *random) calibrates() bool { return r.calibrate != "" && r.calibrate != calibrateNone }

// Calibrates implements llm.Calibrated.
func (r *random) Calibrates() bool { return r.calibrates() }

// WithOverhead implements llm.Calibrated.
func (r *random) WithOverhead(tokens int) llm.Dataset {
	out := *r
	out.overhead, out.fits = tokens, &sync.Map{}
	return &out
}

// CountsByServer implements llm.Exact.
func (r *random) CountsByServer() bool { return r.calibrate == calibrateExact }

// WithSizes implements llm.Exact.
func (r *random) WithSizes(sizes map[llm.SessionKey]llm.PromptSize) llm.Dataset {
	known := &promptSizes{texts: sizes, prefixes: map[prefixKey]llm.TextSize{}}
	own, asked := 0, 0
	for session, size := range sizes {
		_, input, _ := r.draw(session.Seed, session.Index)
		for _, text := range []llm.TextSize{size.Prefix, size.Text} {
			own += text.Tokens + text.Pad
		}
		asked += r.prefix.Tokens + max(1, input-r.overhead)
		key, _ := r.prefix.key(session.Seed, session.Index)
		known.prefixes[key] = size.Prefix
	}
	known.ratio = float64(max(1, own)) / float64(max(1, asked))
	out := *r
	out.sizes, out.prefix = known, r.prefix.with(known)
	return &out
}

// Fit implements llm.Exact.
func (r *random) Fit(seed uint64, i int, count func(string) (int, error)) (size llm.PromptSize, ok bool, err error) {
	words, err := r.tokenizer.load()
	if err != nil {
		return size, false, fmt.Errorf("session %d: %w", i, err)
	}
	prefix, counted := "", 0
	if r.prefix.Tokens > 0 {
		p, err := r.fitPrefix(words, seed, i, count)
		if err != nil {
			return size, false, err
		}
		size.Prefix, counted = p.size, p.tokens
		_, rng := r.prefix.key(seed, i)
		prefix = sized(words, rng, p.size)
	}
	_, input, _ := r.draw(seed, i)
	input = max(1, input-r.overhead)
	f := newFitting(r.prefix.Tokens+input, counted, func(size llm.TextSize) (int, error) {
		rng, _, _ := r.draw(seed, i)
		return count(words.Join(prefix, sized(words, rng, size)))
	})
	err = f.search(r.sizes.of(seed, i, input).Tokens)
	size.Text = f.best
	return size, f.gap == 0, err
}

// fittedPrefix is the size found for a prefix, and what the server counts then:
// nearly always what was asked for.
type fittedPrefix struct {
	size   llm.TextSize
	tokens int
}

// fitPrefix finds the size of session i's prefix, once for all that share it.
func (r *random) fitPrefix(words tokens.Maker, seed uint64, i int, count func(string) (int, error)) (fittedPrefix, error) {
	key, _ := r.prefix.key(seed, i)
	fit := func() (fittedPrefix, error) {
		f := newFitting(r.prefix.Tokens, 0, func(size llm.TextSize) (int, error) {
			_, rng := r.prefix.key(seed, i)
			return count(words.Join(sized(words, rng, size)))
		})
		err := f.search(r.sizes.ofPrefix(key, r.prefix.Tokens).Tokens)
		return fittedPrefix{f.best, r.prefix.Tokens - f.gap}, err
	}
	if r.fits == nil || key.group == ownPrefix {
		return fit()
	}
	once, _ := r.fits.LoadOrStore(key, sync.OnceValues(fit))
	return once.(func() (fittedPrefix, error))()
}

// fitTries bounds how often a server is asked for one text by words, and again
// for each padding.
const fitTries = 10

// fitting is the search for one text's size.
type fitting struct {
	target int
	base   int // what is counted without any words
	count  func(llm.TextSize) (int, error)
	best   llm.TextSize // the nearest that is not too long
	gap    int          // tokens that best lacks
}

func newFitting(target, base int, count func(llm.TextSize) (int, error)) *fitting {
	return &fitting{target: target, base: base, count: count, gap: target - base}
}

// search finds the size, beginning at a number of words.
func (f *fitting) search(start int) error {
	if err := f.byWords(start); err != nil || f.gap <= 0 {
		return err
	}
	return f.byPadding()
}

// try asks for a size and says how many tokens it lacks, below 0 if it has too many.
func (f *fitting) try(size llm.TextSize) (lacks int, err error) {
	n, err := f.count(size)
	if err != nil {
		return 0, err
	}
	lacks = f.target - n
	if lacks >= 0 && lacks < f.gap {
		f.best, f.gap = size, lacks
	}
	return lacks, nil
}

// byWords closes in on the number of words between one that is too short and one
// that is too long, in proportion to what its words turned out to count.
func (f *fitting) byWords(start int) error {
	low, high := 0, math.MaxInt
	n := start
	for range fitTries {
		lacks, err := f.try(llm.TextSize{Tokens: n})
		if err != nil || lacks == 0 {
			return err
		}
		if lacks > 0 {
			low = max(low, n)
		} else {
			high = min(high, n)
		}
		words := f.target - lacks - f.base // what they count
		next := n + int(float64(lacks)*float64(n)/float64(max(1, words)))
		if next = min(max(next, low+1), high-1); next <= low || next == n {
			return nil // less than a word is missing
		}
		n = next
	}
	return nil
}

// byPadding fills up what the nearest text lacks.
func (f *fitting) byPadding() error {
	words, base := f.best.Tokens, f.gap
	for unit := range paddings {
		pad, seen := base, map[int]bool{}
		for !seen[pad] && len(seen) < fitTries {
			seen[pad] = true
			lacks, err := f.try(llm.TextSize{Tokens: words, Pad: pad, Unit: unit})
			if err != nil || lacks == 0 {
				return err
			}
			pad = max(1, int(math.Round(float64(pad)*float64(base)/float64(max(1, base-lacks)))))
			pad = min(pad, 4*base)
		}
	}
	return nil
}
