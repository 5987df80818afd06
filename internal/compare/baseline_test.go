package compare

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/result"
)

func written(t testing.TB, s *Side) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteBaseline(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// aRun is a run with every tracked statistic, its values scaled by factor.
func aRun(id string, factor float64) *Side {
	series := map[string][]float64{}
	for i, name := range tracked {
		series[name] = scaled(steady, factor*(1+float64(i)/math.Pi))
	}
	series["success_rate"] = []float64{1, 1, 0.99, 1, 1}
	s := aSide(id, aCell("a", series), aCell("b", series))
	for _, c := range s.Cells {
		for _, x := range c.Series {
			x.Variances[1] = 0.000123456789
		}
	}
	return s
}

func TestBaselineRoundTrip(t *testing.T) {
	t.Parallel()
	run, _ := Accept(aRun("r1", 1), nil, "first", Policy{})
	next, notes := Accept(aRun("r2", 1.001), run, "", Policy{})
	if len(notes) > 0 {
		t.Errorf("notes: %v", notes)
	}
	data := written(t, next)
	back, err := Decode("main.json", data)
	if err != nil {
		t.Fatal(err)
	}
	if back.Form != FormBaseline || back.RunID != "r2" || len(back.Cells) != 2 {
		t.Errorf("read %+v", back)
	}
	if again := written(t, back); !bytes.Equal(data, again) {
		t.Errorf("written again:\n%s", cmp.Diff(string(data), string(again)))
	}
	h := back.Cells[0].Series["ttft.p95"].History
	if h == nil || h.Runs != 1 || h.WithinDF != 4 {
		t.Errorf("history %+v", h)
	}
	c := Compare(back, aRun("r3", 1), Policy{}, nil)
	if c.Verdict != result.Pass || c.Pairs[0].Status != result.PairCompared {
		t.Errorf("%s: %s; %+v", c.Verdict, c.Reason, c.Pairs)
	}
}

// A re-run changes the lines of the statistics and of what names the run.
func TestBaselineDiffIsSmall(t *testing.T) {
	t.Parallel()
	run, _ := Accept(aRun("r1", 1), nil, "", Policy{})
	changed := aRun("r1", 1)
	changed.Cells[0].Series["ttft.p95"].Values[2] = 299
	other, _ := Accept(changed, nil, "", Policy{})
	a, b := strings.Split(string(written(t, run)), "\n"), strings.Split(string(written(t, other)), "\n")
	if len(a) != len(b) {
		t.Fatalf("%d lines and %d", len(a), len(b))
	}
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
			if !strings.Contains(a[i], `"ttft.p95": {"unit":"ms"`) {
				t.Errorf("changed: %s", a[i])
			}
		}
	}
	if n != 1 {
		t.Errorf("%d lines changed", n)
	}
}

func TestAcceptGathersHistory(t *testing.T) {
	t.Parallel()
	base, _ := Accept(aRun("r0", 1), nil, "", Policy{})
	for i := range 8 {
		base, _ = Accept(aRun(fmt.Sprint("r", i+1), 1+0.002*float64(i%3)), base, "", Policy{})
	}
	h := base.Cells[0].Series["ttft.p95"].History
	if h.Runs != 8 || h.BetweenDF != 7 || h.Repeats != 5 || h.WithinDF != 32 {
		t.Errorf("history %+v", h)
	}
	same, notes := Accept(aRun("r8", 1), base, "", Policy{})
	if got := same.Cells[0].Series["ttft.p95"].History; got.Runs != 8 || len(notes) != 1 {
		t.Errorf("the same run again: %+v, %v", got, notes)
	}
	noise := h.BetweenVar
	moved, notes := Accept(aRun("r9", 1.5), base, "bigger model", Policy{})
	moved, _ = Accept(aRun("r10", 1.5), moved, "", Policy{})
	if h := moved.Cells[0].Series["ttft.p95"].History; h.Runs != 10 || h.BetweenVar > 2*noise || len(notes) != 1 || !strings.Contains(notes[0], "another level") {
		t.Errorf("after a wanted change: %+v, %v", h, notes)
	}
	elsewhere := aRun("r11", 1)
	elsewhere.Environment.CPU = "other"
	anew, notes := Accept(elsewhere, base, "", Policy{})
	if h := anew.Cells[0].Series["ttft.p95"].History; h != nil || len(notes) != 1 {
		t.Errorf("on another machine: %+v, %v", h, notes)
	}
}

func TestAcceptLeavesInvalidOut(t *testing.T) {
	t.Parallel()
	run := aRun("r1", 1)
	run.Cells[1].Validity = result.Invalid
	got, notes := Accept(run, nil, "", Policy{})
	if len(got.Cells) != 1 || len(notes) != 1 || !strings.Contains(notes[0], "cell b is left out") {
		t.Errorf("%d cells, %v", len(got.Cells), notes)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	v := `{"schema_version":"loadgate.baseline/v1","cells":[`
	for text, want := range map[string]string{
		`{`: "read main.json: unexpected end of JSON input",
		`{"schema_version":"loadgate.baseline/v9"}`:                   `main.json has schema_version "loadgate.baseline/v9", this loadgate reads`,
		v + `{"id":"a","sent":[1]}]}`:                                 `cell "a": sent, completed, input_tokens and output_tokens have unlike lengths`,
		v + `{"id":"a","metrics":{"ttft.p50":{"values":[1]}}}]}`:      `ttft.p50 has 1 values and 0 variances for 0 repeats`,
		v + `{"id":"a","metrics":{"ttft.p50":{"history":{}}}}]}`:      `ttft.p50 has a history that makes no sense`,
		v + `{"id":"a","metrics":{"ttft.p50":{"values":["much"]}}}]}`: `"much" is no number`,
	} {
		if _, err := Decode("main.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	run, _ := Accept(aRun("r1", 1), nil, "", Policy{})
	next, _ := Accept(aRun("r2", 1), run, "", Policy{})
	f.Add(written(f, next))
	f.Add([]byte(`{"schema_version":"loadgate.baseline/v1","cells":[{"id":"a","axes":{"x":"inf"},"sent":[0],"completed":[0],"input_tokens":[null],"output_tokens":["inf"],"metrics":{"ttft.p50":{"values":[-1],"variances":["inf"]}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode("main.json", data)
		if err != nil || s.Form != FormBaseline {
			return
		}
		once := written(t, s)
		again, err := Decode("main.json", once)
		if err != nil {
			t.Fatalf("%v in %s", err, once)
		}
		if twice := written(t, again); !bytes.Equal(once, twice) {
			t.Fatalf("first:\n%s\nthen:\n%s", once, twice)
		}
		Compare(s, again, Policy{}, nil)
	})
}
