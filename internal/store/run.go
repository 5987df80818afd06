package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"loadgate/internal/result"
)

// Names inside the run directory.
const (
	ManifestName = "manifest.json"
	journalName  = "journal.jsonl"
	lockName     = "lock"
	cellsName    = "cells"
	resultName   = "result.json"
)

// ErrNotEmpty means that Create was given a directory that holds something.
var ErrNotEmpty = errors.New("directory is not empty")

// ErrNoRun means that a directory holds no run, or one that was killed before
// it began.
var ErrNoRun = errors.New("no run in this directory")

// ErrReadOnly means that a run was opened for reading and asked to record.
var ErrReadOnly = errors.New("run is open for reading only")

// Options say how a run is recorded.
type Options struct {
	Force bool // Create: replace the run that the directory holds; other files in it stay
	// Redact removes secrets from a text; see NewRedactor. Every text that comes
	// from outside passes it before it is written. Nil: nothing is secret.
	Redact func(string) string
}

// Run is an open run directory. Its methods may be called from several
// goroutines; an Attempt belongs to one.
type Run struct {
	dir      string
	root     *os.Root
	disk     disk
	manifest Manifest
	modes    modes
	redact   func(string) string
	lock     *lock // nil: read-only

	mu      sync.Mutex
	journal journal
	state   state
	epoch   int64 // Unix time, ns, of this process' stamp 0
	live    map[string]*Attempt
}

// Create makes dir (and its parents) a new run. The run holds a lock until
// Close. With m.SaveTexts the directory is readable by its owner alone.
// Errors: ErrNotEmpty, *LockedError, or a failure to write.
func Create(dir string, m Manifest, opts Options) (*Run, error) {
	return createOn(dir, m, opts, nil)
}

func createOn(dir string, m Manifest, opts Options, wrap func(disk) disk) (*Run, error) {
	m.SchemaVersion = SchemaVersion
	modes := modesFor(m.SaveTexts)
	if err := makeRunDir(dir, modes.dir); err != nil {
		return nil, err
	}
	r, err := open(dir, opts, wrap)
	if err != nil {
		return nil, err
	}
	r.manifest, r.modes, r.epoch = m, modes, m.ClockEpochNS
	if err := r.create(opts.Force); err != nil {
		return nil, errors.Join(fmt.Errorf("create run %s: %w", dir, err), r.Close())
	}
	linkLatest(dir)
	return r, nil
}

// Open opens a run for reading: its journal may have a torn tail, and another
// process may still be writing it. The journal is read once, now.
func Open(dir string) (*Run, error) {
	r, err := open(dir, Options{}, nil)
	if err != nil {
		return nil, err
	}
	if _, err := r.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open run %s: %w", dir, err), r.Close())
	}
	return r, nil
}

// Resume opens a run to continue it, under its lock, and cuts a torn journal.
// want is the manifest that the run would get if it were new: where the plans
// differ, the error is a *MismatchError. Its Process is recorded.
func Resume(dir string, want Manifest, opts Options) (*Run, error) {
	return resumeOn(dir, want, opts, nil)
}

func resumeOn(dir string, want Manifest, opts Options, wrap func(disk) disk) (*Run, error) {
	r, err := open(dir, opts, wrap)
	if err != nil {
		return nil, err
	}
	if err := r.resume(&want); err != nil {
		return nil, errors.Join(fmt.Errorf("resume run %s: %w", dir, err), r.Close())
	}
	linkLatest(dir)
	return r, nil
}

// Dir is the run directory as it was given.
func (r *Run) Dir() string { return r.dir }

// Manifest is what the run was asked to do. The caller does not change it.
func (r *Run) Manifest() *Manifest { return &r.manifest }

// Journal lists the events of the run so far, oldest first.
func (r *Run) Journal() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Entry(nil), r.state.entries...)
}

// Event records that something happened and returns when that is durable. data
// may be nil; it must marshal to JSON. After a failure every later event fails
// too.
func (r *Run) Event(kind string, data any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record(Entry{Event: kind}, data)
}

// WriteFile replaces a file of the run directory, whole or not at all. name is
// a plain file name. It serves reports too, and works on a run that is open for
// reading.
func (r *Run) WriteFile(name string, write func(io.Writer) error) error {
	if filepath.Base(name) != name || name == "." || name == ".." {
		return fmt.Errorf("%q is no plain file name", name)
	}
	return replaceFile(r.disk, name, r.modes.file, write)
}

// WriteResult replaces result.json, whole or not at all.
func (r *Run) WriteResult(doc *result.Document) error {
	return r.WriteFile(resultName, func(w io.Writer) error {
		return r.writeJSON(w, func(w io.Writer) error { return result.Encode(w, doc) })
	})
}

