package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
)

// faults lets the first `left` changes to files pass and makes all that come
// after it, or just the next one, fail.
type faults struct {
	left    int
	err     error
	once    bool
	fired   bool
	op      string
	partial bool // a failing write leaves half its bytes
}

func (f *faults) step(op string) error {
	if f.left > 0 {
		f.left--
		return nil
	}
	if f.fired && f.once {
		return nil
	}
	if !f.fired {
		f.fired, f.op = true, op
	}
	return f.err
}

// faultyDisk is a disk on which faults happen. What is not to fail is not
// synced either: no power is cut in these tests, and syncing takes their time.
type faultyDisk struct {
	disk
	faults *faults
}

func (d faultyDisk) OpenFile(name string, flag int, perm fs.FileMode) (file, error) {
	if err := d.faults.step("open " + name); err != nil {
		return nil, err
	}
	f, err := d.disk.OpenFile(name, flag, perm)
	return faultyFile{f, d.faults, name}, err
}

func (d faultyDisk) Mkdir(name string, perm fs.FileMode) error {
	if err := d.faults.step("mkdir " + name); err != nil {
		return err
	}
	return d.disk.Mkdir(name, perm)
}

func (d faultyDisk) Rename(from, to string) error {
	if err := d.faults.step("rename " + to); err != nil {
		return err
	}
	return d.disk.Rename(from, to)
}

func (d faultyDisk) SyncDir(name string) error {
	return d.faults.step("syncdir " + name)
}

type faultyFile struct {
	file
	faults *faults
	name   string
}

func (f faultyFile) Write(p []byte) (int, error) {
	if err := f.faults.step("write " + f.name); err != nil {
		n := 0
		if f.faults.partial {
			n, _ = f.file.Write(p[:len(p)/2])
		}
		return n, err
	}
	return f.file.Write(p)
}

func (f faultyFile) Sync() error { return f.faults.step("sync " + f.name) }

func (f faultyFile) Truncate(size int64) error {
	if err := f.faults.step("truncate " + f.name); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

func (f faultyFile) Close() error {
	err := f.faults.step("close " + f.name)
	return errors.Join(f.file.Close(), err)
}

// progress is what a faulty run was told to be done.
type progress struct {
	created   bool
	committed map[string]bool
	result    bool
}

// faultyRun records three cells, the second after an abandoned attempt, on a
// disk with faults. Like a real caller it stops at the first error.
func faultyRun(dir string, f *faults, resume bool) (p progress, err error) {
	p.committed = map[string]bool{}
	cells := []string{"a", "b", "c"}
	wrap := func(d disk) disk { return faultyDisk{d, f} }
	var r *Run
	if resume {
		r, err = resumeOn(dir, testManifest(cells...), Options{}, wrap)
	} else {
		r, err = createOn(dir, testManifest(cells...), Options{}, wrap)
	}
	if err != nil {
		return p, err
	}
	p.created = true
	defer func() { err = errors.Join(err, r.Close()) }()
	for i, id := range cells {
		if _, done := r.Committed()[id]; done {
			continue
		}
		if i == 1 {
			a, err := r.Begin(CellRef{ID: id, Key: "key-" + id})
			if err != nil {
				return p, err
			}
			if err := a.Append(0, testSample(0)); err != nil {
				return p, err
			}
			if err := a.Abandon("test"); err != nil {
				return p, err
			}
		}
		if err := runCell(r, id, i+2); err != nil {
			return p, err
		}
		p.committed[id] = true
	}
	if err := r.WriteFile("result.json", func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err }); err != nil {
		return p, err
	}
	p.result = true
	return p, r.Event("run_end", nil)
}

