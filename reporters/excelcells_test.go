package reporters_test

import (
	"slices"
	"testing"

	"loadgate/internal/result"
)

func TestExcelCells(t *testing.T) {
	t.Parallel()
	r := reports()["failures"]
	r.Doc.Cells[0].Metrics["of_tomorrow"] = dist("ms", 3, 7)
	r.Doc.Cells[0].Metrics["ttft"].Dist.CI95["p50"] = &[2]result.Number{81, 90.5}
	f := open(t, excel(t, r))
	rows, err := f.GetRows("Cells")
	if err != nil {
		t.Fatal(err)
	}
	var metrics []string
	for _, row := range rows[1:] {
		if row[0] == r.Doc.Cells[0].ID {
			metrics = append(metrics, row[2])
		}
	}
	if want := []string{"ttft", "e2el", "tpot", "icl", "itl", "sent_ttft", "sent_e2el", "of_tomorrow"}; !slices.Equal(metrics, want) {
		t.Errorf("metrics %q, want %q", metrics, want)
	}
	first := row(t, f, "Cells", 1)
	for head, want := range map[string]string{
		"Cell": r.Doc.Cells[0].ID, "Name": "concurrency 4, shape long", "Metric": "ttft", "Unit": "ms", "n": "80", "p50": "278.025",
		"p50 95% low": "81", "p50 95% high": "90.5", "p99 95% low": "", "p90 95% high": "",
	} {
		if first[head] != want {
			t.Errorf("%s is %q, want %q", head, first[head], want)
		}
	}
	for _, statistic := range result.Stats() {
		if first[statistic] == "" {
			t.Errorf("%s is missing", statistic)
		}
	}
}
