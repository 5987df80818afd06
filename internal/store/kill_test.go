package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// childVar tells the test binary to be a process that records a run.
const childVar = "LOADGATE_STORE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		if err := child(dir, os.Getenv(childVar+"_STEPS")); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killCells is the run that children record.
var killCells = []string{"a", "b", "c", "d"}

const killSamples = 40

// stopper lets so many changes to files pass, says so, and waits to be killed.
type stopper struct {
	disk
	left *int
}

func (s stopper) wait() {
	*s.left--
	if *s.left == 0 {
		fmt.Println("stopped")
		_, _ = io.Copy(io.Discard, os.Stdin) // until the kill, or the parent's end
		os.Exit(3)
	}
}

func (s stopper) Mkdir(name string, perm os.FileMode) error {
	s.wait()
	return s.disk.Mkdir(name, perm)
}

func (s stopper) Rename(from, to string) error { s.wait(); return s.disk.Rename(from, to) }
func (s stopper) SyncDir(string) error         { s.wait(); return nil } // a kill loses nothing that was written

func (s stopper) OpenFile(name string, flag int, perm os.FileMode) (file, error) {
	s.wait()
	f, err := s.disk.OpenFile(name, flag, perm)
	return stopperFile{f, s}, err
}

type stopperFile struct {
	file
	stopper stopper
}

// Write may be cut in the middle: the first half is written before the stop.
func (f stopperFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p[:len(p)/2])
	if err != nil {
		return n, err
	}
	f.stopper.wait()
	m, err := f.file.Write(p[len(p)/2:])
	return n + m, err
}

func (f stopperFile) Sync() error { f.stopper.wait(); return nil }

// child records what is left of the run in dir and stops after so many steps.
func child(dir, steps string) error {
	left, err := strconv.Atoi(steps)
	if err != nil {
		return err
	}
	wrap := func(d disk) disk { return stopper{d, &left} }
	r, err := resumeOn(dir, testManifest(killCells...), Options{}, wrap)
	if errors.Is(err, ErrNoRun) {
		r, err = createOn(dir, testManifest(killCells...), Options{Force: true}, wrap)
	}
	if err != nil {
		return err
	}
	for _, id := range killCells {
		if _, done := r.Committed()[id]; done {
			continue
		}
		if err := runCell(r, id, killSamples); err != nil {
			return err
		}
		fmt.Println("committed", id)
	}
	fmt.Println("finished")
	return r.Close()
}

// runChild starts a child, kills it (-9) where it stops, and returns its lines.
func runChild(t *testing.T, dir string, steps int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+dir, childVar+"_STEPS="+strconv.Itoa(steps))
	in, err := cmd.StdinPipe()
	must(t, err)
	defer in.Close()
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var lines []string
	for scan := bufio.NewScanner(out); scan.Scan(); {
		lines = append(lines, scan.Text())
		if scan.Text() == "stopped" {
			must(t, cmd.Process.Kill())
		}
	}
	_ = cmd.Wait() // the kill is its end
	return lines
}

// TestKillAndResume kills a process at ever later steps of a run, each time
// resuming what the one before left. No commit is lost, none is made twice.
func TestKillAndResume(t *testing.T) {
	t.Parallel()
	// Later lives start where earlier ones stopped, so that most steps are met
	// although not every number of them is tried.
	stride := 3
	if testing.Short() {
		stride = 12
	}
	kills := 0
	base := quickDir(t)
	for steps := 1; ; steps += stride {
		dir := filepath.Join(base, strconv.Itoa(steps))
		committed := map[string]bool{}
		finished := false
		// Each life gets farther by at least a cell, or is the last: a life that
		// stops within its first cell is followed by one with more steps.
		for life, budget := 0, steps; !finished; life, budget = life+1, budget+40 {
			if life > len(killCells)+1 {
				t.Fatalf("steps %d: no end after %d lives", steps, life)
			}
			finished = liveOn(t, dir, budget, committed)
			if !finished {
				kills++
			}
			checkKilled(t, dir, committed)
		}
		if len(committed) != len(killCells) {
			t.Fatalf("steps %d: finished with %d cells", steps, len(committed))
		}
		if steps > 60 {
			break
		}
	}
	t.Logf("%d kills", kills)
}

// liveOn lets one child work on the run and notes what it commits.
func liveOn(t *testing.T, dir string, steps int, committed map[string]bool) (finished bool) {
	t.Helper()
	for _, line := range runChild(t, dir, steps) {
		id, ok := strings.CutPrefix(line, "committed ")
		switch {
		case ok && committed[id]:
			t.Fatalf("steps %d: %s was committed twice", steps, id)
		case ok:
			committed[id] = true
		case line == "finished":
			finished = true
		case line != "stopped":
			t.Fatalf("steps %d: child says %q", steps, line)
		}
	}
	return finished
}

// checkKilled reads what a killed process left. A commit of which the process
// died before it could tell is a commit.
func checkKilled(t *testing.T, dir string, committed map[string]bool) {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		if len(committed) > 0 || !errors.Is(err, ErrNoRun) && !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("open: %v", err)
		}
		return
	}
	defer r.Close()
	for id := range committed {
		if _, ok := r.Committed()[id]; !ok {
			t.Fatalf("the commit of %s is lost", id)
		}
	}
	for _, id := range killCells {
		if _, ok := r.Committed()[id]; ok {
			committed[id] = true
			wantSamples(t, r, id, killSamples)
		} else if _, err := readCell(r, id); err != nil {
			t.Fatalf("unfinished samples of %s: %v", id, err)
		}
	}
}

func TestLockKeepsASecondProcessOut(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	r := create(t, dir, killCells...)
	for what, second := range map[string]func() (*Run, error){
		"resume": func() (*Run, error) { return Resume(dir, testManifest(killCells...), Options{}) },
		"create": func() (*Run, error) { return Create(dir, testManifest(), Options{Force: true}) },
	} {
		_, err := second()
		var locked *LockedError
		if !errors.As(err, &locked) || !strings.Contains(locked.Owner, fmt.Sprintf("pid %d", os.Getpid())) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if out := runChild(t, dir, 1000); len(out) != 1 || !strings.Contains(out[0], "another loadgate") {
		t.Errorf("another process: %v", out)
	}
	reader, err := Open(dir)
	must(t, err)
	must(t, reader.Close())
	must(t, r.Close())
	if r, err = Resume(dir, testManifest(killCells...), Options{}); err != nil {
		t.Fatalf("after Close: %v", err)
	}
	must(t, r.Close())
}