// TestEveryFault makes the n-th change to a file fail, for all n until none
// does. Whatever fails, nothing is claimed that is not there, what was
// committed reads back, and the run can be resumed to its end.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		f    faults
	}{
		{"disk full from then on", faults{err: syscall.ENOSPC, partial: true}},
		{"one error", faults{err: syscall.EIO, once: true}},
		{"quota", faults{err: syscall.EDQUOT, once: true, partial: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			base := quickDir(t)
			for n := 0; ; n++ {
				f := tc.f
				f.left = n
				dir := filepath.Join(base, fmt.Sprint(n))
				p, err := faultyRun(dir, &f, false)
				if !f.fired {
					if err != nil {
						t.Fatalf("without a fault: %v", err)
					}
					if n < 50 {
						t.Fatalf("a run has %d steps only: are all counted?", n)
					}
					t.Logf("%d steps failed in turn", n)
					return
				}
				checkAfterFault(t, fmt.Sprintf("step %d (%s)", n, f.op), dir, p, err, tc.f.err)
			}
		})
	}
}

func checkAfterFault(t *testing.T, step, dir string, p progress, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: error %v, want %v", step, err, want)
	}
	if !p.created {
		if _, err := Open(dir); err == nil {
			return // all that failed came after the first line of the journal
		} else if !errors.Is(err, ErrNoRun) {
			t.Fatalf("%s: open: %v", step, err)
		}
		return
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatalf("%s: open: %v", step, err)
	}
	for i, id := range []string{"a", "b", "c"} {
		_, committed := r.Committed()[id]
		if p.committed[id] && !committed {
			t.Fatalf("%s: the commit of %s is lost", step, id)
		}
		if committed {
			wantSamples(t, r, id, i+2)
		} else if _, err := readCell(r, id); err != nil {
			t.Fatalf("%s: unfinished samples of %s: %v", step, id, err)
		}
	}
	must(t, r.Close())
	if p, err := faultyRun(dir, &faults{left: 1 << 30}, true); err != nil || !p.result {
		t.Fatalf("%s: resume: %v", step, err)
	}
	if r, err = Open(dir); err != nil {
		t.Fatalf("%s: open after resume: %v", step, err)
	}
	for i, id := range []string{"a", "b", "c"} {
		wantSamples(t, r, id, i+2)
	}
	must(t, r.Close())
}

// TestFaultsWhileResuming makes each step of the second half of a run fail.
func TestFaultsWhileResuming(t *testing.T) {
	t.Parallel()
	base := quickDir(t)
	for n := 0; ; n++ {
		dir := filepath.Join(base, fmt.Sprint(n))
		r, err := Create(dir, testManifest("a", "b", "c"), Options{})
		must(t, err)
		must(t, runCell(r, "a", 2))
		_, err = r.Begin(CellRef{ID: "b", Key: "key-b"})
		must(t, err)
		must(t, r.Close())
		f := &faults{left: n, err: syscall.EIO, once: true, partial: true}
		p, err := faultyRun(dir, f, true)
		if !f.fired {
			must(t, err)
			t.Logf("%d steps failed in turn", n)
			return
		}
		p.created, p.committed["a"] = true, true
		checkAfterFault(t, fmt.Sprintf("step %d (%s)", n, f.op), dir, p, err, syscall.EIO)
	}
}

// TestNothingFollowsAFailedWrite: half a line must stay the last one.
func TestNothingFollowsAFailedWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	f := &faults{left: 1 << 30, err: syscall.ENOSPC, once: true, partial: true}
	r, err := createOn(dir, testManifest("a"), Options{}, func(d disk) disk { return faultyDisk{d, f} })
	must(t, err)
	defer r.Close()
	a, err := r.Begin(CellRef{ID: "a"})
	must(t, err)
	must(t, fill(a, 1))
	f.left = 0
	if err := fill(a, 1); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the failed write: %v", err)
	}
	if err := a.Append(0, testSample(5)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the append after it: %v", err)
	}
	if err := a.Commit(nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the commit after it: %v", err)
	}
	got, err := readCell(r, "a")
	if err != nil || len(got) == 0 || len(got) > 2 {
		t.Errorf("%d samples, %v", len(got), err)
	}
	if n := len(r.Committed()); n != 0 {
		t.Errorf("%d cells are committed", n)
	}
}
