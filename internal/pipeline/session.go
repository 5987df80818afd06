package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/internal/yamlpos"
	"loadgate/reporters"
)

// Session is one `run`: a plan, its run directory, and what comes of both.
type Session struct {
	Opened *Opened
	Store  *store.Run
	runner *Runner
	// release ends the kernel's stamping of what is received.
	release func()
}

// Origin says where a plan came from, for the manifest.
type Origin struct {
	Text    string   // the scenario's own text
	Set     []string // of --set
	Only    string   // of --only
	Version string   // of loadgate
	Commit  string   // that loadgate was built from
}

// NewSession makes the run directory of an opened plan. Errors are those of
// store.Create.
func NewSession(o *Opened, dir string, force bool, origin Origin, env yamlpos.Lookup, opt Options) (*Session, error) {
	return start(o, origin, env, opt, func(m store.Manifest, so store.Options) (*store.Run, error) {
		so.Force = force
		if dir == "" {
			dir = store.DefaultDir(m.Name, m.RunID, m.StartedAt)
		}
		return store.Create(dir, m, so)
	})
}

// ResumeSession opens the run directory of an opened plan to run what is not
// committed there. Errors are those of store.Resume.
func ResumeSession(o *Opened, dir string, origin Origin, env yamlpos.Lookup, opt Options) (*Session, error) {
	return start(o, origin, env, opt, func(m store.Manifest, so store.Options) (*store.Run, error) {
		return store.Resume(dir, m, so)
	})
}

func start(o *Opened, origin Origin, env yamlpos.Lookup, opt Options, open func(store.Manifest, store.Options) (*store.Run, error)) (*Session, error) {
	clock := llm.NewClock()
	receive, release := receiveClock()
	m, err := manifest(o, origin, env, clock, receive)
	if err != nil {
		release()
		return nil, err
	}
	redactor := store.NewRedactor(Secrets(o, env))
	s, err := open(m, store.Options{Redact: redactor.Redact})
	if err != nil {
		release()
		return nil, err
	}
	opt.Loadgate = origin.Version
	if err := keepBaseline(o, s, opt.note); err != nil {
		release()
		return nil, errors.Join(err, s.Close())
	}
	return &Session{Opened: o, Store: s, runner: NewRunner(o, s, clock, redactor.Redact, opt), release: release}, nil
}

func manifest(o *Opened, origin Origin, env yamlpos.Lookup, clock llm.Clock, receive string) (store.Manifest, error) {
	plan, err := pack(o)
	if err != nil {
		return store.Manifest{}, err
	}
	resolved, err := json.Marshal(printable(o.Plan.Resolved))
	if err != nil {
		return store.Manifest{}, fmt.Errorf("store the scenario: %w", err)
	}
	m := store.Manifest{
		RunID: store.NewRunID(), Name: o.Plan.Name, ScenarioFile: o.Plan.File, ScenarioText: origin.Text,
		Scenario: resolved, ScenarioHash: o.Plan.Hash, PlanHash: planHash(o), Plan: plan,
		Profile: o.Plan.Profile, Set: origin.Set, Only: origin.Only,
		Process: store.Process{
			Loadgate: origin.Version, Machine: Machine(env, receive), Clock: receive, ClockEpochNS: clock.EpochNS(), StartedAt: time.Now().UTC(),
		},
	}
	if origin.Commit != "" {
		m.Build = map[string]string{"vcs.revision": origin.Commit}
	}
	for _, c := range o.Cells {
		m.Seed = c.Load.Seed
		m.SaveTexts = m.SaveTexts || c.Save == saveTexts
		m.Cells = append(m.Cells, store.CellRef{ID: c.ID, Key: c.Key, SaveTexts: c.Save == saveTexts})
	}
	return m, nil
}

// planHash identifies what would be sent: the cells and the content of their
// datasets.
func planHash(o *Opened) string {
	h := sha256.New()
	for _, c := range o.Cells {
		fmt.Fprintf(h, "%s %s %s\n", c.ID, c.Key, c.Dataset.Digest())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Secrets lists the values that must never be seen: keys, headers that came from
// the environment, and the key that OpenAI's own clients take from there.
func Secrets(o *Opened, env yamlpos.Lookup) []string {
	var out []string
	for _, c := range o.Cells {
		out = append(out, secretsIn(c.Cell.Backend, false)...)
	}
	if key, ok := env("OPENAI_API_KEY"); ok {
		out = append(out, key)
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// secretsIn finds every api_key below a node, and with all set everything that
// is a reference, as it is below headers and params.
func secretsIn(n *yamlpos.Node, all bool) []string {
	var out []string
	for _, e := range n.Entries {
		if e.Key == "api_key" || (all && e.Value.Ref != "") {
			out = append(out, e.Value.Text)
		}
		out = append(out, secretsIn(e.Value, all || e.Key == "headers" || e.Key == "params")...)
	}
	return out
}

// Run runs the plan and records how it ended. The error says why the run could
// not be carried out; the journal knows it too.
func (s *Session) Run(ctx context.Context, stop <-chan struct{}, end func() RunEnd) error {
	defer s.release()
	err := s.runner.Run(ctx, stop)
	e := end()
	if err != nil {
		e.Failure = s.runner.redact(err.Error())
	}
	return errors.Join(err, s.Store.Event(eventRunEnd, e))
}

// Finish builds the report, writes result.json and the outputs, and returns the
// report with where the outputs lie. With an error the report may still be
// there.
func (s *Session) Finish(ctx context.Context, outputs []Output) (*reporters.Report, []string, error) {
	report, err := Build(s.Store, BuildOptions{Cells: s.runner.summaries})
	if err != nil {
		return nil, nil, err
	}
	paths, err := Save(ctx, s.Store, report, outputs)
	return report, paths, err
}

// Save writes result.json and the outputs of a report.
func Save(ctx context.Context, run *store.Run, report *reporters.Report, outputs []Output) ([]string, error) {
	err := run.WriteResult(report.Doc)
	paths, more := WriteReports(ctx, run, report, outputs)
	return paths, errors.Join(err, more)
}

// WriteDocument prints a report's result document.
func WriteDocument(w io.Writer, report *reporters.Report) error { return result.Encode(w, report.Doc) }
