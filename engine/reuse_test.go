package engine_test

import (
	"testing"

	"loadgate/engine"
)

// Only a prompt's beginning can be taken from a cache, and only what was there
// before.
func TestReuse(t *testing.T) {
	t.Parallel()
	var u engine.Reuse
	for i, c := range []struct {
		blocks []uint64
		tokens int
		want   int
	}{
		{[]uint64{0, 1, 2}, 40, 0},
		{[]uint64{0, 1, 3}, 48, 32},
		{[]uint64{0, 1, 2}, 40, 40}, // the last block in part
		{[]uint64{9, 1, 2}, 48, 0},  // a known block behind a new one
		{nil, 10, 0},
		{[]uint64{0}, 50, 16}, // what is behind the blocks is its own
	} {
		if got := u.Take(c.blocks, 16, c.tokens); got != c.want {
			t.Errorf("prompt %d shares %d tokens, want %d", i, got, c.want)
		}
	}
}
