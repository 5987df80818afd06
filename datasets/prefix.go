package datasets

import (
	"math"
	"math/rand/v2"
	"strconv"
	"sync/atomic"

	"loadgate/internal/schedule"
	"loadgate/internal/tokens"
)

// prefixConfig says which beginnings prompts have in common.
type prefixConfig struct {
	Tokens int     `yaml:"prefix_tokens"`
	Groups int     `yaml:"prefix_groups"`
	Share  float64 `yaml:"prefix_share"`
	Zipf   float64 `yaml:"prefix_zipf"`
}

// maxGroups bounds the prefixes that are kept.
const maxGroups = 100_000

func (c *prefixConfig) check(s *section) {
	s.tokens("prefix_tokens", 0)
	s.within("prefix_groups", 1, maxGroups, "a whole number from 1 to 100000")
	s.within("prefix_share", 0, 1, "a number from 0 to 1")
	s.within("prefix_zipf", 0, 10, "a number from 0 to 10")
	for _, key := range []string{"prefix_groups", "prefix_share", "prefix_zipf"} {
		if s.Get(key) != nil && c.Tokens == 0 {
			s.errorAtKey(key, "add prefix_tokens: 512", "%s says nothing without prefix_tokens", key)
		}
	}
}

// prefixes makes the beginnings of a dataset's prompts.
type prefixes struct {
	prefixConfig
	groups schedule.Choice
	names  []uint64     // of the groups, as blocks
	sizes  *promptSizes // nil: as the section's tokenizer counts
	stream atomic.Pointer[prefixStream]
}

// with is the same prefixes of other sizes.
func (p *prefixes) with(sizes *promptSizes) *prefixes {
	return &prefixes{prefixConfig: p.prefixConfig, groups: p.groups, names: p.names, sizes: sizes}
}

// prefixStream holds the prefixes of the stream last asked for, as they are
// made.
type prefixStream struct {
	seed  uint64
	texts []atomic.Pointer[string]
}

// newPrefixes weighs group k (from 1) by k^-zipf, so that 0 makes all the same.
func newPrefixes(c prefixConfig) *prefixes {
	weights, names := make([]float64, c.Groups), make([]uint64, c.Groups)
	for k := range weights {
		weights[k], names[k] = math.Pow(float64(k+1), -c.Zipf), uint64(k)
	}
	return &prefixes{prefixConfig: c, groups: schedule.NewChoice(weights), names: names}
}

// ownPrefix is the group of a session whose prefix no other has.
const ownPrefix = -1

// group is the group of session i's prefix, and the generator that is left to make
// one of its own.
func (p *prefixes) group(seed uint64, i int) (group int, rng *rand.Rand) {
	if p.Groups == 1 && p.Share == 1 {
		return 0, nil
	}
	rng = source(seed, "group", strconv.Itoa(i))
	if fraction(rng) >= p.Share {
		return ownPrefix, rng
	}
	return p.groups.Of(fraction(rng)), rng
}

// blocks name session i's prefix by its group, as llm.Request does; nil where no
// other session has it.
func (p *prefixes) blocks(seed uint64, i int) []uint64 {
	if p.Tokens == 0 {
		return nil
	}
	group, _ := p.group(seed, i)
	if group == ownPrefix {
		return nil
	}
	return p.names[group : group+1 : group+1]
}

// prefixKey names a prefix: that of a group, or of a session that has its own.
type prefixKey struct {
	seed           uint64
	group, session int // session is 0 unless group is ownPrefix
}

// key names the prefix of session i. The generator that is left makes it.
func (p *prefixes) key(seed uint64, i int) (prefixKey, *rand.Rand) {
	group, rng := p.group(seed, i)
	if group == ownPrefix {
		return prefixKey{seed, ownPrefix, i}, rng
	}
	parts := []string{"prefix"}
	if group > 0 {
		parts = append(parts, strconv.Itoa(group))
	}
	return prefixKey{seed, group, 0}, source(seed, parts...)
}

// of is the prefix of session i: its group's, or one of its own.
func (p *prefixes) of(words tokens.Maker, seed uint64, i int) string {
	if p.Tokens == 0 {
		return ""
	}
	key, rng := p.key(seed, i)
	size := p.sizes.ofPrefix(key, p.Tokens)
	if key.group == ownPrefix {
		return sized(words, rng, size)
	}
	s := p.stream.Load()
	if s == nil || s.seed != seed {
		s = &prefixStream{seed, make([]atomic.Pointer[string], p.Groups)}
		p.stream.Store(s)
	}
	if text := s.texts[key.group].Load(); text != nil {
		return *text
	}
	text := sized(words, rng, size)
	s.texts[key.group].Store(&text)
	return text
}
