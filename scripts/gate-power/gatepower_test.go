package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheGateHoldsItsLevel is a small edition of the table: no more false alarms
// than promised, intervals that hold the truth, and slow-downs that are found.
func TestTheGateHoldsItsLevel(t *testing.T) {
	t.Parallel()
	pairs := 60
	if testing.Short() {
		pairs = 20
	}
	p := newPools(7, 400)
	for _, d := range []design{{repeats: 5, spread: 0.02}, {repeats: 3, spread: 0.05}, {repeats: 3, spread: 0.02, history: 10}} {
		o := measure(p, d, pairs, 11)
		if o.alarms > 0.05 || o.suspects > 0.09 || o.coverage < 0.92 {
			t.Errorf("%+v: %+v", d, o)
		}
		if d.spread == 0.02 && o.all[1].any < 0.9 {
			t.Errorf("%+v: twenty percent in all cells are found in %v", d, o.all[1].any)
		}
	}
}

func TestTheSameSeedGivesTheSameTable(t *testing.T) {
	t.Parallel()
	d := []design{{repeats: 3, spread: 0.02}}
	if a, b := render(measureAll(d, 10, 5, 50), 10, 5), render(measureAll(d, 10, 5, 50), 10, 5); a != b {
		t.Errorf("first:\n%s\nthen:\n%s", a, b)
	}
}

func TestTableGoesIntoThePage(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("before\n"+beginMark+"old\n"+endMark+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replaceTable(page, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + beginMark + "new\n" + endMark + "after\n"; string(got) != want {
		t.Errorf("%s", got)
	}
	if err := replaceTable(filepath.Join("..", "..", "go.mod"), ""); err == nil || !strings.Contains(err.Error(), "has no marks") {
		t.Errorf("a page without marks: %v", err)
	}
}
