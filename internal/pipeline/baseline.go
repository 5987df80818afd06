package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"loadgate/internal/compare"
	"loadgate/internal/diag"
	"loadgate/internal/gate"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/scenario"
)

// baselineFile is where a run keeps what it is compared with, so that a later
// report compares with the same.
const baselineFile = "baseline.json"

// Baseline is what a plan is compared with.
type Baseline struct {
	Policy compare.Policy
	Path   string        // as it can be opened from the working folder
	Side   *compare.Side // nil: there is none yet
}

// openBaseline opens what the section `compare:` names, and says what is wrong
// with it. It is nil without the section, and where a run is compared with
// itself.
func openBaseline(plan *scenario.Plan) (*Baseline, diag.List) {
	c := plan.Compare
	if c == nil {
		return nil, nil
	}
	list := compare.Check(c)
	if c.Baseline == "" {
		return nil, list
	}
	b := &Baseline{Policy: compare.PolicyOf(c), Path: beside(plan, c.Baseline)}
	if list.HasErrors() {
		return b, list
	}
	at := c.Node.Get("baseline")
	side, err := OpenSide(b.Path, b.Policy.Mentioned()...)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.IfMissing == scenario.IfMissingFail:
		list.Errorf(at.Pos, at.Width, acceptHint(b.Path), "there is no baseline %s", b.Path)
	case errors.Is(err, fs.ErrNotExist):
		list.Warnf(at.Pos, at.Width, acceptHint(b.Path), "there is no baseline %s yet: nothing is compared, and rules on the baseline are skipped", b.Path)
	case err != nil:
		list.Errorf(at.Pos, at.Width, "name a baseline file, a result.json or a run directory", "%v", err)
	default:
		b.Side = side.Side
		b.Side.Path = c.Baseline
	}
	if h := c.Node.Get("history"); h != nil {
		if _, err := os.Stat(beside(plan, c.History)); err != nil {
			list.Errorf(h.Pos, h.Width, "name a folder of runs", "%v", err)
		}
	}
	return b, list
}

func acceptHint(path string) string {
	return "after a run: loadgate baseline accept RUN -o " + path
}

// beside is a path of the scenario from the working folder.
func beside(plan *scenario.Plan, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(plan.Dir, path)
}

// foresee warns where the comparison could not see its own margins.
func (b *Baseline) foresee(plan *scenario.Plan) diag.List {
	var list diag.List
	if b == nil || b.Side == nil || plan.Compare.History != "" {
		return nil // what a history of runs knows is known when the run begins
	}
	var cells []compare.Planned
	for _, c := range plan.Cells {
		load, _ := c.Facts["load"].(map[string]any)
		cells = append(cells, compare.Planned{Key: c.Key, Title: c.Title, Load: load, Repeats: c.Load.Repeats})
	}
	if blind := compare.Foresee(b.Side, cells, b.Policy); len(blind) > 0 {
		at := plan.Compare.Node
		list.Warnf(at.Pos, at.Width, "raise load.repeats, gate fewer metrics, widen the margins, or accept more runs of unchanged code: they become history",
			"this comparison cannot see its own margins: %s", strings.Join(blind, ", "))
	}
	return list
}

// keepBaseline writes what a run is compared with into its directory, with the
// history that the plan names. One that is there stays: a resumed run is compared
// with what it began with.
func keepBaseline(o *Opened, s *store.Run, note func(format string, args ...any)) error {
	b := o.Baseline
	if b == nil || b.Side == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), baselineFile)); err == nil {
		return nil
	}
	if folder := o.Plan.Compare.History; folder != "" {
		sides, skipped, err := OpenSides([]string{beside(o.Plan, folder)}, b.Policy.Mentioned()...)
		if err != nil {
			return fmt.Errorf("compare.history: %w", err)
		}
		for _, err := range skipped {
			note("history: skipped %v", err)
		}
		like := &compare.Side{RunID: s.Manifest().RunID, Environment: s.Manifest().Machine}
		histories, used := compare.LearnHistory(sides, like, b.Side.RunID)
		note("history: %d runs of this machine", used)
		b.Side.Learn(histories)
	}
	return s.WriteFile(baselineFile, func(w io.Writer) error { return compare.WriteBaseline(w, b.Side) })
}

// comparer compares a stored run with the baseline that it keeps, or with
// itself.
type comparer struct {
	policy compare.Policy
	base   *compare.Side     // nil: there was none
	axis   string            // that the run is compared with itself on; "" for a baseline
	sides  []*scenario.Sides // along the axis
	suffix string            // of the cells' names in the store
}

// openComparer is nil for a run whose scenario compares nothing.
func openComparer(s *store.Run, plan *scenario.Plan) (*comparer, error) {
	if plan.Compare == nil {
		return nil, nil
	}
	c := &comparer{policy: compare.PolicyOf(plan.Compare)}
	if c.axis = plan.Compare.Axis; c.axis != "" {
		c.policy.Paired = plan.Compare.Interleave
		c.sides = plan.Compare.Sides(plan.Cells)
		return c, nil
	}
	data, err := os.ReadFile(filepath.Join(s.Dir(), baselineFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return nil, err
	}
	if c.base, err = compare.Decode(filepath.Join(s.Dir(), baselineFile), data); err != nil {
		return nil, err
	}
	c.base.Path = plan.Compare.Baseline
	return c, nil
}

// noBaseline is why rules on the baseline are skipped.
const noBaseline = "there is no baseline yet"

// rules tells the gate what cells are compared with.
func (c *comparer) rules(cells []*result.Cell, titles map[string]string, in *gate.Input) {
	switch {
	case c == nil:
		return
	case c.axis != "":
		c.rulesWithin(cells, titles, in)
		return
	case c.base == nil:
		in.NoBaseline = noBaseline
		return
	}
	in.Baselines = map[string]*gate.Baseline{}
	head := compare.FromDocument(&result.Document{Cells: cells}, "", compare.FormRun, titles)
	for _, cell := range head.Cells {
		like := c.base.Like(cell.Key, cell.Title)
		if like == nil {
			continue
		}
		b := &gate.Baseline{Metrics: like.Metrics(), Counts: like.Counts()}
		if !c.policy.AllowDifferent {
			b.Refused = strings.Join(compare.Different(like, cell), "; ")
		}
		in.Baselines[cell.ID] = b
	}
}

// compare makes the comparison of a document; nil without a baseline. Where the
// run was narrowed, cells that it left out are not missing.
func (c *comparer) compare(s *store.Run, doc *result.Document, titles map[string]string, strict bool) *result.Comparison {
	if c == nil || c.base == nil && c.axis == "" {
		return nil
	}
	if c.axis != "" {
		return c.within(s, doc, titles, strict)
	}
	policy := c.policy
	policy.Strict = strict
	head := sideOf(s, doc, titles, policy.Mentioned())
	head.Path = ""
	base := *c.base
	if m := s.Manifest(); m.Only != "" || cmp.Or(m.Profile, strings.Join(m.Set, "")) != "" {
		base.Cells = nil
		for _, b := range c.base.Cells {
			if head.Like(b.Key, b.Title) != nil {
				base.Cells = append(base.Cells, b)
			}
		}
	}
	return compare.Compare(&base, head, policy, nil)
}
