package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"sync"
	"time"

	"loadgate/engine"
)

// Buffered lines go to the file when there are so many bytes of them, or when
// the oldest has waited so long: a kill loses no more than that.
const (
	flushBytes = 64 << 10
	flushAfter = time.Second
)

// ErrCommitted means that a cell was committed already.
var ErrCommitted = errors.New("cell is committed")

// errEnded means that an attempt was used after its end.
var errEnded = errors.New("attempt has ended")

// Attempt records one execution of a cell, all its repeats. Its methods are
// called by one goroutine. After a failed write every later call fails, since
// what follows half a line could not be read; what was written stays readable.
type Attempt struct {
	run *Run
	ref CellRef
	n   int
	dir string

	mu      sync.Mutex // the flush timer runs beside the caller
	file    file
	encode  lineEncoder
	buf     []byte
	timer   *time.Timer
	samples int
	err     error // sticky; errEnded after the end
}

// RepeatInfo is what is stored of one repeat beside its samples.
type RepeatInfo struct {
	Index     int           `json:"repeat"` // from 0
	StartedAt time.Time     `json:"started_at"`
	Totals    engine.Totals `json:"totals"`
}

// Begin starts a new attempt at a cell, number 1 or one more than the last. It
// returns when the journal durably says so; call it before the load.
func (r *Run) Begin(ref CellRef) (*Attempt, error) {
	if err := checkID(ref.ID); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch _, committed := r.state.commits[ref.ID]; {
	case r.lock == nil:
		return nil, ErrReadOnly
	case committed:
		return nil, fmt.Errorf("begin cell %s: %w", ref.ID, ErrCommitted)
	case r.live[ref.ID] != nil:
		return nil, fmt.Errorf("begin cell %s: it is running", ref.ID)
	case ref.SaveTexts && !r.manifest.SaveTexts:
		return nil, fmt.Errorf("begin cell %s: the run was not made to store texts", ref.ID)
	}
	a := &Attempt{run: r, ref: ref}
	if err := a.open(r.state.last[ref.ID].Attempt + 1); err != nil {
		return nil, fmt.Errorf("begin cell %s: %w", ref.ID, err)
	}
	err := r.record(Entry{Event: EventCellStart, Cell: ref.ID, Attempt: a.n}, startData{Key: ref.Key, ClockEpochNS: r.epoch})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin cell %s: %w", ref.ID, err), a.file.Close())
	}
	r.live[ref.ID] = a
	return a, nil
}

// open makes the attempt's folder and its samples file. A folder that a killed
// process left without a line in the journal is passed over, never reused.
func (a *Attempt) open(first int) error {
	d, m := a.run.disk, a.run.modes
	cell := path.Join(cellsName, a.ref.ID)
	if err := mkdirSynced(d, cell, m.dir); err != nil {
		return err
	}
	for a.n = first; ; a.n++ {
		a.dir = attemptDir(a.ref.ID, a.n)
		err := d.Mkdir(a.dir, m.dir)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := d.SyncDir(cell); err != nil {
		return err
	}
	f, err := d.OpenFile(path.Join(a.dir, samplesName), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, m.file)
	if err != nil {
		return err
	}
	if err := d.SyncDir(a.dir); err != nil {
		return errors.Join(err, f.Close())
	}
	a.file = f
	return nil
}

// Number is the attempt's number, from 1.
func (a *Attempt) Number() int { return a.n }

// Append stores a request of repeat (from 0). The sample is read, not kept. It
// is in the file a second later at the latest.
func (a *Attempt) Append(repeat int, s *engine.Sample) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	line, err := a.encode.sample(repeat, s, a.run.redact, a.ref.SaveTexts)
	if err != nil {
		return fmt.Errorf("store sample %s: %w", s.ID, err)
	}
	a.samples++
	return a.add(line)
}

// EndRepeat stores what the engine knows of a repeat beyond its samples.
func (a *Attempt) EndRepeat(repeat int, totals engine.Totals, startedAt time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	line, err := encodeRepeatEnd(RepeatInfo{Index: repeat, StartedAt: startedAt.UTC(), Totals: totals})
	if err != nil {
		return fmt.Errorf("store repeat %d: %w", repeat, err)
	}
	if err := a.add(line); err != nil {
		return err
	}
	return a.flush()
}

// add buffers a line. Called with mu held.
func (a *Attempt) add(line []byte) error {
	if len(a.buf) == 0 {
		a.startTimer()
	}
	a.buf = append(a.buf, line...)
	if len(a.buf) >= flushBytes {
		return a.flush()
	}
	return nil
}

// startTimer sees to it that a line does not wait for company. The timer's
// function ends by itself; after the attempt's end it does nothing.
func (a *Attempt) startTimer() {
	if a.timer != nil {
		a.timer.Reset(flushAfter)
		return
	}
	a.timer = time.AfterFunc(flushAfter, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.err == nil {
			_ = a.flush() // kept in a.err, told by the next call
		}
	})
}

// flush hands what is buffered to the system. Called with mu held.
func (a *Attempt) flush() error {
	if len(a.buf) == 0 {
		return nil
	}
	a.timer.Stop()
	_, err := a.file.Write(a.buf)
	a.buf = a.buf[:0]
	if err != nil {
		a.err = fmt.Errorf("write samples of cell %s: %w", a.ref.ID, err)
	}
	return a.err
}

// Abandon ends the attempt without a commit. What was appended stays readable,
// and the journal says why it is not all. After a failed write it returns that
// failure, having told the journal.
func (a *Attempt) Abandon(reason string) error {
	stopped := a.stop()
	if errors.Is(stopped, errEnded) {
		return stopped
	}
	r := a.run
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.live, a.ref.ID)
	told := r.record(Entry{Event: EventAbandon, Cell: a.ref.ID, Attempt: a.n}, abandonData{Reason: reason, Samples: a.samples})
	return errors.Join(stopped, told)
}

// stop flushes, syncs and closes the samples file. The second call returns
// errEnded.
func (a *Attempt) stop() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if errors.Is(a.err, errEnded) {
		return a.err
	}
	err := a.err
	if err == nil {
		err = a.flush()
	}
	if err == nil {
		if err = a.file.Sync(); err != nil {
			err = fmt.Errorf("write samples of cell %s: %w", a.ref.ID, err)
		}
	}
	a.err = errEnded
	return errors.Join(err, a.file.Close())
}

func attemptDir(cell string, n int) string {
	return path.Join(cellsName, cell, "attempt-"+strconv.Itoa(n))
}

// sync makes what was appended readable. It does nothing after the end.
func (a *Attempt) sync() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return nil // what can be read is in the file
	}
	return a.flush()
}
