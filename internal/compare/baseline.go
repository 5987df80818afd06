package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"loadgate/internal/result"
)

// BaselineVersion names the shape of a baseline file.
const BaselineVersion = "loadgate.baseline/v1"

// The file. Fields stand in this order; a statistic takes one line.
type (
	baselineFile struct {
		SchemaVersion string             `json:"schema_version"`
		Name          string             `json:"name"`
		Reason        string             `json:"accepted_because"`
		RunID         string             `json:"run_id"`
		StartedAt     time.Time          `json:"started_at"`
		Loadgate      string             `json:"loadgate_version"`
		ScenarioHash  string             `json:"scenario_hash"`
		Labels        map[string]any     `json:"labels"`
		Environment   result.Environment `json:"environment"`
		Cells         []baselineCell     `json:"cells"`
	}
	baselineCell struct {
		ID            string                    `json:"id"`
		Key           string                    `json:"key"`
		Title         string                    `json:"title"`
		Axes          result.Axes               `json:"axes"`
		Load          map[string]any            `json:"load"`
		Backend       string                    `json:"backend"`
		Kind          string                    `json:"kind"`
		Model         string                    `json:"model"`
		Dataset       string                    `json:"dataset"`
		DatasetDigest string                    `json:"dataset_digest"`
		Validity      result.Validity           `json:"validity"`
		Sent          []int                     `json:"sent"` // a repeat, as are the next three
		Completed     []int                     `json:"completed"`
		Input         []result.Number           `json:"input_tokens"` // means
		Output        []result.Number           `json:"output_tokens"`
		Metrics       map[string]baselineSeries `json:"metrics"`
	}
	baselineSeries struct {
		Unit      string           `json:"unit"`
		Note      string           `json:"note,omitempty"`
		Samples   int              `json:"samples"`
		Values    []result.Number  `json:"values"`
		Variances []result.Number  `json:"variances"`
		History   *baselineHistory `json:"history,omitempty"`
	}
	baselineHistory struct {
		Runs       int     `json:"runs"`
		Repeats    float64 `json:"repeats"`
		WithinDF   float64 `json:"within_df"`
		WithinVar  float64 `json:"within_var"`
		BetweenDF  float64 `json:"between_df"`
		BetweenVar float64 `json:"between_var"`
		Mean       float64 `json:"mean"`
		Level      int     `json:"level"`
	}
)

// Digits that are kept: of values more than anybody measures, of variances what
// an estimate from a few hundred samples is worth.
const (
	valueDigits    = 6
	varianceDigits = 3
)

// WriteBaseline writes a side as a baseline file: JSON in a fixed order, one
// statistic a line, so that accepting another run shows as a small difference.
func WriteBaseline(w io.Writer, s *Side) error {
	var b bytes.Buffer
	f := fileOf(s)
	f.Cells = nil
	head, err := fields(f, "  ", "cells")
	if err != nil {
		return err
	}
	b.WriteString("{\n" + head + ",\n  \"cells\": [")
	for i, c := range s.Cells {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeCell(&b, c); err != nil {
			return err
		}
	}
	b.WriteString("\n  ]\n}\n")
	_, err = w.Write(b.Bytes())
	return err
}

func writeCell(b *bytes.Buffer, c *Cell) error {
	out := cellFile(c)
	head, err := fields(out, "      ", "metrics")
	if err != nil {
		return err
	}
	b.WriteString("\n    {\n" + head + ",\n      \"metrics\": {")
	for i, name := range inOrder(c.Series) {
		line, err := compact(seriesFile(c.Series[name]))
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "\n        %q: %s", name, line)
	}
	b.WriteString("\n      }\n    }")
	return nil
}

// fields writes the fields of a struct but the last, each on a line.
func fields(v any, indent, last string) (string, error) {
	whole, err := compact(v)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	dec := json.NewDecoder(bytes.NewReader(whole))
	if _, err := dec.Token(); err != nil {
		return "", err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return "", err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return "", err
		}
		if key == last {
			break
		}
		if out.Len() > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(&out, "%s%q: %s", indent, key, raw)
	}
	return out.String(), nil
}

