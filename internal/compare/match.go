package compare

import (
	"loadgate/internal/result"
)

// pair is a cell of the head with its like in the base; one of them may be nil.
type pair struct {
	base, head *Cell
	apart      bool // its repeats did not take turns, although those of others did
	result.Pair
}

// match pairs cells by key, and what is left by name: a cell whose load or data
// have changed is still the same cell to a person, and shall not pass for one
// that was removed and another that was added.
func match(base, head *Side) []*pair {
	taken := map[*Cell]bool{}
	found := make([]*Cell, len(head.Cells))
	for _, alike := range []func(a, b *Cell) bool{
		func(a, b *Cell) bool { return a.Key != "" && a.Key == b.Key && a.Title == b.Title },
		func(a, b *Cell) bool { return a.Key != "" && a.Key == b.Key },
		func(a, b *Cell) bool { return a.Title == b.Title && a.Backend == b.Backend && a.Dataset == b.Dataset },
		func(a, b *Cell) bool { return a.Title == b.Title },
	} {
		for i, h := range head.Cells {
			for _, b := range base.Cells {
				if found[i] == nil && !taken[b] && alike(b, h) {
					found[i], taken[b] = b, true
				}
			}
		}
	}
	var out []*pair
	for i, h := range head.Cells {
		p := &pair{base: found[i], head: h}
		p.Title, p.Head, p.Status = h.Title, h.ID, result.PairAdded
		if p.base != nil {
			p.Base, p.Status = p.base.ID, result.PairCompared
		}
		out = append(out, p)
	}
	for _, b := range base.Cells {
		if !taken[b] {
			out = append(out, &pair{base: b, Pair: result.Pair{Title: b.Title, Base: b.ID, Status: result.PairRemoved}})
		}
	}
	return out
}
