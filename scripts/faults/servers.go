//go:build linux

package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// servers are those that a scenario names, each a process of its own that the
// fault does not touch.
type servers struct {
	names map[string]string
	stops []func()
}

// running is the simulator under way, for the fault that kills it.
var running struct {
	sync.Mutex
	process *os.Process
}

func killSimulator() {
	running.Lock()
	defer running.Unlock()
	if running.process != nil {
		_ = running.process.Kill()
	}
}

func (b *bench) serve(name, scenario string) (*servers, error) {
	same := filepath.Join(b.scratch, "same.jsonl")
	if err := os.WriteFile(same, []byte(strings.Repeat(`{"prompt": "Hello, who are you?"}`+"\n", 60)), 0o600); err != nil {
		return nil, err
	}
	s := &servers{names: map[string]string{"SAME": same}}
	for word, args := range map[string][]string{
		"RAW":       {"calibrate-server", filepath.Join(b.scratch, name+".truth")},
		"SIMSOCKET": {"simulate", "--listen", "unix://" + filepath.Join(b.scratch, name+".sock"), "--until-eof", "--json"},
		"SIM":       {"simulate", "--listen", "127.0.0.1:0", "--until-eof", "--json"},
	} {
		if !strings.Contains(scenario, "'"+word) || (word == "SIM" && strings.Contains(scenario, "SIMSOCKET")) {
			continue
		}
		cmd := exec.Command(b.loadgate, args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		running.Lock()
		running.process = cmd.Process
		running.Unlock()
		var doc struct{ URL string }
		if err := json.NewDecoder(out).Decode(&doc); err != nil {
			return nil, err
		}
		go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the server
		s.names[word] = doc.URL
		s.stops = append(s.stops, func() { _, _ = in.Close(), cmd.Wait() })
	}
	return s, nil
}

// fill puts addresses in the place of words.
func (s *servers) fill(scenario string) string {
	for _, word := range []string{"SIMSOCKET", "SIM", "RAW", "SAME"} {
		scenario = strings.ReplaceAll(scenario, word, s.names[word])
	}
	return scenario
}

func (s *servers) end() {
	for _, stop := range s.stops {
		stop()
	}
}
