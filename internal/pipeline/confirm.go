package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"loadgate/internal/compare"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/scenario"
)

// confirmed ends the names under which fresh repeats are stored.
const confirmed = "-confirm"

// stored is the name of a cell in the store.
func (c *Cell) stored() string { return cmp.Or(c.StoredAs, c.ID) }

// again is a cell that is measured anew: the same load with prompts and
// arrivals that it has not had.
func again(c *Cell) *Cell {
	fresh, out := *c.Cell, *c
	prompts, schedule, first := c.PromptSeed, c.ScheduleSeed, c.Load.Repeats
	fresh.PromptSeed = func(repeat int) uint64 { return prompts(first + repeat) }
	fresh.ScheduleSeed = func(repeat int) uint64 { return schedule(first + repeat) }
	out.Cell, out.StoredAs = &fresh, c.ID+confirmed
	return &out
}

// confirm runs the suspects of the run's comparison again: both sides where both
// belong to this run.
func (r *Runner) confirm(ctx context.Context, stop <-chan struct{}) error {
	if !r.opt.Confirm || stopped(stop) {
		return nil
	}
	report, err := Build(r.store, BuildOptions{Cells: r.summaries})
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	if report.Doc.Comparison == nil {
		r.note("confirm: nothing is compared")
		return nil
	}
	todo := r.suspects(report.Doc.Comparison)
	if len(todo) == 0 {
		r.note("confirm: no gated metric is suspect")
		return nil
	}
	var names []string
	for _, u := range todo {
		for _, m := range u {
			names = append(names, cmp.Or(m.Title, m.ID))
		}
	}
	r.note("confirm: fresh repeats of %s", strings.Join(names, "; "))
	return r.units(ctx, stop, todo)
}

// suspects are the units that settle what is suspect in a comparison.
func (r *Runner) suspects(c *result.Comparison) []unit {
	wanted := map[string]bool{}
	for _, d := range c.Deltas {
		if d.Gated && d.Change == result.Suspect {
			wanted[d.Cell] = true
		}
	}
	for _, s := range r.opened.Plan.Compare.Sides(r.opened.Plan.Cells) {
		for _, other := range s.Others {
			if s.Base != nil && wanted[other.ID] {
				wanted[s.Base.ID] = true
			}
		}
	}
	without := map[string]store.CommitInfo{}
	done := r.store.Committed()
	for _, cell := range r.opened.Cells {
		_, measured := done[cell.ID+confirmed]
		if measured || !wanted[cell.ID] {
			without[cell.ID] = store.CommitInfo{}
		}
	}
	todo := units(r.opened, without)
	for _, u := range todo {
		for i := range u {
			u[i].Cell = again(u[i].Cell)
		}
	}
	return todo
}

// again adds the fresh repeats of a cell, if it has any that were measured to
// their end.
func (b *builder) again(s *storedCell, c *scenario.Cell, model string) error {
	fresh := *s
	fresh.storedAs = s.ID + confirmed
	if _, there := b.store.Committed()[fresh.storedAs]; !there {
		return nil
	}
	cell, _, err := summarize(b.store, b.gate, &fresh, c)
	if err != nil {
		return fmt.Errorf("cell %s: %w", fresh.storedAs, err)
	}
	cell.Model = model
	b.fresh = append(b.fresh, cell)
	return nil
}

// settle has fresh repeats decide what is suspect in a report's comparison.
func (c *comparer) settle(b *builder) {
	first, strict := b.doc.Comparison, b.journal.end.Strict
	if first == nil || len(b.fresh) == 0 {
		return
	}
	doc, with := *b.doc, *c
	doc.Cells = b.fresh
	with.policy, with.suffix = c.policy.Confirming(first), confirmed
	second := with.compare(b.store, &doc, b.titles, strict)
	if second == nil {
		return
	}
	policy := c.policy
	policy.Strict = strict
	compare.Confirm(first, second, policy)
}
