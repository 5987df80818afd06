package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"

	"github.com/google/go-cmp/cmp"
)

// testManifest is the manifest of a run of the given cells.
func testManifest(cells ...string) Manifest {
	m := Manifest{RunID: "0badcafe", Name: "test", ScenarioHash: "5ce9", PlanHash: "91a9", Seed: 42, Process: Process{
		Loadgate: "v0.0.0", Clock: "user", ClockEpochNS: 1_700_000_000_000_000_000, StartedAt: time.Unix(1_700_000_000, 0).UTC(),
	}}
	for _, id := range cells {
		m.Cells = append(m.Cells, CellRef{ID: id, Key: "key-" + id})
	}
	return m
}

// testSample is request i of a run, with all that a stream can leave behind.
func testSample(i int) *engine.Sample {
	t0 := int64(1_000_000_000 + i*1_000)
	s := &engine.Sample{
		ID: fmt.Sprintf("lg-%d", i), Index: i, Session: "s", Warmup: i == 0,
		Sched: t0, Ready: t0, Start: t0 + 10, Conn: t0 + 20, Wrote: t0 + 30, Hdr: t0 + 40, Ev1: t0 + 50, Tok1: t0 + 60, Ans1: t0 + 60,
		TokN: t0 + 90, Done: t0 + 99, Streamed: true, Reused: i > 0, Outcome: llm.Completed, Status: 200, Finish: "stop",
		Usage: &llm.Usage{Set: true, Input: 12, Output: 3, Reasoning: -1, Cached: -1}, PromptKnown: 12, Asked: 3, PromptHash: "00ff00ff00ff00ff",
	}
	for k := range int64(3) {
		s.Events = append(s.Events, engine.Event{At: t0 + 60 + 10*k, Kernel: (t0 + 55 + 10*k) * (k % 2), Bytes: 4, Tokens: int32(k), Kind: llm.Kind("rct"[k])})
	}
	return s
}

// fill appends n samples and the end of repeat 0.
func fill(a *Attempt, n int) error {
	for i := range n {
		if err := a.Append(0, testSample(i)); err != nil {
			return err
		}
	}
	return a.EndRepeat(0, engine.Totals{Planned: n, Sent: n}, time.Unix(1_700_000_001, 0))
}

// runCell begins, fills and commits a cell.
func runCell(r *Run, id string, n int) error {
	a, err := r.Begin(CellRef{ID: id, Key: "key-" + id})
	if err != nil {
		return err
	}
	if err := fill(a, n); err != nil {
		return err
	}
	return a.Commit(map[string]int{"n": n})
}

// readCell collects a cell's samples.
func readCell(r *Run, id string) ([]engine.Sample, error) {
	var out []engine.Sample
	for rec, err := range r.Samples(id) {
		if err != nil {
			return out, err
		}
		out = append(out, rec.Sample)
	}
	return out, nil
}

// wantSamples checks that a cell reads back as samples 0 to n-1.
func wantSamples(t *testing.T, r *Run, id string, n int) {
	t.Helper()
	got, err := readCell(r, id)
	if err != nil {
		t.Fatalf("read %s: %v", id, err)
	}
	var want []engine.Sample
	for i := range n {
		want = append(want, *testSample(i))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("samples of %s (-want +got):\n%s", id, d)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// quickDir is a temporary folder in memory where there is such a thing, for
// tests that make hundreds of runs.
func quickDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "loadgate-store-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func create(t *testing.T, dir string, cells ...string) *Run {
	t.Helper()
	r, err := Create(dir, testManifest(cells...), Options{})
	must(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestRunReadsBackWhatWasRecorded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, "a", "b")
	must(t, r.Event("run_start", map[string]int{"cells": 2}))
	must(t, runCell(r, "a", 3))
	must(t, r.WriteResult(&result.Document{RunID: "0badcafe"}))
	must(t, r.Event("run_end", nil))
	must(t, r.Close())

	back, err := Open(dir)
	must(t, err)
	defer back.Close()
	want := testManifest("a", "b")
	want.SchemaVersion = SchemaVersion
	if d := cmp.Diff(want, *back.Manifest()); d != "" {
		t.Errorf("manifest (-want +got):\n%s", d)
	}
	wantSamples(t, back, "a", 3)
	var events []string
	for _, e := range back.Journal() {
		events = append(events, e.Event)
	}
	if d := cmp.Diff([]string{"created", "run_start", "cell_start", "cell_commit", "run_end"}, events); d != "" {
		t.Errorf("journal (-want +got):\n%s", d)
	}
	info := back.Committed()["a"]
	if info.Samples != 3 || info.Attempt != 1 || info.Key != "key-a" || info.ClockEpochNS != want.ClockEpochNS {
		t.Errorf("commit: %+v", info)
	}
	var summary map[string]int
	must(t, back.Summary("a", &summary))
	if summary["n"] != 3 {
		t.Errorf("summary: %v", summary)
	}
	repeats, err := back.Repeats("a")
	must(t, err)
	wantRepeats := []RepeatInfo{{StartedAt: time.Unix(1_700_000_001, 0).UTC(), Totals: engine.Totals{Planned: 3, Sent: 3}}}
	if d := cmp.Diff(wantRepeats, repeats); d != "" {
		t.Errorf("repeats (-want +got):\n%s", d)
	}
	doc, err := result.Read(dir)
	must(t, err)
	if doc.RunID != "0badcafe" {
		t.Errorf("result: %+v", doc)
	}
	if _, err := os.Stat(filepath.Join(dir, lockName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "cells/a/attempt-1/samples.jsonl")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the plain samples are still there after the commit: %v", err)
	}
}

func TestOpenForReadingRecordsNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	must(t, create(t, dir, "a").Close())
	r, err := Open(dir)
	must(t, err)
	defer r.Close()
	if _, err := r.Begin(CellRef{ID: "a"}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Begin: %v", err)
	}
	if err := r.Event("x", nil); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Event: %v", err)
	}
	must(t, r.WriteResult(&result.Document{}))
}

