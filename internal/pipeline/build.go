package pipeline

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"loadgate/internal/gate"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/internal/validity"
	"loadgate/metrics"
	"loadgate/reporters"
	"loadgate/scenario"
)

// Events that the pipeline adds to a run's journal.
const (
	eventPreflight = "preflight"
	eventRunEnd    = "run_end"
	eventCalibrate = "calibrated"
)

// RunEnd says how a run ended; it is the data of the journal's run_end line.
type RunEnd struct {
	Signal  int    `json:"signal,omitempty"` // exit code of the signal that ended it
	Failure string `json:"failure,omitempty"`
	Strict  bool   `json:"strict,omitempty"`
}

// preflightData is what the preflight found out, by cell.
type preflightData struct {
	Models map[string]string `json:"models"`
}

// calibratedData is the data of the journal's calibrated line: the prompts' lengths by
// cell, where room for what a server adds has changed them.
type calibratedData struct {
	Input map[string]*llm.Lengths `json:"input_tokens"`
}

// BuildOptions change what a report is built from.
type BuildOptions struct {
	Rules []*scenario.Rule        // judged instead of the stored ones; nil: the stored ones
	Cells map[string]*result.Cell // summaries that are known already, by id
}

// Build makes the report of a stored run: numbers from its samples, verdicts
// from its rules, and nothing from memory, so that it is the same now and later.
func Build(s *store.Run, opt BuildOptions) (*reporters.Report, error) {
	m := s.Manifest()
	plan, cells, err := unpack(m.Plan, m.Name, m.ScenarioHash)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Dir(), err)
	}
	if opt.Rules != nil {
		plan.Rules = opt.Rules
	}
	g, list := gate.Compile(plan)
	if err := list.Err(); err != nil {
		return nil, err
	}
	with, err := openComparer(s, plan)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Dir(), err)
	}
	b := &builder{store: s, gate: g, opt: opt, journal: readJournal(s), comparer: with, titles: titles(plan)}
	b.doc = document(m, b.journal)
	for i := range cells {
		if err := b.add(&cells[i], plan.Cells[i]); err != nil {
			return nil, err
		}
	}
	b.doc.Environment.Clock = clockUsed(b.doc.Cells, b.doc.Environment.Clock)
	b.judge()
	return &reporters.Report{Doc: b.doc, Titles: b.titles, Samples: s.Samples, Scenario: storedScenario(m)}, nil
}

// storedScenario is the scenario as the manifest holds it; nil where it cannot
// be read.
func storedScenario(m *store.Manifest) map[string]any {
	var v map[string]any
	_ = json.Unmarshal(m.Scenario, &v)
	return v
}

type builder struct {
	store   *store.Run
	gate    *gate.Gate
	opt     BuildOptions
	journal journal
	doc     *result.Document
	input   gate.Input
	missing int

	comparer *comparer // nil: nothing is compared
	titles   map[string]string
	fresh    []*result.Cell // measured again, to settle what was suspect
}

// journal is what a report needs of the journal.
type journal struct {
	end    RunEnd
	ended  time.Time
	models map[string]string
	input  map[string]*llm.Lengths // of prompts, where calibration changed them
}

func readJournal(s *store.Run) journal {
	j := journal{ended: s.Manifest().StartedAt}
	for _, e := range s.Journal() {
		j.ended = e.Time
		switch e.Event {
		case eventRunEnd:
			j.end = RunEnd{}
			_ = json.Unmarshal(e.Data, &j.end) // written by this package; the line's checksum was good
		case eventPreflight:
			var d preflightData
			_ = json.Unmarshal(e.Data, &d)
			j.models = d.Models
		case eventCalibrate:
			var d calibratedData
			_ = json.Unmarshal(e.Data, &d)
			j.input = d.Input
		}
	}
	return j
}

func document(m *store.Manifest, j journal) *result.Document {
	return &result.Document{
		SchemaVersion: result.SchemaVersion, Loadgate: m.Loadgate, RunID: m.RunID, Name: m.Name,
		Scenario: m.ScenarioFile, ScenarioHash: m.ScenarioHash, StartedAt: m.StartedAt.UTC(), EndedAt: j.ended.UTC(),
		Labels: map[string]any{}, Environment: m.Machine, Cells: []*result.Cell{},
	}
}

// add summarises one cell, if it was begun.
func (b *builder) add(s *storedCell, c *scenario.Cell) error {
	if input := b.journal.input[s.ID]; input != nil {
		s.Declared.Input = input
	}
	b.doc.Labels = labelsOf(b.doc.Labels, s.Labels, len(b.doc.Cells) == 0)
	_, committed := b.store.Committed()[s.ID]
	cell, pooled := b.opt.Cells[s.ID], (*result.Repeat)(nil)
	if cell == nil || b.gate.Needs(s.ID).Pooled {
		var err error
		if cell, pooled, err = summarize(b.store, b.gate, s, c); err != nil {
			return fmt.Errorf("cell %s: %w", s.ID, err)
		}
	}
	if !committed {
		b.missing++
		if len(cell.Repeats) == 0 {
			return nil
		}
		if b.input.Interrupted == nil {
			b.input.Interrupted = map[string]bool{}
		}
		b.input.Interrupted[s.ID] = true
	}
	if pooled != nil {
		if b.input.Pooled == nil {
			b.input.Pooled = map[string]*result.Repeat{}
		}
		b.input.Pooled[s.ID] = pooled
	}
	if cell.Model == "" {
		cell.Model = b.journal.models[s.ID]
	}
	b.doc.Cells = append(b.doc.Cells, cell)
	return b.again(s, c, cell.Model)
}