func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write the baseline: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// inOrder lists the statistics of a cell as reports have them, others after them.
func inOrder(series map[string]*Series) []string {
	var out []string
	for _, name := range tracked {
		if series[name] != nil {
			out = append(out, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(series)) {
		if !slices.Contains(tracked, name) {
			out = append(out, name)
		}
	}
	return out
}

func fileOf(s *Side) baselineFile {
	f := baselineFile{
		SchemaVersion: BaselineVersion, Name: s.Name, Reason: s.Reason, RunID: s.RunID, StartedAt: s.StartedAt.UTC(), Loadgate: s.Loadgate,
		ScenarioHash: s.ScenarioHash, Labels: s.Labels, Environment: s.Environment,
	}
	if f.Labels == nil {
		f.Labels = map[string]any{}
	}
	return f
}

func cellFile(c *Cell) baselineCell {
	out := baselineCell{
		ID: c.ID, Key: c.Key, Title: c.Title, Axes: c.Axes, Load: c.Load, Backend: c.Backend, Kind: c.Kind, Model: c.Model,
		Dataset: c.Dataset, DatasetDigest: c.DatasetDigest, Validity: c.Validity,
	}
	if out.Axes == nil {
		out.Axes = result.Axes{}
	}
	for _, r := range c.Repeats {
		out.Sent, out.Completed = append(out.Sent, r.Sent), append(out.Completed, r.Completed)
		out.Input = append(out.Input, rounded(r.Input, valueDigits))
		out.Output = append(out.Output, rounded(r.Output, valueDigits))
	}
	return out
}

func seriesFile(s *Series) baselineSeries {
	out := baselineSeries{Unit: s.Unit, Note: s.Note, Samples: s.Samples, Values: []result.Number{}, Variances: []result.Number{}}
	for _, v := range s.Values {
		out.Values = append(out.Values, rounded(v, valueDigits))
	}
	for _, v := range s.Variances {
		out.Variances = append(out.Variances, rounded(v, varianceDigits))
	}
	if h := s.History; h != nil && h.Runs > 0 {
		r := func(v float64, n int) float64 { return float64(rounded(result.Number(v), n)) }
		out.History = &baselineHistory{
			h.Runs, r(h.Repeats, varianceDigits), r(h.WithinDF, varianceDigits), r(h.WithinVar, varianceDigits),
			r(h.BetweenDF, varianceDigits), r(h.BetweenVar, varianceDigits), r(h.Mean, valueDigits), h.Level,
		}
	}
	return out
}

// rounded keeps n significant digits.
func rounded(v result.Number, n int) result.Number {
	f := float64(v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return v
	}
	short, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', n, 64), 64) // its own output parses
	return result.Number(short)
}

// Decode reads a side from a baseline file or a result.json; path names it in
// errors. also names statistics to take from a result beside those that are
// always compared.
func Decode(path string, data []byte, also ...string) (*Side, error) {
	var head struct {
		SchemaVersion string `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if head.SchemaVersion != BaselineVersion {
		doc, err := result.Decode(path, data)
		if err != nil {
			return nil, err
		}
		return FromDocument(doc, path, FormResult, nil, also...), nil
	}
	var f baselineFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	s := &Side{
		Path: path, Form: FormBaseline, Name: f.Name, RunID: f.RunID, ScenarioHash: f.ScenarioHash, StartedAt: f.StartedAt,
		Loadgate: f.Loadgate, Reason: f.Reason, Environment: f.Environment, Labels: f.Labels,
	}
	for i := range f.Cells {
		c, err := f.Cells[i].cell()
		if err != nil {
			return nil, fmt.Errorf("read %s: cell %q: %w", path, f.Cells[i].ID, err)
		}
		s.Cells = append(s.Cells, c)
	}
	return s, nil
}

func (c *baselineCell) cell() (*Cell, error) {
	out := &Cell{
		ID: c.ID, Key: c.Key, Title: c.Title, Axes: c.Axes, Load: c.Load, Backend: c.Backend, Kind: c.Kind, Model: c.Model,
		Dataset: c.Dataset, DatasetDigest: c.DatasetDigest, Validity: c.Validity, Series: map[string]*Series{},
	}
	n := len(c.Sent)
	if len(c.Completed) != n || len(c.Input) != n || len(c.Output) != n {
		return nil, fmt.Errorf("sent, completed, input_tokens and output_tokens have unlike lengths")
	}
	for i := range n {
		out.Repeats = append(out.Repeats, Repeat{c.Sent[i], c.Completed[i], c.Input[i], c.Output[i]})
	}
	for name, m := range c.Metrics {
		if len(m.Values) != n || len(m.Variances) != n {
			return nil, fmt.Errorf("%s has %d values and %d variances for %d repeats", name, len(m.Values), len(m.Variances), n)
		}
		s := &Series{Unit: m.Unit, Note: m.Note, Samples: m.Samples, Values: m.Values, Variances: m.Variances}
		if h := m.History; h != nil {
			if !(h.Runs > 0 && h.Repeats > 0 && h.WithinVar >= 0 && h.BetweenVar >= 0 && h.WithinDF >= 0 && h.BetweenDF >= 0) {
				return nil, fmt.Errorf("%s has a history that makes no sense", name)
			}
			s.History = (*History)(h)
		}
		out.Series[name] = s
	}
	return out, nil
}
