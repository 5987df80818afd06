//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
)

// findings is how the stored samples of a run compare with the server's truth.
type findings struct {
	requests, tokens int // as the server says
	lost, twice      int // requests and tokens that only one side has
	ttft, itl        [2]pair
	gap              [2]float64 // p50 and p99 of how far a gap is off, ms
	lag              [2]float64 // p50 and p99 of how long content lay in the kernel, ms
	shared           float64    // share of the events that have another one's stamp
	serverLate       float64    // p99 of the server's worst token a request, ms
	late, wrote      [3]float64 // p50, p99, most: start and write behind the plan, ms
	cpu              float64    // share of the usable cores, as loadgate says
	validity         string
	checks           []string
	said             []string // what findings say
}

// pair is a percentile by the client and by the server, ms.
type pair struct{ ours, truth float64 }

// collected is what the samples hold, in ns.
type collected struct {
	ttft, ttftTruth, gaps, gapsTruth, off, lag, late, wrote, serverLate []int64
}

func compare(dir string, doc []byte, truths map[string]*truth) (*findings, error) {
	run, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	f, c := &findings{requests: len(truths)}, &collected{}
	for _, t := range truths {
		f.tokens += t.Tokens
		c.serverLate = append(c.serverLate, t.Late)
	}
	for id := range run.Committed() {
		for rec, err := range run.Samples(id) {
			if err != nil {
				return nil, err
			}
			t := truths[rec.Sample.ID]
			if t == nil {
				f.twice++ // never arrived, or was stored twice
				continue
			}
			delete(truths, rec.Sample.ID)
			f.add(c, &rec, t)
		}
	}
	f.lost += len(truths)
	f.summarise(c)
	return f, f.document(doc)
}

func (f *findings) add(c *collected, rec *store.Record, t *truth) {
	s := &rec.Sample
	if s.Outcome != llm.Completed || !t.Whole || len(s.Events) != t.Tokens || s.Usage == nil || s.Usage.Output != t.Tokens {
		f.lost++
		return
	}
	c.late = append(c.late, s.Start-max(s.Sched, s.Ready))
	c.wrote = append(c.wrote, s.Wrote-max(s.Sched, s.Ready))
	if len(t.Wrote) == 0 {
		return
	}
	c.ttft = append(c.ttft, s.Tok1-s.Sched)
	c.ttftTruth = append(c.ttftTruth, t.Wrote[0]-t.Arrived)
	for i := 1; i < len(t.Wrote); i++ {
		ours, truth := stamp(s.Events[i].Kernel, s.Events[i].At)-stamp(s.Events[i-1].Kernel, s.Events[i-1].At), t.Wrote[i]-t.Wrote[i-1]
		c.gaps, c.gapsTruth, c.off = append(c.gaps, ours), append(c.gapsTruth, truth), append(c.off, max(ours-truth, truth-ours))
		c.lag = append(c.lag, s.Events[i].At-stamp(s.Events[i].Kernel, s.Events[i].At))
		if ours == 0 {
			f.shared++
		}
	}
}

func stamp(kernel, user int64) int64 {
	if kernel != 0 {
		return kernel
	}
	return user
}

func (f *findings) summarise(c *collected) {
	for i, q := range []float64{0.50, 0.99} {
		f.ttft[i] = pair{rank(c.ttft, q), rank(c.ttftTruth, q)}
		f.itl[i] = pair{rank(c.gaps, q), rank(c.gapsTruth, q)}
		f.gap[i], f.lag[i] = rank(c.off, q), rank(c.lag, q)
	}
	if len(c.gaps) > 0 {
		f.shared /= float64(len(c.gaps))
	}
	f.serverLate = rank(c.serverLate, 0.99)
	for i, q := range []float64{0.50, 0.99, 1} {
		f.late[i], f.wrote[i] = rank(c.late, q), rank(c.wrote, q)
	}
}

// rank is a percentile in ms, NaN of nothing.
func rank(ns []int64, q float64) float64 {
	if len(ns) == 0 {
		return math.NaN()
	}
	slices.Sort(ns)
	return float64(ns[int(math.Ceil(q*float64(len(ns))))-1]) / 1e6
}

// document takes over what loadgate itself says of the run.
func (f *findings) document(doc []byte) error {
	var d result.Document
	if err := json.Unmarshal(doc, &d); err != nil {
		return fmt.Errorf("result document: %w", err)
	}
	if len(d.Cells) != 1 || len(d.Cells[0].Repeats) != 1 {
		return fmt.Errorf("the result holds %d cells", len(d.Cells))
	}
	cell := d.Cells[0]
	f.cpu, f.validity = float64(cell.Repeats[0].Client.CPURatio), string(cell.Validity)
	for _, x := range cell.Findings {
		f.checks = append(f.checks, x.Check+" "+x.Level)
		f.said = append(f.said, x.Check+": "+x.Message)
	}
	return nil
}

// true says whether ttft and itl p99 are within 1 ms or 2 % of the truth.
func (f *findings) right() bool {
	for _, p := range []pair{f.ttft[1], f.itl[1]} {
		if d := math.Abs(p.ours - p.truth); !(d <= max(1, 0.02*p.truth)) {
			return false
		}
	}
	return true
}
