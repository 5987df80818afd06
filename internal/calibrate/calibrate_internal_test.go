package calibrate

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/rawserver"
	"loadgate/internal/result"
	"loadgate/scenario"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		r         Reading
		lost      int
		validity  result.Validity
		want, why string
	}{
		{"close", Reading{TTFTMS: 51, TrueTTFTMS: 50.2, ITLMS: 20.5, TrueITLMS: 20}, 0, result.Valid, Holds, ""},
		{"close beside what is measured", Reading{TTFTMS: 204, TrueTTFTMS: 200, ITLMS: 20, TrueITLMS: 20}, 0, result.Warned, Holds, ""},
		{"ttft", Reading{TTFTMS: 52, TrueTTFTMS: 50, ITLMS: 20, TrueITLMS: 20}, 0, result.Valid, Off, "ttft p99 52.0 ms, in truth 50.0"},
		{"itl too early", Reading{TTFTMS: 50, TrueTTFTMS: 50, ITLMS: 20, TrueITLMS: 22}, 0, result.Valid, Off, "itl p99 20.0 ms, in truth 22.0"},
		{"requests lost", Reading{}, 3, result.Valid, Off, "3 requests"},
		{"by its own word", Reading{TTFTMS: 99, TrueTTFTMS: 50}, 0, result.Invalid, Invalid, "client_cpu: busy"},
		{"the server", Reading{TTFTMS: 99, TrueTTFTMS: 50, ServerLateMS: 1.5}, 0, result.Invalid, ServerBound, "1.5 ms late itself"},
		{"bulk has no times", Reading{TTFTMS: result.None(), TrueTTFTMS: result.None(), ITLMS: result.None(), ServerLateMS: result.None()}, 0, result.Valid, Holds, ""},
	} {
		doc := &result.Document{Cells: []*result.Cell{{Validity: tc.validity, Findings: []result.Finding{
			{Check: "sample_size", Level: "warn", Message: "few"}, {Check: "client_cpu", Level: "invalid", Message: "busy"},
		}}}}
		tc.r.judge(&gathered{lost: tc.lost}, doc)
		if tc.r.Verdict != tc.want || !strings.Contains(tc.r.Why, tc.why) {
			t.Errorf("%s: %s (%s), want %s (%s)", tc.name, tc.r.Verdict, tc.r.Why, tc.want, tc.why)
		}
	}
}

// Requests count as lost when either side does not know of them, or of all of
// their tokens.
func TestLostRequests(t *testing.T) {
	t.Parallel()
	whole := func() *engine.Sample {
		return &engine.Sample{Outcome: llm.Completed, Sched: 1, Tok1: 5e6, Events: []engine.Event{{At: 5e6, Kernel: 4e6}, {At: 9e6}}}
	}
	truth := &rawserver.Truth{Tokens: 2, Whole: true, Arrived: 1e9, Wrote: []int64{1e9 + 3e6, 1e9 + 8e6}}
	g := &gathered{shape: rawserver.Shape{TTFT: 2e6, ITL: 4e6}}
	g.add(whole(), truth)
	if g.lost != 0 || g.events != 2 || g.trueTTFT[0] != 3 || g.itl[0] != 5 || g.trueITL[0] != 5 || g.lag[0] != 1 || g.serverLate[0] != 1 || g.serverLate[1] != 2 {
		t.Errorf("%+v", g)
	}
	short := whole()
	short.Events = short.Events[:1]
	failed := whole()
	failed.Outcome = llm.Failed
	g.add(short, truth)
	g.add(failed, truth)
	g.add(whole(), nil)
	g.add(whole(), &rawserver.Truth{Tokens: 2})
	if g.lost != 4 || g.requests != 1 {
		t.Errorf("%d lost, %d counted", g.lost, g.requests)
	}
}

func TestBeyond(t *testing.T) {
	t.Parallel()
	c := &Calibration{At: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), Rungs: []Reading{
		{Kind: Bulk, Verdict: Holds, CPUPerEventUS: 0.5},
		{Kind: Streams, Streams: 16, Verdict: Holds, EventsPerSecond: 800, RSSBytes: 40e6},
		{Kind: Streams, Streams: 64, Verdict: Off, EventsPerSecond: 3000, RSSBytes: 40e6 + 48*8000},
		{Kind: Rate, Rate: 100, Verdict: Holds},
	}}
	c.summarise()
	if c.Streams != 16 || c.Rate != 100 || c.EventsPerSecond != 800 || c.CPUPerEventUS != 0.5 || c.BytesPerStream != 8000 {
		t.Errorf("%+v", c)
	}
	for _, tc := range []struct {
		load scenario.Load
		want string
	}{
		{scenario.Load{Concurrency: 16}, ""},
		{scenario.Load{Concurrency: 17}, "17 streams are more than the 16 at which loadgate's numbers were found to hold on this machine (2026-11-25)"},
		{scenario.Load{Rate: 100}, ""},
		{scenario.Load{Rate: 100.5}, "100.5 requests/s are more than the 100/s"},
		{scenario.Load{Rate: math.Inf(1), MaxConcurrency: 64}, "64 streams are more"},
		{scenario.Load{Rate: math.Inf(1)}, ""},
	} {
		if got := c.Beyond(&tc.load); !strings.HasPrefix(got, tc.want) || (got == "") != (tc.want == "") {
			t.Errorf("%+v: %q, want %q", tc.load, got, tc.want)
		}
	}
	if got := (&Calibration{}).Beyond(&scenario.Load{Concurrency: 100}); got != "" {
		t.Errorf("nothing is known, and yet: %s", got)
	}
}

func TestStored(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	m := Machine{Host: "a/../b", CPU: "x", Cores: 2}
	if Stored(m, "1") != nil {
		t.Error("there is a calibration before the first")
	}
	c := &Calibration{Format: format, At: time.Now().UTC(), Machine: m, Build: "1", Streams: 5}
	c.summarise()
	c.Streams = 5
	where, err := c.Save()
	if err != nil || !strings.HasSuffix(where, "/loadgate/calibration-a_.._b.json") {
		t.Fatal(where, err)
	}
	if got := Stored(m, "1"); got == nil || got.Streams != 5 {
		t.Errorf("%+v", got)
	}
	other := m
	other.Cores = 4
	if Stored(m, "2") != nil || Stored(other, "1") != nil {
		t.Error("it is taken for another build, or another machine")
	}
	if err := os.WriteFile(where, []byte("{"), 0o600); err != nil || Stored(m, "1") != nil {
		t.Error("a broken file is a calibration")
	}
}
