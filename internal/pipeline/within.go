package pipeline

import (
	"loadgate/internal/compare"
	"loadgate/internal/gate"
	"loadgate/internal/result"
	"loadgate/internal/store"
)

// within compares the sides of a run with each other; nil where no cell has a
// counterpart, as in a run that was narrowed to one side.
func (c *comparer) within(s *store.Run, doc *result.Document, titles map[string]string, strict bool) *result.Comparison {
	policy := c.policy
	policy.Strict = strict
	var likes []compare.Like
	for _, sides := range c.sides {
		if sides.Base == nil {
			continue
		}
		for _, other := range sides.Others {
			likes = append(likes, compare.Like{
				Base: sides.Base.ID, Head: other.ID, Apart: policy.Paired && !inTurns(s, sides.Base.ID+c.suffix, other.ID+c.suffix),
			})
		}
	}
	if len(likes) == 0 {
		return nil
	}
	return compare.Within(sideOf(s, doc, titles, policy.Mentioned()), c.axis, likes, policy)
}

// inTurns reports whether the committed attempts at two cells were open at the
// same time. They were not where a kill came between the two commits of a unit.
func inTurns(s *store.Run, a, b string) bool {
	begun, committed := s.Attempts(), s.Committed()
	return begun[a].Started.Before(committed[b].Time) && begun[b].Started.Before(committed[a].Time)
}

// rulesWithin tells the gate what cells are compared with: the base's cell. The
// base itself is compared with nothing.
func (c *comparer) rulesWithin(cells []*result.Cell, titles map[string]string, in *gate.Input) {
	in.Baselines = map[string]*gate.Baseline{}
	known := map[string]*compare.Cell{}
	for _, cell := range compare.FromDocument(&result.Document{Cells: cells}, "", compare.FormRun, titles).Cells {
		known[cell.ID] = cell
	}
	for _, sides := range c.sides {
		if sides.Base == nil || known[sides.Base.ID] == nil {
			continue
		}
		base := known[sides.Base.ID]
		for _, other := range sides.Others {
			in.Baselines[other.ID] = &gate.Baseline{Metrics: base.Metrics(), Counts: base.Counts()}
		}
	}
}
