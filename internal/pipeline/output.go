package pipeline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"loadgate/internal/store"
	"loadgate/internal/yamlpos"
	"loadgate/reporters"
	"loadgate/scenario"
)

// Output is a report to be written.
type Output struct {
	Kind string
	Path string        // relative to the working folder; "" = the kind's file in the run directory
	Node *yamlpos.Node // its entry in the scenario; may be nil
}

// Outputs are the reports that a scenario asks for.
func Outputs(reports []scenario.Report) []Output {
	var out []Output
	for _, r := range reports {
		out = append(out, Output(r))
	}
	return out
}

// WriteReports writes every report and returns where they lie, in order. One
// that fails does not keep the others from being written.
func WriteReports(ctx context.Context, s *store.Run, r *reporters.Report, outputs []Output) (paths []string, err error) {
	var errs []error
	for _, o := range outputs {
		written, err := writeReport(ctx, s, r, o)
		if err != nil {
			errs = append(errs, fmt.Errorf("report %s: %w", o.Kind, err))
		}
		paths = append(paths, written...)
	}
	return paths, errors.Join(errs...)
}

// WriteFiles writes the outputs of a report that belongs to no run directory:
// each has a path.
func WriteFiles(ctx context.Context, r *reporters.Report, outputs []Output) ([]string, error) {
	return WriteReports(ctx, nil, r, outputs)
}

func writeReport(ctx context.Context, s *store.Run, r *reporters.Report, o Output) ([]string, error) {
	kind, err := reporters.Kinds.Find(o.Kind)
	if err != nil {
		return nil, err
	}
	reporter, list := kind.New(o.Node)
	if err := list.Err(); err != nil {
		return nil, err
	}
	if folder, ok := reporter.(reporters.Folder); ok {
		dir := o.Path
		if dir == "" {
			dir = filepath.Join(s.Dir(), kind.DefaultFile)
		}
		return writeFolder(ctx, dir, r, folder)
	}
	path, render := o.Path, func(w io.Writer) error { return reporter.Write(ctx, r, w) }
	if path == "" {
		path, err = filepath.Join(s.Dir(), kind.DefaultFile), s.WriteFile(kind.DefaultFile, render)
	} else {
		err = Replace(path, render)
	}
	if err != nil {
		return nil, err
	}
	return []string{path}, nil
}

// writeFolder writes the files of a folder, as far as it comes.
func writeFolder(ctx context.Context, dir string, r *reporters.Report, folder reporters.Folder) (paths []string, err error) {
	for _, f := range folder.Files(r) {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := Replace(path, func(w io.Writer) error { return f.Write(ctx, r, w) }); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// Replace writes a file whole or not at all.
func Replace(path string, render func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once the file has its real name
	w := bufio.NewWriter(f)
	if err := errors.Join(render(w), w.Flush(), f.Sync(), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
