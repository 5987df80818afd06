package pipeline

import (
	"path/filepath"
	"testing"

	"loadgate/internal/result"
	"loadgate/internal/wire"
)

// A run says who stamped what it received, and what it says is true of every
// event that it stored.
func TestRunSaysWhichClock(t *testing.T) {
	t.Parallel()
	on, release := wire.KernelStamps()
	defer release()
	want := map[bool]string{true: "kernel", false: "user"}[on]
	s, err := execute(t, quick, filepath.Join(t.TempDir(), "run"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, _, err := s.Finish(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := s.Store.Manifest()
	if m.Clock != want || m.Machine.Clock != want || report.Doc.Environment.Clock != want {
		t.Errorf("manifest %q and %q, result %q, want %q", m.Clock, m.Machine.Clock, report.Doc.Environment.Clock, want)
	}
	cell := report.Doc.Cells[0]
	for rec, err := range s.Store.Samples(cell.ID) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range rec.Sample.Events {
			if (e.Kernel != 0) != on || e.Kernel > e.At {
				t.Fatalf("stamps with a clock called %q: %+v", want, e)
			}
		}
	}
	if lag := cell.Metrics["client_lag"].Dist; on && (lag == nil || lag.N == 0 || !lag.P99.Ok() || lag.Min < 0) {
		t.Errorf("client_lag %+v", lag)
	}
}

func TestClockUsed(t *testing.T) {
	t.Parallel()
	of := func(completed int, lag result.Number) *result.Cell {
		return &result.Cell{Repeats: []*result.Repeat{{Counts: result.Counts{Completed: completed}, Client: result.Client{LagP99MS: lag}}}}
	}
	for _, tc := range []struct {
		cells         []*result.Cell
		planned, want string
	}{
		{nil, "kernel", "kernel"},
		{[]*result.Cell{of(0, result.None())}, "kernel", "kernel"},
		{[]*result.Cell{of(3, result.None())}, "kernel", "user"},
		{[]*result.Cell{of(3, result.None()), of(3, 0.1)}, "user", "kernel"},
	} {
		if got := clockUsed(tc.cells, tc.planned); got != tc.want {
			t.Errorf("planned %s: %s, want %s", tc.planned, got, tc.want)
		}
	}
}
