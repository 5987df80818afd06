package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// startSimulator runs `loadgate simulate` as a child on the loopback, so that
// the server's CPU time is not the client's. The child ends when its standard
// input does, so it cannot outlive this process, however that ends.
func startSimulator(ctx context.Context, config json.RawMessage) (string, func(), error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	file, err := configFile(config)
	if err != nil {
		return "", nil, err
	}
	defer os.Remove(file) // read by the time the child says where it listens
	url, stop, err := startChild(ctx, self, "simulate", "--listen", "127.0.0.1:0", "--config", file, "--until-eof", "--json")
	return url, func() { _ = stop() }, err
}

// startChild runs a command that serves until its standard input ends, and says
// in JSON where. stop ends it and waits; its error is the child's.
func startChild(ctx context.Context, name string, args ...string) (url string, stop func() error, err error) {
	cmd := exec.Command(name, args...)
	ownGroup(cmd) // Ctrl-C on the terminal is for the parent: answers under way are still awaited
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	var said strings.Builder
	cmd.Stderr = &said
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return "", func() error { return nil }, err
	}
	stop = sync.OnceValue(func() error {
		_ = stdin.Close()
		kill := time.AfterFunc(childGrace, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
		}
		return nil
	})
	if url, err = childURL(ctx, stdout); err != nil {
		_ = stop()
		return "", func() error { return nil }, fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	return url, stop, nil
}

// childGrace is how long a child may take to end.
const childGrace = 5 * time.Second

// childURL reads the document in which the child says where it listens.
func childURL(ctx context.Context, out io.Reader) (string, error) {
	type answer struct {
		url string
		err error
	}
	ch := make(chan answer, 1)
	go func() { // ends with the child's output
		var doc struct {
			URL string `json:"url"`
		}
		r := bufio.NewReader(out)
		err := json.NewDecoder(r).Decode(&doc)
		ch <- answer{doc.URL, err}
		_, _ = io.Copy(io.Discard, r)
	}()
	select {
	case a := <-ch:
		if a.err != nil {
			return "", fmt.Errorf("it did not start")
		}
		return a.url, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func configFile(config json.RawMessage) (string, error) {
	f, err := os.CreateTemp("", "loadgate-simulator-*.json")
	if err != nil {
		return "", err
	}
	if len(config) == 0 {
		config = json.RawMessage("{}")
	}
	_, err = f.Write(config)
	return f.Name(), errors.Join(err, f.Close())
}