// Close ends recording and lets go of the lock. An attempt that is still open
// is left as a kill would leave it, with all that was appended in its file.
func (r *Run) Close() error {
	r.mu.Lock()
	live := r.live
	r.live = nil
	r.mu.Unlock()
	var errs []error
	for _, a := range live {
		errs = append(errs, a.stop())
	}
	if r.journal.file != nil {
		errs = append(errs, r.journal.file.Close())
	}
	if r.lock != nil {
		errs = append(errs, r.lock.release())
	}
	return errors.Join(append(errs, r.root.Close())...)
}

// open opens the directory itself. wrap, nil but in tests, stands between the
// store and the real disk.
func open(dir string, opts Options, wrap func(disk) disk) (*Run, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open run: %w", noRun(err))
	}
	r := &Run{dir: dir, root: root, disk: rootDisk{root}, redact: opts.Redact, modes: modesFor(false), live: map[string]*Attempt{}}
	if wrap != nil {
		r.disk = wrap(r.disk)
	}
	if r.redact == nil {
		r.redact = func(s string) string { return s }
	}
	return r, nil
}

// create writes the first files of a run, under the lock.
func (r *Run) create(force bool) error {
	var err error
	if r.lock, err = acquire(r.root); err != nil {
		return err
	}
	if err := r.clear(force); err != nil {
		return err
	}
	if err := mkdirSynced(r.disk, cellsName, r.modes.dir); err != nil {
		return err
	}
	err = replaceFile(r.disk, ManifestName, r.modes.file, func(w io.Writer) error { return r.writeIndented(w, &r.manifest) })
	if err != nil {
		return err
	}
	if err := r.openJournal(os.O_CREATE | os.O_EXCL); err != nil {
		return err
	}
	if err := r.disk.SyncDir("."); err != nil {
		return err
	}
	r.state = newState(nil)
	return r.Event(EventCreated, map[string]string{"schema_version": SchemaVersion, "run_id": r.manifest.RunID})
}

// clear makes sure that no earlier run is in the way. What the store did not
// write is never removed.
func (r *Run) clear(force bool) error {
	entries, err := fs.ReadDir(r.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == lockName:
		case !force:
			return ErrNotEmpty
		case name == journalName || name == ManifestName || name == resultName || name == cellsName:
			if err := r.root.RemoveAll(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// resume loads the run under the lock and makes its journal fit to be appended
// to.
func (r *Run) resume(want *Manifest) error {
	var err error
	if _, err := r.root.Lstat(ManifestName); err != nil {
		return noRun(err)
	}
	if r.lock, err = acquire(r.root); err != nil {
		return err
	}
	intact, err := r.load()
	if err != nil {
		return err
	}
	if d := r.manifest.differences(want); len(d) > 0 {
		return &MismatchError{Dir: r.dir, Differences: d}
	}
	if err := r.checkCommitted(); err != nil {
		return err
	}
	if err := r.openJournal(0); err != nil {
		return err
	}
	if err := r.journal.file.Truncate(int64(intact)); err != nil {
		return fmt.Errorf("cut the torn end of %s: %w", journalName, err)
	}
	r.epoch = want.ClockEpochNS
	return r.Event(EventResumed, want.Process)
}

// load reads manifest and journal and says how much of the latter is intact.
func (r *Run) load() (intact int, err error) {
	data, err := r.root.ReadFile(ManifestName)
	if err != nil {
		return 0, noRun(err)
	}
	m, err := decodeManifest(data)
	if err != nil {
		return 0, err
	}
	if data, err = r.root.ReadFile(journalName); err != nil {
		return 0, noRun(err)
	}
	entries, intact, err := decodeJournal(data)
	if err != nil {
		return 0, err
	}
	if len(entries) == 0 {
		return 0, fmt.Errorf("%w: its journal is empty", ErrNoRun)
	}
	r.manifest, r.modes, r.state = *m, modesFor(m.SaveTexts), newState(entries)
	return intact, r.state.err
}

func noRun(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNoRun, err)
	}
	return err
}

func (r *Run) openJournal(flag int) error {
	f, err := r.disk.OpenFile(journalName, flag|os.O_WRONLY|os.O_APPEND, r.modes.file)
	if err != nil {
		return fmt.Errorf("open %s: %w", journalName, err)
	}
	r.journal = journal{file: f, seq: len(r.state.entries)}
	return nil
}

// record appends an entry to the journal and to the state. Called with mu held.
func (r *Run) record(e Entry, data any) error {
	if r.lock == nil {
		return ErrReadOnly
	}
	e.Time = time.Now().UTC()
	if data != nil {
		raw, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("journal event %s: %w", e.Event, err)
		}
		e.Data = redactJSON(raw, r.redact)
	}
	e, err := r.journal.append(e)
	if err != nil {
		return err
	}
	r.state.add(e)
	return r.state.err
}

var cellID = regexp.MustCompile(`^[a-z0-9=-][a-z0-9.=-]{0,199}$`)

// checkID refuses a cell id that is not a harmless folder name.
func checkID(id string) error {
	if !cellID.MatchString(id) {
		return fmt.Errorf("cell id %q: not made of 1 to 200 of a-z, 0-9, '.', '=' and '-'", id)
	}
	return nil
}
