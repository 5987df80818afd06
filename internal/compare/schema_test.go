package compare

import (
	"encoding/json"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"loadgate/internal/result"
	"loadgate/schemas"
)

// TestDocumentsFollowTheirSchemas: what is written has the shape that is
// published, whatever is missing in it.
func TestDocumentsFollowTheirSchemas(t *testing.T) {
	t.Parallel()
	run := aRun("r1", 1)
	base, _ := Accept(run, nil, "first", Policy{})
	base, _ = Accept(aRun("r2", 1.001), base, "", Policy{})
	other := aRun("r3", 1.3)
	other.Cells = append(other.Cells[:1], aCell("new", map[string][]float64{"ttft.p95": {1}}))
	other.Cells[0].Series["tpot.p50"] = nil
	for name, c := range map[string]struct {
		schema []byte
		doc    []byte
	}{
		"baseline":         {schemas.Baseline(), written(t, base)},
		"comparison":       {schemas.Comparison(), marshal(t, Compare(base, other, Policy{}, nil))},
		"empty comparison": {schemas.Comparison(), marshal(t, Compare(aSide("a"), aSide("b"), Policy{}, nil))},
		"history":          {schemas.History(), marshal(t, Trend([]*Side{base, other}, DefaultGate(), ChangeP))},
		"empty history":    {schemas.History(), marshal(t, Trend(nil, nil, ChangeP))},
	} {
		s := &jsonschema.Schema{}
		if err := json.Unmarshal(c.schema, s); err != nil {
			t.Fatal(err)
		}
		resolved, err := s.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(c.doc, &v); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A result of another tool has no repeats, no key, no variances and no validity:
// it is compared as far as that goes.
func TestResultsOfOtherTools(t *testing.T) {
	t.Parallel()
	foreign := func(id string, p95 float64) *Side {
		return FromDocument(&result.Document{RunID: id, Cells: []*result.Cell{{
			ID: "c", Axes: result.Axes{{Name: "load.concurrency", Value: 8.0}}, Counts: result.Counts{Sent: 100, Completed: 100},
			Metrics: map[string]result.Metric{"ttft": {Unit: "ms", Dist: &result.Dist{N: 100, P95: result.Number(p95)}}, "success_rate": {Unit: "ratio", Value: 1}},
		}}}, id, FormResult, nil)
	}
	c := Compare(foreign("a", 300), foreign("b", 900), Policy{}, nil)
	if p := c.Pairs[0]; p.Status != result.PairCompared || p.Title != "concurrency 8" || len(p.Notes) == 0 {
		t.Errorf("pair %+v", p)
	}
	for _, d := range c.Deltas {
		if d.Change != result.Unclear && d.Change != result.NoData {
			t.Errorf("%s: %s: one repeat proves nothing", d.Metric, d.Change)
		}
	}
	if c.ExitCode != 0 {
		t.Errorf("exit %d", c.ExitCode)
	}
	if strict := Compare(foreign("a", 300), foreign("b", 900), Policy{Strict: true}, nil); strict.ExitCode != 4 {
		t.Errorf("strict: exit %d", strict.ExitCode)
	}
}
