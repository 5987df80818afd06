package pipeline

import (
	"encoding/json"
	"fmt"
	"math"

	"loadgate/internal/diag"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

// storedPlan is what a run directory keeps of a plan, so that a later report or
// judgement needs neither the scenario's file nor its environment.
type storedPlan struct {
	File   string         `json:"file"`
	Labels map[string]any `json:"labels"`
	Cells  []storedCell   `json:"cells"`
	Rules  []storedRule   `json:"rules"`
	// Compare is the section; what it compares with is a file of its own.
	Compare *scenario.Compare `json:"compare,omitempty"`
}

type storedCell struct {
	storedAs      string             // its name in the store; "" = ID
	ID            string             `json:"id"`
	Key           string             `json:"key"`
	Title         string             `json:"title"`
	Axes          []storedAxis       `json:"axes"`
	Facts         any                `json:"facts"`
	Labels        map[string]any     `json:"labels"`
	Load          storedLoad         `json:"load"`
	BackendName   string             `json:"backend"`
	Kind          string             `json:"kind"`
	Model         string             `json:"model"` // as the scenario has it; the preflight may find it out
	DatasetName   string             `json:"dataset"`
	DatasetDigest string             `json:"dataset_digest"`
	DatasetRows   int                `json:"dataset_rows"`
	Goodput       map[string]float64 `json:"goodput,omitempty"`
	Validity      scenario.Validity  `json:"validity"`
	Save          string             `json:"save,omitempty"`
	Declared      declared           `json:"declared"`
}

type storedAxis struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// storedLoad is a load whose infinite rate JSON can hold.
type storedLoad struct {
	scenario.Load
	Rate any
}

type storedRule struct {
	Name       string   `json:"name"`
	Assert     string   `json:"assert"`
	AssertPos  diag.Pos `json:"assert_pos"`
	When       string   `json:"when,omitempty"`
	WhenPos    diag.Pos `json:"when_pos"`
	Scope      string   `json:"scope"`
	Severity   string   `json:"severity"`
	Over       string   `json:"over"`
	Confidence float64  `json:"confidence,omitempty"`
}

// pack renders an opened plan for the manifest.
func pack(o *Opened) (json.RawMessage, error) {
	p := storedPlan{Compare: o.Plan.Compare, File: o.Plan.File, Labels: o.Plan.Labels, Cells: []storedCell{}, Rules: []storedRule{}}
	for _, c := range o.Cells {
		p.Cells = append(p.Cells, packCell(c))
	}
	for _, r := range o.Plan.Rules {
		s := storedRule{Name: r.Name, Assert: r.Assert.Text, AssertPos: r.Assert.Pos, Scope: r.Scope, Severity: r.Severity, Over: r.Over, Confidence: r.Confidence}
		if r.When != nil {
			s.When, s.WhenPos = r.When.Text, r.When.Pos
		}
		p.Rules = append(p.Rules, s)
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("store the plan: %w", err)
	}
	return b, nil
}

func packCell(c *Cell) storedCell {
	s := storedCell{
		storedAs: c.StoredAs, ID: c.ID, Key: c.Key, Title: c.Title, Axes: []storedAxis{}, Facts: printable(c.Facts), Labels: c.Labels,
		Load: storedLoad{c.Load, printable(c.Load.Rate)}, BackendName: c.BackendName, Kind: c.Kind,
		DatasetName: c.DatasetName, DatasetDigest: c.Dataset.Digest(), DatasetRows: c.Dataset.Rows(),
		Goodput: c.Goodput, Validity: c.Validity, Save: c.Save, Declared: declaredBy(c),
	}
	if t, ok := c.Backend.(llm.Target); ok {
		s.Model = t.Model()
	}
	for _, a := range c.Axes {
		s.Axes = append(s.Axes, storedAxis{a.Name, printable(a.Value)})
	}
	return s
}

// unpack rebuilds the plan: everything but the sections that only a run needs.
func unpack(data json.RawMessage, name, hash string) (*scenario.Plan, []storedCell, error) {
	var p storedPlan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, nil, fmt.Errorf("read the stored plan: %w", err)
	}
	plan := &scenario.Plan{Compare: p.Compare, File: p.File, Name: name, Labels: p.Labels, Hash: hash}
	for i := range p.Cells {
		plan.Cells = append(plan.Cells, unpackCell(&p.Cells[i]))
	}
	for _, r := range p.Rules {
		plan.Rules = append(plan.Rules, unpackRule(r))
	}
	return plan, p.Cells, nil
}

func unpackCell(s *storedCell) *scenario.Cell {
	c := &scenario.Cell{
		ID: s.ID, Key: s.Key, Title: s.Title, Labels: s.Labels, Load: s.Load.Load, BackendName: s.BackendName,
		DatasetName: s.DatasetName, Goodput: s.Goodput, Validity: s.Validity, Save: s.Save,
	}
	c.Load.Rate, _ = infinite(s.Load.Rate).(float64)
	c.Facts, _ = infinite(s.Facts).(map[string]any)
	for _, a := range s.Axes {
		c.Axes = append(c.Axes, scenario.AxisValue{Name: a.Name, Value: infinite(a.Value)})
	}
	return c
}

func unpackRule(r storedRule) *scenario.Rule {
	text := func(s string, at diag.Pos) *yamlpos.Node {
		return &yamlpos.Node{Kind: yamlpos.String, Pos: at, Width: 1, Value: s, Text: s}
	}
	out := &scenario.Rule{Name: r.Name, Assert: text(r.Assert, r.AssertPos), Scope: r.Scope, Severity: r.Severity, Over: r.Over, Confidence: r.Confidence}
	if r.When != "" {
		out.When = text(r.When, r.WhenPos)
	}
	return out
}

// infinity stands for +Inf in JSON, which has no word for it.
const infinity = "inf"

// printable replaces infinite numbers, deep, by what JSON can hold.
func printable(v any) any { return mapScalars(v, toJSON) }

// infinite undoes printable.
func infinite(v any) any { return mapScalars(v, fromJSON) }

func toJSON(v any) any {
	if f, ok := v.(float64); ok && math.IsInf(f, 1) {
		return infinity
	}
	return v
}

func fromJSON(v any) any {
	if v == infinity {
		return math.Inf(1)
	}
	return v
}

func mapScalars(v any, f func(any) any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = mapScalars(e, f)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = mapScalars(e, f)
		}
		return out
	default:
		return f(v)
	}
}
