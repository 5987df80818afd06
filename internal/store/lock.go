package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// LockedError says that another process is recording into the run.
type LockedError struct {
	Dir   string
	Owner string // what the other process wrote about itself; may be empty
}

// Error names the directory and the process.
func (e *LockedError) Error() string {
	if e.Owner == "" {
		return fmt.Sprintf("%s is being written by another loadgate", e.Dir)
	}
	return fmt.Sprintf("%s is being written by another loadgate (%s)", e.Dir, e.Owner)
}

// lock is held while a process records. The system drops it with the process,
// so what a killed one leaves behind does not stand in the way.
type lock struct {
	root *os.Root
	file *os.File
}

// acquire takes the run's lock or returns a *LockedError.
func acquire(root *os.Root) (*lock, error) {
	for {
		f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
		if err := lockFile(f); err != nil {
			owner := readOwner(f)
			_ = f.Close()
			if errors.Is(err, errHeld) {
				return nil, &LockedError{Dir: root.Name(), Owner: owner}
			}
			return nil, fmt.Errorf("lock: %w", err)
		}
		if isCurrent(root, f) {
			return claim(root, f)
		}
		// The owner removed the file between our opening and locking it.
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
	}
}

// claim writes into the lock file who holds it.
func claim(root *os.Root, f *os.File) (*lock, error) {
	owner := fmt.Sprintf("pid %d, boot %s\n", os.Getpid(), bootID())
	err := f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(owner), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock: %w", err), f.Close())
	}
	return &lock{root: root, file: f}, nil
}

// isCurrent reports whether f is still what the lock's name leads to.
func isCurrent(root *os.Root, f *os.File) bool {
	named, err := root.Stat(lockName)
	if err != nil {
		return false
	}
	held, err := f.Stat()
	return err == nil && os.SameFile(named, held)
}

// release removes the lock file while it is held, then lets go of it.
func (l *lock) release() error {
	err := l.root.Remove(lockName)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.file.Close())
}

func readOwner(f *os.File) string {
	b := make([]byte, 200)
	n, _ := f.ReadAt(b, 0)
	return strings.TrimSpace(string(b[:n]))
}

// bootID tells a pid of this boot from the same number of an earlier one.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

// errHeld means that another process holds the lock.
var errHeld = errors.New("lock is held")