func TestSamplesOfARunningAttempt(t *testing.T) {
	t.Parallel()
	r := create(t, filepath.Join(t.TempDir(), "run"), "a")
	if got, err := readCell(r, "a"); err != nil || len(got) != 0 {
		t.Fatalf("a cell that was never begun: %v, %v", got, err)
	}
	a, err := r.Begin(CellRef{ID: "a"})
	must(t, err)
	must(t, a.Append(0, testSample(0)))
	wantSamples(t, r, "a", 1)
	must(t, a.Append(0, testSample(1)))
	wantSamples(t, r, "a", 2)
	must(t, a.Commit(nil))
	wantSamples(t, r, "a", 2)
}

func TestAbandonedAttemptStaysReadable(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, "a")
	a, err := r.Begin(CellRef{ID: "a"})
	must(t, err)
	must(t, a.Append(0, testSample(0)))
	must(t, a.Abandon("interrupted"))
	if err := a.Append(0, testSample(1)); err == nil {
		t.Error("an attempt that has ended takes samples")
	}
	if err := a.Commit(nil); err == nil {
		t.Error("an attempt that has ended can be committed")
	}
	wantSamples(t, r, "a", 1)
	if got := r.Attempts()["a"]; got.Abandoned != "interrupted" || got.Attempt != 1 {
		t.Errorf("attempt: %+v", got)
	}
	must(t, runCell(r, "a", 2))
	wantSamples(t, r, "a", 2)
	if got := r.Committed()["a"].Attempt; got != 2 {
		t.Errorf("committed attempt %d, want 2", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "cells/a/attempt-1/samples.jsonl")); err != nil {
		t.Errorf("the first attempt is gone: %v", err)
	}
}

func TestCreateWantsAnEmptyDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("x"), 0o600))
	if _, err := Create(dir, testManifest(), Options{}); !errors.Is(err, ErrNotEmpty) {
		t.Fatalf("Create in a directory with files: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, lockName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a refused Create left its lock: %v", err)
	}
	r, err := Create(dir, testManifest("a"), Options{Force: true})
	must(t, err)
	must(t, runCell(r, "a", 1))
	must(t, r.Close())
	r, err = Create(dir, testManifest("a"), Options{Force: true})
	must(t, err)
	defer r.Close()
	if n := len(r.Committed()); n != 0 {
		t.Errorf("the replaced run has %d committed cells", n)
	}
	if got, err := readCell(r, "a"); err != nil || len(got) != 0 {
		t.Errorf("the replaced run has samples: %v, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "thesis.txt")); err != nil {
		t.Errorf("a file that was not the store's is gone: %v", err)
	}
}

func TestBeginRefuses(t *testing.T) {
	t.Parallel()
	r := create(t, filepath.Join(t.TempDir(), "run"), "done")
	must(t, runCell(r, "done", 1))
	_, err := r.Begin(CellRef{ID: "running"})
	must(t, err)
	for _, id := range []string{"", ".", "..", ".hidden", "../x", "a/b", `a\b`, "A", "ä", "a b", strings.Repeat("a", 201)} {
		if _, err := r.Begin(CellRef{ID: id}); err == nil {
			t.Errorf("cell id %q was taken", id)
		}
	}
	if _, err := r.Begin(CellRef{ID: "done"}); !errors.Is(err, ErrCommitted) {
		t.Errorf("a committed cell: %v", err)
	}
	if _, err := r.Begin(CellRef{ID: "running"}); err == nil {
		t.Error("a running cell was begun again")
	}
	if _, err := r.Begin(CellRef{ID: "texts", SaveTexts: true}); err == nil {
		t.Error("texts in a run that is readable by everybody")
	}
}

func TestWriteFileKeepsToTheDirectory(t *testing.T) {
	t.Parallel()
	r := create(t, filepath.Join(t.TempDir(), "run"))
	for _, name := range []string{"", ".", "..", "../x", "a/b", "/etc/x"} {
		if err := r.WriteFile(name, nil); err == nil {
			t.Errorf("WriteFile(%q) was allowed", name)
		}
	}
}

func TestTextsMakeTheRunPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	must(t, os.Mkdir(dir, 0o755))
	m := testManifest("a", "b")
	m.SaveTexts = true
	r, err := Create(dir, m, Options{})
	must(t, err)
	defer r.Close()
	for id, texts := range map[string]bool{"a": true, "b": false} {
		a, err := r.Begin(CellRef{ID: id, SaveTexts: texts})
		must(t, err)
		s := testSample(0)
		s.Texts = &engine.Texts{Prompt: "p", Content: "c", Reasoning: "r", Tool: "t"}
		must(t, a.Append(0, s))
		must(t, a.Commit(nil))
		got, err := readCell(r, id)
		must(t, err)
		if stored := got[0].Texts != nil; stored != texts {
			t.Errorf("cell %s: texts stored: %v, want %v", id, stored, texts)
		}
	}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	}))
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, ErrNoRun) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoRun) {
		t.Errorf("empty directory: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	must(t, create(t, dir).Close())
	must(t, os.WriteFile(filepath.Join(dir, ManifestName), []byte(`{"schema_version":"loadgate.run/v9"}`), 0o600))
	var version *VersionError
	if _, err := Open(dir); !errors.As(err, &version) || version.Have != "loadgate.run/v9" {
		t.Errorf("newer version: %v", err)
	}
}
