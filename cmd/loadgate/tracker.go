package main

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"loadgate/internal/pipeline"
	"loadgate/reporters"
)

// uploadTime bounds an upload: a tracker that does not answer must not hold a CI
// job up.
const uploadTime = 5 * time.Minute

// track uploads the W&B runs among the files that were written, with W&B's own
// program. Whatever goes wrong is a warning: the run is on the disk, and its
// exit code is its own.
func (a *app) track(outputs []pipeline.Output, paths []string) {
	if !slices.ContainsFunc(outputs, uploads) {
		return
	}
	for _, p := range paths {
		if filepath.Ext(p) == ".wandb" {
			a.upload(filepath.Dir(p))
		}
	}
}

// uploads reports whether an output is a run that is meant for W&B's server.
func uploads(o pipeline.Output) bool {
	kind, err := reporters.Kinds.Find(o.Kind)
	if err != nil || o.Kind != "wandb" {
		return false
	}
	reporter, _ := kind.New(o.Node)
	w, ok := reporter.(*reporters.Wandb)
	return ok && w.Uploads()
}

func (a *app) upload(dir string) {
	program, err := exec.LookPath("wandb")
	switch {
	case err != nil:
		a.notef("W&B: `wandb` is not installed here; to upload: wandb sync %s", dir)
		return
	case !a.knowsWandb():
		a.notef("W&B: no key is set (WANDB_API_KEY, or `wandb login`); to upload: wandb sync %s", dir)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), uploadTime)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "sync", dir)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, time.Second
	err = cmd.Run()
	text := strings.TrimSpace(said.String())
	if key := a.getenv("WANDB_API_KEY"); key != "" {
		text = strings.ReplaceAll(text, key, "***")
	}
	if err != nil {
		a.notef("warning: W&B: `wandb sync` failed (%v): %s", err, lastLine(text))
		a.notef("W&B: the run is in %s; to try again: wandb sync %s", dir, dir)
		return
	}
	a.notef("W&B: uploaded: %s", lastLine(text))
}

// knowsWandb reports whether the wandb program will find a key.
func (a *app) knowsWandb() bool {
	if a.getenv("WANDB_API_KEY") != "" {
		return true
	}
	host := "api.wandb.ai"
	if u, err := url.Parse(a.getenv("WANDB_BASE_URL")); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	path := a.getenv("NETRC")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return false
		}
		path = filepath.Join(home, ".netrc")
	}
	text, err := os.ReadFile(path)
	return err == nil && strings.Contains(string(text), "machine "+host)
}

func lastLine(text string) string {
	lines := strings.Split(text, "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
