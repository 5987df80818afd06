package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDefaultDir(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for name, want := range map[string]string{
		"chat-gate":     "runs/chat-gate-20260102T020405Z-id",
		"Chat / Gate!!": "runs/chat-gate-20260102T020405Z-id",
		"../../etc":     "runs/etc-20260102T020405Z-id",
		"日本":            "runs/run-20260102T020405Z-id",
		"":              "runs/run-20260102T020405Z-id",
		"v1.2":          "runs/v1.2-20260102T020405Z-id",
	} {
		if got := filepath.ToSlash(DefaultDir(name, "id", at)); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	if got := filepath.Base(DefaultDir(strings.Repeat("x", 500), NewRunID(), at)); len(got) > 100 {
		t.Errorf("a long name gives %s", got)
	}
}

func TestRunsFolder(t *testing.T) {
	t.Parallel()
	runs := filepath.Join(t.TempDir(), "runs")
	for _, name := range []string{"first", "second"} {
		must(t, create(t, filepath.Join(runs, name), "a").Close())
		target, err := os.Readlink(filepath.Join(runs, "latest"))
		must(t, err)
		if target != name {
			t.Errorf("latest leads to %s, want %s", target, name)
		}
	}
	r, err := Resume(filepath.Join(runs, "latest"), testManifest("a"), Options{})
	must(t, err)
	must(t, r.Close())
	if target, _ := os.Readlink(filepath.Join(runs, "latest")); target != "second" {
		t.Errorf("resuming latest made it lead to %s", target)
	}
	ignore, err := os.ReadFile(filepath.Join(runs, ".gitignore"))
	must(t, err)
	if string(ignore) != "*\n" {
		t.Errorf(".gitignore holds %q", ignore)
	}
}

func TestRunsFolderOfTheUserIsLeftAlone(t *testing.T) {
	t.Parallel()
	runs := filepath.Join(t.TempDir(), "runs")
	must(t, os.Mkdir(runs, 0o777))
	for _, name := range []string{".gitignore", "latest"} {
		must(t, os.WriteFile(filepath.Join(runs, name), []byte("mine"), 0o600))
	}
	must(t, create(t, filepath.Join(runs, "first")).Close())
	for _, name := range []string{".gitignore", "latest"} {
		if data, err := os.ReadFile(filepath.Join(runs, name)); err != nil || string(data) != "mine" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	other := t.TempDir()
	must(t, create(t, filepath.Join(other, "out")).Close())
	if entries, _ := os.ReadDir(other); len(entries) != 1 {
		t.Errorf("beside a run that is not in runs/: %v", entries)
	}
}

// TestLinesDoNotWaitForCompany: a lonely sample is in the file after a second.
func TestLinesDoNotWaitForCompany(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	synctest.Test(t, func(t *testing.T) {
		r, err := Create(dir, testManifest("a"), Options{})
		must(t, err)
		a, err := r.Begin(CellRef{ID: "a"})
		must(t, err)
		for i := 1; i <= 3; i++ {
			must(t, a.Append(0, testSample(i-1)))
			time.Sleep(flushAfter)
			synctest.Wait()
			other, err := Open(dir)
			must(t, err)
			wantSamples(t, other, "a", i)
			must(t, other.Close())
		}
		must(t, r.Close())
	})
}
