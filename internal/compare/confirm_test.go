package compare

import (
	"strings"
	"testing"

	"loadgate/internal/result"
)

// Fresh repeats decide alone what is suspect, and nothing else.
func TestFreshRepeatsDecide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		fresh   []float64 // of the head's a
		want    result.Change
		verdict result.Verdict
		says    string
	}{
		{"far worse", scaled(steady, 1.3), result.Regressed, result.Fail, "confirmed by fresh repeats: higher by 30%"},
		{"suspect once more", slower, result.Regressed, result.Fail, "confirmed by fresh repeats: higher by 10.9%"},
		{"the same", scaled(steady, 1.01), result.Cleared, result.Pass, "not confirmed by fresh repeats: higher by 1%"},
		{"noise", []float64{250, 340, 290, 380, 300}, result.Cleared, result.Pass, "not confirmed by fresh repeats"},
		{"one repeat", []float64{300}, result.Suspect, result.Pass, "worse beyond doubt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cell := func(title string, values []float64) *Cell {
				return aCell(title, map[string][]float64{"ttft.p95": values})
			}
			policy := Policy{Gate: []string{"ttft.p95"}, Fail: []result.Change{result.Regressed}}
			base := aSide("b", cell("a", steady), cell("b", steady))
			first := Compare(base, aSide("h", cell("a", slower), cell("b", steady)), policy, nil)
			if first.Deltas[0].Change != result.Suspect || first.Verdict != result.Pass {
				t.Fatalf("at first %s, %s", first.Deltas[0].Change, first.Verdict)
			}
			// b is measured again too, as a base would be, and far worse: nobody asked.
			second := Compare(base, aSide("h", cell("a", c.fresh), cell("b", scaled(steady, 2))), policy.Confirming(first), nil)
			if c.name != "one repeat" && second.Method.Family != 1 {
				t.Errorf("the fresh repeats are shared out among %d, want 1", second.Method.Family)
			}
			Confirm(first, second, policy)
			for _, d := range first.Deltas {
				if d.Title == "b" {
					if d.Change != result.Unchanged || d.First != nil {
						t.Errorf("b is %s", d.Change)
					}
					continue
				}
				if d.Change != c.want || !strings.Contains(d.Reason, c.says) {
					t.Errorf("%s: %s, want %s saying %q", d.Change, d.Reason, c.want, c.says)
				}
				if c.want == result.Suspect {
					if d.First != nil || !strings.Contains(strings.Join(d.Notes, " "), "fresh repeats cannot tell: one repeat") {
						t.Errorf("first %+v, notes %v", d.First, d.Notes)
					}
				} else if d.First == nil || d.First.Change != result.Suspect || d.First.HeadRepeats != 5 {
					t.Errorf("the first look is not kept: %+v", d.First)
				}
			}
			if first.Verdict != c.verdict {
				t.Errorf("verdict %s (%s), want %s", first.Verdict, first.Reason, c.verdict)
			}
		})
	}
}
