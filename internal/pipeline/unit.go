package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/scenario"
)

// member is a cell of a unit with its place in the plan, from 0.
type member struct {
	*Cell
	index int
}

// unit is what is run, committed and resumed as one: a cell, or the sides of a
// comparison whose repeats take turns.
type unit []member

// units lists what is left to run, in the order of the plan. A unit stands where
// the first of its cells does, and begins with the base.
func units(o *Opened, committed map[string]store.CommitInfo) []unit {
	var sides []*scenario.Sides
	if o.Plan.Compare != nil && o.Plan.Compare.Interleave {
		sides = o.Plan.Compare.Sides(o.Plan.Cells)
	}
	open := map[string]member{}
	for i, c := range o.Cells {
		if _, done := committed[c.ID]; !done {
			open[c.ID] = member{c, i}
		}
	}
	var out []unit
	for _, c := range o.Cells {
		var u unit
		for _, id := range unitOf(c.ID, sides) {
			if m, ok := open[id]; ok {
				u = append(u, m)
				delete(open, id)
			}
		}
		if len(u) > 0 {
			out = append(out, u)
		}
	}
	return out
}

// unitOf lists the cells that take turns with one, itself included.
func unitOf(id string, sides []*scenario.Sides) []string {
	for _, s := range sides {
		var ids []string
		for _, c := range s.Cells() {
			ids = append(ids, c.ID)
		}
		if slices.Contains(ids, id) {
			return ids
		}
	}
	return []string{id}
}

// turn is one repeat of one member.
type turn struct{ member, repeat int }

// turns is the order in which the repeats of a unit run: each block has one
// repeat of every member, and every other block runs backwards (A B B A), so
// that a drift which goes on at one pace meets all of them alike.
func (u unit) turns() []turn {
	most := 0
	for _, m := range u {
		most = max(most, m.Load.Repeats)
	}
	var out []turn
	for block := range most {
		for i := range u {
			if block%2 == 1 {
				i = len(u) - 1 - i
			}
			if block < u[i].Load.Repeats {
				out = append(out, turn{i, block})
			}
		}
	}
	return out
}

// cooldown is the pause after a unit: the longest that any of its cells wants.
func (u unit) cooldown() time.Duration {
	var d time.Duration
	for _, m := range u {
		d = max(d, m.Load.Cooldown)
	}
	return d
}

// unit runs the cells of a unit and commits them, or abandons all of them when
// it was interrupted: sides that were not measured in turns cannot be paired.
func (r *Runner) unit(ctx context.Context, stop <-chan struct{}, u unit) error {
	if err := r.simulators.connect(ctx, u); err != nil {
		return err
	}
	for _, m := range u {
		if err := r.hook(ctx, m.Cell); err != nil {
			return fmt.Errorf("cell %s: before_cell: %w", m.ID, err)
		}
	}
	var attempts attempts
	for _, m := range u {
		a, err := r.store.Begin(store.CellRef{ID: m.stored(), Key: m.Key, SaveTexts: m.Save == saveTexts})
		if err != nil {
			return errors.Join(err, attempts.abandon(err.Error()))
		}
		attempts = append(attempts, a)
	}
	for _, t := range u.turns() {
		m := u[t.member]
		truncated, err := r.repeat(ctx, stop, m.Cell, attempts[t.member], m.index, t.repeat)
		if err != nil {
			return errors.Join(fmt.Errorf("cell %s: %w", m.ID, err), attempts.abandon(err.Error()))
		}
		if truncated {
			r.note("cell %d/%d %s: interrupted", m.index+1, len(r.opened.Cells), m.Title)
			return attempts.abandon(interrupted)
		}
		r.done += 1 / float64(m.Load.Repeats)
	}
	return r.commit(u, attempts)
}

// commit sums the cells of a unit up and commits them, one right after the
// other.
func (r *Runner) commit(u unit, attempts attempts) error {
	summaries := make([]*result.Cell, len(u))
	for i, m := range u {
		stored := packCell(m.Cell)
		var err error
		if summaries[i], _, err = summarize(r.store, r.opened.Gate, &stored, m.Cell.Cell); err != nil {
			return errors.Join(err, attempts.abandon(err.Error()))
		}
	}
	for i, m := range u {
		if err := attempts[i].Commit(summaries[i]); err != nil {
			return errors.Join(err, attempts[i+1:].abandon(err.Error()))
		}
		if m.StoredAs == "" {
			r.summaries[m.ID] = summaries[i]
		}
		r.note("%s", oneLine(summaries[i], m.index, len(r.opened.Cells), m.Title))
	}
	return nil
}

// attempts are those at the cells of a unit, in its order.
type attempts []*store.Attempt

// abandon gives all of them up.
func (a attempts) abandon(reason string) error {
	var errs []error
	for _, one := range a {
		errs = append(errs, one.Abandon(reason))
	}
	return errors.Join(errs...)
}
