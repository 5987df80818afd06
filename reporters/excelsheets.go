package reporters

import (
	"fmt"
	"strings"
	"time"

	"loadgate/internal/diag"
	"loadgate/internal/result"
)

// writeVerdicts writes one row a judgement.
func writeVerdicts(b *workbook, r *Report, name string) error {
	const outcome = 5
	s, err := b.sheet(name, []column{
		{"Rule", 28, asLong},
		{"Assert", 36, asLong},
		{"Cell", 30, asText},
		{"Severity", 10, asText},
		{"Outcome", 12, asText},
		{"Got", 12, asGeneral},
		{"Op", 6, asText},
		{"Want", 12, asGeneral},
		{"Unit", 10, asText},
		{"n", 9, asCount},
		{"Reason", 70, asLong},
		{"Passes At", 24, asText},
		{"Place", 24, asText},
	})
	if err != nil {
		return err
	}
	for _, j := range r.Doc.SLO {
		cell := "(run)"
		if j.Cell != "" {
			cell = r.titleOfID(j.Cell)
		}
		err := s.add(j.Name, j.Assert, cell, j.Severity, string(j.Outcome), j.Got, j.Op, j.Want, j.Unit, j.N,
			j.Reason, j.Neighbor, placeOf(j))
		if err != nil {
			return err
		}
	}
	err = s.tint(outcome, map[string]string{
		string(result.RulePass): "good", string(result.RuleFail): "bad", string(result.RuleError): "bad",
		string(result.RuleInconclusive): "warn",
	})
	if err != nil {
		return err
	}
	return s.end(true)
}

// placeOf is file:line:col of a rule.
func placeOf(j result.SLO) string {
	return diag.Pos{File: j.File, Line: j.Line, Col: j.Col}.String()
}

// writeEnvironment writes what was measured on what: a key and its value a row,
// then the labels and the findings of all cells.
func writeEnvironment(b *workbook, r *Report, name string) error {
	s, err := b.sheet(name, []column{
		{"Key", 30, asText},
		{"Value", 60, asGeneral},
		{"Finding", 70, asLong},
	})
	if err != nil {
		return err
	}
	d, e := r.Doc, r.Doc.Environment
	rows := [][]any{
		{"name", d.Name},
		{"run", d.RunID},
		{"verdict", string(d.Verdict)},
		{"exit code", d.ExitCode},
		{"error", d.Error},
		{"started at", timestamp(d.StartedAt)},
		{"ended at", timestamp(d.EndedAt)},
		{"scenario", d.Scenario},
		{"scenario hash", d.ScenarioHash},
		{"loadgate version", d.Loadgate},
		{"result format", d.SchemaVersion},
		{"host", e.Host},
		{"os", e.OS},
		{"arch", e.Arch},
		{"kernel", e.Kernel},
		{"cpu", e.CPU},
		{"usable cores", e.Cores},
		{"memory (MiB)", float64(e.MemoryMiB)},
		{"go", e.Go},
		{"receive clock", e.Clock},
		{"ci", e.CI},
		{"commit", e.Commit},
		{"sheet Requests", b.leftOut},
	}
	for _, name := range sortedKeys(d.Labels) {
		rows = append(rows, []any{"label " + name, scalar(d.Labels[name])})
	}
	for _, row := range append(rows, findingRows(r)...) {
		if row[1] == "" {
			continue
		}
		if err := s.add(row...); err != nil {
			return err
		}
	}
	return s.end(false)
}

// findingRows is one row a finding: its check, the cell and repeat, the message.
func findingRows(r *Report) [][]any {
	var rows [][]any
	for _, c := range r.Doc.Cells {
		for _, f := range findingsOf(c) {
			where := r.titleOf(c)
			if repeatsOf(c) > 1 {
				where = strings.TrimPrefix(fmt.Sprintf("%s, repeat %d", where, f.Repeat+1), ", ")
			}
			if where == "" {
				where = c.ID
			}
			rows = append(rows, []any{"finding " + f.Check, where, findingText(f)})
		}
	}
	return rows
}

// findingText is a finding in one line; a message that says nothing is made up
// for by the value and the limit.
func findingText(f result.Finding) string {
	text := f.Message
	if text == "" {
		text = strings.TrimSpace(fmt.Sprintf("%s, limit %s %s", digits(f.Value), digits(f.Limit), f.Unit))
	}
	level := f.Level
	if f.Cause != "" {
		level += ", cause: " + f.Cause
	}
	return fmt.Sprintf("%s (%s)", text, level)
}

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
