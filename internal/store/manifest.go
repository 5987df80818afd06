package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"loadgate/internal/result"
)

// SchemaVersion names the shape of the run directory: manifest, journal and
// samples together.
const SchemaVersion = "loadgate.run/v1"

// Manifest says what a run was asked to do. It is written once, before the
// first request, and holds references in place of secrets.
type Manifest struct {
	SchemaVersion string `json:"schema_version"` // filled in by Create
	RunID         string `json:"run_id"`
	Name          string `json:"name"`

	ScenarioFile string          `json:"scenario_file"`           // as given; "" when there was none
	ScenarioText string          `json:"scenario_text,omitempty"` // the file's own text
	Scenario     json.RawMessage `json:"scenario,omitempty"`      // resolved, as JSON
	ScenarioHash string          `json:"scenario_hash"`
	PlanHash     string          `json:"plan_hash"`
	Plan         json.RawMessage `json:"plan,omitempty"` // the expanded plan, as its owner wrote it
	Cells        []CellRef       `json:"cells"`          // in the order of the plan
	Seed         uint64          `json:"seed"`
	Profile      string          `json:"profile,omitempty"`
	Set          []string        `json:"set,omitempty"`  // of --set, as given
	Only         string          `json:"only,omitempty"` // of --only
	SaveTexts    bool            `json:"save_texts"`     // some cell stores texts: the directory is for its owner alone

	Process
}

// Process describes the process that measures. A resumed run has several: the
// first stands in the manifest, each further one in a journal line "resumed".
type Process struct {
	Loadgate     string             `json:"loadgate_version"`
	Build        map[string]string  `json:"build,omitempty"` // vcs revision, time, modified, …
	Machine      result.Environment `json:"machine"`
	Clock        string             `json:"clock"`          // user | kernel: where receive stamps come from
	ClockEpochNS int64              `json:"clock_epoch_ns"` // Unix time of stamp 0
	StartedAt    time.Time          `json:"started_at"`
}

// CellRef names a cell of the plan.
type CellRef struct {
	ID        string `json:"id"`  // [a-z0-9.=-]+, unique in the run: the name of its folder
	Key       string `json:"key"` // what comparisons match
	SaveTexts bool   `json:"save_texts,omitempty"`
}

// MismatchError says that a run cannot be resumed because it was made for
// something else.
type MismatchError struct {
	Dir         string
	Differences []Difference // at least one
}

// Difference is one property in which the stored run and the wanted one differ.
type Difference struct{ What, Stored, Wanted string }

// Error lists the differences, one a line.
func (e *MismatchError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be resumed, it was made for another plan:", e.Dir)
	for _, d := range e.Differences {
		fmt.Fprintf(&b, "\n  %s: stored %s, now %s", d.What, d.Stored, d.Wanted)
	}
	return b.String()
}

// VersionError says that a file has a shape that this program does not know.
type VersionError struct{ File, Have, Want string }

// Error names the file and both versions.
func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has schema_version %q, this loadgate reads %q: use the version that wrote it", e.File, e.Have, e.Want)
}

// differences lists in what the stored manifest is not the wanted one, as far
// as measured values depend on it.
func (m *Manifest) differences(want *Manifest) []Difference {
	var out []Difference
	add := func(what, stored, wanted string) {
		if stored != wanted {
			out = append(out, Difference{what, stored, wanted})
		}
	}
	add("scenario hash", m.ScenarioHash, want.ScenarioHash)
	add("plan hash", m.PlanHash, want.PlanHash)
	add("seed", fmt.Sprint(m.Seed), fmt.Sprint(want.Seed))
	add("save texts", fmt.Sprint(m.SaveTexts), fmt.Sprint(want.SaveTexts))
	add("number of cells", fmt.Sprint(len(m.Cells)), fmt.Sprint(len(want.Cells)))
	if len(m.Cells) == len(want.Cells) && !slices.Equal(m.Cells, want.Cells) {
		i := 0
		for m.Cells[i] == want.Cells[i] {
			i++
		}
		a, b := m.Cells[i], want.Cells[i]
		add(fmt.Sprintf("cell %d", i+1), fmt.Sprintf("%s (%s)", a.ID, a.Key), fmt.Sprintf("%s (%s)", b.ID, b.Key))
	}
	return out
}

// decodeManifest reads manifest.json.
func decodeManifest(data []byte) (*Manifest, error) {
	var head struct {
		SchemaVersion string `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("read %s: %w", ManifestName, err)
	}
	if head.SchemaVersion != SchemaVersion {
		return nil, &VersionError{File: ManifestName, Have: head.SchemaVersion, Want: SchemaVersion}
	}
	m := &Manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("read %s: %w", ManifestName, err)
	}
	return m, nil
}
