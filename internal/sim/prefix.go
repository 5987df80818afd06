package sim

import (
	"hash/fnv"
	"sync"
)

// prefixCache remembers the beginnings of prompts in steps of some bytes, as a
// server's prefix cache remembers them in blocks of tokens. It forgets nothing
// until it is full, and then everything.
type prefixCache struct {
	mu   sync.Mutex
	seen map[uint64]struct{}
}

const (
	prefixStep = 64      // bytes: about 16 tokens
	prefixFull = 1 << 20 // steps
)

// take remembers a prompt, the texts of its messages one behind the other, and
// returns which share of it was there before, from 0 to 1.
func (p *prefixCache) take(texts []string) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil || len(p.seen) > prefixFull {
		p.seen = map[uint64]struct{}{}
	}
	chain := fnv.New64a()
	total, inStep, cached, same := 0, 0, 0, true
	for _, text := range texts {
		total += len(text)
		for len(text) > 0 {
			n := min(prefixStep-inStep, len(text))
			_, _ = chain.Write([]byte(text[:n])) // never fails
			text, inStep = text[n:], inStep+n
			if inStep < prefixStep {
				break
			}
			inStep = 0
			key := chain.Sum64()
			if _, hit := p.seen[key]; hit && same {
				cached += prefixStep
				continue
			}
			same = false
			p.seen[key] = struct{}{}
		}
	}
	if total == 0 {
		return 0
	}
	return float64(cached) / float64(total)
}
