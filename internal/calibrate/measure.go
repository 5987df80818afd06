package calibrate

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/rawserver"
	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/internal/store"
)

// Verdicts on a rung.
const (
	Holds       = "holds"
	Off         = "off"          // a number is not the truth
	Invalid     = "invalid"      // loadgate itself says that its numbers cannot be believed
	ServerBound = "server_bound" // the server did not keep its own schedule: nothing is known of the client
)

// Reading is what a rung showed. Times are p99 in ms; what was not measured is
// null.
type Reading struct {
	Kind    string  `json:"kind"`
	Streams int     `json:"streams,omitempty"`
	Rate    float64 `json:"rate_per_s,omitempty"`

	Requests        int           `json:"requests"`
	EventsPerSecond result.Number `json:"events_per_s"`
	CPUPerEventUS   result.Number `json:"cpu_per_event_us"`
	CPUShare        result.Number `json:"cpu_share"` // of the usable cores
	RSSBytes        int64         `json:"rss_bytes"`
	LagMS           result.Number `json:"client_lag_p99_ms"` // from the kernel's receive stamp to the read
	SendLateMS      result.Number `json:"send_late_p99_ms"`
	TTFTMS          result.Number `json:"ttft_p99_ms"`
	TrueTTFTMS      result.Number `json:"true_ttft_p99_ms"`
	ITLMS           result.Number `json:"itl_p99_ms"`
	TrueITLMS       result.Number `json:"true_itl_p99_ms"`
	ServerLateMS    result.Number `json:"server_late_p99_ms"`

	Verdict string `json:"verdict"`
	Why     string `json:"why,omitempty"`
}

// gathered is what the samples and the truth say, in ms.
type gathered struct {
	ttft, trueTTFT, itl, trueITL, lag, late, serverLate []float64

	shape                  rawserver.Shape
	requests, events, lost int
	totals                 engine.Totals
}

// read compares the run in dir with what the server says.
func read(r Rung, dir string, truths []rawserver.Truth) (Reading, error) {
	out := Reading{Kind: r.Kind, Streams: r.Streams, Rate: r.Rate}
	g, err := gather(r.Shape, dir, truths)
	if err != nil {
		return out, err
	}
	doc, err := document(filepath.Join(dir, "result.json"))
	if err != nil {
		return out, err
	}
	c := g.totals.Client
	out.Requests, out.RSSBytes = g.requests, c.MaxRSSBytes
	out.EventsPerSecond = result.Number(float64(g.events) / c.WallSeconds)
	out.CPUPerEventUS = result.Number(c.CPUSeconds / float64(g.events) * 1e6)
	out.CPUShare = result.Number(c.CPUSeconds / (c.WallSeconds * c.Cores))
	for to, values := range map[*result.Number][]float64{
		&out.LagMS: g.lag, &out.SendLateMS: g.late, &out.TTFTMS: g.ttft, &out.TrueTTFTMS: g.trueTTFT,
		&out.ITLMS: g.itl, &out.TrueITLMS: g.trueITL, &out.ServerLateMS: g.serverLate,
	} {
		slices.Sort(values)
		*to = result.Number(stat.Quantile(values, 0.99))
	}
	out.judge(g, doc)
	return out, nil
}

func document(file string) (*result.Document, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var doc result.Document
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(doc.Cells) != 1 {
		return nil, fmt.Errorf("%s: %d cells, want 1", file, len(doc.Cells))
	}
	return &doc, nil
}

func gather(shape rawserver.Shape, dir string, truths []rawserver.Truth) (*gathered, error) {
	run, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	byID := make(map[string]*rawserver.Truth, len(truths))
	g := &gathered{shape: shape}
	for i := range truths {
		byID[truths[i].ID] = &truths[i]
	}
	for id := range run.Committed() {
		repeats, err := run.Repeats(id)
		if err != nil {
			return nil, err
		}
		for _, r := range repeats {
			g.totals = r.Totals
		}
		for rec, err := range run.Samples(id) {
			if err != nil {
				return nil, err
			}
			t := byID[rec.Sample.ID]
			delete(byID, rec.Sample.ID)
			g.add(&rec.Sample, t)
		}
	}
	g.lost += len(byID)
	if g.requests == 0 || g.totals.Client.WallSeconds <= 0 {
		return nil, fmt.Errorf("%s: no request was answered", dir)
	}
	return g, nil
}

// add takes one request; t is nil where the server knows nothing of it.
func (g *gathered) add(s *engine.Sample, t *rawserver.Truth) {
	if t == nil || s.Outcome != llm.Completed || !t.Whole || len(s.Events) != t.Tokens {
		g.lost++
		return
	}
	g.requests++
	g.events += len(s.Events)
	if s.Warmup {
		return
	}
	g.late = append(g.late, ms(s.Start-max(s.Sched, s.Ready)))
	for _, e := range s.Events {
		if e.Kernel != 0 {
			g.lag = append(g.lag, ms(e.At-e.Kernel))
		}
	}
	if len(t.Wrote) == 0 {
		return
	}
	for i, at := range t.Wrote {
		due := t.Arrived + int64(g.shape.TTFT) + int64(i)*int64(g.shape.ITL)
		g.serverLate = append(g.serverLate, ms(at-due))
	}
	g.ttft, g.trueTTFT = append(g.ttft, ms(s.Tok1-s.Sched)), append(g.trueTTFT, ms(t.Wrote[0]-t.Arrived))
	for i := 1; i < len(t.Wrote); i++ {
		g.itl = append(g.itl, ms(stamp(s.Events[i])-stamp(s.Events[i-1])))
		g.trueITL = append(g.trueITL, ms(t.Wrote[i]-t.Wrote[i-1]))
	}
}

func stamp(e engine.Event) int64 {
	if e.Kernel != 0 {
		return e.Kernel
	}
	return e.At
}

func ms(ns int64) float64 { return float64(ns) / 1e6 }

// How far a percentile may lie from the truth, and the server's tokens behind
// their schedule.
const (
	closeMS     = 1.0
	closeShare  = 0.02
	serverLimit = 1.0
)

func (r *Reading) judge(g *gathered, doc *result.Document) {
	cell := doc.Cells[0]
	off := func(name string, ours, truth result.Number) string {
		if !ours.Ok() || math.Abs(float64(ours-truth)) <= max(closeMS, closeShare*float64(truth)) {
			return ""
		}
		return fmt.Sprintf("%s p99 %.1f ms, in truth %.1f", name, float64(ours), float64(truth))
	}
	ttft, itl := off("ttft", r.TTFTMS, r.TrueTTFTMS), off("itl", r.ITLMS, r.TrueITLMS)
	switch {
	case g.lost > 0:
		r.Verdict, r.Why = Off, fmt.Sprintf("%d requests that the server and the client do not agree on", g.lost)
	case float64(r.ServerLateMS) > serverLimit:
		r.Verdict, r.Why = ServerBound, fmt.Sprintf("the server was %.1f ms late itself (p99)", float64(r.ServerLateMS))
	case cell.Validity == result.Invalid:
		r.Verdict, r.Why = Invalid, invalidBy(cell.Findings)
	case ttft != "" || itl != "":
		r.Verdict, r.Why = Off, strings.Trim(ttft+"; "+itl, "; ")
	default:
		r.Verdict = Holds
	}
}

func invalidBy(findings []result.Finding) string {
	for _, f := range findings {
		if f.Level == "invalid" {
			return f.Check + ": " + f.Message
		}
	}
	return ""
}
