package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"
)

// disk is every change that the store makes to files, by slash-separated names
// inside the run directory. Tests replace it to make each step fail in turn.
type disk interface {
	OpenFile(name string, flag int, perm fs.FileMode) (file, error)
	Mkdir(name string, perm fs.FileMode) error
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(name string) error
}

// file is an open file that is written.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// rootDisk is the real disk: os.Root keeps every name inside the directory,
// symbolic links included.
type rootDisk struct{ *os.Root }

func (d rootDisk) OpenFile(name string, flag int, perm fs.FileMode) (file, error) {
	f, err := d.Root.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// SyncDir makes renames and new names in a folder durable. Systems that cannot
// sync folders order these by other means.
func (d rootDisk) SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := d.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// modes are the permissions of new files and folders, before the umask.
type modes struct{ file, dir fs.FileMode }

func modesFor(private bool) modes {
	if private {
		return modes{file: 0o600, dir: 0o700}
	}
	return modes{file: 0o666, dir: 0o777}
}

// replaceFile writes a whole file so that a reader, and a machine that loses
// power, sees the old content or the new one and nothing between: temporary
// file, sync, rename, sync of the folder.
func replaceFile(d disk, name string, mode fs.FileMode, write func(io.Writer) error) error {
	tmp := name + ".tmp"
	if err := writeSynced(d, tmp, mode, write); err != nil {
		_ = d.Remove(tmp) // best effort: the error that matters is at hand
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := d.Rename(tmp, name); err != nil {
		_ = d.Remove(tmp)
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := d.SyncDir(path.Dir(name)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func writeSynced(d disk, name string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// mkdirSynced makes a folder, unless it is there, and makes its name durable.
func mkdirSynced(d disk, name string, mode fs.FileMode) error {
	if err := d.Mkdir(name, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.SyncDir(path.Dir(name))
}
