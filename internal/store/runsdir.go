package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// runsName is the folder that runs without --out go to.
const runsName = "runs"

// latestName is a link to the run that was begun or resumed last.
const latestName = "latest"

// NewRunID draws an id that no other run has: eight hexadecimal digits.
func NewRunID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

// DefaultDir is where a run goes without --out: runs/<name>-<UTC>-<id>. The id
// makes it unique, not the time.
func DefaultDir(name, id string, at time.Time) string {
	var slug strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.' && slug.Len() > 0:
			slug.WriteRune(c)
		case !strings.HasSuffix(slug.String(), "-") && slug.Len() > 0:
			slug.WriteByte('-')
		}
		if slug.Len() >= 60 {
			break
		}
	}
	base := strings.Trim(slug.String(), "-.")
	if base == "" {
		base = "run"
	}
	return filepath.Join(runsName, base+"-"+at.UTC().Format("20060102T150405Z")+"-"+id)
}

// makeRunDir makes the run's directory and those above it.
func makeRunDir(dir string, mode fs.FileMode) error {
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	err := os.Mkdir(dir, mode)
	switch {
	case errors.Is(err, fs.ErrExist):
		if info, statErr := os.Stat(dir); statErr != nil || !info.IsDir() {
			return err
		}
		if mode&0o077 == 0 { // texts will be stored: it was not made for that
			err = os.Chmod(dir, mode)
		} else {
			err = nil
		}
	case err == nil && filepath.Base(parent) == runsName:
		ignoreRuns(parent)
	}
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return err
	}
	defer root.Close()
	return rootDisk{root}.SyncDir(".")
}

// ignoreRuns keeps results out of the user's repository. It is a courtesy: a
// failure is none of the run's.
func ignoreRuns(parent string) {
	f, err := os.OpenFile(filepath.Join(parent, ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return
	}
	_, _ = f.WriteString("*\n")
	_ = f.Close()
}

// linkLatest points runs/latest to dir, where dir lies in a folder called runs.
// It is a courtesy too, and replaces nothing but a link.
func linkLatest(dir string) {
	dir, err := filepath.Abs(dir)
	if err != nil || filepath.Base(filepath.Dir(dir)) != runsName || filepath.Base(dir) == latestName {
		return
	}
	link := filepath.Join(filepath.Dir(dir), latestName)
	if info, err := os.Lstat(link); err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return
	}
	tmp := link + "." + NewRunID()
	if os.Symlink(filepath.Base(dir), tmp) != nil {
		return
	}
	if os.Rename(tmp, link) != nil {
		_ = os.Remove(tmp)
	}
}