// labelsOf keeps the labels that every cell shares.
func labelsOf(all, of map[string]any, first bool) map[string]any {
	if first {
		return maps.Clone(of)
	}
	maps.DeleteFunc(all, func(k string, v any) bool { return of[k] != v })
	return all
}

func (b *builder) judge() {
	b.input.Cells = b.doc.Cells
	b.comparer.rules(b.doc.Cells, b.titles, &b.input)
	b.doc.SLO = b.gate.Judge(b.input)
	if b.opt.Rules == nil {
		b.doc.Comparison = b.comparer.compare(b.store, b.doc, b.titles, b.journal.end.Strict)
		b.comparer.settle(b)
	}
	run := gate.Run{Signal: b.journal.end.Signal, Strict: b.journal.end.Strict, Missing: b.missing}
	if f := b.journal.end.Failure; f != "" {
		run.Failure = errors.New(f)
	}
	gate.Decide(b.doc, run)
}

// summarize computes a cell from its stored samples. A repeat that was killed
// before its end has no totals and is left out.
func summarize(s *store.Run, g *gate.Gate, stored *storedCell, c *scenario.Cell) (*result.Cell, *result.Repeat, error) {
	name := cmp.Or(stored.storedAs, stored.ID)
	infos, err := s.Repeats(name)
	if err != nil {
		return nil, nil, err
	}
	needs := g.Needs(stored.ID)
	collectors, evidence := make([]*metrics.Collector, len(infos)), make([]*validity.Evidence, len(infos))
	for i := range collectors {
		evidence[i] = validity.NewEvidence(&c.Load)
		collectors[i] = metrics.NewCollector(metrics.Input{
			Load: &c.Load, Goodput: c.Goodput, Shares: needs.Shares, Quantiles: needs.Quantiles,
			Seed: c.Load.Seed + uint64(i), CI: true,
			Configured: metrics.Configured{Input: stored.Declared.Input, Output: stored.Declared.Output},
		})
	}
	groups := metrics.NewGroups(metrics.Input{Load: &c.Load, Seed: c.Load.Seed})
	for rec, err := range s.Samples(name) {
		if err != nil {
			return nil, nil, err
		}
		if rec.Repeat < len(collectors) {
			collectors[rec.Repeat].Add(&rec.Sample)
			evidence[rec.Repeat].Add(&rec.Sample)
			groups.Add(&rec.Sample)
		}
	}
	repeats := make([]*result.Repeat, len(infos))
	for i, info := range infos {
		repeats[i] = collectors[i].Repeat(info.Totals)
		repeats[i].Index, repeats[i].StartedAt = info.Index, info.StartedAt.UTC()
		repeats[i].Findings = check(g, stored, c, info, repeats[i], evidence[i])
		repeats[i].Validity = validity.Overall(repeats[i].Findings)
	}
	cell := cellOf(stored)
	metrics.Merge(cell, repeats)
	cell.Groups = groups.Result(measured(repeats))
	if len(repeats) > 0 {
		cell.StartedAt = repeats[0].StartedAt
	}
	var pooled *result.Repeat
	if needs.Pooled && len(collectors) > 0 {
		pooled = metrics.Pool(collectors)
	}
	return cell, pooled, nil
}

// measured is the time of all repeats' measured windows, in seconds.
func measured(repeats []*result.Repeat) (seconds float64) {
	for _, r := range repeats {
		if d := r.Metrics["duration"].Value; d.Ok() {
			seconds += float64(d)
		}
	}
	return seconds
}

func cellOf(s *storedCell) *result.Cell {
	c := &result.Cell{
		ID: s.ID, Key: s.Key, Axes: result.Axes{}, Backend: s.BackendName, Kind: s.Kind, Model: s.Model,
		Dataset: s.DatasetName, DatasetDigest: s.DatasetDigest, Labels: s.Labels,
	}
	if facts, ok := printable(s.Facts).(map[string]any); ok {
		c.Load, _ = facts["load"].(map[string]any)
	}
	for _, a := range s.Axes {
		c.Axes = append(c.Axes, result.Axis{Name: a.Name, Value: infinite(a.Value)})
	}
	return c
}

func titles(plan *scenario.Plan) map[string]string {
	out := map[string]string{}
	for _, c := range plan.Cells {
		out[c.ID] = c.Title
	}
	return out
}
