package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// FileName is the document's name in a run directory.
const FileName = "result.json"

// VersionError says that a document has a shape that this program does not
// know, most often because a newer one wrote it.
type VersionError struct{ File, Have string }

// Error names the file and both versions.
func (e *VersionError) Error() string {
	if e.Have == "" {
		return fmt.Sprintf("%s is no result: it has no schema_version", e.File)
	}
	return fmt.Sprintf("%s has schema_version %q, this loadgate reads %q: use the version that wrote it", e.File, e.Have, SchemaVersion)
}

// Read reads a document from a file, or from the run directory that holds it.
// A document of another schema version is a *VersionError; fields that this
// version does not know are passed over.
func Read(path string) (*Document, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read result: %w", err)
	}
	return Decode(path, data)
}

// Decode reads a document from its bytes; file names it in errors.
func Decode(file string, data []byte) (*Document, error) {
	var head struct {
		SchemaVersion string `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if head.SchemaVersion != SchemaVersion {
		return nil, &VersionError{File: file, Have: head.SchemaVersion}
	}
	doc := &Document{}
	if err := json.Unmarshal(data, doc); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if err := doc.check(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return doc, nil
}

// check refuses what would make every later step look for nil.
func (d *Document) check() error {
	for i, c := range d.Cells {
		if c == nil {
			return fmt.Errorf("cells[%d] is null", i)
		}
		for j, r := range c.Repeats {
			if r == nil {
				return fmt.Errorf("cells[%d].repeats[%d] is null", i, j)
			}
		}
	}
	return nil
}
