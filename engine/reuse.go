package engine

import "sync"

// Reuse knows which blocks of prompts have been sent, and so how much of a prompt
// a server's prefix cache could hold. The zero Reuse has seen nothing. It is safe
// for concurrent use.
type Reuse struct {
	mu   sync.Mutex
	sent map[uint64]struct{}
}

// Take notes that a prompt of so many tokens is sent, whose first blocks are these
// of size tokens each, the last perhaps in part. It returns how many tokens at the
// prompt's beginning earlier ones had.
func (u *Reuse) Take(blocks []uint64, size, tokens int) (shared int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sent == nil {
		u.sent = map[uint64]struct{}{}
	}
	same := true
	for _, id := range blocks {
		n := min(size, tokens)
		tokens -= n
		_, again := u.sent[id]
		if same = same && again; same {
			shared += n
		}
		u.sent[id] = struct{}{}
	}
	return shared
}
