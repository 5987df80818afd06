package result

import (
	"encoding/json"
	"fmt"
	"io"
)

// Encode writes the document as indented JSON. Equal documents give equal
// bytes: fields stand in the order of the types, keys of maps (labels, metrics,
// errors) are sorted, axes keep the order of the scenario. Absent lists and
// maps are written as empty ones.
func Encode(w io.Writer, doc *Document) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc.normal()); err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	return nil
}

// normal is a copy of the document in which no list and no map is nil, so that
// readers meet one spelling of "none". An empty schema version is filled in.
func (d *Document) normal() *Document {
	out := *d
	if out.SchemaVersion == "" {
		out.SchemaVersion = SchemaVersion
	}
	out.Labels = orEmptyMap(d.Labels)
	out.SLO = orEmpty(d.SLO)
	if d.Comparison != nil {
		out.Comparison = d.Comparison.normal()
	}
	out.Cells = make([]*Cell, len(d.Cells))
	for i, c := range d.Cells {
		out.Cells[i] = c.normal()
	}
	return &out
}

func (c *Comparison) normal() *Comparison {
	out := *c
	out.Differences, out.Warnings = orEmpty(c.Differences), orEmpty(c.Warnings)
	out.Pairs, out.Deltas = orEmpty(c.Pairs), orEmpty(c.Deltas)
	return &out
}

func (c *Cell) normal() *Cell {
	out := *c
	out.Axes = orEmpty(c.Axes)
	out.Load = orEmptyMap(c.Load)
	out.Labels = orEmptyMap(c.Labels)
	out.Findings = orEmpty(c.Findings)
	out.Metrics = orEmptyMap(c.Metrics)
	out.Counts.Errors = orEmptyMap(c.Counts.Errors)
	out.Repeats = make([]*Repeat, len(c.Repeats))
	for i, r := range c.Repeats {
		repeat := *r
		repeat.Findings = orEmpty(r.Findings)
		repeat.Metrics = orEmptyMap(r.Metrics)
		repeat.Counts.Errors = orEmptyMap(r.Counts.Errors)
		out.Repeats[i] = &repeat
	}
	return &out
}

func orEmpty[S ~[]E, E any](s S) S {
	if s == nil {
		return S{}
	}
	return s
}

func orEmptyMap[M ~map[K]V, K comparable, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}
