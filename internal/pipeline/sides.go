package pipeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"loadgate/internal/compare"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/reporters"
)

// Side is one side of a comparison as it was found.
type Side struct {
	*compare.Side
	// Report is that of a run or a result, without samples; nil for a baseline.
	Report *reporters.Report
	// Policy is what the scenario of a run says about comparisons.
	Policy compare.Policy
}

// OpenSide reads what a comparison needs from a run directory, whose numbers are
// computed from its samples, a result.json or a baseline file. also names
// statistics beside those that are always compared.
func OpenSide(path string, also ...string) (*Side, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return decodeSide(path, path, also)
	}
	run, err := store.Open(path)
	switch {
	case errors.Is(err, store.ErrNoRun):
		return decodeSide(path, filepath.Join(path, result.FileName), also) // a result that was copied without its samples
	case err != nil:
		return nil, err
	}
	defer run.Close() //nolint:errcheck // opened for reading
	report, err := Build(run, BuildOptions{})
	if err != nil {
		return nil, err
	}
	report.Samples = nil
	out := &Side{Side: sideOf(run, report.Doc, report.Titles, also), Report: report}
	plan, _, err := unpack(run.Manifest().Plan, "", "")
	if err == nil && plan.Compare != nil {
		out.Policy = compare.PolicyOf(plan.Compare)
	}
	return out, err
}

func decodeSide(path, file string, also []string) (*Side, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s, err := compare.Decode(path, data, also...)
	if err != nil || s.Form == compare.FormBaseline {
		return &Side{Side: s}, err
	}
	doc, err := result.Decode(path, data)
	if err != nil {
		return nil, err
	}
	return &Side{Side: s, Report: &reporters.Report{Doc: doc}}, nil
}

// sideOf is a stored run as a side: its cells that were measured to their end.
func sideOf(run *store.Run, doc *result.Document, titles map[string]string, also []string) *compare.Side {
	committed := run.Committed()
	whole := *doc
	whole.Cells = nil
	for _, c := range doc.Cells {
		if _, ok := committed[c.ID]; ok {
			whole.Cells = append(whole.Cells, c)
		}
	}
	return compare.FromDocument(&whole, run.Dir(), compare.FormRun, titles, also...)
}

// OpenSides reads several runs, and every run below a folder that is none
// itself. Which are skipped, and why, comes back beside them.
func OpenSides(paths []string, also ...string) (sides []*compare.Side, skipped []error, err error) {
	for _, path := range paths {
		found, err := runsIn(path)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range found {
			s, err := openStored(f, also)
			switch {
			case err == nil:
				sides = append(sides, s)
			case len(found) == 1 && f == path:
				return nil, nil, err
			default:
				skipped = append(skipped, fmt.Errorf("%s: %w", f, err))
			}
		}
	}
	return sides, skipped, nil
}

// openStored reads one of many runs: from its result.json where it was measured
// to its end, since computing hundreds of runs anew would take its time.
func openStored(path string, also []string) (*compare.Side, error) {
	if doc, err := result.Read(path); err == nil && doc.Verdict != result.Interrupted {
		return compare.FromDocument(doc, path, compare.FormResult, nil, also...), nil
	}
	s, err := OpenSide(path, also...)
	if err != nil {
		return nil, err
	}
	return s.Side, nil
}

// runsIn is the path itself, or the runs and results directly below a folder.
// Links (runs/latest) are left out: they name a run that is there already.
func runsIn(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() || isRun(path) {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		p := filepath.Join(path, e.Name())
		if e.IsDir() && isRun(p) || e.Type().IsRegular() && filepath.Ext(p) == ".json" {
			out = append(out, p)
		}
	}
	return out, nil
}

func isRun(dir string) bool {
	for _, name := range []string{store.ManifestName, result.FileName} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}
