package reporters

import (
	"bytes"
	"iter"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"loadgate/engine"
	"loadgate/internal/result"
	"loadgate/internal/store"
)

// What a sheet has no room for is counted, on the sheet and in Environment.
func TestExcelSaysHowManyRequestsAreLeftOut(t *testing.T) {
	t.Parallel()
	r := &Report{
		Doc: &result.Document{Cells: []*result.Cell{{ID: "a"}, {ID: "b"}, {ID: "c"}}},
		Samples: func(string) iter.Seq2[store.Record, error] {
			return func(yield func(store.Record, error) bool) {
				for i := range 400 {
					if !yield(store.Record{Sample: engine.Sample{Index: i, Start: int64(1000 + i)}}, nil) {
						return
					}
				}
			}
		},
	}
	for most, left := range map[int]string{600: "600 requests", 1199: "1 request", 1200: ""} {
		var b bytes.Buffer
		if err := writeExcel(t.Context(), r, &b, most); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close() //nolint:errcheck // was only read
		rows, err := f.GetRows("Requests")
		if err != nil {
			t.Fatal(err)
		}
		want := 1 + most
		if left != "" {
			want++
		}
		if len(rows) != want {
			t.Errorf("room for %d: %d rows, want %d", most, len(rows), want)
		}
		last := rows[len(rows)-1][0]
		if left == "" && last != "c" || left != "" && !strings.HasPrefix(last, left+" more") {
			t.Errorf("room for %d: the last row says %q", most, last)
		}
		environment, err := f.GetRows("Environment")
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, row := range environment {
			if row[0] == "sheet Requests" {
				said = row[1]
			}
		}
		if !strings.HasPrefix(said, left) || (said == "") != (left == "") {
			t.Errorf("room for %d: Environment says %q", most, said)
		}
	}
}
