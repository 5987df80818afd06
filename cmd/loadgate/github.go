package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"loadgate/internal/diag"
	"loadgate/reporters"
)

// tellGitHub annotates the scenario and writes the job's summary when a step of
// GitHub Actions runs loadgate. Annotations go to stderr, which GitHub reads as
// well: stdout may be a document. What cannot be written is a warning; the run
// keeps its verdict.
func (a *app) tellGitHub(r *reporters.Report) {
	if a.getenv("GITHUB_ACTIONS") != "true" {
		return
	}
	err := reporters.Annotations(a.err, r, a.repositoryPath)
	if path := a.getenv("GITHUB_STEP_SUMMARY"); path != "" {
		err = errors.Join(err, appendSummary(path, r))
	}
	if err != nil {
		fmt.Fprintf(a.err, "loadgate: warning: could not tell GitHub: %s\n", diag.Printable(err.Error()))
	}
}

// appendSummary adds to what other commands of the step have written. GitHub
// refuses a summary that is too large whole, so that theirs counts too.
func appendSummary(path string, r *reporters.Report) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if info.Size() > 0 {
		b.WriteString("\n") // ends a paragraph, or a line without an end
	}
	room := reporters.MaxSummary - 1 - b.Len() - int(min(info.Size(), reporters.MaxSummary))
	before := b.Len()
	if err := reporters.MarkdownWithin(room)(context.Background(), r, &b); err != nil {
		return err
	}
	if b.Len() == before {
		return fmt.Errorf("the summary %s is full", path)
	}
	_, err = f.Write(b.Bytes())
	return err
}

// repositoryPath is a file's path from the root of the checked-out repository,
// "" for what is no file here: a rule may come from a flag, and a report from a
// run elsewhere.
func (a *app) repositoryPath(file string) string {
	path, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	if root := a.getenv("GITHUB_WORKSPACE"); root != "" {
		if inside, err := filepath.Rel(root, path); err == nil && inside != ".." && !strings.HasPrefix(inside, ".."+string(filepath.Separator)) {
			path = inside
		}
	}
	return filepath.ToSlash(path)
}
