package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func asCorrupt(err error, into **CorruptError) bool { return errors.As(err, into) }

// journalOf renders n plain entries and says where each ends.
func journalOf(t testing.TB, n int) (data []byte, ends []int) {
	t.Helper()
	for i := range n {
		line, err := encodeEntry(&Entry{Seq: i + 1, Event: "e", Data: json.RawMessage(fmt.Sprintf(`{"text":"line %d \u00e9 }"}`, i))})
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, line...)
		ends = append(ends, len(data))
	}
	return data, ends
}

// wholeLines is how many lines end within the first n bytes.
func wholeLines(ends []int, n int) int {
	return sort.SearchInts(ends, n+1)
}

func TestJournalCutAnywhere(t *testing.T) {
	t.Parallel()
	data, ends := journalOf(t, 700)
	if len(data) < 64<<10 {
		t.Fatalf("a journal of %d bytes is too small for this test", len(data))
	}
	for cut := range len(data) {
		// What lies well before the cut decodes as it does without one, and
		// decoding it 64,000 times would take a minute: start three lines before.
		whole := wholeLines(ends, cut)
		skip, from, intact := max(whole-3, 0), 0, 0
		if skip > 0 {
			from = ends[skip-1]
		}
		if whole > 0 {
			intact = ends[whole-1]
		}
		entries, n, err := decodeAfter(skip, data[from:cut])
		if err != nil || skip+len(entries) != whole || from+n != intact {
			t.Fatalf("cut at %d: %d entries, %d bytes, %v; want %d entries, %d bytes", cut, skip+len(entries), from+n, err, whole, intact)
		}
	}
}

func TestJournalFlippedAnywhere(t *testing.T) {
	t.Parallel()
	data, ends := journalOf(t, 12)
	want, _, err := decodeJournal(data)
	must(t, err)
	for i := range data {
		for bit := range 8 {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << bit
			entries, _, err := decodeJournal(bad)
			whole := wholeLines(ends, i)
			var corrupt *CorruptError
			switch {
			case asCorrupt(err, &corrupt):
				if corrupt.Line != whole+1 {
					t.Fatalf("byte %d bit %d: damage told in line %d, is in %d", i, bit, corrupt.Line, whole+1)
				}
			case err != nil:
				t.Fatalf("byte %d bit %d: %v", i, bit, err)
			default: // taken for a torn end: only the last line, or the feed before it
				if whole < len(ends)-2 {
					t.Fatalf("byte %d bit %d: damage in line %d was cut off in silence", i, bit, whole+1)
				}
				if d := cmp.Diff(want[:whole], entries); d != "" {
					t.Fatalf("byte %d bit %d (-want +got):\n%s", i, bit, d)
				}
			}
		}
	}
}

func TestJournalGaps(t *testing.T) {
	t.Parallel()
	data, ends := journalOf(t, 4)
	for name, bad := range map[string][]byte{
		"line missing":  append(bytes.Clone(data[:ends[0]]), data[ends[1]:]...),
		"line repeated": append(bytes.Clone(data[:ends[1]]), data[ends[0]:]...),
		"first missing": data[ends[0]:],
	} {
		var corrupt *CorruptError
		if _, _, err := decodeJournal(bad); !asCorrupt(err, &corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestResumeCutsATornJournal(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, "a", "b")
	must(t, runCell(r, "a", 2))
	_, err := r.Begin(CellRef{ID: "b", Key: "key-b"})
	must(t, err)
	must(t, r.Close())
	name := filepath.Join(dir, journalName)
	data, err := os.ReadFile(name)
	must(t, err)
	must(t, os.WriteFile(name, data[:len(data)-5], 0o600)) // the start of b is torn

	want := testManifest("a", "b")
	want.ClockEpochNS = 7
	r, err = Resume(dir, want, Options{})
	must(t, err)
	a, err := r.Begin(CellRef{ID: "b", Key: "key-b"})
	must(t, err)
	if a.Number() != 2 {
		t.Errorf("attempt %d: the folder of the torn one was used again", a.Number())
	}
	must(t, fill(a, 3))
	must(t, a.Commit(nil))
	must(t, r.Close())

	r, err = Open(dir)
	must(t, err)
	defer r.Close()
	wantSamples(t, r, "a", 2)
	wantSamples(t, r, "b", 3)
	if a, b := r.Committed()["a"].ClockEpochNS, r.Committed()["b"].ClockEpochNS; a != testManifest().ClockEpochNS || b != 7 {
		t.Errorf("clock epochs %d and %d", a, b)
	}
}

func TestResumeRefusesAnotherPlan(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	must(t, create(t, dir, "a", "b").Close())
	for what, change := range map[string]func(*Manifest){
		"scenario hash":   func(m *Manifest) { m.ScenarioHash = "other" },
		"plan hash":       func(m *Manifest) { m.PlanHash = "other" },
		"seed":            func(m *Manifest) { m.Seed = 43 },
		"save texts":      func(m *Manifest) { m.SaveTexts = true },
		"number of cells": func(m *Manifest) { m.Cells = m.Cells[:1] },
		"cell 2":          func(m *Manifest) { m.Cells[1].Key = "other" },
	} {
		want := testManifest("a", "b")
		change(&want)
		_, err := Resume(dir, want, Options{})
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || len(mismatch.Differences) != 1 || mismatch.Differences[0].What != what {
			t.Errorf("%s: %v", what, err)
		}
	}
	r, err := Resume(dir, testManifest("a", "b"), Options{})
	must(t, err)
	must(t, r.Close())
}

func TestResumeMissesCommittedSamples(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, "a")
	must(t, runCell(r, "a", 2))
	must(t, r.Close())
	must(t, os.Truncate(filepath.Join(dir, "cells/a/attempt-1/samples.jsonl.zst"), 3))
	var corrupt *CorruptError
	if _, err := Resume(dir, testManifest("a"), Options{}); !asCorrupt(err, &corrupt) {
		t.Errorf("Resume: %v", err)
	}
}

func FuzzJournal(f *testing.F) {
	data, ends := journalOf(f, 3)
	f.Add(data)
	f.Add(data[:ends[1]+7])
	f.Add(flip(data, ends[0]+4))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, intact, err := decodeJournal(data)
		if err != nil {
			return
		}
		again, same, err := decodeJournal(data[:intact])
		if err != nil || same != intact || !cmp.Equal(entries, again) {
			t.Fatalf("the intact part reads differently: %v", err)
		}
		_ = newState(entries)
	})
}
